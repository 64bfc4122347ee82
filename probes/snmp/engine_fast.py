"""The engine that polls: SNMP v2c over shared sockets, a dictionary of requests, one timer.

An answer counts only when its request-id is outstanding, it comes from the address and port asked,
and version and community agree. Everything else is counted and skipped; the request goes on
waiting for the good answer behind it.
"""

from __future__ import annotations

import asyncio
import errno
import secrets
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from ipaddress import ip_address
from typing import TYPE_CHECKING

from probes.errors import (
    DnsFailed,
    NotConfigured,
    NotPermitted,
    ParseFailed,
    ProbeError,
    Refused,
    TimedOut,
    Unreachable,
    Unsupported,
)
from probes.snmp import ber
from probes.snmp.carry import Answer, read_instances, read_table, read_walk
from probes.snmp.datagrams import Datagrams, UdpDatagrams
from probes.snmp.tables import Ask, TablePlan
from probes.snmp.types import Varbind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from probes.snmp.carry import Exchange
    from probes.snmp.types import Oid, SnmpResult, SnmpTarget, TableResult

__all__ = ["Counts", "Datagrams", "FastEngine", "UdpDatagrams"]

_FIRST_RTO_S = 1.0
_MIN_RTO_S, _MAX_RTO_S = 0.3, 3.0
_BACKOFF = 1.5
_LATE_LOOP_S = 0.1
_MAX_DRAIN_ROUNDS = 64
# Never below 2^23, so that a request-id always takes four octets and requests keep their length.
_ID_FLOOR, _ID_CEILING = 1 << 24, (1 << 31) - 1


@dataclass(slots=True)
class Counts:
    """What came in and did not count, and how late the loop was, since the engine began."""

    sent: int = 0
    answers: int = 0
    malformed: int = 0
    unasked: int = 0  # no such request outstanding: late, duplicate or foreign
    wrong_source: int = 0
    wrong_credential: int = 0
    lag_s: float = 0.0


@dataclass(slots=True)
class _Peer:
    """What is learned of one device: its round trip (RFC 6298) and how large a bulk it stands."""

    srtt_s: float | None = None
    rttvar_s: float = 0.0
    ceilings: dict[int, int] = field(default_factory=dict)
    malformed: int = 0

    @property
    def rto_s(self) -> float:
        if self.srtt_s is None:
            return _FIRST_RTO_S
        return min(max(self.srtt_s + 4 * self.rttvar_s, _MIN_RTO_S), _MAX_RTO_S)

    def learn(self, rtt_s: float) -> None:
        if self.srtt_s is None:
            self.srtt_s, self.rttvar_s = rtt_s, rtt_s / 2
            return
        self.rttvar_s += 0.25 * (abs(self.srtt_s - rtt_s) - self.rttvar_s)
        self.srtt_s += 0.125 * (rtt_s - self.srtt_s)


@dataclass(slots=True, eq=False)
class _Request:
    """One PDU on its way; `due` is when it is repeated or given up, in loop time."""

    id: int
    octets: bytes
    host: str
    port: int
    community: bytes
    done: asyncio.Future[Answer]
    peer: _Peer
    deadline: float
    tries_left: int
    wait_s: float
    malformed_before: int
    tries: int = 0
    sent_at: float = 0.0
    due: float = 0.0
    seen_from: str = ""


