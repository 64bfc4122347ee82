"""Bursts over real sockets through a relay that loses, delays and doubles in one direction.

Virtual time: sockets on loopback deliver at once, only the relay's delays and the waiting pass. The
wall clocks stand still there, so the kernel's stamps are out of bounds and virtual time counts.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import TypeAlias

import pytest

from probes.clock import ManualClock, SystemClock, run_virtual
from probes.errors import NotConfigured
from probes.kernel_stamps import wall_ns
from probes.path import stamp_wire as wire
from probes.path.stamp_quality import Loss, Quality
from probes.path.stamp_reflector import Reflector, ReflectorSocket
from probes.path.stamp_sender import TURN_S, StampSender
from probes.path.stamp_wire import ErrorEstimate

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
CLOCK = ErrorEstimate(0.0005, synchronised=True)
COUNT, GAP_S, TIMEOUT_S = 50, 0.02, 1.0

# What becomes of the n-th packet (from 1) of a direction: seconds for each copy that goes on.
Fate: TypeAlias = Callable[[int], tuple[float, ...]]


def passes(_turn: int) -> tuple[float, ...]:
    """Every packet at once."""
    return (0.0,)


@dataclass
class _Half(asyncio.DatagramProtocol):
    """One socket of the relay; `relay` is told what comes."""

    came: Callable[[bytes, tuple[str, int]], None]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.came(data, addr[:2])


class Relay:
    """A line between one sender and a reflector: a fate per direction, a mark on the way out."""

    def __init__(
        self,
        far: tuple[str, int],
        out: Fate,
        back: Fate,
        change: Callable[[bytes], bytes],
        dscp: int,
    ) -> None:
        self._dscp = dscp
        self._far, self._out, self._back, self._change = far, out, back, change
        self._turns = {"out": 0, "back": 0}
        self._near: tuple[str, int] | None = None
        self._loop = asyncio.get_running_loop()

    async def open(self) -> tuple[str, int]:
        """Where the sender sends to."""
        host = self._far[0]
        self._a, _ = await self._loop.create_datagram_endpoint(
            lambda: _Half(self._from_sender), local_addr=(host, 0)
        )
        self._b, _ = await self._loop.create_datagram_endpoint(
            lambda: _Half(self._from_far), local_addr=(host, 0)
        )
        way, level, option = self._b.get_extra_info("socket"), socket.IPPROTO_IP, socket.IP_TOS
        if ":" in host:
            level, option = socket.IPPROTO_IPV6, socket.IPV6_TCLASS
        way.setsockopt(level, option, self._dscp << 2)
        found: tuple[str, int] = self._a.get_extra_info("sockname")[:2]
        return found

    def close(self) -> None:
        """Give both sockets back."""
        self._a.close()
        self._b.close()

    def _from_sender(self, data: bytes, source: tuple[str, int]) -> None:
        self._near = source
        self._turns["out"] += 1
        for delay_s in self._out(self._turns["out"]):
            self._later(delay_s, self._b, data, self._far)

    def _from_far(self, data: bytes, _source: tuple[str, int]) -> None:
        self._turns["back"] += 1
        assert self._near is not None
        for delay_s in self._back(self._turns["back"]):
            self._later(delay_s, self._a, self._change(data), self._near)

    def _later(
        self, delay_s: float, way: asyncio.DatagramTransport, data: bytes, to: tuple[str, int]
    ) -> None:
        if delay_s:
            self._loop.call_later(delay_s, way.sendto, data, to)
        else:
            way.sendto(data, to)


async def measured(
    clock: ManualClock | SystemClock,
    out: Fate = passes,
    back: Fate = passes,
    *,
    host: str = "127.0.0.1",
    count: int = COUNT,
    change: Callable[[bytes], bytes] = bytes,
    dscp: int = 46,
) -> Quality:
    """One burst to a reflector behind such a line."""
    wall = wall_ns if isinstance(clock, SystemClock) else lambda: 0
    reflector = Reflector(LOOPBACK, rate_per_s=10_000)
    far = ReflectorSocket((host, 0), reflector, lambda: CLOCK, wall)
    relay = Relay(far.address, out, back, change, dscp)
    sender = StampSender(estimate=lambda: CLOCK, wall=wall)
    try:
        where = await relay.open()
        return await sender.burst(*where, dscp=46, count=count, gap_s=GAP_S, timeout_s=TIMEOUT_S)
    finally:
        sender.close()
        relay.close()
        far.close()


def burst(out: Fate = passes, back: Fate = passes, **settings: object) -> Quality:
    """The same in virtual time."""
    clock = ManualClock()
    found: Quality = run_virtual(measured(clock, out, back, **settings), clock)  # type: ignore[arg-type] # as above
    return found


def lossy(*turns: int) -> Fate:
    """These packets of a direction do not go on."""
    return lambda turn: () if turn in turns else (0.0,)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_clean_line_loses_nothing(host: str) -> None:
    found = burst(host=host)
    assert found.out.loss == found.back.loss == found.round.loss == Loss(COUNT, 0)
    assert (found.reordered, found.duplicates, found.dscp_rewritten) == (0, 0, False)
    assert len(found.rtts_s) == COUNT


def test_what_is_lost_on_the_way_out_is_blamed_on_the_way_out_only() -> None:
    """The three that follow a burst with losses count as sent."""
    found = burst(out=lossy(1, 2, 17, 49, 50))
    assert (found.out.loss, found.back.loss) == (Loss(53, 5), Loss(48, 0))
    assert found.unplaced == 0


def test_what_is_lost_on_the_way_back_is_blamed_on_the_way_back_only() -> None:
    found = burst(back=lossy(1, 2, 17, 49, 50))
    assert (found.out.loss, found.back.loss) == (Loss(53, 0), Loss(53, 5))
    assert found.unplaced == 0


def test_losses_of_both_ways_are_told_apart() -> None:
    found = burst(out=lossy(3, 4), back=lossy(9))
    assert (found.out.loss, found.back.loss) == (Loss(53, 2), Loss(51, 1))


def test_a_line_cut_in_the_middle_of_a_burst_is_lost_nobody_knows_where() -> None:
    found = burst(back=lambda turn: (0.0,) if turn <= 20 else ())
    assert found.round.loss == Loss(53, 33)
    assert (found.out.loss, found.unplaced) == (Loss(20, 0), 33)


def test_a_mark_that_the_line_takes_off_is_told() -> None:
    assert burst(dscp=0).dscp_rewritten is True


def test_silence_is_all_lost() -> None:
    found = burst(out=lambda _turn: ())
    assert found.round.loss == Loss(53, 53)
    assert found.rtts_s == ()


def test_an_answer_later_than_the_deadline_is_lost_and_one_just_before_is_not() -> None:
    """Just before is two turns of the sender here: in virtual time no stamp says it finer."""
    before_s = TIMEOUT_S - 2 * TURN_S
    found = burst(out=lambda turn: (before_s,) if turn == 50 else (0.0,))
    assert found.round.loss is not None
    assert found.round.loss.lost == 0
    late = burst(back=lambda turn: (1.01,) if turn == 7 else (0.0,))
    assert late.round.loss == Loss(53, 1)


def test_without_stamps_round_trips_are_the_lines_delay_to_a_turn_of_the_sender() -> None:
    """In virtual time the kernel's stamps mean nothing: what is left is when answers were taken."""
    found = burst(out=lambda _turn: (0.020,), back=lambda _turn: (0.010,))
    assert len(found.rtts_s) == COUNT
    assert all(0.030 - 1e-6 <= rtt_s <= 0.030 + TURN_S + 1e-6 for rtt_s in found.rtts_s)


