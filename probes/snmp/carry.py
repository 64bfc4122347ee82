"""Runs a plan: which PDU next, what an answer or a silence means, what it all cost. Pure.

Both engines carry the PDUs of a course, each in its own way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from probes import oids
from probes.errors import ProtocolBroken, TimedOut
from probes.snmp import ber
from probes.snmp.asks import Ask, GetPlan
from probes.snmp.tables import TablePlan
from probes.snmp.types import SnmpResult, SnmpStats, TableResult

if TYPE_CHECKING:
    from probes.snmp.ber import Message
    from probes.snmp.layouts import Layout

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: the message, its octets, seconds of the round trip, and how often it was asked.

    `rtt_s` is None when a repeated request leaves open which one was answered.
    """

    message: Message
    octets: int
    rtt_s: float | None
    tries: int = 1


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


class Course:
    """One plan on its way, PDU by PDU."""

    __slots__ = ("_bill", "_is_doubted", "_silence", "_tries", "plan")

    def __init__(self, plan: GetPlan | TablePlan, engine: str, tries: int = _TRIES) -> None:
        self.plan = plan
        self._tries = tries
        self._bill = _Bill(engine)
        self._silence: TimedOut | None = None  # of the GETBULK that is being doubted
        self._is_doubted = False  # one row of several columns was too much already

    @property
    def tries(self) -> int:
        """How often the next PDU may be sent."""
        return 1 if self._silence is not None or self._is_doubted else self._tries

    @property
    def layout(self) -> Layout | None:
        """The form that the answer to the last PDU had the last time, if that is known."""
        if self._silence is None and isinstance(self.plan, TablePlan):
            return self.plan.layout
        return None

    def next_ask(self) -> Ask | None:
        """The next PDU, or None when the plan is read or cut."""
        if self._silence is not None:
            return Ask(ber.GET, (oids.sysUpTime,))
        return self.plan.next_ask()

    def take(self, answer: Answer) -> None:
        """Take the answer to the last PDU. Raises the ProbeError leaf that its error means."""
        self._bill.add(answer)
        if self._silence is not None and isinstance(self.plan, TablePlan):
            told, self._silence = self._silence, None
            self._is_doubted = self._is_doubted or self.plan.repetitions == 1
            if self.plan.repetitions > 1:
                self.plan.shrink()
            elif not self.plan.skip():
                raise told
        else:
            self.plan.accept(answer.message, answer.octets)

    def silence(self, ask: Ask, silence: TimedOut) -> None:
        """Nobody answered the last PDU. Raises the silence when there is nothing to show.

        A device that is silent at a large GETBULK is asked a small GET before it is believed:
        agents that drop bulks of 50 varbinds and answer 16 are common.
        """
        if not isinstance(self.plan, TablePlan):
            raise silence
        if self._silence is None and ask.pdu == ber.GETBULK and ask.repetitions:
            self._silence = silence
            return
        told, self._silence = self._silence or silence, None
        self.plan.cut()
        if not self.plan.rows():
            raise told

    def stats(self) -> SnmpStats:
        """What the course has cost so far."""
        return self._bill.stats()


def instances(course: Course) -> SnmpResult:
    """What a course of GETs has read; absent instances carry their exception tag."""
    found = course.plan.result() if isinstance(course.plan, GetPlan) else ()
    return SnmpResult(found, stats=course.stats())


def table(course: Course) -> TableResult:
    """What a course over a table has read: to its end, or the whole rows before it was cut."""
    plan = _table_plan(course)
    return TableResult(
        plan.rows(), plan.scalars(), plan.is_complete, course.stats(), plan.dropped_columns
    )


def walk(course: Course) -> SnmpResult:
    """What a course under one OID has read. Raises ProtocolBroken `order` when order is lost."""
    plan = _table_plan(course)
    if plan.is_astray:
        raise ProtocolBroken("order")
    varbinds = tuple(cell for row in plan.rows().values() for cell in row if cell is not None)
    return SnmpResult(varbinds, plan.is_complete, course.stats())


def _table_plan(course: Course) -> TablePlan:
    if not isinstance(course.plan, TablePlan):
        raise TypeError("a course of GETs has no rows")
    return course.plan
