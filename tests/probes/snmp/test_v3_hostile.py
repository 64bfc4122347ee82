"""SNMPv3 agents as they should not be: swapped, rebooted, out of time, forged, in a storm."""

from __future__ import annotations

import asyncio
import os
import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from inventory.credentials import Secret
from inventory.snmp_user import SnmpUser
from probes import oids
from probes.errors import AuthFailed, ProbeError, TimedOut
from probes.snmp import ber
from probes.snmp.engine_fast import FastEngine
from probes.snmp.session_message import (
    AUTH,
    PRIV,
    Header,
    Stamp,
    coded_octets,
    read_header,
    read_scoped,
    scoped,
    write_message,
)
from probes.snmp.types import SnmpTarget, Varbind
from probes.snmp.usm import KeyRing

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.snmp.ber import Message
    from probes.snmp.types import Note, SnmpResult
    from tests.probes.snmp.conftest import Agent, Lab

HOST = "192.0.2.10"
USER = SnmpUser("u", "sha1", Secret("auth-password"), "aes128", Secret("priv-password"))
RING = KeyRing()
PORTS = 20
REPORTS = {"level": 1, "window": 2, "user": 3, "engine": 4, "digest": 5, "cipher": 6}


@dataclass
class Engine3:
    """A v3 agent in memory that answers as RFC 3414 says, unless `twist` makes it odd.

    `twist(self, header, request, answer)` gives the datagrams to send, None for the good answer.
    """

    agent: Agent
    engine_id: bytes = b"\x80\x00\x1f\x88\x04first"
    boots: int = 5
    time: int = 1000
    is_deaf_to_ciphers: bool = False
    twist: Callable[[Engine3, Header, Message], list[bytes] | None] | None = None
    came: list[Header] = field(default_factory=list)

    def listen(self, on_datagram: Any, on_error: Any) -> None:
        self.on_datagram = on_datagram
        del on_error

    def close(self) -> None:
        """Nothing to close."""

    def send(self, data: bytes, host: str, port: int) -> None:
        header = read_header(data)
        self.came.append(header)
        for octets in self.answers(data, header):
            loop = asyncio.get_running_loop()
            loop.call_later(0.005, self._deliver, octets, host, port)

    def _deliver(self, octets: bytes, host: str, port: int) -> None:
        self.on_datagram(octets, host, port, asyncio.get_running_loop().time())

    def now(self) -> int:
        """What this engine's clock says."""
        return self.time + int(asyncio.get_running_loop().time())

    def answers(self, data: bytes, header: Header) -> list[bytes]:
        if header.engine_id != self.engine_id:
            return [self.report(header, "engine")]
        if header.boots != self.boots or abs(header.time - self.now()) > 150:
            return [self.report(header, "window", flags=AUTH)]
        if header.flags & PRIV and self.is_deaf_to_ciphers:
            return []
        request = self.opened(data, header)
        odd = self.twist(self, header, request) if self.twist else None
        return [self.written(header, self.agent.answer(request))] if odd is None else odd

    def opened(self, data: bytes, header: Header) -> Message:
        """The request inside."""
        if not header.flags & PRIV:
            return read_scoped(data[header.start : header.end])
        keys = RING.keys(USER, self.engine_id)
        coded = coded_octets(data, header)
        plain = keys.decrypted(coded, header.boots, header.time, header.salt)
        return read_scoped(plain)

    def report(self, header: Header, kind: str, *, flags: int = 0) -> bytes:
        """A report of one kind."""
        oid = ber.oid(f"1.3.6.1.6.3.15.1.1.{REPORTS[kind]}.0")
        told = (Varbind(oid, ber.COUNTER32, 1),)
        return self.written(header, ber.Message(3, b"", ber.REPORT, 0, 0, 0, told), flags=flags)

    def written(
        self, header: Header, message: Message, *, flags: int | None = None, **changes: Any
    ) -> bytes:
        """A message of this engine; `changes` are boots, time, msg_id, user, key."""
        flags = header.flags & (AUTH | PRIV) if flags is None else flags
        stamp = Stamp(
            changes.get("engine_id", self.engine_id),
            changes.get("boots", self.boots),
            changes.get("time", self.now()),
        )
        keys = RING.keys(changes.get("keys", USER), self.engine_id)
        body, salt = scoped(self.engine_id, b"", ber.encode_pdu(message)), b""
        if flags & PRIV:
            salt = keys.salt(stamp.boots, 99)
            coded = keys.encrypted(body, stamp.boots, stamp.time, salt)
            body = ber.element(ber.OCTET_STRING, coded)
        name = ber.element(ber.OCTET_STRING, changes.get("user", header.user))
        octets = keys.digest_octets if flags & AUTH else 0
        msg_id = changes.get("msg_id", header.msg_id)
        whole, at = write_message(msg_id, flags, stamp, name, octets, salt, body)
        if not octets:
            return whole
        return whole[:at] + keys.digest(whole) + whole[at + octets :]


