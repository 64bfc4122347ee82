"""Without root: our STAMP sender and reflector tell the directions of a relayed line apart."""

from __future__ import annotations

import asyncio
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from drills.impairment import CUT, Impairment, Passage
from probes.path.stamp_reflector import Reflector, ReflectorSocket
from probes.path.stamp_sender import StampSender
from tests.lab.relay import TcpRelay, UdpRelay

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from probes.path.stamp_quality import Quality

pytestmark = pytest.mark.realtime
PACKETS = 200


@pytest.fixture
async def reflector() -> AsyncIterator[tuple[str, int]]:
    """A reflector of ours on loopback."""
    opened = ReflectorSocket(
        ("127.0.0.1", 0), Reflector((ip_network("127.0.0.0/8"),), rate_per_s=10_000)
    )
    yield opened.address
    opened.close()


async def measured(relay: UdpRelay) -> Quality:
    """One burst through the relay."""
    sender = StampSender()
    try:
        return await sender.burst(*relay.address, dscp=0, count=PACKETS, gap_s=0.002, timeout_s=3.0)
    finally:
        sender.close()


async def test_each_direction_is_blamed_for_exactly_the_packets_it_lost(
    reflector: tuple[str, int],
) -> None:
    out, back = Passage(Impairment(loss=0.02, seed=1)), Passage(Impairment(loss=0.10, seed=2))
    async with UdpRelay(reflector, out, back) as relay:
        found = await measured(relay)
    assert out.lost
    assert back.lost > out.lost
    assert found.out.loss is not None
    assert found.back.loss is not None
    assert (found.out.loss.lost, found.back.loss.lost) == (out.lost, back.lost)
    assert found.sent == out.passed + out.lost


async def test_a_relay_delays_each_way_by_what_it_was_told_at_least(
    reflector: tuple[str, int],
) -> None:
    out, back = Passage(Impairment(delay_s=0.010)), Passage(Impairment(delay_s=0.030))
    async with UdpRelay(reflector, out, back) as relay:
        found = await measured(relay)
    assert len(found.rtts_s) == PACKETS
    assert min(found.rtts_s) >= 0.039  # the loop's clock is not the kernel's
    assert found.out.loss is not None
    assert found.out.loss.lost == 0


async def test_a_cut_way_back_is_silence_of_which_nobody_knows_the_direction(
    reflector: tuple[str, int],
) -> None:
    async with UdpRelay(reflector, back=Passage(CUT)) as relay:
        sender = StampSender()
        found = await sender.burst(*relay.address, dscp=0, count=5, gap_s=0.0, timeout_s=0.2)
        sender.close()
    assert found.rtts_s == ()
    assert found.round.loss is not None
    assert found.round.loss.ratio == 1.0


async def test_a_connection_carries_every_octet_in_order_through_a_bad_line() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    target = server.sockets[0].getsockname()[:2]
    sent = bytes(range(256)) * 64
    bad = Impairment(delay_s=0.01, jitter_s=0.01, rate_bps=2e7, seed=3)
    async with server, TcpRelay(target, bad, bad) as relay:
        reader, writer = await asyncio.open_connection(*relay.address)
        begun = asyncio.get_running_loop().time()
        writer.write(sent)
        writer.write_eof()
        assert await reader.read() == sent
        # 16 kB at 20 Mbit/s are 6.5 ms in each direction, after the delays.
        assert asyncio.get_running_loop().time() - begun > 0.013
        writer.close()


async def test_a_connection_to_a_dead_server_is_closed_and_nothing_hangs() -> None:
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    target = server.sockets[0].getsockname()[:2]
    server.close()
    await server.wait_closed()
    async with TcpRelay(target) as relay:
        reader, writer = await asyncio.open_connection(*relay.address)
        assert await reader.read() == b""
        writer.close()
