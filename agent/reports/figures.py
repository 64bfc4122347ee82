"""A report's figures as rows: each with its formula, its inputs and its coverage. Pure.

What is not known is an empty value with its coverage, never 0 and never 100 %.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agent.duty import ICT
from agent.reports.availability import ENOUGH_COVERAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agent.reports.availability import Availability
    from agent.reports.circuit import CircuitLoad
    from agent.reports.quality import LineQuality, Spread
    from agent.reports.response import Response, Times
    from agent.reports.summary import Summary

SCHEMA = "wardops/report/1"
COLUMNS = (
    "report", "ward", "period", "figure", "subject", "value", "unit", "coverage", "state",
    "formula", "inputs",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a report; `formula` names the rule that docs/reports.md writes out.

    `state` says whether it may be judged: `ok`, `not_enough`, or what a rule says of it.
    """

    name: str
    subject: str
    value: float | None
    unit: str
    formula: str
    coverage: float | None = None
    state: str = "ok"
    inputs: Mapping[str, float | int | None] = field(default_factory=dict)


def figures(summary: Summary) -> tuple[Figure, ...]:
    """All figures of a report, in its order."""
    return tuple(_figures(summary))


def as_csv(summary: Summary) -> str:
    """A line per figure (RFC 4180), numbers in C form; unknown is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    head = (summary.window.kind, summary.ward, summary.window.period)
    for one in figures(summary):
        inputs = json.dumps(dict(one.inputs), separators=(",", ":"))
        writer.writerow(
            (*head, one.name, one.subject, _cell(one.value), one.unit, _cell(one.coverage),
             one.state, one.formula, inputs)
        )  # fmt: skip
    return out.getvalue()


def as_values(summary: Summary, version: str) -> dict[str, Any]:
    """The report as JSON-able values, as the API and `--format json` give it."""
    window = summary.window
    return {
        "schema": SCHEMA,
        "report": window.kind,
        "realm": summary.realm,
        "ward": summary.ward,
        "period": window.period,
        "begin": window.begin.astimezone(ICT).isoformat(),
        "end": window.end.astimezone(ICT).isoformat(),
        "running": window.is_running,
        "version": version,
        "figures": [
            {
                "figure": one.name, "subject": one.subject, "value": one.value, "unit": one.unit,
                "coverage": one.coverage, "state": one.state, "formula": one.formula,
                "inputs": dict(one.inputs),
            }
            for one in figures(summary)
        ],
    }  # fmt: skip


def _figures(summary: Summary) -> Iterator[Figure]:
    if summary.window.kind != "uplink":
        yield from _availability("ward", summary.ward, summary.whole.ward)
        for segment, seconds in summary.by_segment.items():
            yield Figure("ward.downtime_by_segment", segment, seconds, "s", "downtime")
        yield from _availability("line", summary.ward, summary.whole.line)
        for thing in summary.things:
            yield from _availability(thing.kind, thing.name, thing.times)
    for use in summary.circuits:
        subject = f"{use.link}/{use.direction}"
        yield _load("circuit.p95_7d", subject, use.last)
        yield _load("circuit.p95_7d_worst", subject, use.worst)
        for day, load in zip(summary.days, use.days, strict=True):
            yield _load("circuit.p95_day", f"{subject}/{day.begin:%Y-%m-%d}", load)
    for line in summary.lines:
        yield from _quality(line.whole)
    if summary.window.kind != "uplink":
        yield from _response(summary.response)


def _availability(kind: str, subject: str, times: Availability) -> Iterator[Figure]:
    inputs = {
        "T": times.total_s, "O": times.off_s, "M": times.maintenance_s, "U": times.unknown_s,
        "D": times.down_s, "outages": times.outages,
    }  # fmt: skip
    state = "ok" if times.is_enough else "not_enough"
    cover = times.coverage
    # of too little nothing is said: a day that was well does not make a month
    ratio = times.ratio if times.is_enough else None
    yield Figure(
        f"{kind}.availability", subject, ratio, "ratio", "availability", cover, state, inputs
    )
    known = times.ratio is not None
    down_s = times.down_s if known else None
    longest_s = times.longest_s if known else None
    outages = times.outages if known else None
    yield Figure(f"{kind}.downtime", subject, down_s, "s", "downtime", cover, state, inputs)
    yield Figure(f"{kind}.outages", subject, outages, "1", "outages", cover, state, inputs)
    yield Figure(f"{kind}.longest_outage", subject, longest_s, "s", "outages", cover, state, inputs)
    mtbf_s = times.mtbf_s if times.is_enough else None
    yield Figure(f"{kind}.mtbf", subject, mtbf_s, "s", "mtbf", cover, state, inputs)


def _load(name: str, subject: str, load: CircuitLoad) -> Figure:
    said = load.p95 if load.state != "not_enough" else None
    inputs = {
        "n": load.valid, "slots": load.slots, "end": load.end,
        "p95_bps": load.p95.bps if load.p95 else None,
        "capacity_bps": load.p95.capacity_bps if load.p95 else None,
    }  # fmt: skip
    share = said.share if said else None
    return Figure(name, subject, share, "ratio", "p95", load.coverage, load.state, inputs)


def _quality(line: LineQuality) -> Iterator[Figure]:
    inputs: dict[str, float | int | None] = {
        "slots": line.slots, "valid": line.valid, "silent": line.silent,
        "sent": line.sent, "lost": line.lost,
    }  # fmt: skip
    spreads: tuple[tuple[str, Spread | None, str], ...] = (
        ("loss", line.loss, "ratio"),
        ("rtt", line.rtt_s, "s"),
        ("jitter", line.jitter_s, "s"),
    )
    state = "ok" if line.coverage >= ENOUGH_COVERAGE else "not_enough"
    for name, found, unit in spreads:
        for rank, value in (
            ("median", found.median if found else None),
            ("p95", found.p95 if found else None),
            ("max", found.most if found else None),
        ):
            yield Figure(
                f"path.{name}_{rank}", line.target, value, unit, "quality", line.coverage,
                state, inputs,
            )  # fmt: skip


def _response(response: Response) -> Iterator[Figure]:
    yield Figure("incidents.opened", "", len(response.opened), "1", "incidents")
    yield from _times("mtta", response.acknowledged)
    yield from _times("mttr", response.restored)
    for clock in response.clocks:
        inputs = {"due": clock.due, "met": clock.met, "missed": clock.missed}
        subject = f"{clock.group}/{clock.rule}/{clock.clock}"
        share = clock.met / clock.due
        yield Figure("clocks.met", subject, share, "ratio", "clocks", inputs=inputs)
    for cause, count in response.repeats:
        yield Figure("incidents.repeated", cause, count, "1", "repeats")


def _times(name: str, times: Times) -> Iterator[Figure]:
    inputs = {"count": times.count}
    state = "ok" if times.count else "not_enough"
    yield Figure(f"incidents.{name}", "mean", times.mean_s, "s", name, None, state, inputs)
    yield Figure(f"incidents.{name}", "median", times.median_s, "s", name, None, state, inputs)


def _cell(value: float | None) -> str:
    return "" if value is None else repr(value)