def engine3(lab: Lab, **fields: Any) -> Engine3:
    """An agent that knows its name and uptime, and what went through 20 ports."""
    values: dict[str, tuple[int, Any]] = {
        f"1.3.6.1.2.1.31.1.1.1.{column}.{port}": (ber.COUNTER64, 2**41 + port)
        for column in (6, 10)
        for port in range(1, PORTS + 1)
    }
    values |= {
        "1.3.6.1.2.1.1.3.0": (ber.TIMETICKS, 4711),
        "1.3.6.1.2.1.1.5.0": (ber.OCTET_STRING, b"sw-1"),
    }
    return Engine3(lab.Agent(values), **fields)


async def ask(client: FastEngine, within_s: float = 8.0) -> SnmpResult:
    """GET sysName.0 as the user."""
    deadline = asyncio.get_running_loop().time() + within_s
    target = SnmpTarget(HOST, version="3", user=USER)
    return await client.get(target, (oids.sysName,), deadline=deadline)


async def ports(client: FastEngine) -> list[object]:
    """What went through the ports, as the user is told."""
    deadline = asyncio.get_running_loop().time() + 8
    columns = (oids.ifHCInOctets, oids.ifHCOutOctets)
    target = SnmpTarget(HOST, version="3", user=USER)
    found = await client.table(target, columns, deadline=deadline)
    return [cell and cell.value for row in found.rows.values() for cell in row]


def name_of(result: SnmpResult) -> object:
    """The one value that was asked."""
    return result.varbinds[0].value


def outcome(lab: Lab, far: Engine3) -> object:
    """The name, or the detail code of the failure; nothing may stay behind."""
    client = FastEngine(far)

    async def story() -> object:
        try:
            return name_of(await ask(client))
        except ProbeError as error:
            return error.detail_code

    told = lab.on_virtual_time(story)
    assert client.outstanding == 0
    return told


def test_discovery_then_one_request_each(lab: Lab) -> None:
    far = engine3(lab)
    client = FastEngine(far)

    async def story() -> None:
        for _ in range(3):
            assert name_of(await ask(client)) == b"sw-1"

    lab.on_virtual_time(story)
    assert [header.engine_id for header in far.came] == [b"", *[far.engine_id] * 3]
    assert len({header.msg_id for header in far.came}) == 4
    assert len({header.salt for header in far.came[1:]}) == 3


def test_a_swapped_switch_is_asked_anew_and_told(lab: Lab) -> None:
    notes: list[Note] = []
    far = engine3(lab)
    client = FastEngine(far, notes.append)

    async def story() -> None:
        await ask(client)
        far.engine_id, far.boots = b"\x80\x00\x1f\x88\x04other", 1
        assert name_of(await ask(client)) == b"sw-1"
        assert name_of(await ask(client)) == b"sw-1"

    lab.on_virtual_time(story)
    assert [note.word for note in notes] == ["device-replaced"]
    assert len(far.came) == 5


