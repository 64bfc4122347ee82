"""Sends bursts of STAMP packets: one UDP socket per address family for all targets."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

from probes.errors import NotConfigured
from probes.kernel_stamps import wall_ns
from probes.path import stamp_wire as wire
from probes.path.stamp_quality import Counters, Echo, Quality, quality
from probes.path.stamp_socket import clock_error, departed, open_udp, receive, send
from probes.transports.os_errors import as_probe_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.errors import ProbeError
    from probes.icmp_wire import Version
    from probes.path.stamp_socket import Datagram
    from probes.path.stamp_wire import ErrorEstimate

# Packets that are sent behind a burst with losses: their numbers tell in which direction its last
# packets were lost.
CLOSERS = 3
# The bursts to all targets keep one rhythm: what is due leaves, and what came is taken, together.
# The kernel's stamps say when each packet really left and came, so nothing waits for this program;
# waking for every packet would cost several times what the packets do.
TURN_S = 0.02
_SHORTEST_TURN_S = 0.001
_PACKETS_PER_S = 2000
_MOST_A_TURN = 200
_MOST_SESSION = 0xFFFF


@dataclass(slots=True)
class _Sent:
    """One packet: the time written in it, and when it left by both clocks.

    `wall_ns` is this program's own time until the kernel tells when it left.
    """

    stamp_ns: int
    wall_ns: int
    mono_s: float


@dataclass
class _Burst:
    """A burst on its way: its packets by number and the answers in order of arrival.

    `waiting` packets are still to leave, the next one at `next_at`; `gone` is done when all have.
    """

    host: str
    port: int
    dscp: int
    timeout_s: float
    clock: ErrorEstimate
    session: int
    sent: dict[int, _Sent] = field(default_factory=dict)
    echoes: list[Echo] = field(default_factory=list)
    answered: set[int] = field(default_factory=set)
    waiting: int = 0
    next_at: float = 0.0
    gap_s: float = 0.0
    gone: asyncio.Future[None] | None = None
    is_fresh: bool = True
    is_whole: asyncio.Event = field(default_factory=asyncio.Event)


class StampSender:
    """The real StampClient. Sockets open at the first burst of their family; `close()` frees them.

    `estimate` tells how far this machine's clock may be off, `wall` reads the clock in which the
    kernel stamps what it receives, in Unix nanoseconds.
    """

    def __init__(
        self,
        *,
        estimate: Callable[[], ErrorEstimate] = clock_error,
        wall: Callable[[], int] = wall_ns,
    ) -> None:
        self._estimate = estimate
        self._wall = wall
        self._sockets: dict[Version, _Socket] = {}
        self._counters: dict[tuple[str, int, int], Counters] = {}

    async def burst(
        self, host: str, port: int, *, dscp: int, count: int, gap_s: float, timeout_s: float
    ) -> Quality:
        """Send `count` packets of one mark, `gap_s` apart; one is lost `timeout_s` after it left.

        When some stay away, three more follow, which are counted like the others. It takes at most
        `count * gap_s + 1.5 * timeout_s` and the three gaps more. Raises NotConfigured for a host
        that is no address, Unreachable, NotPermitted or Busy when the packets do not leave.
        """
        try:
            address = ip_address(host)
        except ValueError as error:
            raise NotConfigured("not_address", host=host) from error
        opened = self._socket(4 if address.version == 4 else 6)
        session = opened.free_session()
        burst = _Burst(str(address), port, dscp, timeout_s, self._estimate(), session)
        found = await opened.measure(burst, count, gap_s)
        before = self.counters(host, port, dscp)
        self._counters[host, port, dscp] = before.plus(found)
        return found

    def counters(self, host: str, port: int, dscp: int) -> Counters:
        """What all bursts of that mark to that reflector brought so far."""
        return self._counters.get((host, port, dscp), Counters())

    def close(self) -> None:
        """Give the sockets back."""
        sockets, self._sockets = self._sockets, {}
        for opened in sockets.values():
            opened.close()

    def _socket(self, version: Version) -> _Socket:
        if version not in self._sockets:
            try:
                self._sockets[version] = _Socket(version, self._wall)
            except OSError as error:
                raise as_probe_error(error) from error
        return self._sockets[version]


class _Socket:
    """One socket for all targets of an address family."""

    def __init__(self, version: Version, wall: Callable[[], int]) -> None:
        self._wall = wall
        self._bursts: dict[int, _Burst] = {}
        self._loop = asyncio.get_running_loop()
        self._turn: asyncio.TimerHandle | None = None
        self._turned_at, self._room_left = self._loop.time(), 1.0
        self._octets = 0
        self._socket = open_udp(version, departures=True)

    def free_session(self) -> int:
        """A session identifier that no burst uses now; RFC 8972 section 3 keeps 0 for none."""
        while True:
            session = 1 + secrets.randbelow(_MOST_SESSION)
            if session not in self._bursts:
                return session

    async def measure(self, burst: _Burst, count: int, gap_s: float) -> Quality:
        """Send the burst, wait for its answers and read the quality from them."""
        self._bursts[burst.session] = burst
        try:
            await self._send_all(burst, count, gap_s)
            await self._wait(burst, burst.timeout_s / 2)
            if not burst.is_whole.is_set():
                await self._send_all(burst, CLOSERS, gap_s)
                await self._wait(burst, burst.timeout_s)
            self.drain()  # what arrived while the loop was busy is not lost
            return quality(len(burst.sent), burst.echoes, fresh=burst.is_fresh)
        finally:
            del self._bursts[burst.session]

    def close(self) -> None:
        """Stop listening and give the socket back."""
        if self._turn is not None:
            self._turn.cancel()
        self._socket.close()

    def drain(self) -> None:
        """Take every answer that has arrived, after when its packet left."""
        for frame, at_ns in departed(self._socket):
            self._left(frame, at_ns)
        while True:
            try:
                came = receive(self._socket)
            except OSError:  # an ICMP error about an earlier packet: its silence tells as much
                continue
            if came is None:
                return
            self._take(came)

    async def _wait(self, burst: _Burst, seconds: float) -> None:
        """Until every packet is answered, at most that long after the last one left."""
        left_s = max(one.mono_s for one in burst.sent.values()) + seconds - self._loop.time()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, left_s)):
                await burst.is_whole.wait()

    async def _send_all(self, burst: _Burst, count: int, gap_s: float) -> None:
        burst.waiting, burst.gap_s, burst.next_at = count, gap_s, self._loop.time()
        burst.gone = self._loop.create_future()
        if self._turn is not None:  # it may be longer than this burst's rhythm
            self._turn.cancel()
        self._take_turn()
        await burst.gone

    def _take_turn(self) -> None:
        """Take what came and send what is due, until no burst is left."""
        begun = self._loop.time()
        self.drain()
        room = self._room(begun)
        for burst in self._bursts.values():
            while room >= 1 and burst.waiting and burst.next_at <= begun:
                self._send_next(burst)
                room -= 1
        self._room_left = room
        self._turn = None
        if self._bursts:
            gaps_s = [burst.gap_s for burst in self._bursts.values() if burst.waiting]
            turn_s = max(_SHORTEST_TURN_S, min([TURN_S, *gaps_s]))
            self._turn = self._loop.call_at(begun + turn_s, self._take_turn)

    def _room(self, now: float) -> float:
        """How many packets may leave now: of what the time since the last turn has earned.

        A loop that was held up sends what it owes, so that bursts still end before their deadline.
        """
        earned = (now - self._turned_at) * _PACKETS_PER_S
        self._turned_at = now
        return min(_MOST_A_TURN, self._room_left + earned)

    def _send_next(self, burst: _Burst) -> None:
        """One packet more of a burst; whoever waits for it learns when that does not leave."""
        burst.next_at += burst.gap_s
        burst.waiting -= 1
        try:
            self._send(burst)
        except OSError as error:
            burst.waiting = 0
            _settle(burst, as_probe_error(error))
        else:
            if not burst.waiting:
                _settle(burst, None)

    def _send(self, burst: _Burst) -> None:
        # Counted from 1, as if packet 0 had not left: a reflector that counts by itself begins with
        # 0, so its numbers differ from ours, and one that only copies them shows.
        number = len(burst.sent) + 1
        marks = wire.encode_class_of_service(wire.ClassOfService(burst.dscp))
        sent_ns = self._wall()
        request = wire.Request(
            number,
            sent_ns,
            burst.clock,
            burst.session,
            (wire.Extension(wire.CLASS_OF_SERVICE, marks),),
        )
        octets = wire.encode_request(request)
        self._octets = len(octets)
        burst.is_whole.clear()
        burst.sent[number] = _Sent(sent_ns, sent_ns, self._loop.time())
        send(self._socket, octets, (burst.host, burst.port), dscp=burst.dscp)

    def _left(self, frame: bytes, at_ns: int) -> None:
        named = wire.name_of(frame[-self._octets :])
        burst = self._bursts.get(named[1]) if named else None
        sent = burst.sent.get(named[0]) if named and burst else None
        # Out of these bounds, somebody set the clock in between.
        if sent is not None and sent.wall_ns <= at_ns <= self._wall():
            sent.wall_ns = at_ns

    def _take(self, came: Datagram) -> None:
        try:
            reply = wire.decode_reply(came.octets, came.at_ns)
        except wire.BadPacket:
            return
        burst = self._burst_of(reply, came)
        if burst is None:
            return
        sent = burst.sent[reply.request_number]
        passed_s = self._loop.time() - sent.mono_s
        rtt_s, returned_ns = _round_trip(reply, sent, came.at_ns, passed_s)
        if rtt_s > burst.timeout_s:
            return
        burst.is_fresh = burst.is_fresh and reply.session != 0
        burst.echoes.append(
            Echo(
                number=reply.request_number,
                reflected_number=reply.number,
                sent_ns=sent.wall_ns,
                received_ns=reply.received_ns,
                reflected_ns=reply.sent_ns,
                returned_ns=returned_ns,
                rtt_s=rtt_s,
                clocks_error_s=_clocks_error_s(burst.clock, reply.estimate),
                sent_dscp=burst.dscp,
                seen_dscp=_seen_dscp(reply),
            )
        )
        burst.answered.add(reply.request_number)
        if not burst.waiting and len(burst.answered) == len(burst.sent):
            burst.is_whole.set()

    def _burst_of(self, reply: wire.Reply, came: Datagram) -> _Burst | None:
        """Whose packet it answers: by session if echoed, by address and the time written in it."""
        named = self._bursts.get(reply.session)
        asked = [named] if named else list(self._bursts.values()) if reply.session == 0 else []
        for burst in asked:
            sent = burst.sent.get(reply.request_number)
            is_from = came.source == (burst.host, burst.port)
            if is_from and sent is not None and sent.stamp_ns == reply.request_sent_ns:
                return burst
        return None


def _settle(burst: _Burst, error: ProbeError | None) -> None:
    """Tell who waits that all packets left, or why one did not; nobody waits any more when cut."""
    if burst.gone is None or burst.gone.done():
        return
    if error is None:
        burst.gone.set_result(None)
    else:
        burst.gone.set_exception(error)


def _round_trip(
    reply: wire.Reply, sent: _Sent, returned_ns: int, passed_s: float
) -> tuple[float, int]:
    """Seconds on the line without the reflector's own time, and when the answer was here.

    The kernel's stamp is wall time: when somebody set the clock in between, it is out of the bounds
    of what passed on the monotonic clock, which then stands in.
    """
    total_s = (returned_ns - sent.wall_ns) / 1e9
    if not 0 <= total_s <= passed_s:
        total_s, returned_ns = passed_s, sent.wall_ns + round(passed_s * 1e9)
    held_s = (reply.sent_ns - reply.received_ns) / 1e9
    return (total_s - held_s if 0 <= held_s <= total_s else total_s), returned_ns


def _clocks_error_s(own: ErrorEstimate, other: ErrorEstimate) -> float | None:
    """How far both clocks together may be off; None when one of them is not synchronised."""
    if not (own.synchronised and other.synchronised):
        return None
    return own.error_s + other.error_s


def _seen_dscp(reply: wire.Reply) -> int | None:
    """The mark as the reflector saw it; None when it does not know that extension."""
    for one in reply.extensions:
        if one.type == wire.CLASS_OF_SERVICE and not (one.unrecognized or one.malformed):
            try:
                return wire.decode_class_of_service(one.value).seen_dscp
            except wire.BadPacket:
                return None
    return None
