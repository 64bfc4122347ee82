"""Module `icmp`: one echo, by a socket of its own that also hears the answer's hop limit."""

from __future__ import annotations

import asyncio
import secrets as chance
import socket
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from probes import icmp_wire
from probes.errors import NotPermitted, TimedOut
from probes.services.blackbox.line import Line, phase_lines, place_lines
from probes.services.parts import wire_of
from probes.transports.tls import as_leaves
from probes.wire import Course

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import ProbeContext, Target
    from probes.wire import Family, Place

_IP_RECVTTL = 12  # ip(7); Python has no name for it
_ANY_PORT = 1  # an echo has none; the look-up of a name wants one
_SOCKETS = {
    4: (socket.AF_INET, socket.IPPROTO_ICMP, socket.IPPROTO_IP, _IP_RECVTTL),
    6: (socket.AF_INET6, socket.IPPROTO_ICMPV6, socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT),
}


class _Came(NamedTuple):
    """An answer: seconds since the question, and how many hops it had left."""

    rtt_s: float
    hop_limit: int | None


@dataclass(slots=True)
class EchoLook:
    """A host that is pinged once."""

    target: Target
    course: Course = field(default_factory=Course)
    setup_s: float | None = None
    came: _Came | None = None

    async def ask(self, context: ProbeContext) -> bool:
        """Send an echo and wait for its answer; in a simulated realm the world answers."""
        with as_leaves(self.target.host):
            place, *_ = await wire_of(context).places(
                self.target.host, _ANY_PORT, family=self.target.family, course=self.course
            )
            if self.target.realm == "live":
                await self._ping(place)
            else:
                await self._ask_world(place, context)
        return self.came is not None

    async def _ask_world(self, place: Place, context: ProbeContext) -> None:
        left_s = max(0.0, context.deadline - context.clock.monotonic())
        echo = context.transports.echo
        stats = await echo.burst(place.address, count=1, gap_s=0.0, timeout_s=left_s)
        if not stats.rtts_s:
            raise TimedOut
        self.came = _Came(stats.rtts_s[0], None)

    async def _ping(self, place: Place) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        run, identifier = chance.randbits(63), chance.randbits(16)
        asked = icmp_wire.request(place.family, identifier, run, 1)
        with _opened(place.family) as opened:
            opened.connect((place.address, 0))
            self.setup_s = loop.time() - begun
            sent = loop.time()
            opened.send(asked)
            while self.came is None:
                await _readable(opened)
                octets, extra, _flags, _by = opened.recvmsg(2048, 256)
                if _is_ours(octets, opened, place.family, run):
                    self.came = _Came(loop.time() - sent, _hop_limit(extra))

    def lines(self) -> Iterator[Line]:
        """Phases, and the hop limit of an answer."""
        yield Line("probe_dns_lookup_time_seconds", self.course.resolve_s or 0)
        yield from place_lines(self.course.place)
        has_place = self.course.place is not None
        known = {
            "resolve": self.course.resolve_s if has_place else None,
            "rtt": self.came.rtt_s if self.came else None,
            "setup": self.setup_s,
        }
        yield from phase_lines("probe_icmp_duration_seconds", known)
        if self.came is not None and self.came.hop_limit is not None:
            yield Line("probe_icmp_reply_hop_limit", self.came.hop_limit)


def _opened(family: Family) -> socket.socket:
    """A socket that may ping: of datagrams where the system allows it, else raw."""
    version, protocol, level, option = _SOCKETS[family]
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            opened = socket.socket(version, kind, protocol)
        except PermissionError:
            continue
        opened.setblocking(False)
        opened.setsockopt(level, option, 1)
        return opened
    raise NotPermitted("icmp_none")


async def _readable(opened: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(opened, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(opened)


def _is_ours(octets: bytes, opened: socket.socket, family: Family, run: int) -> bool:
    """Whether this is the answer to our echo; a raw socket hears everybody's."""
    is_raw = opened.type == socket.SOCK_RAW
    message = icmp_wire.without_ip(octets) if is_raw and family == 4 else octets
    reply = icmp_wire.parse(family, message) if message is not None else None
    return isinstance(reply, icmp_wire.Reply) and reply.run == run


def _hop_limit(extra: list[tuple[int, int, bytes]]) -> int | None:
    wanted = ((socket.IPPROTO_IP, socket.IP_TTL), (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT))
    found = (int.from_bytes(told, sys.byteorder) for *kind, told in extra if tuple(kind) in wanted)
    return next(found, None)