@pytest.mark.parametrize(("boots", "time"), [(6, 0), (5, 90_000), (5, 10), (4, 10)])
def test_a_reboot_or_a_jump_of_the_clock_costs_one_report(lab: Lab, boots: int, time: int) -> None:
    far = engine3(lab)
    client = FastEngine(far)

    async def story() -> None:
        await ask(client)
        far.boots, far.time = boots, time
        assert name_of(await ask(client)) == b"sw-1"
        sent = len(far.came)
        assert name_of(await ask(client)) == b"sw-1"
        assert len(far.came) == sent + 1

    lab.on_virtual_time(story)
    assert len(far.came) == 5


def test_an_engine_without_boots_left_is_refused(lab: Lab) -> None:
    assert outcome(lab, engine3(lab, boots=2**31 - 1)) == "v3_boots"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("level", "v3_level"),
        ("user", "v3_user"),
        ("digest", "v3_auth_key"),
        ("cipher", "v3_priv_key"),
    ],
)
def test_each_report_has_its_own_code(lab: Lab, kind: str, code: str) -> None:
    far = engine3(lab, twist=lambda far, header, _: [far.report(header, kind)])
    assert outcome(lab, far) == code
    assert len(far.came) == 2


@pytest.mark.parametrize(("kind", "flags"), [("engine", 0), ("window", AUTH)])
def test_a_storm_of_reports_is_answered_once(lab: Lab, kind: str, flags: int) -> None:
    def storm(far: Engine3, header: Header, _: Message) -> list[bytes]:
        far.engine_id = bytes((*far.engine_id[:-1], (far.engine_id[-1] + 1) % 256))
        return [far.report(header, kind, flags=flags)] * 20

    far = engine3(lab, twist=storm if kind == "engine" else None)
    if kind == "window":
        far.twist = lambda far, header, _: [far.report(header, kind, flags=flags)] * 20
    assert outcome(lab, far) in {"v3_engine", "v3_time", "v3_silent"}
    assert len(far.came) <= 6


def test_a_device_that_is_silent_at_ciphers_alone_has_another_key(lab: Lab) -> None:
    assert outcome(lab, engine3(lab, is_deaf_to_ciphers=True)) == "v3_priv_key"


def test_an_unproven_report_never_moves_the_clock(lab: Lab) -> None:
    far = engine3(lab)
    client = FastEngine(far)

    async def story() -> None:
        await ask(client)
        far.twist = lambda far, header, request: [
            replace_report(far, header),
            far.written(header, far.agent.answer(request)),
        ]
        assert name_of(await ask(client)) == b"sw-1"

    def replace_report(far: Engine3, header: Header) -> bytes:
        oid = ber.oid("1.3.6.1.6.3.15.1.1.2.0")
        told = (Varbind(oid, ber.COUNTER32, 1),)
        message = ber.Message(3, b"", ber.REPORT, 0, 0, 0, told)
        return far.written(header, message, flags=0, boots=77, time=7)

    lab.on_virtual_time(story)
    assert len(far.came) == 3
    assert client.counts.wrong_credential == 1


