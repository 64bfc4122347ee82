"""Deadlines of incidents that have passed or come soon, for the city's task system. Pure.

No person, no device, no free text: what, where, which deadline by which source, and until when.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from agent.duty import ICT
from agent.incidents.deadlines import runs
from inventory.units import units

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime

    from agent.incidents.record import Deadline, Incident
    from inventory.values import Words

SCHEMA = "wardops/overdue/1"
SOON = timedelta(hours=24)
Status: TypeAlias = Literal["overdue", "due_soon", "running"]
COLUMNS = (
    "key", "status", "incident", "unit_code", "unit", "kind", "severity", "incident_state", "group",
    "rule", "clock", "text_vi", "text_en", "source_vi", "source_en", "source_mark",
    "source_verified", "duty", "detected", "due", "overdue_s", "remaining_s",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Task:
    """One deadline that still asks for something.

    `key` is the same in every export, so that a task system makes one task of it. Of a rule of law
    `mark` says how well its text was read, `verified` on which day a person compared it last.
    `left_s` is negative once it has passed.
    """

    key: str
    status: Status
    incident: str
    ward: str
    kind: str
    severity: str
    state: str
    group: str
    rule: str
    clock: str
    text: Words
    source: Words
    mark: str
    verified: date | None
    duty: str | None
    detected: datetime
    due: datetime
    left_s: float


def tasks(
    incidents: Iterable[Incident], now: datetime, soon: timedelta = SOON, *, every: bool = False
) -> tuple[Task, ...]:
    """Deadlines that have passed or pass within `soon`, the most overdue first.

    `every` names those with more time too. Drills are no tasks; a deadline that was met, or that
    a person has ruled out, is none either, nor is one of an incident that is closed.
    """
    found = (
        _task(incident, deadline, now, soon)
        for incident in incidents
        if incident.kind != "drill" and incident.state != "closed"
        for deadline in incident.deadlines
        if runs(deadline, incident) and not _is_moot(incident, deadline)
    )
    wanted = (one for one in found if every or one.status != "running")
    return tuple(sorted(wanted, key=lambda one: (one.due, one.key)))


def as_json(found: Iterable[Task], now: datetime) -> str:
    """One object with the tasks; times carry Viet Nam's offset."""
    body = {"schema": SCHEMA, "as_of": _stamp(now), "items": [_values(one) for one in found]}
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def as_csv(found: Iterable[Task]) -> str:
    """A line per task (RFC 4180)."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for one in found:
        values = _values(one)
        writer.writerow({name: "" if values[name] is None else values[name] for name in COLUMNS})
    return out.getvalue()


def _is_moot(incident: Incident, deadline: Deadline) -> bool:
    """Restoring what is restored and taking on what is over; the law's reports stay due."""
    return deadline.group != "law" and not incident.is_open


def _task(incident: Incident, deadline: Deadline, now: datetime, soon: timedelta) -> Task:
    left_s = (deadline.due - now).total_seconds()
    status: Status = "running"
    if left_s < 0:
        status = "overdue"
    elif left_s <= soon.total_seconds():
        status = "due_soon"
    return Task(
        key=f"{incident.id}/{deadline.rule}/{deadline.clock}",
        status=status,
        incident=incident.id,
        ward=incident.ward,
        kind=incident.kind,
        severity=incident.severity,
        state=incident.state.value,
        group=deadline.group,
        rule=deadline.rule,
        clock=deadline.clock,
        text=deadline.text,
        source=deadline.source,
        mark=deadline.mark,
        verified=deadline.verified,
        duty=deadline.duty,
        detected=incident.t0_detected,
        due=deadline.due,
        left_s=left_s,
    )


def _values(task: Task) -> dict[str, Any]:
    unit = units().get(task.ward)
    return dict(zip(COLUMNS, _cells(task, unit.name if unit else None), strict=True))


def _cells(task: Task, unit: str | None) -> Iterator[object]:
    yield from (task.key, task.status, task.incident, task.ward or None, unit)
    yield from (task.kind, task.severity, task.state, task.group, task.rule, task.clock)
    yield from (task.text.vi, task.text.en, task.source.vi, task.source.en, task.mark)
    yield from (task.verified.isoformat() if task.verified else None, task.duty)
    yield from (_stamp(task.detected), _stamp(task.due))
    yield round(-task.left_s) if task.left_s < 0 else None
    yield round(task.left_s) if task.left_s >= 0 else None


def _stamp(at: datetime) -> str:
    return at.astimezone(ICT).isoformat(timespec="seconds")
