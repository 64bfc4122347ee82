"""The PDUs of all polls: one out per device, so many in all, each believed for a reason.

An answer counts only when its id is outstanding, it comes from the address and port asked, and
version and community, or engine, user, level, digest and time, agree. Everything else is counted
and skipped; the poll goes on waiting for the good answer behind it.
"""

from __future__ import annotations

import asyncio
import errno
import secrets
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from probes import oids as names
from probes.errors import NotPermitted, ProbeError, Refused, TimedOut, Unreachable
from probes.snmp import ber
from probes.snmp.asks import Ask
from probes.snmp.carry import Answer
from probes.snmp.session import CommunitySession, Doubt, Report, UsmSession
from probes.snmp.session_message import AUTH, read_header
from probes.snmp.session_peer import OFFENDING_OCTETS
from probes.snmp.session_timer import DueTimer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from probes.snmp.ber import Message
    from probes.snmp.datagrams import Datagrams
    from probes.snmp.session_message import Header
    from probes.snmp.session_peer import Peer
    from probes.snmp.session_poll import Poll

V2C_TRIES_OF_A_STRANGER = 2
_BACKOFF = 1.5
_MAX_IN_FLIGHT = 512
# Never below 2^23, so that an id always takes four octets and requests keep their length.
_ID_FLOOR, _ID_CEILING = 1 << 24, (1 << 31) - 1
_ALIVE = Ask(ber.GET, (names.sysUpTime,))


@dataclass(slots=True)
class Counts:
    """What came in, what of it did not count and why, since the engine began."""

    sent: int = 0
    answers: int = 0
    reports: int = 0
    malformed: int = 0
    unasked: int = 0  # no such request outstanding: late, duplicate or foreign
    wrong_source: int = 0
    wrong_credential: int = 0

    @property
    def received(self) -> int:
        """How many datagrams came in."""
        counted = self.answers + self.reports + self.malformed + self.unasked
        return counted + self.wrong_source + self.wrong_credential


class _Arrival(NamedTuple):
    """One datagram: its octets, where it came from, and when, in loop seconds."""

    octets: int
    host: str
    port: int
    at: float


class SpeaksV1(Exception):
    """A stranger was silent at v2c and answered v1; never leaves the fast engine."""


