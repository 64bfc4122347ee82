"""An SNMP agent and a wire in memory, so that agents can be as odd as those in the field."""

from __future__ import annotations

import asyncio
import contextlib
import os
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from inventory.access import SnmpAccess
from inventory.credentials import Secret
from probes.clock import ManualClock, SystemClock, run_virtual
from probes.model import ProbeContext, Target
from probes.snmp import ber
from probes.snmp.engine_fast import FastEngine
from probes.snmp.types import SnmpTarget, Varbind
from probes.transports.model import Transports

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping

    from probes.snmp.ber import Message
    from probes.snmp.types import Oid, SnmpClient

HOST = "192.0.2.10"
COMMUNITY = b"public"


@dataclass(frozen=True)
class Reply:
    """One datagram on its way to the engine: when, what, and from where it seems to come."""

    octets: bytes
    delay_s: float = 0.005
    host: str = HOST
    port: int = 161


class Agent:
    """Answers GET, GETNEXT and GETBULK from a map of OIDs, as a correct agent does."""

    def __init__(self, values: Mapping[str, tuple[int, Any]], *, max_octets: int = 1472) -> None:
        self.varbinds = {
            ber.oid(name): Varbind(ber.oid(name), tag, value)
            for name, (tag, value) in values.items()
        }
        self.order = sorted(self.varbinds, key=ber.oid_key)
        self._keys = [ber.oid_key(oid) for oid in self.order]
        self.max_octets = max_octets

    def answer(self, request: Message) -> Message:
        """The response to a request; repetitions are cut where `max_octets` would be passed."""
        asked = [varbind.oid for varbind in request.varbinds]
        if request.pdu == ber.GET:
            return response(request, map(self._instance, asked))
        if request.pdu == ber.GETNEXT:
            return response(request, map(self.next, asked))
        return self._bulk(request, asked)

    def next(self, oid: Oid) -> Varbind:
        """The next varbind behind an OID, or endOfMibView."""
        at = bisect_right(self._keys, ber.oid_key(oid))
        if at == len(self.order):
            return Varbind(oid, ber.END_OF_MIB_VIEW, None)
        return self.varbinds[self.order[at]]

    def _instance(self, oid: Oid) -> Varbind:
        return self.varbinds.get(oid, Varbind(oid, ber.NO_SUCH_INSTANCE, None))

    def _bulk(self, request: Message, asked: list[Oid]) -> Message:
        heads, cursors = asked[: request.error_status], asked[request.error_status :]
        found = [self.next(oid) for oid in heads]
        octets = 40 + sum(len(ber.encode_varbind(v)) for v in found)
        for _ in range(request.error_index):
            for column, cursor in enumerate(cursors):
                varbind = self.next(cursor)
                octets += len(ber.encode_varbind(varbind))
                if octets > self.max_octets:
                    return response(request, found)
                found.append(varbind)
                cursors[column] = varbind.oid
        return response(request, found)


def response(request: Message, varbinds: Iterable[Varbind]) -> Message:
    """A good response to a request."""
    return replace(
        request, pdu=ber.RESPONSE, error_status=0, error_index=0, varbinds=tuple(varbinds)
    )


@dataclass
class Wire:
    """Datagrams in memory. `behave` says what comes back for one request."""

    behave: Callable[[Message, bytes], Iterable[Reply]]
    sent: list[Message] = field(default_factory=list)
    on_datagram: Callable[[bytes, str, int, float], None] = lambda *_: None
    on_error: Callable[[str, int, int], None] = lambda *_: None

    def send(self, data: bytes, host: str, port: int) -> None:
        """Take a request and put its replies on the way."""
        del host, port
        request = ber.decode_message(data)
        self.sent.append(request)
        for reply in self.behave(request, data):
            loop = asyncio.get_running_loop()
            loop.call_later(reply.delay_s, self._deliver, reply)

    def listen(
        self,
        on_datagram: Callable[[bytes, str, int, float], None],
        on_error: Callable[[str, int, int], None],
    ) -> None:
        """Remember who takes what comes back."""
        self.on_datagram, self.on_error = on_datagram, on_error

    def close(self) -> None:
        """Nothing to close."""

    def _deliver(self, reply: Reply) -> None:
        now = asyncio.get_running_loop().time()
        self.on_datagram(reply.octets, reply.host, reply.port, now)


