"""The raw samples behind a report as one CSV file, and back: what every figure is made of.

One line per sample; `record` says of what kind, and columns that a kind does not have stay empty.
Times carry Viet Nam's offset, numbers are in C form and complete, so that what is computed from the
file equals what is computed from the store.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

from agent.duty import ICT
from agent.reports.response import Case, Clock
from agent.reports.window import Kind, Window
from agent.samples.model import SLOT_S, STANDINGS, Expected, LoadSlot, PathSlot, Span, SpanKind
from inventory.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEMA = "wardops/samples/1"
COLUMNS = (
    "record", "ward", "kind", "object", "begin", "end", "state", "why",
    "in_octets", "in_covered_s", "out_octets", "out_covered_s", "capacity_bps",
    "sent", "lost", "rtt_sum_s", "rtt_min_s", "rtt_max_s", "jitter_count", "jitter_sum_s",
    "severity", "cause", "detected", "acked", "resolved", "rule", "due", "met",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Raw:
    """All that one report is made of; loads reach as far back as the first window of the rule.

    `realm` is `sim` or `drill` for samples of a simulated world.
    """

    ward: str
    window: Window
    loads: tuple[LoadSlot, ...]
    paths: tuple[PathSlot, ...]
    spans: tuple[Span, ...]
    cases: tuple[Case, ...]
    expected: tuple[Expected, ...] = ()
    realm: str = "live"


def as_csv(raw: Raw) -> str:
    """The file's text (RFC 4180)."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(_lines(raw))
    return out.getvalue()


def from_csv(text: str, path: object) -> Raw:
    """Read such a file back. Raises InputError, naming the line, for what it cannot understand."""
    reader = csv.DictReader(io.StringIO(text))
    found: dict[str, list[Any]] = {name: [] for name in _READ}
    clocks: dict[str, list[Clock]] = {}
    head: tuple[str, Window, str] | None = None
    for line in reader:
        try:
            if line["record"] == "report":
                head = (line["ward"], _window(line), line["state"])
            elif line["record"] == "clock":
                clocks.setdefault(line["object"], []).append(_clock(line))
            else:
                found[line["record"]].append(_READ[line["record"]](line))
        except (KeyError, ValueError, TypeError) as error:
            raise InputError("report.bad_raw", path=path, line=reader.line_num) from error
    if head is None:
        raise InputError("report.bad_raw", path=path, line=1)
    cases = (_with_clocks(one, clocks) for one in found["incident"])
    return Raw(
        head[0], head[1], tuple(found["load"]), tuple(found["path"]), tuple(found["span"]),
        tuple(cases), tuple(found["expected"]), head[2],
    )  # fmt: skip


def _lines(raw: Raw) -> Iterator[Mapping[str, object]]:
    window = raw.window
    yield {
        "record": "report", "ward": raw.ward, "kind": window.kind, "object": window.period,
        "begin": _stamp(window.begin), "end": _stamp(window.end),
        "due": _stamp(window.whole_end), "rule": SCHEMA, "state": raw.realm,
    }  # fmt: skip
    for one in raw.expected:
        yield {"record": "expected", "ward": one.ward, "kind": one.kind, "object": one.thing}
    for load in raw.loads:
        yield {
            **_slot("load", load.ward, load.link, load.slot),
            "in_octets": load.in_octets, "in_covered_s": load.in_covered_s,
            "out_octets": load.out_octets, "out_covered_s": load.out_covered_s,
            "capacity_bps": load.capacity_bps,
        }  # fmt: skip
    for path in raw.paths:
        yield {
            **_slot("path", path.ward, path.target, path.slot), "sent": path.sent,
            "lost": path.lost, "rtt_sum_s": path.rtt_sum_s, "rtt_min_s": _or_empty(path.rtt_min_s),
            "rtt_max_s": _or_empty(path.rtt_max_s), "jitter_count": path.jitter_count,
            "jitter_sum_s": path.jitter_sum_s,
        }  # fmt: skip
    for span in raw.spans:
        yield {
            "record": "span", "ward": span.ward, "kind": span.kind, "object": span.thing,
            "begin": _ms_stamp(span.begin_ms), "end": _ms_stamp(span.end_ms),
            "state": span.state, "why": span.why,
        }  # fmt: skip
    for case in raw.cases:
        yield from _case_lines(case)


