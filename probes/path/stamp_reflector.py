"""The far end of a STAMP measurement: sends every test packet back with what was seen of it.

RFC 8762 section 4.3, stateful: it numbers its answers per session, so that the sender can tell the
directions apart. It answers only whom it may, not faster than a limit, and never with more octets
than it was asked with.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TYPE_CHECKING, TypeAlias

from probes.kernel_stamps import wall_ns
from probes.path import stamp_wire as wire
from probes.path.stamp_socket import clock_error, open_udp, receive, send

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from probes.path.stamp_socket import Datagram
    from probes.path.stamp_wire import ErrorEstimate, Extension

Network: TypeAlias = IPv4Network | IPv6Network

# A burst is 50 packets a second; several wards may be behind one address.
RATE_PER_S = 200
_MOST_SESSIONS = 10_000
_MOST_PEERS = 10_000
_SESSION_IDLE_S = 900.0  # REFWAIT of RFC 8762 section 4
_UNKNOWN_DSCP = 0
_TURN_PACKETS = 256
_ESTIMATE_S = 16.0


@dataclass
class Counts:
    """What became of the packets that came, since the start."""

    answered: int = 0
    forbidden: int = 0
    limited: int = 0
    malformed: int = 0
    not_sent: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: the reply, and with which mark it leaves."""

    reply: wire.Reply
    dscp: int


@dataclass
class _Session:
    next_number: int
    last_s: float


@dataclass
class _Peer:
    """A bucket of packets that this address may still send."""

    tokens: float
    last_s: float


@dataclass
class Reflector:
    """Decides what is answered, with which number. Pure but for its own counters; no I/O.

    `allowed` are the networks that are answered; `rate_per_s` is per source address.
    """

    allowed: tuple[Network, ...]
    rate_per_s: float = RATE_PER_S
    counts: Counts = field(default_factory=Counts)
    _sessions: OrderedDict[tuple[str, int, int], _Session] = field(default_factory=OrderedDict)
    _peers: OrderedDict[str, _Peer] = field(default_factory=OrderedDict)

    def answer(self, came: Datagram, mono_s: float, estimate: ErrorEstimate) -> Answer | None:
        """The answer to one datagram; None when it gets none, which is counted.

        `mono_s` are monotonic seconds, `estimate` is this machine's clock. The reply's `sent_ns` is
        still the receive time: the one who sends knows when that is.
        """
        if not self._is_allowed(came.source[0]):
            self.counts.forbidden += 1
            return None
        if not self._has_token(came.source[0], mono_s):
            self.counts.limited += 1
            return None
        try:
            asked = wire.decode_request(came.octets, came.at_ns)
        except wire.BadPacket:
            self.counts.malformed += 1
            return None
        extensions, dscp = _reflected(asked.extensions, came)
        reply = wire.Reply(
            number=self._number((*came.source, asked.session), mono_s),
            sent_ns=came.at_ns,
            estimate=replace(estimate, ptp=asked.estimate.ptp),
            session=asked.session,
            received_ns=came.at_ns,
            request_number=asked.number,
            request_sent_ns=asked.sent_ns,
            request_estimate=asked.estimate,
            ttl=came.ttl,
            extensions=extensions,
        )
        return Answer(reply, dscp)

    def _is_allowed(self, host: str) -> bool:
        address = ip_address(host.partition("%")[0])
        return any(address in network for network in self.allowed)

    def _has_token(self, host: str, mono_s: float) -> bool:
        peer = self._peers.pop(host, None) or _Peer(self.rate_per_s, mono_s)
        earned = (mono_s - peer.last_s) * self.rate_per_s
        tokens = min(self.rate_per_s, peer.tokens + earned)
        may = tokens >= 1
        self._peers[host] = _Peer(tokens - 1 if may else tokens, mono_s)
        if len(self._peers) > _MOST_PEERS:
            self._peers.popitem(last=False)
        return may

    def _number(self, key: tuple[str, int, int], mono_s: float) -> int:
        """The session's next sequence number; a session that was silent long starts again at 0."""
        session = self._sessions.pop(key, None)
        if session is None or mono_s - session.last_s > _SESSION_IDLE_S:
            session = _Session(0, mono_s)
        number = session.next_number
        self._sessions[key] = _Session((number + 1) & 0xFFFF_FFFF, mono_s)
        if len(self._sessions) > _MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return number