class Traffic:
    """Drives polls over datagrams. `replaced` is told when another engine answers at an address."""

    def __init__(
        self,
        datagrams: Datagrams,
        peers: Mapping[tuple[str, int], Peer],
        replaced: Callable[[Poll], None],
    ) -> None:
        self._datagrams = datagrams
        self._peers = peers
        self._replaced = replaced
        self._polls: dict[int, Poll] = {}
        self._in_flight = 0
        self._held: deque[Poll] = deque()
        self._next_id = _ID_FLOOR + secrets.randbelow(_ID_CEILING - _ID_FLOOR)
        self._is_listening = False
        self.counts = Counts()
        self._timer = DueTimer(lambda: self.counts.received, self._send)

    @property
    def outstanding(self) -> int:
        """How many polls have a PDU out now."""
        return self._in_flight

    @property
    def lag_s(self) -> float:
        """By how many seconds in all a late loop has moved deadlines."""
        return self._timer.lag_s

    def close(self) -> None:
        """Give up what is outstanding and close the sockets."""
        self._timer.cancel()
        waiting = [poll for peer in self._peers.values() for poll in peer.waiting]
        for poll in [*self._polls.values(), *self._held, *waiting]:
            self._fail(poll, TimedOut("silent"))
        self._datagrams.close()
        self._is_listening = False

    async def drive(self, poll: Poll) -> None:
        """Carry PDU after PDU until the course ends; raises the ProbeError leaf that ends it."""
        if not self._is_listening:
            self._is_listening = True
            self._datagrams.listen(self._on_datagram, self._on_error)
        try:
            self._advance(poll)
            await poll.done
        finally:
            poll.done.cancel()
            self._release(poll)

    # -- one PDU at a time per device, so many in all --

    def _advance(self, poll: Poll) -> None:
        try:
            ask = poll.course.next_ask()
        except ProbeError as error:
            self._fail(poll, error)
            return
        if ask is None:
            poll.done.set_result(None)
            return
        poll.begin(ask)
        self._queue(poll)

    def _queue(self, poll: Poll) -> None:
        now = asyncio.get_running_loop().time()
        if poll.peer.current is not None:
            poll.peer.waiting.append(poll)
            self._timer.watch(poll, poll.deadline)
        elif self._in_flight >= _MAX_IN_FLIGHT:
            self._held.append(poll)
            self._timer.watch(poll, poll.deadline)
        else:
            poll.peer.current = poll
            self._in_flight += 1
            self._send(poll, now)

    def _release(self, poll: Poll) -> None:
        """This poll has no PDU out any more: the next one may go."""
        for request_id in poll.ids:
            self._polls.pop(request_id, None)
        poll.ids.clear()
        if poll.peer.current is not poll:
            return
        poll.peer.current = None
        self._in_flight -= 1
        for queue in (poll.peer.waiting, self._held):
            while queue:
                following = queue.popleft()
                if not following.done.done():
                    self._queue(following)
                    break

    def _send(self, poll: Poll, now: float) -> None:
        """Send or repeat a PDU; give it up when tries or time are used up."""
        if not poll.tries_left or now >= poll.deadline or poll.ask is None:
            self._give_up(poll)
            return
        poll.tries_left -= 1
        poll.tries += 1
        poll.sent_at = now
        self._timer.watch(poll, min(now + poll.wait_s, poll.deadline))
        poll.wait_s *= _BACKOFF
        self.counts.sent += 1
        self._datagrams.send(self._octets(poll, poll.ask, now), poll.host, poll.port)

    def _octets(self, poll: Poll, ask: Ask, now: float) -> bytes:
        """The datagram of this try: v3 repeats under another msgID, v1 and v2c as they were."""
        session = poll.session
        if isinstance(session, UsmSession):
            msg_id = self._claim_id(poll)
            write = session.write_unencrypted if poll.is_unencrypted else session.write
            return write(ask, msg_id, poll.ids[0], now)
        if poll.may_be_v1 and poll.tries > V2C_TRIES_OF_A_STRANGER:
            poll.v1_id = self._claim_id(poll)
            return CommunitySession(0, session.community).write(_ALIVE, poll.v1_id)
        if not poll.ids:
            poll.octets = session.write(ask, self._claim_id(poll))
        return poll.octets

    def _claim_id(self, poll: Poll) -> int:
        self._next_id = self._next_id + 1 if self._next_id < _ID_CEILING else _ID_FLOOR
        self._polls[self._next_id] = poll
        poll.ids.append(self._next_id)
        return self._next_id

    # -- what comes in --

    def _on_datagram(self, data: bytes, host: str, port: int, rx_time: float) -> None:
        arrival = _Arrival(len(data), host, port, rx_time)
        peer = self._peers.get((host, port))
        poll = peer.current if peer else None
        try:
            if poll is not None and self._take_known(poll, data, arrival):
                return
            if ber.version_of(data) == UsmSession.version:
                self._take_v3(data, read_header(data), arrival)
            else:
                self._take_plain(ber.decode_message(data), arrival)
        except ber.MalformedBer:
            self.counts.malformed += 1
            if peer is not None:
                peer.malformed += 1
                peer.offending = data[:OFFENDING_OCTETS]

    def _take_known(self, poll: Poll, data: bytes, arrival: _Arrival) -> bool:
        """Take an answer that differs from the last of its form in values alone.

        By community the form covers version, community and PDU; the address and the id are held
        against the PDU that is out. Whatever is otherwise goes by every rule.
        """
        if isinstance(poll.session, UsmSession):
            if (header := poll.session.known_header(data)) is not None:
                self._take_v3(data, header, arrival)
            return header is not None
        if poll.layout is None:
            return False
        told = poll.layout.read(data)
        if told is None or self._polls.get(told[0]) is not poll or poll.done.done():
            return False
        head = (poll.session.version, poll.session.community, ber.RESPONSE, told[0], 0, 0)
        self._take(poll, ber.Message(*head, told[1], layout=poll.layout), arrival)
        return True

    def _take_plain(self, message: Message, arrival: _Arrival) -> None:
        poll = self._polls.get(message.request_id)
        if poll is None or poll.done.done() or message.pdu != ber.RESPONSE:
            self.counts.unasked += 1
            return
        version = 0 if message.request_id == poll.v1_id else poll.session.version
        community = getattr(poll.session, "community", None)
        if message.version != version or message.community != community:
            self.counts.wrong_credential += 1
        elif not self._is_from(poll, arrival):
            return
        elif message.request_id == poll.v1_id:
            self.counts.answers += 1
            poll.done.set_exception(SpeaksV1())
        else:
            self._take(poll, message, arrival)

    def _take_v3(self, data: bytes, header: Header, arrival: _Arrival) -> None:
        poll = self._polls.get(header.msg_id)
        if poll is None or poll.done.done() or not isinstance(poll.session, UsmSession):
            self.counts.unasked += 1
            return
        if not self._is_from(poll, arrival):
            return
        before = poll.peer.engine.id
        level = AUTH if poll.is_unencrypted else None
        try:
            found = poll.session.read(data, header, arrival.at, level=level, layout=poll.layout)
            if isinstance(found, Report):
                self._take_report(poll, found, arrival)
        except ProbeError as error:
            self._fail(poll, error)
            return
        if isinstance(found, Doubt):
            self.counts.wrong_credential += 1
            poll.doubts.add(found)
        elif not isinstance(found, Report):
            self._take(poll, found, arrival)
        elif before and poll.peer.engine.id != before:
            self._replaced(poll)

    def _is_from(self, poll: Poll, arrival: _Arrival) -> bool:
        if arrival.host in poll.sources and arrival.port == poll.port:
            return True
        self.counts.wrong_source += 1
        poll.seen_from = arrival.host
        return False

    def _take_report(self, poll: Poll, report: Report, arrival: _Arrival) -> None:
        self.counts.reports += 1
        poll.peer.has_answered = True
        poll.take_report(report)
        poll.tries_left = max(poll.tries_left, 1)
        poll.wait_s = poll.peer.rto_s
        self._send(poll, arrival.at)

    def _take(self, poll: Poll, message: Message, arrival: _Arrival) -> None:
        self.counts.answers += 1
        poll.peer.has_answered = True
        # Karn: after a repeat nobody knows which of the two was answered.
        rtt_s = max(0.0, arrival.at - poll.sent_at) if poll.tries == 1 else None
        if rtt_s is not None:
            poll.peer.learn_rtt(rtt_s)
        else:
            poll.peer.back_off(poll.wait_s)
        self._release(poll)
        try:
            poll.course.take(Answer(message, arrival.octets, rtt_s, poll.tries))
        except ProbeError as error:
            self._fail(poll, error)
        else:
            self._advance(poll)

    def _on_error(self, host: str, port: int, number: int) -> None:
        """The network said that this address cannot be reached (ICMP) or sending failed."""
        peer = self._peers.get((host, port))
        if peer is not None and peer.current is not None:
            self._fail(peer.current, _network_error(number))

    def _give_up(self, poll: Poll) -> None:
        error = poll.silence()
        try:
            if not isinstance(error, TimedOut) or poll.ask is None:
                raise error
            poll.course.silence(poll.ask, error)
        except ProbeError as final:
            self._fail(poll, final)
        else:
            self._release(poll)
            self._advance(poll)

    def _fail(self, poll: Poll, error: ProbeError) -> None:
        if not poll.done.done():
            poll.done.set_exception(error)


def _network_error(number: int) -> ProbeError:
    if number == errno.ECONNREFUSED:
        return Refused("port_closed")
    if number in (errno.EPERM, errno.EACCES):
        return NotPermitted()
    return Unreachable("no_route")