def honest(agent: Agent) -> Callable[[Message, bytes], Iterator[Reply]]:
    """Every request gets the agent's answer."""

    def behave(request: Message, _data: bytes) -> Iterator[Reply]:
        yield Reply(ber.encode_message(agent.answer(request)))

    return behave


def snmp_target(**changes: Any) -> SnmpTarget:
    """The device in memory, asked as v2c."""
    return replace(SnmpTarget(HOST, community=Secret(COMMUNITY.decode())), **changes)


def on_virtual_time(story: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a story on a clock that nothing waits for."""
    return run_virtual(story(), ManualClock())


def device(host: str = HOST, port: int = 161, **fields: Any) -> Target:
    """A probe's target with SNMP access."""
    access = SnmpAccess(auth="env:SNMP", port=port)
    return Target("26740", "sw-1", "generic_switch", "core", host, snmp=access, **fields)


def context(
    client: SnmpClient, timeout_s: float = 8, community: str = "public", **notes: Any
) -> ProbeContext:
    """What a probe is given: this SNMP client and nothing else."""
    missing: Any = None
    return ProbeContext(
        SystemClock(),
        asyncio.get_running_loop().time() + timeout_s,
        Transports(client, missing, missing, missing),
        lambda _ref: Secret(community),
        **notes,
    )


def engine(behave: Callable[[Message, bytes], Iterable[Reply]]) -> tuple[FastEngine, Wire]:
    """A fast engine on a wire that behaves so."""
    wire = Wire(behave)
    return FastEngine(wire), wire


def snmprec(lines: Iterable[bytes], roots: tuple[str, ...] = ("",)) -> dict[str, tuple[int, Any]]:
    """Rows of a recorded walk: tag and value by OID, those below `roots`, later ones winning.

    A line is OID|TAG|VALUE; the tag is BER's in decimal, with `x` where the value is hex and
    `:module` where snmpsim makes the value up: then it begins where the line says.
    """
    rows: dict[str, tuple[int, Any]] = {}
    for line in lines:
        oid, tag, value = (*line.rstrip(b"\r\n").split(b"|", 2), b"", b"")[:3]
        if tag and oid.decode("latin-1").startswith(roots):
            # Some files say hex and hold text: what the format does not explain is left out.
            with contextlib.suppress(ValueError):
                rows[oid.decode("latin-1")] = _recorded(tag.decode("latin-1"), value)
    return rows


def _recorded(tag: str, value: bytes) -> tuple[int, Any]:
    kind, _, module = tag.partition(":")
    octets = bytes.fromhex(value.decode()) if kind.endswith("x") else value
    number = int(kind.rstrip("x"))
    if module:
        settings = dict(part.partition(b"=")[::2] for part in value.split(b","))
        octets = settings.get(b"initial") or settings.get(b"value") or b"0"
    if number == ber.OID:
        return number, ber.oid(octets.decode().strip("."))
    if number == ber.IPADDRESS and not kind.endswith("x"):
        return number, bytes(map(int, octets.split(b".")))
    is_number = number not in (ber.OCTET_STRING, ber.IPADDRESS, ber.OPAQUE, ber.NULL)
    return number, int(octets or 0) if is_number else octets


class Lab:
    """What the tests here ask of this file."""

    snmprec = staticmethod(snmprec)

    HOST = HOST
    COMMUNITY = COMMUNITY
    Agent = Agent
    Reply = Reply
    Wire = Wire
    honest = staticmethod(honest)
    response = staticmethod(response)
    target = staticmethod(snmp_target)
    device = staticmethod(device)
    context = staticmethod(context)
    on_virtual_time = staticmethod(on_virtual_time)
    engine = staticmethod(engine)


@pytest.fixture(scope="session")
def lab() -> Lab:
    """Agents and wires in memory."""
    return Lab()


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of recorded devices, which is no part of the project; absent -> skipped."""
    root = Path(__file__).parents[3]
    folder = Path(os.environ.get("WARDOPS_RECORDINGS", "../shared/recordings"))
    folder = folder if folder.is_absolute() else root / folder
    if not (folder / "index.json").is_file():
        pytest.skip(f"no recordings at {folder} (WARDOPS_RECORDINGS)")
    return folder
