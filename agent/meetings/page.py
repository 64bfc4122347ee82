"""The record of one meeting as a printed page and as CSV: minute by minute. Pure."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from agent.duty import ICT
from agent.meetings.record import MeetingMinute, figures
from agent.reports import words
from agent.reports.page import report_style, sign
from agent.reports.tables import grid, said
from inventory.language import say
from inventory.units import units
from playbooks.frame import framed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.meetings.record import MeetingFigures
    from inventory.language import Language
    from probes.meeting.model import Meeting

_COLUMNS = (
    "at", "grade", "loss_out", "loss_in", "loss_round", "delay", "jitter", "call_loss_tx",
    "call_loss_rx", "call_rtt", "call",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """When a page was made, by which version of the program, and of which realm it speaks."""

    at: datetime
    version: str
    realm: str = "live"


def meeting_csv(meeting: Meeting, minutes: Sequence[MeetingMinute]) -> str:
    """One line per minute (RFC 4180); numbers in C form, what was not measured stays empty."""
    names = [one.name for one in fields(MeetingMinute)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["code", "ward", "room", *names])
    for one in minutes:
        told = asdict(one) | {"incidents": " ".join(one.incidents)}
        cells = ["" if told[name] is None else told[name] for name in names]
        writer.writerow([meeting.code, meeting.ward, meeting.room, *cells])
    return out.getvalue()


def meeting_page(
    meeting: Meeting,
    minutes: Sequence[MeetingMinute],
    made: Made,
    language: Language,
) -> str:
    """The whole HTML page."""
    unit = units()[meeting.ward]
    title = say("meeting_report.title", language, code=meeting.code)
    span = say(
        "meeting_report.span", language, start=words.moment(meeting.start, language),
        end=words.moment(meeting.end, language),
    )  # fmt: skip
    place = say("meeting_report.place", language, unit=unit.name, code=unit.code, room=meeting.room)
    realm = (
        ""
        if made.realm == "live"
        else f'<p class="realm">{said(f"realm.{made.realm}", language)}</p>'
    )
    parts = [
        realm, f"<h1>{escape(title.upper())}</h1>",
        f'<p class="unit">{escape(place)}</p>',
        f'<p class="period">{escape(span)}</p>',
        f"<h2>I. {_said('whole', language)}</h2>", _whole(figures(minutes), meeting, language),
        f"<h2>II. {_said('minutes', language)}</h2>", _minutes(minutes, language),
        f"<h2>III. {_said('notes', language)}</h2>", _notes(meeting, made, language),
        sign(language),
    ]  # fmt: skip
    return framed(title, "\n".join(parts), report_style(), language)


def _whole(found: MeetingFigures, meeting: Meeting, language: Language) -> str:
    planned = round((meeting.end - meeting.start).total_seconds() / 60)
    rows = [
        ("measured", f"{found.minutes - found.unknown} / {planned}"),
        ("good", str(found.good)),
        ("fair", str(found.fair)),
        ("poor", str(found.poor)),
        ("share", words.percent(found.good_ratio, language, 1)),
        ("joins", str(found.joins)),
        ("drops", str(found.drops)),
        ("worst", words.percent(found.worst_loss, language, 1)),
        ("incidents", ", ".join(found.incidents) or "-"),
    ]
    head = [say(f"meeting_report.{key}", language) for key in ("figure", "value")]
    return grid(head, [[say(f"meeting_report.{key}", language), text] for key, text in rows])


def _minutes(minutes: Sequence[MeetingMinute], language: Language) -> str:
    if not minutes:
        return f"<p>{_said('none', language)}</p>"
    head = [say(f"meeting_report.column.{name}", language) for name in _COLUMNS]
    return grid(head, [_row(one, language) for one in minutes])


def _row(one: MeetingMinute, language: Language) -> list[str]:
    at = datetime.fromisoformat(one.at).astimezone(ICT)
    losses = (one.loss_out, one.loss_in, one.loss_round)
    call = [_said_call(one, language)]
    return [
        f"{at:%H:%M}",
        say(f"vc_quality.grade_{one.grade}", language) if one.grade else "-",
        *(_percent(loss, language) for loss in losses),
        _ms(one.delay_s, language), _ms(one.jitter_s, language),
        _percent(one.call_loss_tx, language), _percent(one.call_loss_rx, language),
        _ms(one.call_rtt_s, language), *call,
    ]  # fmt: skip


def _said_call(one: MeetingMinute, language: Language) -> str:
    state = {True: "in_call", False: "no_call", None: "call_unknown"}[one.in_call]
    told = [say(f"meeting_report.{state}", language)]
    if one.joins:
        told.append(say("meeting_report.joined", language, n=one.joins))
    if one.drops:
        told.append(say("meeting_report.dropped", language, n=one.drops))
    return ", ".join(told)


def _notes(meeting: Meeting, made: Made, language: Language) -> str:
    lines = [
        say("meeting_report.note_grade", language, profile=meeting.profile),
        say("meeting_report.note_unknown", language),
        say(
            "meeting_report.note_made",
            language,
            at=words.moment(made.at, language),
            version=made.version,
        ),
    ]
    return f'<ul class="small">{"".join(f"<li>{escape(line)}</li>" for line in lines)}</ul>'


def _said(key: str, language: Language) -> str:
    return escape(say(f"meeting_report.{key}", language))


def _percent(ratio: float | None, language: Language) -> str:
    return "-" if ratio is None else words.percent(ratio, language, 1)


def _ms(seconds: float | None, language: Language) -> str:
    return "-" if seconds is None else words.milliseconds(seconds, language)
