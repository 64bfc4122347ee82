"""Ports tried from elsewhere: open, refused and silent are told apart, gently."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing

import pytest

from probes.clock import ManualClock, SystemClock, run_virtual
from probes.errors import Refused, TimedOut, Unreachable
from probes.transports.fake import FakeTcp
from probes.transports.tcp import TcpConnector
from probes.vm.outside import Reach
from probes.vm.reach import MOST_PORTS, WATCHED_PORTS, ports_of, reach_of

HOST = "192.0.2.10"


async def test_a_listener_is_reached_and_hears_nothing_and_a_closed_port_refuses() -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard.put(await reader.read())
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        closed, opened = taken.getsockname()[1], server.sockets[0].getsockname()[1]
        async with server:
            found = await reach_of(
                "127.0.0.1", (opened, closed), "ward", TcpConnector(), SystemClock()
            )
            assert await heard.get() == b""
    assert found == Reach("ward", taken=(opened,), refused=(closed,))


def test_silence_is_no_refusal_and_what_goes_wrong_here_is_nothing() -> None:
    clock = ManualClock()
    tcp = FakeTcp({(HOST, 22): 0.01, (HOST, 445): Refused(), (HOST, 3389): Unreachable(),
                   (HOST, 3306): TimedOut()})  # fmt: skip
    story = reach_of(HOST, (22, 445, 3389, 3306), "hub", tcp, clock)
    found: Reach = run_virtual(story, clock)
    assert found == Reach("hub", taken=(22,), refused=(445,), silent=(3306,))
    assert found.is_told
    assert not Reach("hub", silent=(22,)).is_told


class Slow:
    """Every port keeps silent for its whole time; how many are asked at once is counted."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock, self._under_way, self.most, self.asked = clock, 0, 0, 0

    async def connect(self, host: str, port: int, *, deadline: float) -> float:
        """Wait for the deadline."""
        assert (host, port > 0) == (HOST, True)
        self._under_way, self.asked = self._under_way + 1, self.asked + 1
        self.most = max(self.most, self._under_way)
        await self._clock.sleep(max(0.0, deadline - self._clock.monotonic()))
        self._under_way -= 1
        raise TimedOut


def test_a_silent_machine_is_asked_few_ports_at_once_and_takes_a_minute_at_most() -> None:
    clock = ManualClock()
    slow, begun = Slow(clock), clock.monotonic()
    found: Reach = run_virtual(reach_of(HOST, range(1, 400), "ward", slow, clock), clock)
    assert clock.monotonic() - begun <= 60 + 0.1
    assert (slow.most, len(found.silent)) == (3, slow.asked)
    assert slow.asked < 100


def test_only_ports_that_are_named_allowed_or_seen_inside_are_tried() -> None:
    ports = ports_of(("tcp/443", "udp/53", "tcp/22"), (8080, 443))
    assert set(ports) == {443, 22, 8080, *WATCHED_PORTS}
    assert len(ports) == len(set(ports))
    assert ports[:2] == (443, 22)
    assert len(ports_of((), range(1, 1000))) == MOST_PORTS


@pytest.mark.parametrize("port", WATCHED_PORTS)
def test_watched_ports_are_ports(port: int) -> None:
    assert 0 < port < 65_536
