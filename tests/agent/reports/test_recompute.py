"""Every figure of a report comes out of its exported raw samples, by code that knows only those.

Nothing of the program's own arithmetic is used here: plain Python over the CSV file, written from
the formulas in docs/reports.md.
"""

from __future__ import annotations

import bisect
import csv
import io
import json
import math
import statistics
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from agent.reports import figures, raw
from agent.reports.circuit import LoadRule
from agent.reports.source import read_raw
from agent.reports.summary import summarise
from agent.reports.window import window_of

if TYPE_CHECKING:
    from pathlib import Path

    from agent.reports.window import Kind

HERE = timezone(timedelta(hours=7))
NOW = datetime(2026, 12, 1, 9, tzinfo=HERE)
CUT_OFF = {"power", "lan", "switch", "metronet", "dc", "unknown"}
RANKS = ("median", "p95", "max")
Rows = list[dict[str, str]]


def recomputed(text: str) -> dict[tuple[str, str], tuple[float | None, float | None]]:
    """Value and coverage of every figure, by name and subject."""
    every: dict[str, Rows] = defaultdict(list)
    for row in csv.DictReader(io.StringIO(text)):
        every[row["record"]].append(row)
    (head,) = every["report"]
    begin, end = (datetime.fromisoformat(head[name]) for name in ("begin", "end"))
    found: dict[tuple[str, str], tuple[float | None, float | None]] = {}
    if head["kind"] != "uplink":
        of_ward = [row for row in every["span"] if row["kind"] == "ward"]
        ward, line = (_ward_times(of_ward, how) for how in ("ward", "line"))
        found |= _standing("ward", head["ward"], ward, begin, end)
        found |= _standing("line", head["ward"], line, begin, end)
        by_segment: dict[str, float] = defaultdict(float)
        for row in of_ward:
            segment = row["why"].split("/")[0]
            if row["state"] == "down" and segment in CUT_OFF:
                by_segment[segment] += _length_s(row)
        found |= {("ward.downtime_by_segment", name): (s, None) for name, s in by_segment.items()}
        things = {(row["kind"], row["object"]) for row in every["span"] + every["expected"]}
        for kind, name in things:
            if kind in ("device", "service"):
                own = [r for r in every["span"] if (r["kind"], r["object"]) == (kind, name)]
                found |= _standing(kind, name, own, begin, end)
        found |= _handling(every["incident"], every["clock"], begin, end)
    for link in {row["object"] for row in every["load"]}:
        for way in ("in", "out"):
            loads = [row for row in every["load"] if row["object"] == link]
            found |= _circuit(link, way, loads, begin, end)
    targets = {row["object"] for row in every["expected"] if row["kind"] == "path"}
    for target in targets | {row["object"] for row in every["path"]}:
        own = [row for row in every["path"] if row["object"] == target]
        found |= _quality(target, own, begin, end)
    return found


def _length_s(row: dict[str, str]) -> float:
    return (_at(row["end"]) - _at(row["begin"])).total_seconds()


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _ward_times(rows: Rows, how: str) -> Rows:
    """A ward's spans with the state that counts for the ward or for its line."""
    out = []
    for row in rows:
        segment, state = row["why"].split("/")[0], row["state"]
        if state == "down" and segment not in CUT_OFF:
            state = "good"
        elif state == "down" and how == "line" and segment != "metronet":
            continue  # dark: nobody knows how the line is
        out.append({**row, "state": state})
    return out


def _standing(
    kind: str, name: str, rows: Rows, begin: datetime, end: datetime
) -> dict[tuple[str, str], tuple[float | None, float | None]]:
    total = (end - begin).total_seconds()
    seconds: dict[str, float] = defaultdict(float)
    outages: list[list[datetime]] = []
    for row in sorted(rows, key=lambda one: one["begin"]):
        seconds[row["state"]] += _length_s(row)
        if row["state"] == "down":
            if outages and outages[-1][1] == _at(row["begin"]):
                outages[-1][1] = _at(row["end"])
            else:
                outages.append([_at(row["begin"]), _at(row["end"])])
    off, announced, down = (seconds[state] for state in ("off", "maintenance", "down"))
    unknown = total - sum(seconds.values())
    known = total - off - announced - unknown
    cover = (total - off - unknown) / (total - off) if total > off else None
    if known < 1e-6:
        return {
            (f"{kind}.{figure}", name): (None, cover)
            for figure in ("availability", "downtime", "outages", "longest_outage", "mtbf")
        }
    longest = max(((b - a).total_seconds() for a, b in outages), default=0.0)
    enough = cover is not None and cover >= 0.95
    between = (known - down) / len(outages) if outages and enough else None
    return {
        (f"{kind}.availability", name): ((known - down) / known if enough else None, cover),
        (f"{kind}.downtime", name): (down, cover),
        (f"{kind}.outages", name): (len(outages), cover),
        (f"{kind}.longest_outage", name): (longest, cover),
        (f"{kind}.mtbf", name): (between, cover),
    }