def _reflected(asked: tuple[Extension, ...], came: Datagram) -> tuple[tuple[Extension, ...], int]:
    """The extensions of the answer, each as long as it was, and the answer's mark.

    Without a Class of Service TLV the answer keeps the mark of the request.
    """
    kept = _UNKNOWN_DSCP if came.dscp is None else came.dscp
    done = [_understood(one, came) for one in asked]
    wanted = [one for one in done if one.type == wire.CLASS_OF_SERVICE and not one.malformed]
    if not wanted:
        return tuple(done), kept
    return tuple(done), wire.decode_class_of_service(wanted[0].value).asked_dscp


def _understood(one: Extension, came: Datagram) -> Extension:
    """One extension with its flags as RFC 8972 section 4 wants them, marks filled in."""
    known = one.type in {wire.CLASS_OF_SERVICE, wire.EXTRA_PADDING}
    flagged = replace(
        one, unrecognized=not known, malformed=one.missing_octets > 0, integrity_failed=False
    )
    if one.type != wire.CLASS_OF_SERVICE:
        return flagged
    try:
        asked = wire.decode_class_of_service(one.value)
    except wire.BadPacket:
        return replace(flagged, malformed=True)
    if came.dscp is None or came.ecn is None:
        return replace(flagged, unrecognized=True)  # this kernel does not show us the mark
    seen = replace(asked, seen_dscp=came.dscp, seen_ecn=came.ecn, refused=0)
    return replace(flagged, value=wire.encode_class_of_service(seen))


class ReflectorSocket:
    """A reflector on one UDP address. Needs the running loop; `close()` frees it.

    `estimate` tells how far this machine's clock may be off, `wall` reads it in Unix nanoseconds.
    Raises OSError when the address may not be bound.
    """

    def __init__(
        self,
        address: tuple[str, int],
        reflector: Reflector,
        estimate: Callable[[], ErrorEstimate] = clock_error,
        wall: Callable[[], int] = wall_ns,
    ) -> None:
        self.reflector = reflector
        self._read_estimate, self._wall = estimate, wall
        self._estimate, self._estimated_s = estimate(), 0.0
        self._loop = asyncio.get_running_loop()
        self._socket: socket.socket = open_udp(6 if ":" in address[0] else 4, address)
        self._loop.add_reader(self._socket.fileno(), self.drain)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens: host and port."""
        host, port = self._socket.getsockname()[:2]
        return host, port

    def close(self) -> None:
        """Stop listening and give the socket back."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def drain(self) -> None:
        """Answer what has arrived; a turn is bounded, so that a flood does not hold the loop."""
        for _turn in range(_TURN_PACKETS):
            try:
                came = receive(self._socket)
            except OSError:  # an ICMP error about an earlier answer: its asker is gone
                continue
            if came is None:
                return
            self._reflect(came)

    def _reflect(self, came: Datagram) -> None:
        mono_s = self._loop.time()
        if mono_s - self._estimated_s > _ESTIMATE_S:
            self._estimate, self._estimated_s = self._read_estimate(), mono_s
        answer = self.reflector.answer(came, mono_s, self._estimate)
        if answer is None:
            return
        # Never before it was received, also when somebody sets the clock in between.
        sent_ns = max(came.at_ns, self._wall())
        octets = wire.encode_reply(replace(answer.reply, sent_ns=sent_ns))
        try:
            send(
                self._socket,
                octets[: len(came.octets)],
                came.source,
                dscp=answer.dscp,
                own=came.own,
            )
        except OSError:
            self.reflector.counts.not_sent += 1
        else:
            self.reflector.counts.answered += 1
