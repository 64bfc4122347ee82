"""The tables of a printed report. Pure: values in, HTML out."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING

from agent.hop_words import called
from agent.incidents.causes import cause_text
from agent.incidents.law import read_targets
from agent.reports import words
from inventory.language import has, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from agent.incidents.law import Law
    from agent.reports.availability import Availability
    from agent.reports.quality import Spread
    from agent.reports.response import Response
    from agent.reports.summary import CircuitUse, LineUse, Piece, Summary, ThingUse
    from inventory.language import Language

MOST_INCIDENTS = 40
NUMBER = "n"
WRAPPED_NUMBER = "r"


def said(key: str, language: Language, **values: object) -> str:
    """A text of this report, as HTML."""
    return escape(say(f"report.{key}", language, **values))


def grid(heads: Sequence[str], rows: Iterable[Sequence[str]], classes: Sequence[str] = ()) -> str:
    """A table; cells are text, `classes` are those of the columns."""
    kinds = (*classes, *("" for _ in range(len(heads) - len(classes))))
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    lines = "".join(
        "<tr>"
        + "".join(
            f'<td class="{kind}">{escape(cell)}</td>' if kind else f"<td>{escape(cell)}</td>"
            for kind, cell in zip(kinds, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"


def _heads(language: Language, *keys: str) -> tuple[str, ...]:
    return tuple(say(f"report.head.{key}", language) for key in keys)


def whole_table(summary: Summary, language: Language) -> str:
    """The ward and its line over the whole window, and whose fault the downtime was."""
    rows = [
        (say("report.row.ward", language), *_cells(summary.whole.ward, language)),
        (say("report.row.line", language), *_cells(summary.whole.line, language)),
    ]
    heads = _heads(language, "what", "availability", "downtime", "outages", "longest", "coverage")
    body = grid(heads, rows, ("", NUMBER, NUMBER, NUMBER, NUMBER, NUMBER))
    parts = ", ".join(
        f"{_place(segment, language)} {words.duration(seconds, language)}"
        for segment, seconds in summary.by_segment.items()
    )
    by_segment = f"<p>{said('by_segment', language, parts=parts)}</p>" if parts else ""
    return body + by_segment + _lacking((summary.whole.ward, summary.whole.line), language)


def pieces_table(pieces: Sequence[Piece], language: Language) -> str:
    """The months of a year."""
    rows = (
        (f"{piece.begin:%m/%Y}", *_cells(piece.ward, language)[:3],
         _cells(piece.line, language)[0], words.percent(piece.ward.coverage, language))
        for piece in pieces
    )  # fmt: skip
    heads = _heads(
        language, "month", "ward_availability", "downtime", "outages", "line_availability",
        "coverage",
    )  # fmt: skip
    return grid(heads, rows, ("", NUMBER, NUMBER, NUMBER, NUMBER, NUMBER))


def things_table(things: Sequence[ThingUse], names: Mapping[str, str], language: Language) -> str:
    """Devices or services; `names` are what services are called."""
    if not things:
        return f"<p>{said('nothing', language)}</p>"
    rows = ((names.get(one.name, one.name), *_cells(one.times, language)) for one in things)
    heads = _heads(language, "what", "availability", "downtime", "outages", "longest", "coverage")
    body = grid(heads, rows, ("", NUMBER, NUMBER, NUMBER, NUMBER, NUMBER))
    return body + _lacking((one.times for one in things), language)


def circuit_table(circuits: Sequence[CircuitUse], language: Language) -> str:
    """Both directions of every circuit by the rule of the 95th percentile."""
    if not circuits:
        return f"<p>{said('no_circuit', language)}</p>"
    rows = []
    for use in circuits:
        for key, load in (("last", use.last), ("worst", use.worst)):
            known = load.state != "not_enough"
            p95 = load.p95 if known else None
            capacity = load.p95.capacity_bps if load.p95 else None
            end = words.moment(datetime.fromtimestamp(load.end, UTC), language)
            rows.append((
                f"{use.link} ({words.megabits(capacity, language)}), "
                + say(f"report.dir.{use.direction}", language),
                say(f"report.window.{key}", language, end=end),
                words.percent(p95.share if p95 else None, language)
                + (f" ({words.megabits(p95.bps, language)})" if p95 else ""),
                f"{words.percent(load.coverage, language, 1)} "
                f"({words.whole(load.valid, language)}/{words.whole(load.slots, language)})",
                say(f"report.load.{load.state}", language),
            ))  # fmt: skip
    heads = _heads(language, "circuit", "window", "p95", "slots", "judged")
    return grid(heads, rows, ("", "", WRAPPED_NUMBER, WRAPPED_NUMBER, ""))


def rule_note(summary: Summary, law: Law, language: Language) -> str:
    """Where the rule comes from, as the dated entry has it, and how it is read here."""
    item = next((one for one in law.items if one.id == "circuit_load"), None)
    rule = summary.rule
    text = say(
        "report.rule", language, percentile=rule.percentile, slot=rule.slot_min, days=rule.days,
        limit=rule.limit_percent, warn=rule.warn_percent, coverage=rule.coverage_percent,
    )  # fmt: skip
    source = ""
    if item is not None:
        checked = words.checked(item.verified, language)
        force = f"{item.in_force:%d/%m/%Y}" if item.in_force else say("report.no_date", language)
        source = say(
            "report.rule_source", language, source=item.named.model_dump(), in_force=force,
            verified=checked,
        )  # fmt: skip
    return f'<p class="small">{escape(text)} {escape(source)}</p>'


def daily_loads_table(summary: Summary, language: Language) -> str:
    """The same percentile day by day, since the rule can also be read per day."""
    circuits = (
        f"{use.link}, {say(f'report.dir.{use.direction}', language)}" for use in summary.circuits
    )
    heads = (say("report.head.day", language), *circuits)
    rows = []
    for place, day in enumerate(summary.days):
        cells = [words.day(day.begin)]
        for use in summary.circuits:
            load = use.days[place]
            known = load.p95 if load.state != "not_enough" else None
            cover = words.percent(load.coverage, language, 0)
            share = words.percent(known.share if known else None, language)
            cells.append(f"{share} ({cover})")
        rows.append(cells)
    return grid(heads, rows, ("", *(NUMBER for _ in summary.circuits)))


def quality_table(lines: Sequence[LineUse], language: Language) -> str:
    """Loss, delay and jitter of five-minute slots."""
    if not lines:
        return f"<p>{said('nothing', language)}</p>"

    def in_percent(share: float) -> str:
        return words.percent(share, language)

    def in_ms(seconds: float) -> str:
        return words.milliseconds(seconds, language)

    rows = []
    for use in lines:
        line = use.whole
        values = (
            ("loss", *_spread(line.loss, in_percent)),
            ("rtt", *_spread(line.rtt_s, in_ms)),
            ("jitter", *_spread(line.jitter_s, in_ms)),
        )
        unknown = say("report.unknown", language)
        for key, median, p95, most in values:
            point = called(line.target, language)
            name = say(f"report.quality.{key}", language, target=point)
            cover = words.percent(line.coverage, language)
            rows.append((name, median or unknown, p95 or unknown, most or unknown, cover))
    heads = _heads(language, "what", "median", "p95_slots", "most", "coverage")
    silent = sum(use.whole.silent for use in lines)
    note = f'<p class="small">{said("quality_note", language, silent=silent)}</p>'
    return grid(heads, rows, ("", NUMBER, NUMBER, NUMBER, NUMBER)) + note


def response_table(response: Response, law: Law, language: Language) -> str:
    """How soon incidents were taken on and mended, and the clocks that ran out."""
    rows = [
        (say("report.row.opened", language), words.whole(len(response.opened), language), "", ""),
        *(
            (say(f"report.row.{key}", language), words.whole(times.count, language),
             words.duration(times.mean_s, language), words.duration(times.median_s, language))
            for key, times in (("mtta", response.acknowledged), ("mttr", response.restored))
        ),
    ]  # fmt: skip
    heads = _heads(language, "what", "count", "mean", "median")
    body = grid(heads, rows, ("", NUMBER, NUMBER, NUMBER))
    if response.clocks:
        clocks = (
            (clock_name(one.rule, one.clock, law, language), str(one.due), str(one.met),
             str(one.missed))
            for one in response.clocks
        )  # fmt: skip
        heads = _heads(language, "clock", "due", "met", "missed")
        body += grid(heads, clocks, ("", NUMBER, NUMBER, NUMBER))
    if response.repeats:
        parts = ", ".join(f"{_cause(one, language)} ({count})" for one, count in response.repeats)
        body += f"<p>{said('repeats', language, parts=parts)}</p>"
    return body


def incidents_table(response: Response, language: Language) -> str:
    """The incidents of the window, oldest first."""
    if not response.opened:
        return f"<p>{said('no_incidents', language)}</p>"
    rows = (
        (one.id, f"{one.severity}", _place(one.place, language),
         words.moment(one.started, language), words.moment(one.resolved, language),
         words.duration((one.resolved - one.started).total_seconds(), language)
         if one.resolved else say("report.still_open", language),
         _cause(one.cause, language) if one.cause else words.moment(None, language))
        for one in response.opened[:MOST_INCIDENTS]
    )  # fmt: skip
    heads = _heads(
        language, "incident", "severity", "place", "started", "resolved", "lasted", "cause"
    )
    body = grid(heads, rows)
    left = len(response.opened) - MOST_INCIDENTS
    return body + (f"<p>{said('more_incidents', language, n=left)}</p>" if left > 0 else "")


def _cells(times: Availability, language: Language) -> tuple[str, ...]:
    unknown = say("report.unknown", language)
    cover = words.percent(times.coverage, language)
    if times.ratio is None:
        return (unknown, unknown, unknown, unknown, cover)
    ratio = words.percent(times.ratio, language)
    longest = words.duration(times.longest_s, language) if times.outages else "–"
    return (
        ratio if times.is_enough else say("report.lack", language),
        words.duration(times.down_s, language) if times.outages else "0",
        str(times.outages),
        longest,
        cover,
    )


def _lacking(every: Iterable[Availability], language: Language) -> str:
    if all(one.is_enough for one in every):
        return ""
    return f'<p class="small">{said("lacking", language)}</p>'


def _spread(found: Spread | None, write: Callable[[float], str]) -> tuple[str, str, str]:
    if found is None:
        return "", "", ""
    return write(found.median), write(found.p95), write(found.most)


def _place(place: str, language: Language) -> str:
    """`metronet/line` in words, else its segment."""
    segment, _, part = place.partition("/")
    keys = (f"place.{segment}.{part}", f"report.segment.{segment}")
    found = next((key for key in keys if has(key)), None)
    return say(found, language) if found else place


def _cause(cause: str, language: Language) -> str:
    if "/" in cause or has(f"report.segment.{cause}"):
        return _place(cause, language)
    return str(getattr(cause_text(cause), language))


def clock_name(rule: str, clock: str, law: Law, language: Language) -> str:
    """What a clock asks for: by the law's own words, the targets', or the program's."""
    texts = {(item.id, one.id): one.text for item in law.items for one in item.clocks}
    texts |= {("target", one.id): one.text for one in reversed(read_targets().items)}
    found = texts.get((rule, clock))
    if found is not None:
        return str(getattr(found, language))
    key = f"incident.clock.{clock}"
    return say(key, language) if has(key) else f"{rule}: {clock}"
