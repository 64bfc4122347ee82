"""Syslog over TCP: devices connect and are read, strangers are shown out."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from agent.hints.model import HintKind
from agent.hints.senders import Sender
from agent.hints.stream import MOST_OF_ONE, StreamReceiver
from inventory.errors import InputError
from tests.agent.hints.conftest import Desk, device
from tests.agent.hints.test_receiver import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SWITCH_AT = "127.0.9.10"


@pytest.fixture
async def lines(desk: Desk) -> AsyncIterator[StreamReceiver]:
    """The TCP socket before a desk that knows a switch on loopback."""
    known = Sender("26740", "sw-9", device("sw-9", SWITCH_AT).snmp)
    desk.desk._senders._by_host[SWITCH_AT] = [known]
    opened = StreamReceiver("127.0.0.1:0", desk.desk)
    yield opened
    opened.close()


async def connected(lines: StreamReceiver, host: str = SWITCH_AT) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    opened.setblocking(False)
    opened.bind((host, 0))
    await asyncio.get_running_loop().sock_connect(opened, (lines.host, lines.port))
    return opened


async def is_closed(opened: socket.socket) -> bool:
    try:
        return await asyncio.get_running_loop().sock_recv(opened, 1) == b""
    except ConnectionResetError:
        return True


async def test_lines_of_a_device_are_its_hints_in_either_framing(
    desk: Desk, lines: StreamReceiver
) -> None:
    with await connected(lines) as switch:
        switch.send(b"<189>one\n9 <190>two\n<18")
        await until(lambda: desk.results("syslog").get("accepted") == 2)
        switch.send(b"9>three\n")
        await until(lambda: desk.results("syslog").get("accepted") == 3)
    assert [(one.device, one.kind) for one in desk.hints] == [("sw-9", HintKind.OTHER)] * 3
    assert [one.text for one in desk.hints] == ["one", "two", "three"]


async def test_a_last_line_without_its_end_is_read_when_the_device_closes(
    desk: Desk, lines: StreamReceiver
) -> None:
    with await connected(lines) as switch:
        switch.send(b"<189>reload")
    await until(lambda: desk.hints)
    await until(lambda: not lines.connections)


async def test_a_stranger_is_counted_once_and_its_connection_closed(
    desk: Desk, lines: StreamReceiver
) -> None:
    with await connected(lines, "127.0.9.77") as other:
        assert await is_closed(other)
    assert (desk.results("syslog"), lines.connections) == ({"unknown_sender": 1}, 0)
    (seen,) = desk.desk.strangers.seen
    assert (seen.host, seen.channel) == ("127.0.9.77", "syslog")


async def test_a_device_that_connects_again_and_again_keeps_only_its_newest_connections(
    lines: StreamReceiver,
) -> None:
    opened = [await connected(lines) for _ in range(MOST_OF_ONE + 3)]
    assert [await is_closed(one) for one in opened[:3]] == [True] * 3
    assert lines.connections == MOST_OF_ONE
    for one in opened:
        one.close()


async def test_what_is_no_syslog_ends_the_connection(lines: StreamReceiver) -> None:
    with await connected(lines) as switch:
        switch.send(b"9999999 x")
        assert await is_closed(switch)
    assert lines.connections == 0


async def test_a_flood_is_guarded_as_on_udp(desk: Desk, lines: StreamReceiver) -> None:
    with await connected(lines) as switch:
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(switch, b"".join(b"<189>line %d\n" % n for n in range(5_000)))
        await until(lambda: sum(desk.counted.values()) >= 5_000)
    results = desk.results("syslog")
    assert results["flood"] > 4_000
    assert [hint.kind for hint in desk.hints].count(HintKind.FLOOD) == 1


async def test_an_address_that_is_taken_is_one_clear_line(
    desk: Desk, lines: StreamReceiver
) -> None:
    with pytest.raises(InputError) as refused:
        StreamReceiver(lines.address, desk.desk)
    assert refused.value.key == "hints.cannot_listen"


@pytest.mark.realtime
@pytest.mark.parametrize("framing", [[], ["--octet-count"]])
async def test_util_linux_logger_is_read(
    desk: Desk, lines: StreamReceiver, framing: list[str]
) -> None:
    known = desk.desk._senders._by_host
    known["127.0.0.1"] = known[SWITCH_AT]
    logger = ["logger", "-n", lines.host, "-P", str(lines.port), "-T", *framing, "-p", "user.err"]
    await asyncio.to_thread(
        subprocess.run, [*logger, "hello"], check=True, timeout=20, capture_output=True
    )
    await until(lambda: desk.hints)
    assert (desk.hints[0].text, desk.hints[0].name) == ("hello", "err")
