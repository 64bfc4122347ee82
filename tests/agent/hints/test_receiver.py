"""The sockets: what comes in reaches the desk, floods do not hold up the loop, nothing is lost."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from agent.hints.model import HintKind
from agent.hints.receiver import Receiver
from agent.hints.senders import Sender
from inventory.errors import InputError
from probes.snmp import ber
from tests.agent.hints.conftest import LINK_DOWN, Desk, device, link_down, trap

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

SWITCH_AT = "127.0.9.10"


@pytest.fixture
async def wired(desk: Desk) -> AsyncIterator[tuple[Desk, Receiver, Receiver]]:
    """A desk that knows a switch on loopback, behind both sockets."""
    snmp = device("sw-9", SWITCH_AT).snmp
    senders = desk.desk._senders
    senders._by_host[SWITCH_AT] = [Sender("26740", "sw-9", snmp)]
    traps = Receiver("127.0.0.1:0", desk.desk.trap, partial(desk.desk.lost, "trap"))
    lines = Receiver("127.0.0.1:0", desk.desk.syslog, partial(desk.desk.lost, "syslog"))
    yield desk, traps, lines
    traps.close()
    lines.close()


def nothing_lost(count: int, _mono: float) -> None:
    raise AssertionError(count)


def sender() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind((SWITCH_AT, 0))
    opened.setblocking(False)
    return opened


async def until(condition: Callable[[], object]) -> None:
    """Wait until it is true; the test's own time limit ends it."""
    changed = asyncio.Event()
    loop = asyncio.get_running_loop()
    while not condition():
        loop.call_later(0.01, changed.set)
        await changed.wait()
        changed.clear()


async def test_a_trap_from_a_devices_own_address_is_its_hint(
    wired: tuple[Desk, Receiver, Receiver],
) -> None:
    desk, traps, _lines = wired
    with sender() as switch:
        switch.sendto(link_down(48), (traps.host, traps.port))
        await until(lambda: desk.hints)
    assert (desk.hints[0].device, desk.hints[0].kind) == ("sw-9", HintKind.LINK_DOWN)


async def test_an_inform_is_answered_to_where_it_came_from(
    wired: tuple[Desk, Receiver, Receiver],
) -> None:
    desk, traps, _lines = wired
    with sender() as switch:
        switch.sendto(trap(LINK_DOWN, inform=True, number=9), (traps.host, traps.port))
        await until(lambda: desk.hints)
        answer = await asyncio.get_running_loop().sock_recv(switch, 2048)
    assert ber.decode_message(answer).request_id == 9


async def test_any_other_address_is_a_stranger(wired: tuple[Desk, Receiver, Receiver]) -> None:
    desk, _traps, lines = wired
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.9.77", 0))
        other.sendto(b"<189>hello", (lines.host, lines.port))
        await until(lambda: desk.desk.strangers.count)
    assert desk.hints == []


@pytest.mark.parametrize("listen", ["nowhere", "127.0.0.1", ":1162", "127.0.0.1:x", "[::1]:70000"])
async def test_a_malformed_address_is_one_clear_line(desk: Desk, listen: str) -> None:
    with pytest.raises(InputError) as refused:
        Receiver(listen, desk.desk.trap, nothing_lost)
    assert refused.value.key == "hints.listen_form"


async def test_an_address_that_is_taken_is_one_clear_line(
    wired: tuple[Desk, Receiver, Receiver],
) -> None:
    desk, traps, _lines = wired
    with pytest.raises(InputError) as refused:
        Receiver(traps.address, desk.desk.trap, nothing_lost)
    assert refused.value.key == "hints.cannot_listen"


async def test_a_full_socket_leaves_the_loop_its_turns(
    wired: tuple[Desk, Receiver, Receiver],
) -> None:
    """At most 64 datagrams are read before everything else on the loop has its turn."""
    desk, _traps, lines = wired
    seen: list[int] = []
    loop = asyncio.get_running_loop()

    def turn() -> None:
        seen.append(sum(desk.counted.values()))
        if seen[-1] < 600:
            loop.call_soon(turn)

    with sender() as switch:
        for number in range(600):
            switch.sendto(b"<189>line %d" % number, (lines.host, lines.port))
        loop.call_soon(turn)
        await until(lambda: seen and seen[-1] == 600)
    assert max(b - a for a, b in pairwise(seen)) <= 64


@pytest.mark.realtime
async def test_a_flood_on_loopback_is_counted_and_the_loop_goes_on(
    wired: tuple[Desk, Receiver, Receiver],
) -> None:
    """2,000 traps and 20,000 lines as fast as they go: each is counted or dropped by the kernel."""
    desk, traps, lines = wired
    ticks: list[float] = []
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def tick() -> None:
        ticks.append(loop.time())
        if not ended.is_set():
            loop.call_later(0.02, tick)

    tick()
    with sender() as switch:
        for number in range(20_000):
            switch.sendto(b"<189>line %d" % number, (lines.host, lines.port))
            if number % 10 == 0:
                switch.sendto(link_down(number + 1), (traps.host, traps.port))
            if number % 100 == 0:
                await asyncio.wait([loop.run_in_executor(None, int)])
    await until(lambda: len(ticks) > 10)
    ended.set()
    counted = desk.results("trap"), desk.results("syslog")
    assert counted[0]["flood"] > 1_000
    assert counted[1]["flood"] > 10_000
    assert [hint.kind for hint in desk.hints].count(HintKind.FLOOD) == 1


@pytest.mark.realtime
async def test_net_snmps_own_traps_and_rsyslogs_logger_are_read(
    wired: tuple[Desk, Receiver, Receiver],
) -> None:
    desk, traps, lines = wired
    at = f"{traps.host}:{traps.port}"
    run = asyncio.to_thread
    source = ["--clientaddr=" + SWITCH_AT]
    for version, words in (
        ("2c", ["", LINK_DOWN, "1.3.6.1.2.1.2.2.1.1.48", "i", "48"]),
        ("1", ["1.3.6.1.4.1.9.1.1", SWITCH_AT, "2", "0", "", "1.3.6.1.2.1.2.2.1.1.47", "i", "47"]),
    ):
        command = ["snmptrap", *source, "-v", version, "-c", "ward-community", at, *words]
        await run(subprocess.run, command, check=True, timeout=20, capture_output=True)
    await until(lambda: len(desk.hints) == 2)
    assert [hint.values["ifIndex"] for hint in desk.hints] == [48, 47]
    informs = ["snmpinform", *source, "-v2c", "-c", "ward-community", "-r", "1", "-t", "5", at]
    sent = await run(
        subprocess.run, [*informs, "", "1.3.6.1.6.3.1.1.5.1"], check=True, timeout=20,
        capture_output=True,
    )  # fmt: skip
    assert (sent.returncode, desk.hints[-1].kind) == (0, HintKind.COLD_START)
    logger = ["logger", "-n", lines.host, "-P", str(lines.port), "-d", "-p", "local7.err", "hello"]
    await run(subprocess.run, logger, check=True, timeout=20, capture_output=True)
    await until(lambda: desk.desk.strangers.count)
