"""Traps and informs of SNMPv3 by net-snmp's own tools; each user is the inventory's."""

from __future__ import annotations

import asyncio
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.hints.model import HintKind
from agent.hints.receiver import Receiver
from agent.hints.senders import Sender
from agent.hints.v3 import authority
from inventory.access import SnmpAccess
from inventory.credentials import Secret
from tests.agent.hints.conftest import LINK_DOWN, STARTED, Desk
from tests.agent.hints.test_receiver import SWITCH_AT, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ENGINE = "0x80001f8804776172646f7073"
USER = """user: monitor
auth: sha256
auth_key: key-for-tests
priv: aes128
priv_key: other-key-for-tests
"""
AS_USER = [
    "-v3", "-u", "monitor", "-l", "authPriv", "-a", "SHA-256", "-A", "key-for-tests",
    "-x", "AES", "-X", "other-key-for-tests",
]  # fmt: skip
UPLINK = ["", LINK_DOWN, "1.3.6.1.2.1.2.2.1.1.48", "i", "48"]


def with_user(desk: Desk, told: str = USER) -> Desk:
    """The desk's switch is polled as an SNMPv3 user; another device at its address is not."""
    senders = desk.desk._senders
    senders._secret = lambda ref: Secret(told if ref == "env:V3" else "ward-community")
    both = (("sw-2c", "env:COMMUNITY"), ("sw-9", "env:V3"))
    senders._by_host[SWITCH_AT] = [
        Sender("26740", name, SnmpAccess.model_validate({"auth": ref})) for name, ref in both
    ]
    return desk


@pytest.fixture
async def traps(desk: Desk) -> AsyncIterator[Receiver]:
    """The trap port before that desk."""
    with_user(desk)
    opened = Receiver("127.0.0.1:0", desk.desk.trap, lambda _count, _mono: None)
    yield opened
    opened.close()


async def run(tool: str, traps: Receiver, *words: str) -> int:
    command = [tool, f"--clientaddr={SWITCH_AT}", "-r", "1", "-t", "3", *words]
    command += [f"{traps.host}:{traps.port}", *UPLINK]
    ended = await asyncio.to_thread(subprocess.run, command, timeout=30, capture_output=True)
    return ended.returncode


@pytest.mark.realtime
async def test_a_trap_by_the_devices_user_is_its_hint(desk: Desk, traps: Receiver) -> None:
    assert await run("snmptrap", traps, "-e", ENGINE, *AS_USER) == 0
    await until(lambda: desk.counted)
    assert desk.counted == {("trap", "sw-9", "linkDown", "accepted"): 1}
    assert (desk.hints[0].device, desk.hints[0].kind) == ("sw-9", HintKind.LINK_DOWN)
    assert desk.hints[0].values == {"ifIndex": 48}


@pytest.mark.realtime
@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("user: monitor\n", ["-l", "noAuthNoPriv"]),
        ("user: monitor\nauth: md5\nauth_key: key-for-tests\n",
         ["-l", "authNoPriv", "-a", "MD5", "-A", "key-for-tests"]),
        ("user: monitor\nauth: sha\nauth_key: key-for-tests\npriv: des\npriv_key: key-for-tests\n",
         ["-l", "authPriv", "-a", "SHA", "-A", "key-for-tests", "-x", "DES",
          "-X", "key-for-tests"]),
        (USER, AS_USER[3:]),
    ],
)  # fmt: skip
async def test_an_inform_finds_our_engine_and_is_answered_at_its_own_level(
    desk: Desk, traps: Receiver, told: str, words: list[str]
) -> None:
    with_user(desk, told)
    assert await run("snmpinform", traps, "-v3", "-u", "monitor", *words) == 0
    assert [one.kind for one in desk.hints] == [HintKind.LINK_DOWN]
    assert desk.results()["accepted"] == 1
    assert desk.results()["engine_asked"] >= 1


@pytest.mark.realtime
@pytest.mark.parametrize(
    "wrong",
    [
        ["-u", "somebody"],
        ["-A", "wrong-key-for-tests"],
        ["-a", "SHA-512"],
        ["-l", "authNoPriv"],
        ["-l", "noAuthNoPriv"],
    ],
)
async def test_a_wrong_user_key_or_level_is_counted_and_says_nothing(
    desk: Desk, traps: Receiver, wrong: list[str]
) -> None:
    assert await run("snmptrap", traps, "-e", ENGINE, *AS_USER, *wrong) == 0
    await until(lambda: desk.counted)
    assert (desk.hints, desk.results()) == ([], {"auth": 1})


@pytest.mark.realtime
async def test_another_cipher_key_is_counted_as_not_readable(desk: Desk, traps: Receiver) -> None:
    assert await run("snmptrap", traps, "-e", ENGINE, *AS_USER, "-X", "wrong-key-for-tests") == 0
    await until(lambda: desk.counted)
    assert (desk.hints, desk.results()) == ([], {"parse": 1})


@pytest.mark.realtime
async def test_an_inform_with_a_wrong_key_is_never_answered(desk: Desk, traps: Receiver) -> None:
    assert await run("snmpinform", traps, *AS_USER, "-A", "wrong-key-for-tests") != 0
    assert desk.hints == []
    assert desk.results()["auth"] >= 1


async def captured() -> bytes:
    """One trap of net-snmp's as octets."""
    found: list[bytes] = []
    opened = Receiver(
        "127.0.0.1:0", lambda data, _host, _mono: found.append(data), lambda _count, _mono: None
    )
    await run("snmptrap", opened, "-e", ENGINE, *AS_USER)
    await until(lambda: found)
    opened.close()
    return found[0]


@pytest.mark.realtime
async def test_an_old_trap_sent_again_says_nothing(desk: Desk) -> None:
    trap, known = await captured(), with_user(desk).desk
    known.trap(trap, SWITCH_AT, 10.0)
    known.trap(trap, SWITCH_AT, 100.0)  # a network may double a datagram
    known.trap(trap, SWITCH_AT, 10.0 + 150.0 + 5.0)
    assert desk.results() == {"accepted": 2, "auth": 1}


@pytest.mark.realtime
async def test_a_secured_trap_with_any_octet_changed_says_nothing(desk: Desk) -> None:
    trap, known = await captured(), with_user(desk).desk
    for place in range(0, len(trap), 3):
        forged = bytearray(trap)
        forged[place] ^= 0x21
        known.trap(bytes(forged), SWITCH_AT, float(place))  # not one flood
    assert desk.hints == []
    assert set(desk.results()) <= {"auth", "parse", "engine_asked"}


@given(st.binary(max_size=300))
def test_any_octets_are_refused_without_an_error(data: bytes) -> None:
    desk = with_user(Desk())
    desk.desk.trap(data, SWITCH_AT, 0.0)
    desk.desk.trap(b"\x30\x82\x01\x00\x02\x01\x03" + data, SWITCH_AT, 1.0)
    assert desk.hints == []


def test_our_engine_keeps_its_name_and_its_boots_grow() -> None:
    first = authority("a", STARTED, 100.0)
    later = authority("a", STARTED + timedelta(minutes=1), 5.0)
    assert first.engine_id == later.engine_id != authority("b", STARTED, 100.0).engine_id
    assert later.boots == first.boots + 1
    assert 5 <= len(first.engine_id) <= 32
    assert (first.stamp(190.5).time, first.stamp(99.0).time) == (90, 0)
