"""The second engine: the pysnmp library behind the same seam, in a thread of its own.

It costs 50 to 200 times what the fast engine costs, so it asks few devices, on request or where the
fast engine fails. It shares no codec and no socket with the fast engine: it is also its oracle.
"""

from __future__ import annotations

import asyncio
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from pysnmp.error import PySnmpError
from pysnmp.hlapi.v1arch import asyncio as plain
from pysnmp.hlapi.v3arch import asyncio as secured
from pysnmp.proto import rfc1902, rfc1905

from probes.errors import (
    AuthFailed,
    DnsFailed,
    Forbidden,
    NotConfigured,
    ParseFailed,
    ProbeError,
    TimedOut,
)
from probes.snmp import ber, carry
from probes.snmp.asks import GetPlan
from probes.snmp.carry import Answer, Course
from probes.snmp.tables import TablePlan
from probes.snmp.types import Varbind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from inventory.snmp_user import SnmpUser
    from probes.snmp.asks import Ask
    from probes.snmp.types import Oid, SnmpResult, SnmpTarget, TableResult

_FIRST_WAIT_S = 1.5
_ROUGH_VARBIND_OCTETS = 26  # pysnmp does not say how long an answer was
_MAX_DEVICES = 8
_MAX_CORE = 0.25
_CORE_WINDOW_S = 60.0
_CLOSE_WITHIN_S = 2.0

_TAGS: tuple[tuple[type, int], ...] = (  # subclasses first: Counter32 is an Integer to pyasn1
    (rfc1905.NoSuchObject, ber.NO_SUCH_OBJECT),
    (rfc1905.NoSuchInstance, ber.NO_SUCH_INSTANCE),
    (rfc1905.EndOfMibView, ber.END_OF_MIB_VIEW),
    (rfc1902.Counter64, ber.COUNTER64),
    (rfc1902.Counter32, ber.COUNTER32),
    (rfc1902.TimeTicks, ber.TIMETICKS),
    (rfc1902.Unsigned32, ber.GAUGE32),
)
_AUTHS = {
    "md5": secured.usmHMACMD5AuthProtocol,
    "sha1": secured.usmHMACSHAAuthProtocol,
    "sha224": secured.usmHMAC128SHA224AuthProtocol,
    "sha256": secured.usmHMAC192SHA256AuthProtocol,
    "sha384": secured.usmHMAC256SHA384AuthProtocol,
    "sha512": secured.usmHMAC384SHA512AuthProtocol,
}
_PRIVS = {  # what the library calls plain AES-192 and -256 is Reeder's
    "des": secured.usmDESPrivProtocol,
    "aes128": secured.usmAesCfb128Protocol,
    "aes192": secured.usmAesBlumenthalCfb192Protocol,
    "aes256": secured.usmAesBlumenthalCfb256Protocol,
    "aes192c": secured.usmAesCfb192Protocol,
    "aes256c": secured.usmAesCfb256Protocol,
}
_FAILURES: dict[str, tuple[type[ProbeError], str]] = {  # by the library's names
    "UnknownUserName": (AuthFailed, "v3_user"),
    "UnknownSecurityName": (AuthFailed, "v3_user"),
    "WrongDigest": (AuthFailed, "v3_auth_key"),
    "AuthenticationFailure": (AuthFailed, "v3_auth_key"),
    "DecryptionError": (AuthFailed, "v3_priv_key"),
    "UnsupportedSecurityLevel": (NotConfigured, "v3_level"),
    "NotInTimeWindow": (AuthFailed, "v3_time"),
    "NoSuchContext": (Forbidden, "view"),
    "ParseError": (ParseFailed, "malformed"),
}


class PysnmpEngine:
    """SnmpClient for all versions on pysnmp. It cannot tell a closed port from silence.

    It asks at most 8 devices and takes at most a quarter of a core; beyond that it raises
    NotConfigured. Deadlines are those of the loop that asks: both read the same clock.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._live, name="pysnmp", daemon=True)
        self._library: _Library | None = None
        self._devices: set[tuple[str, int]] = set()
        self._window = (0.0, 0.0)  # wall and CPU seconds at its start
        self._thread.start()

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

    def close(self) -> None:
        """Close the library's sockets and timers and end the thread."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CLOSE_WITHIN_S)

    def _live(self) -> None:
        """The thread: runs the loop until it is stopped, then leaves nothing open."""
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        if self._library is not None:
            self._library.close()
        pending = asyncio.all_tasks(self._loop)
        for task in pending:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        self._loop.close()

    async def _run(self, target: SnmpTarget, plan: GetPlan | TablePlan, deadline: float) -> Course:
        if target.version == "3" and target.user is None:
            raise NotConfigured("no_user")
        if target.version != "3" and target.community is None:
            raise NotConfigured("no_community")
        self._devices.add((target.host, target.port))
        if len(self._devices) > _MAX_DEVICES:
            self._devices.discard((target.host, target.port))
            raise NotConfigured("pysnmp_full", limit=_MAX_DEVICES)
        running = asyncio.run_coroutine_threadsafe(
            self._carry(target, Course(plan, "pysnmp"), deadline), self._loop
        )
        return await asyncio.wrap_future(running)

    async def _carry(self, target: SnmpTarget, course: Course, deadline: float) -> Course:
        """In the thread: the course from its first PDU to its last."""
        self._refuse_overload()
        self._library = self._library or _Library()
        while ask := course.next_ask():
            try:
                answer = await self._library.exchange(target, ask, course.tries, deadline)
            except TimedOut as silence:
                course.silence(ask, silence)
            else:
                course.take(answer)
        return course

    def _refuse_overload(self) -> None:
        wall, cpu = self._loop.time(), time.thread_time()
        began, spent = self._window
        if wall - began > _CORE_WINDOW_S:
            self._window = (wall, cpu)
        elif cpu - spent > _MAX_CORE * _CORE_WINDOW_S:
            raise NotConfigured("pysnmp_busy", percent=round(_MAX_CORE * 100))