LIE = (Varbind(oids.sysName, ber.OCTET_STRING, b"a lie"),)
STRANGER = replace(USER, auth_key=Secret("other-password"))
LIES: dict[str, Callable[[Engine3, Header, Message], bytes]] = {
    "another msgID": lambda far, h, m: far.written(h, m, msg_id=h.msg_id ^ 1),
    "plain": lambda far, h, m: far.written(h, m, flags=0),
    "not encrypted": lambda far, h, m: far.written(h, m, flags=AUTH),
    "another user": lambda far, h, m: far.written(h, m, user=b"v"),
    "another engine": lambda far, h, m: far.written(h, m, engine_id=b"\x80\x00\x00\x00\x05other"),
    "another key": lambda far, h, m: far.written(h, m, keys=STRANGER),
    "earlier boots": lambda far, h, m: far.written(h, m, boots=far.boots - 1),
    "151 s ago": lambda far, h, m: far.written(h, m, time=far.now() - 152),
    "a request": lambda far, h, m: far.written(h, replace(m, pdu=ber.GET)),
    "half": lambda far, h, m: far.written(h, m)[:-20],
    "nothing": lambda _far, _h, _m: b"",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_forged_answer_is_not_believed_and_the_true_one_is(lab: Lab, lie: str) -> None:
    far = engine3(lab)
    client = FastEngine(far)

    def forge(far: Engine3, header: Header, request: Message) -> list[bytes]:
        forged = LIES[lie](far, header, lab.response(request, LIE))
        return [forged, far.written(header, far.agent.answer(request))]

    async def story() -> None:
        await ask(client)  # so that the clock is proven
        far.twist = forge
        assert name_of(await ask(client)) == b"sw-1"

    lab.on_virtual_time(story)
    assert len(far.came) == 3
    assert client.outstanding == 0


@pytest.mark.parametrize("lie", [lie for lie in LIES if lie != "another msgID"])
def test_forged_answers_alone_are_a_failure_and_no_value(lab: Lab, lie: str) -> None:
    far = engine3(lab)
    client = FastEngine(far)

    async def story() -> None:
        await ask(client)
        far.twist = lambda far, header, m: [LIES[lie](far, header, lab.response(m, LIE))]
        with pytest.raises(ProbeError):
            await ask(client)

    lab.on_virtual_time(story)


def test_an_answer_of_another_time_is_named(lab: Lab) -> None:
    far = engine3(lab)
    client = FastEngine(far)

    async def story() -> str:
        await ask(client)
        far.twist = lambda far, h, m: [far.written(h, far.agent.answer(m), time=1)]
        with pytest.raises(AuthFailed) as caught:
            await ask(client)
        return caught.value.detail_code

    assert lab.on_virtual_time(story) == "v3_time"


def test_a_dead_v3_device_is_silent(lab: Lab) -> None:
    far = engine3(lab)
    client = FastEngine(far)

    async def story() -> None:
        await ask(client)
        far.twist = lambda *_: []
        with pytest.raises(TimedOut):
            await ask(client)

    lab.on_virtual_time(story)
    assert client.outstanding == 0


def test_what_is_kept_needs_no_discovery_and_holds_no_key(lab: Lab) -> None:
    far = engine3(lab)

    async def story() -> None:
        before = FastEngine(far)
        await ask(before)
        kept = before.remember(asyncio.get_running_loop().time())
        assert "password" not in repr(kept)
        after = FastEngine(far)
        after.recall(kept, asyncio.get_running_loop().time(), 0.0)
        far.came.clear()
        assert name_of(await ask(after)) == b"sw-1"
        assert len(far.came) == 1

    lab.on_virtual_time(story)


@pytest.mark.parametrize(
    "kept",
    [
        {"x": 1},
        {f"{HOST}|161": []},
        {f"{HOST}|161": {"engine": ["zz", 1, 1], "tables": {"a/1": [1, 2]}, "only_v1_s": "x"}},
        {f"{HOST}|161": {"engine": ["80000000", -1, True], "tables": {"a/1": ["1", 2, 3, 4]}}},
        {f"{HOST}|no": {"engine": ["80", 1, 1]}},
    ],
)
def test_what_was_kept_badly_is_left_out(lab: Lab, kept: dict[str, Any]) -> None:
    far = engine3(lab)

    async def story() -> object:
        client = FastEngine(far)
        client.recall(kept, 0.0, 0.0)
        return name_of(await ask(client))

    assert lab.on_virtual_time(story) == b"sw-1"


GARBLED = 50_000 if os.environ.get("WARDOPS_SOAK") == "1" else 5_000
AT_ONCE = 10


def garbled(good: bytes, chance: random.Random) -> bytes:
    """A datagram that must not count: the good answer mutated or cut, or octets at random."""
    way, at = chance.randrange(4), chance.randrange(len(good))
    if way == 0:
        return chance.randbytes(chance.randrange(200))
    if way == 1:
        return good[:at]
    if way == 2:
        return good + chance.randbytes(1 + chance.randrange(5))
    return good[:at] + bytes((good[at] ^ (1 + chance.randrange(255)),)) + good[at + 1 :]


@pytest.mark.timeout(1800)
def test_garbled_v3_datagrams_change_no_value_and_raise_nothing(lab: Lab) -> None:
    """5,000 datagrams, in a soak 50,000: the true answer behind them is taken each time."""
    chance = random.Random(3414)  # noqa: S311 - which octets, not a secret
    escaped = list[object]()

    def twist(agent: Engine3, header: Header, request: Message) -> list[bytes]:
        good = agent.written(header, agent.agent.answer(request))
        return [*(garbled(good, chance) for _ in range(AT_ONCE)), good]

    far = engine3(lab, twist=twist)
    client = FastEngine(far)

    async def story() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, problem: escaped.append(problem))
        await ask(client)  # with the discovery
        for _ in range(GARBLED // AT_ONCE):
            result = await ask(client)
            assert name_of(result) == b"sw-1"
            assert result.stats.retries == 0

    lab.on_virtual_time(story)
    assert escaped == []
    assert client.outstanding == 0
    counted = client.counts
    assert min(counted.malformed, counted.unasked, counted.wrong_credential) > 0
    assert counted.answers == 1 + GARBLED // AT_ONCE


@pytest.mark.parametrize("wanted", ["rebooted", "out of boots"])
def test_a_reboot_in_the_middle_of_a_walk_costs_one_report_unless_boots_are_used_up(
    lab: Lab, wanted: str
) -> None:
    values = {f"1.3.6.1.4.1.4242.1.{n}": (ber.INTEGER, n) for n in range(1, 301)}
    far = Engine3(lab.Agent(values))

    def reboot(agent: Engine3, _header: Header, _request: Message) -> None:
        if len(agent.came) == 4:
            agent.boots = 6 if wanted == "rebooted" else 2**31 - 1
            agent.time = -int(asyncio.get_running_loop().time())

    far.twist = reboot
    client = FastEngine(far)

    async def story() -> object:
        target = SnmpTarget(HOST, version="3", user=USER)
        try:
            walk = await client.walk(target, ber.oid("1.3.6.1.4.1.4242"), deadline=20.0)
        except ProbeError as error:
            return error.detail_code
        assert walk.complete
        return [v.value for v in walk.varbinds]

    expected = list(range(1, 301)) if wanted == "rebooted" else "v3_boots"
    assert lab.on_virtual_time(story) == expected
    assert client.outstanding == 0


@pytest.mark.timeout(1800)
def test_garbled_datagrams_of_a_known_form_change_no_value_and_raise_nothing(lab: Lab) -> None:
    """2,000 datagrams, in a soak 20,000, at a table that has been read by its forms before."""
    chance = random.Random(3412)  # noqa: S311 - which octets, not a secret
    escaped, truth = list[object](), [2**41 + port for port in range(1, PORTS + 1) for _ in "io"]

    def twist(agent: Engine3, header: Header, request: Message) -> list[bytes]:
        good = agent.written(header, agent.agent.answer(request))
        return [*(garbled(good, chance) for _ in range(AT_ONCE)), good]

    far = engine3(lab)
    client = FastEngine(far)

    async def story() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: escaped.append(told))
        for _ in range(3):
            assert await ports(client) == truth
        before, far.twist = len(far.came), twist
        while (len(far.came) - before) * AT_ONCE < GARBLED * 2 // 5:
            assert await ports(client) == truth

    lab.on_virtual_time(story)
    assert escaped == []
    assert client.outstanding == 0
    assert min(client.counts.malformed, client.counts.unasked, client.counts.wrong_credential) > 0
