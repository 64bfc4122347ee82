"""A report as a printed page: the annex to an official letter, A4, in one language. Pure.

Nobody's name and no number of a letter is made up: there are lines to fill in.
"""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from agent.reports import drawings, tables, words
from agent.reports.tables import said
from inventory.language import say
from inventory.units import units
from playbooks.frame import framed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from agent.incidents.law import Law
    from agent.reports.summary import Summary
    from inventory.language import Language

_STYLE = Path(__file__).parent / "report.css"
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")


def report_page(
    summary: Summary,
    law: Law,
    names: Mapping[str, str],
    made: tuple[datetime, str, str],
    language: Language,
) -> str:
    """The whole HTML page.

    `names` are what services are called; `made` is when, by which version of the program, and the
    SHA-256 of the raw samples that it was computed from.
    """
    sections = _uplink(summary, law, language)
    if summary.window.kind != "uplink":
        sections = _month_or_year(summary, law, names, language)
    numbered = (
        f"<h2>{number}. {title}</h2>{body}"
        for number, (title, body) in zip(_ROMAN, sections, strict=False)
    )
    parts = (
        *_head(summary, language), *numbered, _notes(summary, law, made, language), sign(language)
    )  # fmt: skip
    title = f"{_title(summary, language)} - {units()[summary.ward].name}"
    return framed(title, "\n".join(parts), report_style(), language)


@cache
def report_style() -> str:
    """The style sheet of reports."""
    return _STYLE.read_text(encoding="utf-8")


def _title(summary: Summary, language: Language) -> str:
    window = summary.window
    if window.kind == "monthly":
        month, year = f"{window.begin:%m}", f"{window.begin:%Y}"
        return say("report.title.monthly", language, month=month, year=year)
    if window.kind == "annual":
        return say("report.title.annual", language, year=window.period)
    return say("report.title.uplink", language)


def _head(summary: Summary, language: Language) -> Iterator[str]:
    unit, window = units()[summary.ward], summary.window
    if summary.realm != "live":
        yield f'<p class="realm">{said(f"realm.{summary.realm}", language)}</p>'
    yield f'<p class="annex">{said("annex", language)}</p>'
    yield f"<h1>{escape(_title(summary, language).upper())}</h1>"
    yield f'<p class="about">{said(f"about.{window.kind}", language)}</p>'
    yield f'<p class="with">{said("with", language)}</p>'
    yield f'<p class="unit">{said("unit", language, unit=unit.name, code=unit.code)}</p>'
    span = {
        "begin": words.moment(window.begin, language), "end": words.moment(window.end, language)
    }  # fmt: skip
    key = "period_running" if window.is_running else "period"
    yield f'<p class="period">{said(key, language, **span)}</p>'


def _month_or_year(
    summary: Summary, law: Law, names: Mapping[str, str], language: Language
) -> Iterator[tuple[str, str]]:
    yield (
        said("section.whole", language),
        tables.whole_table(summary, language)
        + _figure(drawings.standing_chart(summary.days, language), "chart.standing", language),
    )
    if summary.window.kind == "annual":
        yield said("section.months", language), tables.pieces_table(summary.months, language)
    for kind in ("service", "device"):
        things = [one for one in summary.things if one.kind == kind]
        yield said(f"section.{kind}", language), tables.things_table(things, names, language)
    drawn = ""
    if summary.circuits:
        chart = drawings.load_days_chart(summary, language)
        drawn = _figure(chart, "chart.load", language)
    yield (
        said("section.circuit", language),
        tables.circuit_table(summary.circuits, language)
        + tables.rule_note(summary, law, language)
        + drawn,
    )
    yield said("section.quality", language), _quality(summary, language)
    yield (
        said("section.incidents", language),
        tables.response_table(summary.response, law, language)
        + tables.incidents_table(summary.response, language),
    )


def _uplink(summary: Summary, law: Law, language: Language) -> Iterator[tuple[str, str]]:
    yield (
        said("section.circuit", language),
        tables.circuit_table(summary.circuits, language) + tables.rule_note(summary, law, language),
    )
    if summary.circuits:
        chart = drawings.load_slots_chart(summary, language)
        yield said("section.slots", language), _figure(chart, "chart.load", language)
        yield said("section.days", language), tables.daily_loads_table(summary, language)
    yield said("section.quality", language), _quality(summary, language)


def _quality(summary: Summary, language: Language) -> str:
    table = tables.quality_table(summary.lines, language)
    if not any(use.slots for use in summary.lines):
        return table
    return table + _figure(drawings.delay_chart(summary, language), "chart.delay", language)


def _figure(svg: str, caption: str, language: Language) -> str:
    return f"<figure>{svg}<figcaption>{said(caption, language)}</figcaption></figure>"


def _notes(summary: Summary, law: Law, made: tuple[datetime, str, str], language: Language) -> str:
    """How it was computed, from what, and by when it is due."""
    at, version, sha256 = made
    lines = [said(f"note.{key}", language) for key in _notes_for(summary)]
    if summary.window.kind == "annual":
        lines += [escape(line) for line in _reminders(summary, law, language)]
    when = words.moment(at, language)
    lines.append(said("note.made", language, at=when, version=version, sha256=sha256))
    items = "".join(f"<li>{line}</li>" for line in lines)
    return f'<h2>{said("section.notes", language)}</h2><ul class="small">{items}</ul>'


def _notes_for(summary: Summary) -> tuple[str, ...]:
    if summary.window.kind == "uplink":
        return ("slot", "quality", "missing")
    return ("availability", "slot", "quality", "times", "missing")


def _reminders(summary: Summary, law: Law, language: Language) -> Iterator[str]:
    """The days by which a year's report goes on, from the dated rule."""
    item = next((one for one in law.items if one.id == "yearly_report"), None)
    if item is None:
        return
    year = f"{summary.window.whole_end:%Y}"
    for key in ("operator_to_owner", "owner_to_ministry"):
        month, _, day = str(item.values.get(key, "")).partition("-")
        checked = words.checked(item.verified, language)
        yield say(
            f"report.reminder.{key}", language, day=f"{day}/{month}/{year}",
            source=item.named.model_dump(), verified=checked,
        )  # fmt: skip


def sign(language: Language) -> str:
    """The lines to be filled in: who made it, who heads the unit."""
    blocks = "".join(
        f"<div><b>{said(f'sign.{key}', language)}</b><i>{said('sign.how', language)}</i></div>"
        for key in ("made", "unit")
    )
    return f'<div class="sign">{blocks}</div>'
