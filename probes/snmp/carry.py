"""Runs plans over whatever carries PDUs: both engines read GETs, tables and walks through here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from probes import oids
from probes.errors import ProtocolBroken, TimedOut
from probes.snmp import ber
from probes.snmp.tables import Ask, GetPlan, TablePlan
from probes.snmp.types import SnmpResult, SnmpStats, TableResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probes.snmp.ber import Message
    from probes.snmp.types import Oid


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: the message, its octets, seconds of the round trip, and how often it was asked.

    `rtt_s` is None when a repeated request leaves open which one was answered.
    """

    message: Message
    octets: int
    rtt_s: float | None
    tries: int = 1


class Exchange(Protocol):
    """Sends one PDU to one device and waits for its answer, within the poll's deadline.

    Raises a ProbeError leaf. `tries` caps how often it is sent.
    """

    async def __call__(self, ask: Ask, *, tries: int = 3) -> Answer: ...


@dataclass(slots=True)
class _Bill:
    engine: str
    pdus: int = 0
    retries: int = 0
    bytes_in: int = 0
    rtt_s: float | None = field(default=None)

    def add(self, answer: Answer) -> None:
        self.pdus += answer.tries
        self.retries += answer.tries - 1
        self.bytes_in += answer.octets
        self.rtt_s = answer.rtt_s if answer.rtt_s is not None else self.rtt_s

    def stats(self) -> SnmpStats:
        return SnmpStats(self.pdus, self.retries, self.bytes_in, self.rtt_s, self.engine)


async def read_instances(exchange: Exchange, wanted: Sequence[Oid], engine: str) -> SnmpResult:
    """GET instances. Raises a ProbeError leaf; absent instances carry their exception tag."""
    plan, bill = GetPlan(wanted), _Bill(engine)
    while ask := plan.next_ask():
        answer = await exchange(ask)
        bill.add(answer)
        plan.accept(answer.message)
    return SnmpResult(plan.result(), stats=bill.stats())


async def read_table(exchange: Exchange, plan: TablePlan, engine: str) -> TableResult:
    """Read a table to its end, or to the whole rows that came before silence cut it."""
    bill = await _run(exchange, plan, engine)
    return TableResult(plan.rows(), plan.scalars(), plan.is_complete, bill.stats())


async def read_walk(exchange: Exchange, plan: TablePlan, engine: str) -> SnmpResult:
    """Read everything under one OID. Raises ProtocolBroken `order` when the order is lost."""
    bill = await _run(exchange, plan, engine)
    if plan.is_astray:
        raise ProtocolBroken("order")
    varbinds = tuple(cell for row in plan.rows().values() for cell in row if cell is not None)
    return SnmpResult(varbinds, plan.is_complete, bill.stats())


async def _run(exchange: Exchange, plan: TablePlan, engine: str) -> _Bill:
    bill = _Bill(engine)
    while ask := plan.next_ask():
        try:
            answer = await exchange(ask)
        except TimedOut:
            if await _stands_less(exchange, ask, bill):
                plan.shrink()
                continue
            plan.cut()
            if not plan.rows():
                raise
            break
        bill.add(answer)
        plan.accept(answer.message, answer.octets)
    return bill


async def _stands_less(exchange: Exchange, ask: Ask, bill: _Bill) -> bool:
    """Whether a device that was silent at a large GETBULK answers a small GET.

    Agents that drop bulks of 50 varbinds and answer 16 are common.
    """
    if ask.pdu != ber.GETBULK or ask.repetitions <= 1:
        return False
    try:
        bill.add(await exchange(Ask(ber.GET, (oids.sysUpTime,)), tries=1))
    except TimedOut:
        return False
    return True