class FastEngine:
    """SnmpClient for v2c. Timers come from the running loop, so virtual time works."""

    def __init__(self, datagrams: Datagrams) -> None:
        self._datagrams = datagrams
        self._requests: dict[int, _Request] = {}
        self._peers: dict[tuple[str, int], _Peer] = {}
        self._dues: list[tuple[float, int]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._next_id = _ID_FLOOR + secrets.randbelow(_ID_CEILING - _ID_FLOOR)
        self._is_listening = False
        self.counts = Counts()

    # -- SnmpClient --

    async def get(self, target: SnmpTarget, oids: Sequence[Oid], *, deadline: float) -> SnmpResult:
        """GET instances; raises a ProbeError leaf."""
        exchange, _ = await self._open(target, deadline)
        return await read_instances(exchange, oids, "fast")

    async def table(
        self,
        target: SnmpTarget,
        columns: Sequence[Oid],
        *,
        scalars: Sequence[Oid] = (),
        max_rows: int = 4096,
        deadline: float,
    ) -> TableResult:
        """Read columns of a table, and scalars beside them; raises a ProbeError leaf."""
        exchange, peer = await self._open(target, deadline)
        plan = TablePlan(
            columns, scalars=scalars, max_rows=max_rows, ceiling=peer.ceilings.get(len(columns))
        )
        result = await read_table(exchange, plan, "fast")
        if plan.ceiling is not None:
            peer.ceilings[len(columns)] = plan.ceiling
        return result

    async def walk(
        self, target: SnmpTarget, root: Oid, *, max_varbinds: int = 20_000, deadline: float
    ) -> SnmpResult:
        """Read everything under `root`; raises a ProbeError leaf."""
        exchange, peer = await self._open(target, deadline)
        plan = TablePlan((root,), max_rows=max_varbinds, ceiling=peer.ceilings.get(1))
        return await read_walk(exchange, plan, "fast")

    def close(self) -> None:
        """Give up what is outstanding and close the sockets."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        for request in tuple(self._requests.values()):
            self._fail(request, TimedOut("silent"))
        self._datagrams.close()
        self._is_listening = False

    @property
    def outstanding(self) -> int:
        """How many requests wait for an answer now."""
        return len(self._requests)

    # -- one request --

    async def _open(self, target: SnmpTarget, deadline: float) -> tuple[Exchange, _Peer]:
        if target.version != "2c":
            raise Unsupported("v3_later" if target.version == "3" else "v1_fast")
        if target.community is None:
            raise NotConfigured("no_community")
        host = await _numeric(target.host)
        peer = self._peers.setdefault((host, target.port), _Peer())
        community = target.community.reveal().encode()
        return partial(self._exchange, host, target.port, community, peer, deadline), peer

    async def _exchange(
        self,
        host: str,
        port: int,
        community: bytes,
        peer: _Peer,
        deadline: float,
        ask: Ask,
        *,
        tries: int = 3,
    ) -> Answer:
        loop = asyncio.get_running_loop()
        self._listen()
        request_id = self._claim_id()
        octets = _encode(ask, request_id, community)
        done: asyncio.Future[Answer] = loop.create_future()
        request = _Request(
            request_id, octets, host, port, community, done, peer, deadline, tries, peer.rto_s,
            peer.malformed,
        )  # fmt: skip
        self._requests[request_id] = request
        try:
            self._send(request, loop.time())
            return await done
        finally:
            self._requests.pop(request_id, None)

    def _claim_id(self) -> int:
        self._next_id = self._next_id + 1 if self._next_id < _ID_CEILING else _ID_FLOOR
        return self._next_id

    def _listen(self) -> None:
        if not self._is_listening:
            self._is_listening = True
            self._datagrams.listen(self._on_datagram, self._on_error)

    def _send(self, request: _Request, now: float) -> None:
        """Send or repeat a request; give it up when tries or time are used up."""
        if not request.tries_left or now >= request.deadline:
            self._fail(request, _silence(request))
            return
        request.tries_left -= 1
        request.tries += 1
        request.sent_at = now
        request.due = min(now + request.wait_s, request.deadline)
        request.wait_s *= _BACKOFF
        self.counts.sent += 1
        self._watch(request)
        self._datagrams.send(request.octets, request.host, request.port)

    # -- what comes in --

    def _on_datagram(self, data: bytes, host: str, port: int, rx_time: float) -> None:
        try:
            message = ber.decode_message(data)
        except ber.MalformedBer:
            self.counts.malformed += 1
            if peer := self._peers.get((host, port)):
                peer.malformed += 1
            return
        request = self._requests.get(message.request_id)
        if request is None or message.pdu != ber.RESPONSE or request.done.done():
            self.counts.unasked += 1
        elif message.version != 1 or message.community != request.community:
            self.counts.wrong_credential += 1
        elif (host, port) != (request.host, request.port):
            self.counts.wrong_source += 1
            request.seen_from = host
        else:
            self._take(request, message, len(data), rx_time)

    def _take(self, request: _Request, message: ber.Message, octets: int, rx_time: float) -> None:
        self.counts.answers += 1
        # Karn: after a repeat nobody knows which of the two was answered.
        rtt_s = max(0.0, rx_time - request.sent_at) if request.tries == 1 else None
        if rtt_s is not None:
            request.peer.learn(rtt_s)
        request.done.set_result(Answer(message, octets, rtt_s, request.tries))

    def _on_error(self, host: str, port: int, number: int) -> None:
        """The network said that this address cannot be reached (ICMP) or sending failed."""
        for request in tuple(self._requests.values()):
            if (request.host, request.port) == (host, port):
                self._fail(request, _network_error(number))

    def _fail(self, request: _Request, error: ProbeError) -> None:
        if not request.done.done():
            request.done.set_exception(error)

    # -- time --

    def _watch(self, request: _Request) -> None:
        heappush(self._dues, (request.due, request.id))
        if self._timer is None or request.due < self._timer_at:
            self._arm(request.due)

    def _arm(self, at: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer_at = at
        self._timer = asyncio.get_running_loop().call_at(at, self._sweep)

    def _sweep(self) -> None:
        """The earliest due has come: forgive a late loop, then let the sockets be read first."""
        now = asyncio.get_running_loop().time()
        lag_s = now - self._timer_at
        if lag_s > _LATE_LOOP_S:
            self._forgive(lag_s)
        self._drain_then_expire(_MAX_DRAIN_ROUNDS, self._received())

    def _forgive(self, lag_s: float) -> None:
        self.counts.lag_s += lag_s
        for request in self._requests.values():
            request.due += lag_s
            request.deadline += lag_s
        self._dues = sorted((request.due, request.id) for request in self._requests.values())

    def _drain_then_expire(self, rounds_left: int, received: int) -> None:
        """Expire only after one turn of the loop that brought no datagram.

        A timer set for now runs behind the readers of its turn, so whatever waited in the socket
        has been taken by then.
        """
        loop = asyncio.get_running_loop()
        again = partial(self._expire, rounds_left, received)
        self._timer = loop.call_at(loop.time(), again)

    def _expire(self, rounds_left: int, received: int) -> None:
        if rounds_left and self._received() != received:
            self._drain_then_expire(rounds_left - 1, self._received())
            return
        self._timer = None
        now = asyncio.get_running_loop().time()
        for request in self._pop_due(now):
            self._send(request, now)
        if self._dues:  # a repeat has armed its own due; another request's may come before it
            self._arm(self._dues[0][0])

    def _pop_due(self, now: float) -> Iterable[_Request]:
        due = []
        while self._dues and (self._dues[0][0] <= now or not self._is_waiting(self._dues[0])):
            entry = heappop(self._dues)
            if self._is_waiting(entry):
                due.append(self._requests[entry[1]])
        return due

    def _is_waiting(self, entry: tuple[float, int]) -> bool:
        request = self._requests.get(entry[1])
        return request is not None and request.due == entry[0] and not request.done.done()

    def _received(self) -> int:
        c = self.counts
        return c.answers + c.malformed + c.unasked + c.wrong_source + c.wrong_credential


def _encode(ask: Ask, request_id: int, community: bytes) -> bytes:
    varbinds = tuple(Varbind(oid, ber.NULL, None) for oid in ask.oids)
    return ber.encode_message(
        ber.Message(1, community, ask.pdu, request_id, ask.non_repeaters, ask.repetitions, varbinds)
    )


def _silence(request: _Request) -> ProbeError:
    """Why nothing counted as an answer, as far as it can be told."""
    if request.seen_from:
        return NotConfigured("wrong_source", address=request.seen_from)
    if request.peer.malformed > request.malformed_before:
        return ParseFailed("malformed")
    return TimedOut("silent", tries=request.tries)


def _network_error(number: int) -> ProbeError:
    if number == errno.ECONNREFUSED:
        return Refused("port_closed")
    if number in (errno.EPERM, errno.EACCES):
        return NotPermitted()
    return Unreachable("no_route")


async def _numeric(host: str) -> str:
    """The address of a host, in the one spelling that answers carry; DnsFailed without one."""
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None)
    except OSError:
        raise DnsFailed() from None
    return str(ip_address(found[0][4][0]))
