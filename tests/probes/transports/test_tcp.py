"""The TCP connector against real listeners on loopback."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import TYPE_CHECKING

import pytest

from probes.errors import NotConfigured, NotPermitted, Refused, TimedOut, Unreachable
from probes.transports.os_errors import as_probe_error
from probes.transports.tcp import TcpConnector

if TYPE_CHECKING:
    from tests.probes.conftest import Peers


async def test_an_open_port_says_how_long_it_took(peers: Peers) -> None:
    async with peers.http(b"") as peer:
        took_s = await TcpConnector().connect("127.0.0.1", peer.port, deadline=peers.in_seconds(5))
    assert 0 < took_s < 5


async def test_a_closed_port_refuses(peers: Peers) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Refused):
        await TcpConnector().connect("127.0.0.1", port, deadline=peers.in_seconds(5))


async def test_a_port_that_cannot_exist_is_configuration(peers: Peers) -> None:
    with pytest.raises(NotConfigured):
        await TcpConnector().connect("127.0.0.1", 70_000, deadline=peers.in_seconds(5))


@pytest.mark.realtime
async def test_the_deadline_holds_when_nobody_accepts() -> None:
    """A listener whose queue is full drops the next SYN, as a filtered port does."""
    loop = asyncio.get_running_loop()
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        begun = loop.time()
        with pytest.raises(TimedOut):
            await TcpConnector().connect("127.0.0.1", full.getsockname()[1], deadline=begun + 0.3)
        assert 0.25 <= loop.time() - begun < 1.5


@pytest.mark.parametrize(
    ("number", "leaf"), [(errno.EACCES, Unreachable), (errno.EPERM, NotPermitted)]
)
def test_a_filter_on_the_way_is_no_right_that_lacks_here(
    number: int, leaf: type[Exception]
) -> None:
    """What Linux makes of ICMPv6 "administratively prohibited", and of its own firewall's no."""
    assert type(as_probe_error(OSError(number, ""))) is leaf
