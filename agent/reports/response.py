"""How incidents were handled in a time: how soon taken on and mended, and the clocks met. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import fmean, median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from agent.incidents.record import Incident

REPEATED = 2


@dataclass(frozen=True, slots=True)
class Clock:
    """One deadline of an incident: which, until when, and when it was met."""

    rule: str
    clock: str
    group: str
    due: datetime
    met: datetime | None


@dataclass(frozen=True, slots=True)
class Case:
    """What reports need of an incident; no person, no device, no free text."""

    id: str
    ward: str
    kind: str
    severity: str
    state: str
    place: str
    cause: str
    started: datetime
    detected: datetime
    acked: datetime | None
    resolved: datetime | None
    clocks: tuple[Clock, ...] = ()


@dataclass(frozen=True, slots=True)
class Times:
    """So many incidents and their mean and middle time in seconds; None without any."""

    count: int
    mean_s: float | None
    median_s: float | None


@dataclass(frozen=True, slots=True)
class ClockCount:
    """How often one clock was due, met in time, and missed; the rest still runs."""

    group: str
    rule: str
    clock: str
    due: int
    met: int
    missed: int


@dataclass(frozen=True, slots=True)
class Response:
    """The handling of all incidents of a window."""

    opened: tuple[Case, ...]
    acknowledged: Times
    restored: Times
    clocks: tuple[ClockCount, ...]
    repeats: tuple[tuple[str, int], ...]


def case_of(incident: Incident) -> Case:
    """What reports keep of an incident. A clock that no longer asks for anything is left out."""
    from agent.incidents.deadlines import runs  # noqa: PLC0415 - reads language files at import

    root = incident.root
    return Case(
        id=incident.id,
        ward=incident.ward,
        kind=incident.kind,
        severity=incident.severity,
        state=incident.state.value,
        place=f"{root.segment}/{root.part}" if root.part else root.segment,
        cause=incident.cause or "",
        started=incident.t_started,
        detected=incident.t0_detected,
        acked=incident.t_acked,
        resolved=incident.t_resolved,
        clocks=tuple(
            Clock(one.rule, one.clock, one.group, one.due, one.met)
            for one in incident.deadlines
            if one.met is not None or runs(one, incident)
        ),
    )


def response_of(cases: Iterable[Case], begin: datetime, end: datetime) -> Response:
    """The figures of a window: what opened in it, what was mended in it, what was due in it."""
    every = sorted(cases, key=lambda one: (one.detected, one.id))
    opened = tuple(one for one in every if begin <= one.detected < end)
    mended = [one for one in every if one.resolved is not None and begin <= one.resolved < end]
    causes = Counter(one.cause or one.place for one in opened)
    return Response(
        opened=opened,
        acknowledged=_times(
            [(one.acked - one.detected).total_seconds() for one in opened if one.acked is not None]
        ),
        restored=_times(
            [(one.resolved - one.started).total_seconds() for one in mended if one.resolved]
        ),
        clocks=_clock_counts(every, begin, end),
        repeats=tuple(
            sorted(
                ((cause, count) for cause, count in causes.items() if count >= REPEATED),
                key=lambda item: (-item[1], item[0]),
            )
        ),
    )


def _times(seconds: Sequence[float]) -> Times:
    if not seconds:
        return Times(0, None, None)
    return Times(len(seconds), fmean(seconds), median(seconds))


def _clock_counts(cases: Iterable[Case], begin: datetime, end: datetime) -> tuple[ClockCount, ...]:
    """Per clock: those whose time ran out within the window."""
    due: Counter[tuple[str, str, str]] = Counter()
    met: Counter[tuple[str, str, str]] = Counter()
    for one in (clock for case in cases for clock in case.clocks if begin <= clock.due < end):
        key = (one.group, one.rule, one.clock)
        due[key] += 1
        met[key] += one.met is not None and one.met <= one.due
    return tuple(
        ClockCount(*key, due=count, met=met[key], missed=count - met[key])
        for key, count in sorted(due.items())
    )
