"""The second engine: the pysnmp library behind the same seam, for v1 and for odd devices.

It costs 50 to 200 times what the fast engine costs, so it asks few devices, on request or where the
fast engine fails. It shares no codec and no socket with the fast engine: it is also its oracle.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from pysnmp.error import PySnmpError
from pysnmp.hlapi.v1arch.asyncio import (
    CommunityData,
    SnmpDispatcher,
    Udp6TransportTarget,
    UdpTransportTarget,
    bulk_cmd,
    get_cmd,
    next_cmd,
)
from pysnmp.proto import rfc1902, rfc1905

from probes.errors import DnsFailed, NotConfigured, ParseFailed, TimedOut
from probes.snmp import ber, carry
from probes.snmp.carry import Answer, Course
from probes.snmp.tables import GetPlan, TablePlan
from probes.snmp.types import Varbind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from probes.snmp.tables import Ask
    from probes.snmp.types import Oid, SnmpResult, SnmpTarget, TableResult

_FIRST_WAIT_S = 1.5
_ROUGH_VARBIND_OCTETS = 26  # pysnmp does not say how long an answer was

_TAGS: tuple[tuple[type, int], ...] = (  # subclasses first: Counter32 is an Integer to pyasn1
    (rfc1905.NoSuchObject, ber.NO_SUCH_OBJECT),
    (rfc1905.NoSuchInstance, ber.NO_SUCH_INSTANCE),
    (rfc1905.EndOfMibView, ber.END_OF_MIB_VIEW),
    (rfc1902.Counter64, ber.COUNTER64),
    (rfc1902.Counter32, ber.COUNTER32),
    (rfc1902.TimeTicks, ber.TIMETICKS),
    (rfc1902.Unsigned32, ber.GAUGE32),
)


class PysnmpEngine:
    """SnmpClient for v1 and v2c on pysnmp. It cannot tell a closed port from silence."""

    def __init__(self) -> None:
        self._dispatcher: SnmpDispatcher | None = None

    async def get(self, target: SnmpTarget, oids: Sequence[Oid], *, deadline: float) -> SnmpResult:
        """GET instances; raises a ProbeError leaf."""
        return carry.instances(await self._run(target, GetPlan(oids), deadline))

    async def table(
        self,
        target: SnmpTarget,
        columns: Sequence[Oid],
        *,
        scalars: Sequence[Oid] = (),
        max_rows: int = 4096,
        deadline: float,
    ) -> TableResult:
        """Read columns of a table, by GETNEXT in v1; raises a ProbeError leaf."""
        plan = TablePlan(columns, scalars=scalars, max_rows=max_rows, bulk=target.version != "1")
        return carry.table(await self._run(target, plan, deadline))

    async def walk(
        self, target: SnmpTarget, root: Oid, *, max_varbinds: int = 20_000, deadline: float
    ) -> SnmpResult:
        """Read everything under `root`; raises a ProbeError leaf."""
        plan = TablePlan((root,), max_rows=max_varbinds, bulk=target.version != "1")
        return carry.walk(await self._run(target, plan, deadline))

    async def _run(self, target: SnmpTarget, plan: GetPlan | TablePlan, deadline: float) -> Course:
        exchange = await self._open(target, deadline)
        course = Course(plan, "pysnmp")
        while ask := course.next_ask():
            try:
                answer = await exchange(ask, tries=course.tries)
            except TimedOut as silence:
                course.silence(ask, silence)
            else:
                course.take(answer)
        return course

    def close(self) -> None:
        """Close the library's sockets and timers."""
        if self._dispatcher:
            # Its own close() calls unfinished requests back with an argument too few (7.1.30).
            transport = self._dispatcher.transport_dispatcher
            transport.unregister_recv_callback()
            transport.unregister_timer_callback()
            transport.close_dispatcher()
            self._dispatcher = None

    async def _open(self, target: SnmpTarget, deadline: float) -> Callable[..., Awaitable[Answer]]:
        if target.version == "3":
            raise NotConfigured("no_user")
        if target.community is None:
            raise NotConfigured("no_community")
        self._dispatcher = self._dispatcher or SnmpDispatcher()
        version = 0 if target.version == "1" else 1
        community = CommunityData(target.community.reveal(), mpModel=version)
        return partial(_exchange, self._dispatcher, community, target, deadline)


async def _exchange(
    dispatcher: SnmpDispatcher,
    community: CommunityData,
    target: SnmpTarget,
    deadline: float,
    ask: Ask,
    *,
    tries: int = 3,
) -> Answer:
    loop = asyncio.get_running_loop()
    started = loop.time()
    try:
        async with asyncio.timeout_at(deadline):
            peer = await _peer(target, tries)
            indication, status, index, pairs = await _command(ask)(dispatcher, community, peer)
    except TimeoutError:
        raise TimedOut("silent") from None
    except (PySnmpError, ValueError, IndexError, TypeError) as broken:
        # The library raises what its decoder stumbles over.
        raise ParseFailed("malformed") from broken
    if indication is not None:
        raise TimedOut("silent")
    varbinds = tuple(map(_varbind, pairs))
    version = 0 if target.version == "1" else 1
    message = ber.Message(version, b"", ber.RESPONSE, 0, int(status), int(index), varbinds)
    return Answer(message, len(varbinds) * _ROUGH_VARBIND_OCTETS, loop.time() - started)


async def _peer(target: SnmpTarget, tries: int) -> UdpTransportTarget | Udp6TransportTarget:
    transport = Udp6TransportTarget if ":" in target.host else UdpTransportTarget
    try:
        return await transport.create(
            (target.host, target.port), timeout=_FIRST_WAIT_S, retries=tries - 1
        )
    except PySnmpError:
        raise DnsFailed() from None


def _command(ask: Ask) -> Callable[..., Any]:
    pairs = [(rfc1902.ObjectName(ber.oid_arcs(oid)), rfc1905.unSpecified) for oid in ask.oids]
    if ask.pdu == ber.GETBULK:
        return lambda *peer: bulk_cmd(*peer, ask.non_repeaters, ask.repetitions, *pairs)
    command = get_cmd if ask.pdu == ber.GET else next_cmd
    return lambda *peer: command(*peer, *pairs)


def _varbind(pair: tuple[Any, Any]) -> Varbind:
    name, value = pair
    return Varbind(ber.oid_from_arcs(tuple(name)), *_tagged(value))


def _tagged(value: Any) -> tuple[int, int | float | bytes | None]:
    """The tag and plain value of one of the library's values."""
    tag = next((tag for kind, tag in _TAGS if isinstance(value, kind)), None)
    if tag in (ber.NO_SUCH_OBJECT, ber.NO_SUCH_INSTANCE, ber.END_OF_MIB_VIEW):
        return tag, None
    if tag is not None:
        return tag, int(value)
    # The rest carries its tag: class and number in one octet, as none of them is above 30.
    last = value.tagSet[-1]
    octet = last.tagClass | last.tagId
    if octet == ber.OID:
        return octet, ber.oid_from_arcs(tuple(value))
    if octet == ber.INTEGER:
        return octet, int(value)
    if octet == ber.NULL:
        return octet, None
    return octet, ber.opaque_value(bytes(value)) if octet == ber.OPAQUE else bytes(value)