def _slot(record: str, ward: str, thing: str, slot: int) -> dict[str, object]:
    begin, end = _ms_stamp(slot * 1000), _ms_stamp((slot + SLOT_S) * 1000)
    return {"record": record, "ward": ward, "object": thing, "begin": begin, "end": end}


def _case_lines(case: Case) -> Iterator[Mapping[str, object]]:
    yield {
        "record": "incident", "ward": case.ward, "kind": case.kind, "object": case.id,
        "begin": _stamp(case.started), "state": case.state, "why": case.place,
        "severity": case.severity, "cause": case.cause, "detected": _stamp(case.detected),
        "acked": _stamp(case.acked), "resolved": _stamp(case.resolved),
    }  # fmt: skip
    for clock in case.clocks:
        yield {
            "record": "clock", "ward": case.ward, "kind": clock.group, "object": case.id,
            "rule": clock.rule, "why": clock.clock, "due": _stamp(clock.due),
            "met": _stamp(clock.met),
        }  # fmt: skip


def _window(line: Mapping[str, str]) -> Window:
    if line["kind"] not in get_args(Kind) or line["rule"] != SCHEMA:
        raise ValueError(line["kind"])
    kind: Any = line["kind"]
    begin, end, whole = (_time(line[name]) for name in ("begin", "end", "due"))
    return Window(kind, line["object"], begin, end, whole)


def _load(line: Mapping[str, str]) -> LoadSlot:
    numbers = (
        float(line[name])
        for name in (
            "in_octets", "in_covered_s", "out_octets", "out_covered_s", "capacity_bps",
        )
    )  # fmt: skip
    return LoadSlot(line["ward"], line["object"], _ms(line["begin"]) // 1000, *numbers)


def _path(line: Mapping[str, str]) -> PathSlot:
    return PathSlot(
        line["ward"], line["object"], _ms(line["begin"]) // 1000, int(line["sent"]),
        int(line["lost"]), float(line["rtt_sum_s"]), _number(line["rtt_min_s"]),
        _number(line["rtt_max_s"]), int(line["jitter_count"]), float(line["jitter_sum_s"]),
    )  # fmt: skip


def _span(line: Mapping[str, str]) -> Span:
    kind: Any = line["kind"]
    state: Any = line["state"]
    if kind not in get_args(SpanKind) or state not in STANDINGS:
        raise ValueError(state)
    return Span(
        line["ward"], kind, line["object"], state, line["why"], _ms(line["begin"]),
        _ms(line["end"]),
    )  # fmt: skip


def _case(line: Mapping[str, str]) -> Case:
    return Case(
        line["object"], line["ward"], line["kind"], line["severity"], line["state"], line["why"],
        line["cause"], _time(line["begin"]), _time(line["detected"]),
        _time_or_none(line["acked"]), _time_or_none(line["resolved"]),
    )  # fmt: skip


def _clock(line: Mapping[str, str]) -> Clock:
    due, met = _time(line["due"]), _time_or_none(line["met"])
    return Clock(line["rule"], line["why"], line["kind"], due, met)


def _expected(line: Mapping[str, str]) -> Expected:
    kind: Any = line["kind"]
    if kind not in ("device", "service", "link", "path"):
        raise ValueError(kind)
    return Expected(line["ward"], kind, line["object"])


_READ = {"expected": _expected, "load": _load, "path": _path, "span": _span, "incident": _case}


def _with_clocks(case: Case, clocks: Mapping[str, list[Clock]]) -> Case:
    return Case(
        case.id, case.ward, case.kind, case.severity, case.state, case.place, case.cause,
        case.started, case.detected, case.acked, case.resolved, tuple(clocks.get(case.id, ())),
    )  # fmt: skip


def _stamp(at: datetime | None) -> str:
    return at.astimezone(ICT).isoformat() if at is not None else ""


def _ms_stamp(at_ms: int) -> str:
    at = datetime.fromtimestamp(at_ms // 1000, UTC).replace(microsecond=at_ms % 1000 * 1000)
    return at.astimezone(ICT).isoformat(timespec="milliseconds")


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return at


def _time_or_none(text: str) -> datetime | None:
    return _time(text) if text else None


def _ms(text: str) -> int:
    return round(_time(text).timestamp() * 1000)


def _number(text: str) -> float | None:
    return float(text) if text else None


def _or_empty(value: float | None) -> float | str:
    return "" if value is None else value
