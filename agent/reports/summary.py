"""A report as a value: every figure of a window, computed from its raw samples alone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.reports.availability import (
    Availability,
    as_line,
    as_ward,
    availability,
    down_by_segment,
)
from agent.reports.circuit import DIRECTIONS, averages, daily_loads, window_load, worst_load
from agent.reports.quality import line_quality, slot_qualities, spread
from agent.reports.response import Response, response_of
from agent.reports.window import days_of, months_of
from agent.samples.model import SLOT_S, WARD

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from agent.reports.circuit import Average, CircuitLoad, Direction, LoadRule
    from agent.reports.quality import LineQuality, SlotQuality, Spread
    from agent.reports.raw import Raw
    from agent.reports.window import Window
    from agent.samples.model import Span


@dataclass(frozen=True, slots=True)
class Piece:
    """The ward and its line in one part of the window: a day, or a month of a year."""

    begin: datetime
    end: datetime
    ward: Availability
    line: Availability


@dataclass(frozen=True, slots=True)
class ThingUse:
    """The availability of one device or service."""

    kind: str
    name: str
    times: Availability


@dataclass(frozen=True, slots=True)
class CircuitUse:
    """One circuit in one direction.

    `last` is the window that ends with the report, `worst` the fullest of all that end within it,
    `days` the same percentile day by day, `averages` the valid slots themselves.
    """

    link: str
    direction: Direction
    last: CircuitLoad
    worst: CircuitLoad
    days: tuple[CircuitLoad, ...]
    averages: tuple[Average, ...]


@dataclass(frozen=True, slots=True)
class DayQuality:
    """The 95th percentiles of one day's slots; None without any."""

    begin: datetime
    rtt_s: Spread | None
    loss: Spread | None


@dataclass(frozen=True, slots=True)
class LineUse:
    """The quality of the way to one far end: over the window, day by day, and slot by slot."""

    whole: LineQuality
    days: tuple[DayQuality, ...]
    slots: tuple[SlotQuality, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything that a report says of one ward."""

    ward: str
    window: Window
    rule: LoadRule
    whole: Piece
    by_segment: Mapping[str, float]
    things: tuple[ThingUse, ...]
    days: tuple[Piece, ...]
    months: tuple[Piece, ...]
    circuits: tuple[CircuitUse, ...]
    lines: tuple[LineUse, ...]
    response: Response
    realm: str


def summarise(raw: Raw, rule: LoadRule) -> Summary:
    """Compute a report."""
    window = raw.window
    of_ward = [span for span in raw.spans if span.kind == WARD]
    begin_ms, end_ms = _ms(window.begin), _ms(window.end)
    return Summary(
        ward=raw.ward,
        window=window,
        rule=rule,
        whole=_piece(of_ward, window.begin, window.end),
        by_segment=down_by_segment(of_ward, begin_ms, end_ms),
        things=_things(raw, begin_ms, end_ms),
        days=tuple(_piece(of_ward, begin, end) for begin, end in days_of(window)),
        months=tuple(_piece(of_ward, begin, end) for begin, end in months_of(window)),
        circuits=_circuits(raw, rule),
        lines=_lines(raw),
        response=response_of(raw.cases, window.begin, window.end),
        realm=raw.realm,
    )


def _piece(spans: list[Span], begin: datetime, end: datetime) -> Piece:
    begin_ms, end_ms = _ms(begin), _ms(end)
    near = [one for one in spans if one.begin_ms < end_ms and one.end_ms > begin_ms]
    ward, line = (availability(near, begin_ms, end_ms, counts) for counts in (as_ward, as_line))
    return Piece(begin, end, ward, line)


def _things(raw: Raw, begin_ms: int, end_ms: int) -> tuple[ThingUse, ...]:
    """Also of what never answered there is a line: it says that nothing is known."""
    by_thing: dict[tuple[str, str], list[Span]] = {
        (one.kind, one.thing): [] for one in raw.expected if one.kind in ("device", "service")
    }
    for span in raw.spans:
        if span.kind != WARD:
            by_thing.setdefault((span.kind, span.thing), []).append(span)
    return tuple(
        ThingUse(kind, name, availability(found, begin_ms, end_ms))
        for (kind, name), found in sorted(by_thing.items(), key=lambda item: _order(item[0]))
    )


def _order(thing: tuple[str, str]) -> tuple[bool, str]:
    return thing[0] != "service", thing[1]


def _circuits(raw: Raw, rule: LoadRule) -> tuple[CircuitUse, ...]:
    begin_s, end_s = _ms(raw.window.begin) // 1000, _ms(raw.window.end) // 1000
    days = [(_ms(begin) // 1000, _ms(end) // 1000) for begin, end in days_of(raw.window)]
    found = []
    for link in _named(raw, "link", {one.link for one in raw.loads}):
        loads = [one for one in raw.loads if one.link == link]
        for direction in DIRECTIONS:
            every = tuple(averages(loads, direction))
            found.append(
                CircuitUse(
                    link,
                    direction,
                    window_load(every, end_s, rule),
                    worst_load(every, begin_s, end_s, rule),
                    daily_loads(every, days, rule),
                    tuple(one for one in every if one.slot >= begin_s),
                )
            )
    return tuple(found)


def _lines(raw: Raw) -> tuple[LineUse, ...]:
    slots = round(raw.window.total_s) // SLOT_S
    found = []
    for target in _named(raw, "path", {one.target for one in raw.paths}):
        paths = [one for one in raw.paths if one.target == target]
        good = slot_qualities(paths)
        days = tuple(_day_quality(good, begin, end) for begin, end in days_of(raw.window))
        found.append(LineUse(line_quality(target, paths, slots), days, good))
    return tuple(found)


def _named(raw: Raw, kind: str, seen: set[str]) -> list[str]:
    """What was measured and what should have been."""
    return sorted(seen | {one.thing for one in raw.expected if one.kind == kind})


def _day_quality(good: tuple[SlotQuality, ...], begin: datetime, end: datetime) -> DayQuality:
    begin_s, end_s = begin.timestamp(), end.timestamp()
    day = [one for one in good if begin_s <= one.slot < end_s]
    return DayQuality(begin, spread(one.rtt_s for one in day), spread(one.loss for one in day))


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