class _Library:
    """The library's two ways of asking, opened when the first device needs one."""

    def __init__(self) -> None:
        self._dispatcher: plain.SnmpDispatcher | None = None
        self._engine: secured.SnmpEngine | None = None

    def close(self) -> None:
        if self._dispatcher:
            # Its own close() calls unfinished requests back with an argument too few (7.1.30).
            transport = self._dispatcher.transport_dispatcher
            transport.unregister_recv_callback()
            transport.unregister_timer_callback()
            transport.close_dispatcher()
        if self._engine:
            self._engine.close_dispatcher()

    async def exchange(self, target: SnmpTarget, ask: Ask, tries: int, deadline: float) -> Answer:
        """One PDU and its answer; raises a ProbeError leaf."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with asyncio.timeout_at(deadline):
                peer = await _peer(target, tries)
                indication, status, index, pairs = await self._command(target, ask, peer)
        except TimeoutError:
            raise _silence(target) from None
        except (PySnmpError, ValueError, IndexError, TypeError) as broken:
            # The library raises what its decoder stumbles over.
            raise ParseFailed("malformed") from broken
        if indication is not None:
            leaf, code = _FAILURES.get(type(indication).__name__, (None, ""))
            raise leaf(code) if leaf else _silence(target)
        varbinds = tuple(map(_varbind, pairs))
        message = ber.Message(1, b"", ber.RESPONSE, 0, int(status), int(index), varbinds)
        return Answer(message, len(varbinds) * _ROUGH_VARBIND_OCTETS, loop.time() - started)

    def _command(self, target: SnmpTarget, ask: Ask, peer: Any) -> Awaitable[Any]:
        pairs = [(rfc1902.ObjectName(ber.oid_arcs(oid)), rfc1905.unSpecified) for oid in ask.oids]
        numbers = (ask.non_repeaters, ask.repetitions) if ask.pdu == ber.GETBULK else ()
        command = self._of_version(target, ask)
        return command(peer, *self._context(target), *numbers, *pairs)

    def _of_version(self, target: SnmpTarget, ask: Ask) -> Callable[..., Awaitable[Any]]:
        library = secured if target.version == "3" else plain
        names = {ber.GETBULK: "bulk_cmd", ber.GET: "get_cmd", ber.GETNEXT: "next_cmd"}
        command = getattr(library, names[ask.pdu])
        if target.version == "3" and target.user is not None:
            self._engine = self._engine or secured.SnmpEngine()
            return partial(command, self._engine, _user(target.user))
        self._dispatcher = self._dispatcher or plain.SnmpDispatcher()
        community = target.community.reveal() if target.community else ""
        model = 0 if target.version == "1" else 1
        return partial(command, self._dispatcher, plain.CommunityData(community, mpModel=model))

    def _context(self, target: SnmpTarget) -> tuple[Any, ...]:
        if target.version != "3":
            return ()
        return (secured.ContextData(contextName=target.context.encode()),)


def _user(user: SnmpUser) -> secured.UsmUserData:
    given: dict[str, Any] = {}
    if user.auth and user.auth_key:
        given |= {"authProtocol": _AUTHS[user.auth], "authKey": user.auth_key.reveal()}
    if user.priv and user.priv_key:
        given |= {"privProtocol": _PRIVS[user.priv], "privKey": user.priv_key.reveal()}
    return secured.UsmUserData(user.name, **given)  # noqa: S509 - the inventory says the level


def _silence(target: SnmpTarget) -> TimedOut:
    return TimedOut("v3_silent" if target.version == "3" else "silent")


async def _peer(target: SnmpTarget, tries: int) -> Any:
    library = secured if target.version == "3" else plain
    is_ipv6 = ":" in target.host
    transport = library.Udp6TransportTarget if is_ipv6 else library.UdpTransportTarget
    try:
        return await transport.create(
            (target.host, target.port), timeout=_FIRST_WAIT_S, retries=tries - 1
        )
    except PySnmpError:
        raise DnsFailed() from None


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
