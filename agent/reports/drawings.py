"""The charts of a printed report. Pure: a summary in, SVG out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.duty import ICT
from agent.hop_words import called
from agent.reports.chart import Axis, Bar, Line, bars, curves
from agent.reports.words import percent
from agent.samples.model import SLOT_S
from inventory.language import decimal, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from agent.reports.availability import Availability
    from agent.reports.summary import CircuitUse, LineUse, Piece, Summary
    from inventory.language import Language

_LEGEND = ("up", "down", "maintenance", "unknown")
_MOST_LABELS = 16
_STEPS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)


def standing_chart(pieces: Sequence[Piece], language: Language) -> str:
    """How much of each day the ward was up, down, announced, or nobody knows."""
    every = max(1, -(-len(pieces) // _MOST_LABELS))
    columns = [
        Bar(_shares(piece.ward), f"{piece.begin:%d/%m}" if place % every == 0 else "")
        for place, piece in enumerate(pieces)
    ]
    legend = [(name, say(f"report.legend.{name}", language)) for name in _LEGEND]
    return bars(columns, legend, say("report.chart.standing", language))


def load_days_chart(summary: Summary, language: Language) -> str:
    """The 95th percentile of each day against the limit."""
    lines = [
        Line(
            _load_name(use, language),
            tuple(
                one.p95.share if one.p95 and one.state != "not_enough" else None for one in use.days
            ),
        )
        for use in summary.circuits
    ]
    return _load_chart(summary, lines, [piece.begin for piece in summary.days], language)


def load_slots_chart(summary: Summary, language: Language) -> str:
    """Every five-minute average of the window against the limit."""
    begin_s, end_s = (round(at.timestamp()) for at in (summary.window.begin, summary.window.end))
    lines = [
        Line(
            _load_name(use, language),
            _by_slot(((one.slot, one.share) for one in use.averages), begin_s, end_s),
        )
        for use in summary.circuits
    ]
    return _load_chart(summary, lines, [piece.begin for piece in summary.days], language)


def delay_chart(summary: Summary, language: Language) -> str:
    """Round trips: of each day the 95th percentile, of a week every slot."""
    begin_s, end_s = (round(at.timestamp()) for at in (summary.window.begin, summary.window.end))

    def values(use: LineUse) -> tuple[float | None, ...]:
        if summary.window.kind == "uplink":
            return _by_slot(((one.slot, one.rtt_s) for one in use.slots), begin_s, end_s)
        return tuple(day.rtt_s.p95 if day.rtt_s else None for day in use.days)

    lines = [Line(called(use.whole.target, language), values(use)) for use in summary.lines]
    top = _top(1000 * value for line in lines for value in line.values if value is not None)
    marks = tuple((top * part / 1000, _ms(top * part, language)) for part in (0.0, 0.5, 1.0))
    labels = _day_labels([piece.begin for piece in summary.days])
    return curves(lines, Axis(top / 1000, marks, labels), say("report.chart.delay", language))


def _load_chart(
    summary: Summary, lines: Sequence[Line], days: Sequence[datetime], language: Language
) -> str:
    highest = max((v for line in lines for v in line.values if v is not None), default=1.0)
    top = max(1.0, highest)
    limit = summary.rule.limit_percent / 100
    text = say("report.chart.limit", language, limit=summary.rule.limit_percent)
    marks = tuple((part * top, percent(part * top, language, 0)) for part in (0.0, 0.5, 1.0))
    axis = Axis(top, marks, _day_labels(days), (limit, text))
    return curves(lines, axis, say("report.chart.load", language))


def _shares(times: Availability) -> tuple[tuple[str, float], ...]:
    """Time off duty is nobody's: for a ward there is none."""
    parts = (
        ("unknown", times.unknown_s + times.off_s), ("maintenance", times.maintenance_s),
        ("down", times.down_s), ("up", times.up_s),
    )  # fmt: skip
    return tuple((name, seconds / times.total_s) for name, seconds in parts)


def _load_name(use: CircuitUse, language: Language) -> str:
    return f"{use.link}, {say(f'report.dir.{use.direction}', language)}"


def _by_slot(
    found: Iterable[tuple[int, float]], begin_s: int, end_s: int
) -> tuple[float | None, ...]:
    known = dict(found)
    return tuple(known.get(slot) for slot in range(begin_s, end_s, SLOT_S))


def _day_labels(days: Sequence[datetime]) -> tuple[tuple[float, str], ...]:
    every = max(1, -(-len(days) // _MOST_LABELS))
    count = max(1, len(days))
    return tuple(
        ((place + 0.5) / count, f"{day.astimezone(ICT):%d/%m}")
        for place, day in enumerate(days)
        if place % every == 0
    )


def _top(values: Iterable[float]) -> float:
    """A round number of milliseconds that is above all of them."""
    highest = max(values, default=1.0)
    return next((step for step in _STEPS if step >= highest), highest)


def _ms(value: float, language: Language) -> str:
    return f"{decimal(value, 1 if value < 10 else 0, language)} ms"