def _percentile(values: list[float], percent: int) -> float:
    """The smallest of the values that so many percent of them do not exceed."""
    return sorted(values)[math.ceil(Fraction(percent * len(values), 100)) - 1]


def _circuit(
    link: str, way: str, rows: Rows, begin: datetime, end: datetime
) -> dict[tuple[str, str], tuple[float | None, float | None]]:
    shares = {
        _at(row["begin"]): float(row[f"{way}_octets"])
        * 8
        / float(row[f"{way}_covered_s"])
        / float(row["capacity_bps"])
        for row in rows
        if float(row[f"{way}_covered_s"]) >= 240
    }

    def window(first: datetime, last: datetime) -> tuple[float | None, float]:
        inside = [share for at, share in shares.items() if first <= at < last]
        slots = (last - first).total_seconds() / 300
        cover = len(inside) / slots if slots else 0.0
        return (_percentile(inside, 95) if cover >= 0.9 else None), cover

    week = timedelta(days=7)
    found: dict[tuple[str, str], tuple[float | None, float | None]] = {
        ("circuit.p95_7d", f"{link}/{way}"): window(end - week, end),
        ("circuit.p95_7d_worst", f"{link}/{way}"): _worst(shares, begin, end),
    }
    day = begin
    while day < end:
        after = min(end, (day + timedelta(days=1)).replace(hour=0, minute=0))
        found["circuit.p95_day", f"{link}/{way}/{day:%Y-%m-%d}"] = window(day, after)
        day = after
    return found


