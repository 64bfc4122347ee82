"""The record of an incident as a printed page: A4, one or two sheets, in one language. Pure.

What a unit attaches when a service goes partial because a technical fault cannot be mended at once.
What nobody wrote prints as such; there are lines to sign, no names.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from agent.duty import ICT
from agent.incidents.causes import cause_text
from agent.incidents.export import bundle_hash, public_headline, without_names
from inventory.language import has, say
from inventory.units import units
from playbooks.page import document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from agent.incidents.record import Incident
    from inventory.language import Language

MOST_LINES = 24


def incident_page(incident: Incident, language: Language, *, public: bool = False) -> str:
    """The whole HTML page; `public` leaves out devices, addresses, people and what they did."""
    parts = [
        _head(incident, language),
        _table(_facts(incident, language, public=public)),
        _section("why", _table(_reasons(incident, language, public=public)), language),
    ]
    if not public:
        parts += [
            _section("clocks", _clocks(incident, language), language),
            _section("done", _timeline(incident, language), language),
            _section("evidence", _evidence(incident, language), language),
        ]
    parts.append(_signatures(language))
    title = _said("title", language, id=incident.id)
    return document(title, f'<section class="sheet">{"".join(parts)}</section>', language)


def _said(key: str, language: Language, **values: object) -> str:
    return say(f"incident.export.{key}", language, **values)


def _head(incident: Incident, language: Language) -> str:
    title = escape(_said("title", language, id=incident.id))
    if incident.is_common:
        where = ", ".join(f"{units()[code].name} ({code})" for code in incident.sites)
    else:
        unit = units()[incident.ward]
        where = _said("unit", language, unit=unit.name, code=unit.code)
    where = escape(where)
    return f'<header><h1>{title}</h1><p class="small">{where}</p></header>'


def _facts(incident: Incident, language: Language, *, public: bool) -> Iterator[tuple[str, str]]:
    headline = public_headline(incident) if public else incident.headline
    yield _said("what", language), getattr(headline, language) if headline else _none(language)
    kind = _said(f"kind.{incident.kind}", language)
    state = say(f"incident.state.{incident.state}", language)
    yield _said("kind", language), f"{kind} · {incident.severity} · {state}"
    yield _said("started", language), _time(incident.t_started, language)
    yield _said("detected", language), _time(incident.t0_detected, language)
    yield _said("resolved", language), _time(incident.t_resolved, language)
    services = ", ".join(incident.services)
    yield _said("services", language), services or _none(language)
    impact = {True: "yes", False: "no", None: "unknown"}[incident.public_service_impact]
    yield _said("impact", language), _said(f"answer.{impact}", language)
    cause = getattr(cause_text(incident.cause), language) if incident.cause else _none(language)
    yield _said("cause", language), cause
    yield _said("bundle", language), bundle_hash(incident) or _none(language)


def _reasons(incident: Incident, language: Language, *, public: bool) -> Iterator[tuple[str, str]]:
    stated = incident.cannot_fix_now
    if not stated.value:
        yield _said("stated", language), _said("not_stated", language)
        return

    def free(text: str | None) -> str:
        if not text:
            return _none(language)
        return without_names(text, incident) if public else text

    yield _said("stated", language), _time(stated.decided_at, language)
    yield _said("reason", language), free(stated.reason)
    yield _said("until", language), _time(stated.expected_restore, language)
    yield _said("workaround", language), free(stated.workaround)
    if not public:
        yield _said("decided_by", language), stated.decided_by or _none(language)


def _clocks(incident: Incident, language: Language) -> str:
    rows = []
    for one in incident.deadlines:
        checked = one.verified.strftime("%d/%m/%Y") if one.verified else None
        mark = _said(f"mark.{one.mark}", language)
        if one.group == "law":
            read = _said("checked", language, day=checked) if checked else ""
            mark = f"{mark}; {read or _said('never_checked', language)}"
        due, met = _time(one.due, language), _time(one.met, language)
        said = getattr(one.text, language)
        rows.append((said, f"{_said('due', language)} {due}", f"{_said('met', language)} {met}",
                     f"{getattr(one.source, language)} ({mark})"))  # fmt: skip
    return _grid(rows) if rows else _nothing(language)


def _timeline(incident: Incident, language: Language) -> str:
    acts = [
        (one.at, one.actor, _verb(one.verb, language),
         getattr(one.said, language) if one.said else one.reason)
        for one in incident.actions
    ]  # fmt: skip
    notes = [(one.at, one.actor, _verb("note", language), one.text) for one in incident.notes]
    lines = sorted((*acts, *notes), key=lambda line: line[0])
    shown = [
        (_time(at, language), actor, verb, text or "") for at, actor, verb, text in
        lines[-MOST_LINES:]
    ]  # fmt: skip
    left = len(lines) - len(shown)
    more = f'<p class="small">{escape(_said("left_out", language, count=left))}</p>' if left else ""
    return (_grid(shown) if shown else _nothing(language)) + more


def _evidence(incident: Incident, language: Language) -> str:
    rows = [(one.name, str(one.bytes), f"SHA-256 {one.sha256}") for one in incident.evidence]
    return _grid(rows) if rows else _nothing(language)


def _signatures(language: Language) -> str:
    left, right = (escape(_said(key, language)) for key in ("made_by", "confirmed_by"))
    blank = '<span class="blank"></span>'
    return f'<p class="lines">{left}: {blank} &nbsp; {right}: {blank}</p>'


def _section(key: str, body: str, language: Language) -> str:
    return f"<h2>{escape(_said(f'section.{key}', language))}</h2>{body}"


def _table(rows: Iterable[tuple[str, str]]) -> str:
    lines = "".join(
        f'<tr><th style="width:44mm">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in rows
    )
    return f"<table>{lines}</table>"


def _grid(rows: Iterable[tuple[str, ...]]) -> str:
    lines = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table>{lines}</table>"


def _nothing(language: Language) -> str:
    return f"<p>{escape(_none(language))}</p>"


def _none(language: Language) -> str:
    return _said("nothing", language)


def _verb(verb: str, language: Language) -> str:
    key = f"incident.verb.{verb}"
    return say(key, language) if has(key) else verb


def _time(at: datetime | None, language: Language) -> str:
    return f"{at.astimezone(ICT):%H:%M %d/%m/%Y}" if at else _none(language)