def test_doubled_and_overtaken_packets_are_counted_and_not_lost() -> None:
    found = burst(back=lambda turn: (0.0, 0.0) if turn == 5 else (0.05,) if turn == 9 else (0.0,))
    assert (found.duplicates, found.reordered) == (1, 1)
    assert found.round.loss == Loss(COUNT, 0)


def test_a_short_answer_of_twamp_light_is_measured_too() -> None:
    """It does not echo the session: address and the time in the packet tell whose it is."""

    def short(octets: bytes) -> bytes:
        reply = wire.decode_reply(octets, 0)
        return wire.encode_reply(replace(reply, session=0, number=reply.number + 700))[:38]

    found = burst(out=lossy(10), change=short)
    assert (found.out.loss, found.back.loss) == (Loss(53, 1), Loss(52, 0))
    assert found.dscp_rewritten is None


def test_foreign_and_forged_packets_are_not_answers() -> None:
    def forged(octets: bytes) -> bytes:
        reply = wire.decode_reply(octets, 0)
        return wire.encode_reply(replace(reply, request_sent_ns=reply.request_sent_ns + 1))

    assert burst(change=forged).rtts_s == ()
    assert burst(change=lambda octets: octets[:20]).rtts_s == ()


async def test_a_name_is_no_address() -> None:
    sender = StampSender()
    with pytest.raises(NotConfigured):
        await sender.burst("reflector", 862, dscp=0, count=1, gap_s=0.0, timeout_s=0.1)


@pytest.mark.realtime
async def test_by_the_kernels_stamps_each_way_has_its_own_delay() -> None:
    """Lower bounds only: a busy machine is slower, never faster than the line."""
    found = await measured(SystemClock(), lambda _turn: (0.030,), lambda _turn: (0.005,), count=20)
    assert found.out.delay_s is not None
    assert found.back.delay_s is not None
    assert found.out.delay_s >= 0.029
    assert found.back.delay_s >= 0.004
    assert min(found.rtts_s) >= 0.034