def _worst(
    shares: dict[datetime, float], begin: datetime, end: datetime
) -> tuple[float | None, float | None]:
    """The fullest of all windows of seven days that end within the report."""
    slot = timedelta(minutes=5)
    first = begin + slot - timedelta(days=7)
    values = [shares.get(first + place * slot) for place in range((end - first) // slot)]
    best: tuple[float, float] | None = None
    covered = 0.0
    inside: list[float] = []
    for place, value in enumerate(values):
        gone = values[place - 2016] if place >= 2016 else None
        if gone is not None:
            inside.remove(gone)
        if value is not None:
            bisect.insort(inside, value)
        if place < 2015:
            continue
        covered = max(covered, len(inside) / 2016)
        if len(inside) * 100 >= 90 * 2016:
            rank = math.ceil(Fraction(95 * len(inside), 100))
            found = (inside[rank - 1], len(inside) / 2016)
            best = found if best is None else max(best, found)
    return best if best is not None else (None, covered)


def _quality(
    target: str, rows: Rows, begin: datetime, end: datetime
) -> dict[tuple[str, str], tuple[float | None, float | None]]:
    slots = (end - begin).total_seconds() // 300
    enough = [row for row in rows if int(row["sent"]) >= 20]
    good = [row for row in enough if int(row["lost"]) < int(row["sent"])]
    series = {
        "loss": [int(row["lost"]) / int(row["sent"]) for row in good],
        "rtt": [float(row["rtt_sum_s"]) / (int(row["sent"]) - int(row["lost"])) for row in good],
        "jitter": [
            float(row["jitter_sum_s"]) / int(row["jitter_count"])
            for row in good
            if int(row["jitter_count"])
        ],
    }
    cover = len(enough) / slots
    found: dict[tuple[str, str], tuple[float | None, float | None]] = {}
    for name, values in series.items():
        if not values:
            found |= {(f"path.{name}_{rank}", target): (None, cover) for rank in RANKS}
            continue
        found[f"path.{name}_median", target] = (_percentile(values, 50), cover)
        found[f"path.{name}_p95", target] = (_percentile(values, 95), cover)
        found[f"path.{name}_max", target] = (max(values), cover)
    return found


def _handling(
    incidents: Rows, clocks: Rows, begin: datetime, end: datetime
) -> dict[tuple[str, str], tuple[float | None, float | None]]:
    opened = [row for row in incidents if begin <= _at(row["detected"]) < end]
    acked = [
        (_at(row["acked"]) - _at(row["detected"])).total_seconds() for row in opened if row["acked"]
    ]
    mended = [
        (_at(row["resolved"]) - _at(row["begin"])).total_seconds()
        for row in incidents
        if row["resolved"] and begin <= _at(row["resolved"]) < end
    ]
    found: dict[tuple[str, str], tuple[float | None, float | None]] = {
        ("incidents.opened", ""): (len(opened), None)
    }
    for name, values in (("mtta", acked), ("mttr", mended)):
        found[f"incidents.{name}", "mean"] = (
            sum(values) / len(values) if values else None, None,
        )  # fmt: skip
        found[f"incidents.{name}", "median"] = (
            statistics.median(values) if values else None, None,
        )  # fmt: skip
    kept: dict[str, list[bool]] = defaultdict(list)
    for row in clocks:
        if begin <= _at(row["due"]) < end:
            in_time = bool(row["met"]) and _at(row["met"]) <= _at(row["due"])
            kept[f"{row['kind']}/{row['rule']}/{row['why']}"].append(in_time)
    for name, answers in kept.items():
        found["clocks.met", name] = (sum(answers) / len(answers), None)
    causes: dict[str, int] = defaultdict(int)
    for row in opened:
        causes[row["cause"] or row["why"]] += 1
    for cause, count in causes.items():
        if count >= 2:
            found["incidents.repeated", cause] = (count, None)
    return found


def close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= 1e-9 * max(1.0, abs(one))


@pytest.mark.parametrize(
    ("kind", "period"), [("monthly", "2026-11"), ("uplink", "2026-11-27"), ("monthly", "2026-10")]
)
def test_every_figure_can_be_computed_again_from_the_exported_samples(
    state: Path, kind: Kind, period: str
) -> None:
    found = read_raw(state, "26740", window_of(kind, period, NOW))
    text = raw.as_csv(found)
    printed = list(csv.DictReader(io.StringIO(figures.as_csv(summarise(found, LoadRule())))))
    again = recomputed(text)
    wrong: dict[Any, Any] = {}
    checked = set()
    for row in printed:
        key = (row["figure"], row["subject"])
        value = float(row["value"]) if row["value"] else None
        cover = float(row["coverage"]) if row["coverage"] else None
        mine = again.get(key)
        if mine is None or not close(value, mine[0]) or not close(cover, mine[1]):
            wrong[key] = (value, cover, mine)
        checked.add(key)
        json.loads(row["inputs"])
    assert wrong == {}
    assert checked == set(again)
    assert len(checked) > 20


def test_a_report_from_the_exported_file_is_the_report_from_the_store(state: Path) -> None:
    found = read_raw(state, "26740", window_of("uplink", "2026-11-30", NOW))
    assert min(map(len, (found.loads, found.paths, found.spans, found.cases, found.expected))) > 0
    text = raw.as_csv(found)
    again = raw.from_csv(text, "raw.csv")
    assert again == found
    assert summarise(again, LoadRule()) == summarise(found, LoadRule())
    assert raw.as_csv(again) == text


def test_the_month_has_the_figures_that_it_was_made_with(state: Path) -> None:
    """By hand: 50 min of the outage over midnight, 90 min 5 s of power, 3 h off, 3 h announced."""
    found = read_raw(state, "26740", window_of("monthly", "2026-11", NOW))
    summary = summarise(found, LoadRule())
    ward, line = summary.whole.ward, summary.whole.line
    assert ward.total_s == 30 * 86_400
    assert (ward.down_s, ward.outages, ward.longest_s) == (3000 + 5405, 2, 5405)
    assert (ward.unknown_s, ward.maintenance_s) == (3 * 3600, 3 * 3600)
    assert (line.down_s, line.unknown_s) == (3000, 3 * 3600 + 5405)
    assert summary.by_segment == {"power": 5405, "metronet": 3000}
    into = summary.circuits[0]
    assert (into.direction, into.last.state) == ("in", "breach")
    assert into.last.valid == 7 * 24 * 11  # one slot of every hour is not covered
    assert summary.lines[0].whole.silent == 10 + 19
    assert [one.id for one in summary.response.opened] == ["SC-2026-000002", "SC-2026-000003"]
    never = next(one for one in summary.things if one.name == "ap-26740-01")
    assert (never.times.ratio, never.times.coverage) == (None, 0.0)
