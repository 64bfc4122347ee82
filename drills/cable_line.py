"""Ways out in memory for what measures the line: STAMP bursts, packets of any size, datagrams."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drills import views
from drills.faces import reach, stamp
from probes.icmp_wire import HEAD_OCTETS, EchoEnd
from probes.path.stamp_quality import Counters, Echo, quality
from probes.path.stamp_sender import CLOSERS
from probes.wire import Wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from drills.world import World
    from probes.icmp_wire import EchoPacket
    from probes.path.stamp_quality import Quality
    from probes.wire import Course, Family

_NS = 1_000_000_000
_HOPS_UNKNOWN = 64
_CLOCKS_S = 0.001  # by how much two clocks of one world are said to differ at most


@dataclass
class CableStamp:
    """A StampClient whose reflector stands in the world; both clocks are the world's own."""

    world: World
    asker: str
    _counters: dict[tuple[str, int, int], Counters] = field(default_factory=dict)

    async def burst(
        self, host: str, port: int, *, dscp: int, count: int, gap_s: float, timeout_s: float
    ) -> Quality:
        """Send a burst; when some stay away, three more packets tell in which direction."""
        sent = count
        echoes = self._echoes(host, dscp, range(1, count + 1), gap_s, timeout_s)
        waited_s = timeout_s / 2
        if len(echoes) < count:
            sent += CLOSERS
            closers = range(count + 1, sent + 1)
            echoes = self._echoes(host, dscp, range(1, closers[-1] + 1), gap_s, timeout_s)
            waited_s = 1.5 * timeout_s
        whole_s = max((one.rtt_s for one in echoes), default=0.0)
        await self.world.clock.sleep(sent * gap_s + (whole_s if len(echoes) == sent else waited_s))
        found = quality(sent, echoes)
        self._counters[host, port, dscp] = self.counters(host, port, dscp).plus(found)
        return found

    def counters(self, host: str, port: int, dscp: int) -> Counters:
        """What all bursts of that mark to that reflector brought so far."""
        return self._counters.get((host, port, dscp), Counters())

    def _echoes(
        self, host: str, dscp: int, numbers: range, gap_s: float, timeout_s: float
    ) -> list[Echo]:
        """The answers in order of arrival; the reflector counts what reaches it, from 0."""
        t, begun_ns = self.world.time(), round(self.world.clock.now().timestamp() * _NS)
        trips = [
            (number, stamp.trip(self.world, self.asker, host, t, dscp, number))
            for number in numbers
        ]
        left_ns = {number: begun_ns + round((number - 1) * gap_s * _NS) for number in numbers}
        arrived = sorted(
            (left_ns[number] + round(one.there_s * _NS), number, one)
            for number, one in trips
            if one.there_s is not None
        )
        echoes = []
        for reflected, (at_ns, number, one) in enumerate(arrived):
            if one.back_s is None or one.there_s is None:
                continue
            rtt_s = one.there_s + one.back_s
            if rtt_s <= timeout_s:
                at = (left_ns[number], at_ns, at_ns, at_ns + round(one.back_s * _NS))
                echoes.append(Echo(number, reflected, *at, rtt_s, _CLOCKS_S, dscp, dscp))
        return sorted(echoes, key=lambda one: one.returned_ns)


@dataclass(frozen=True)
class CableLine:
    """A LineClient over the world's paths. No node of the world speaks up about hop limits."""

    world: World
    asker: str

    async def echoes(
        self, host: str, packets: Sequence[EchoPacket], *, gap_s: float, timeout_s: float
    ) -> tuple[EchoEnd, ...]:
        """Echoes that may be too long for the way: those vanish."""
        world, t = self.world, self.world.time()
        place, node = world.topology.standing_place(self.asker), world.topology.by_address.get(host)
        largest = world.largest(place.name, node.name, t) if place and node else 0
        told = reach.rtts_ms(world, self.asker, host, len(packets), t)
        ends = [
            EchoEnd(None if ms is None or _octets(one) > largest or _ends_early(one) else ms / 1000)
            for one, ms in zip(packets, told, strict=True)
        ]
        await world.clock.sleep(_lasts(ends, gap_s, timeout_s))
        return tuple(ends)

    async def datagrams(
        self, host: str, hop_limits: Sequence[int], *, gap_s: float, timeout_s: float
    ) -> tuple[EchoEnd, ...]:
        """Nobody answers: the world's nodes have no hops."""
        del host
        ends = [EchoEnd() for _limit in hop_limits]
        await self.world.clock.sleep(_lasts(ends, gap_s, timeout_s))
        return tuple(ends)


def _octets(packet: EchoPacket) -> int:
    return packet.payload_octets + HEAD_OCTETS[4]


def _ends_early(packet: EchoPacket) -> bool:
    return packet.hop_limit is not None and packet.hop_limit < _HOPS_UNKNOWN


def _lasts(ends: Sequence[EchoEnd], gap_s: float, timeout_s: float) -> float:
    spent = (n * gap_s + (timeout_s if one.rtt_s is None else one.rtt_s)
             for n, one in enumerate(ends))  # fmt: skip
    return max(spent, default=0.0)


class CablePost:
    """Datagrams to one of the world's servers and its answers, when they would come."""

    def __init__(self, world: World, asker: str, host: str) -> None:
        self._world, self._asker, self._host = world, asker, host
        self._came: asyncio.Queue[bytes] = asyncio.Queue()
        self._timers: list[asyncio.TimerHandle] = []

    @property
    def local(self) -> tuple[str, int]:
        """Who asks has no address of its own in the world."""
        return "127.0.0.1", 0

    def send(self, octets: bytes) -> None:
        """Ask; an answer comes after the round trip."""
        found = views.datagram_answer(self._world, self._asker, self._host, octets)
        if found is not None:
            answer, late_s = found
            loop = asyncio.get_running_loop()
            self._timers.append(loop.call_later(late_s, self._came.put_nowait, answer))

    async def receive(self, within_s: float) -> bytes | None:
        """The next answer, None when none comes in time."""
        try:
            async with asyncio.timeout(within_s):
                return await self._came.get()
        except TimeoutError:
            return None

    def close(self) -> None:
        """Lose what is on its way."""
        for timer in self._timers:
            timer.cancel()


@dataclass(frozen=True, slots=True, kw_only=True)
class CableWire(Wire):
    """A Wire whose datagrams end in the world. It has no streams: pages have a client of theirs."""

    world: World
    asker: str

    @property
    def has_streams(self) -> bool:
        """No service of the world speaks a bare stream."""
        return False

    # What it opens does what a Post does, without its sockets.
    @asynccontextmanager
    async def post(  # type: ignore[override]
        self, host: str, port: int, *, family: Family | None = None, course: Course | None = None
    ) -> AsyncIterator[CablePost]:
        """Datagrams to and from one server of the world."""
        del port, family  # an address has one thing that listens, or nothing
        if course is not None:
            course.resolve_s = course.connect_s = 0.0
        post = CablePost(self.world, self.asker, host)
        try:
            yield post
        finally:
            post.close()
