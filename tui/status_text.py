"""A status as at most 16 lines of 80 cells, in either language. Pure."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta, timezone
from typing import TYPE_CHECKING

from inventory.language import has, say
from inventory.text import cells, cut, pad

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from agent.wire import Incident, Status, Text, Verdict, WardSummary
    from inventory.language import Language

WIDTH = 80
LINES = 16
_LABEL_CELLS = 13
_TEXTS = 3
_MARKS = {"ok": "●", "degraded": "▲", "down": "×", "maintenance": "◆", "unknown": "?"}
_RANKS = {"down": 0, "degraded": 1, "unknown": 2, "maintenance": 3, "ok": 4}
_LOCAL = timezone(timedelta(hours=7))  # screens show Viet Nam's time, from a fixed offset


def lines(status: Status, language: Language, folder: str) -> list[str]:
    """What a person reads; the first line says how current it is."""
    if status.as_of is None:
        return [say("status.nothing", language, folder=folder)]
    body = _one(status, language) if status.ward else _many(status, language)
    shown = [*_top(status, language), *body][:LINES]
    return [cut(line, WIDTH).rstrip() for line in shown]


def _top(status: Status, language: Language) -> Iterator[str]:
    if status.realm == "drill":
        yield say("status.drill", language)
    at = _moment(status.as_of) if status.as_of else "?"
    age = _lasted(status.age_s, language) if status.age_s is not None else ""
    place = ""
    if status.ward is not None:
        place = say("status.place", language, name=status.ward.name, code=status.ward.code)
    if status.realm == "sim":
        place = f"{place}  {say('status.sim', language)}".strip()
    if status.fresh:
        yield "    ".join(
            part for part in (place, at, say("status.fresh", language, age=age)) if part
        )
        return
    key = "status.stale" if age else "status.stale_unknown_age"
    yield say(key, language, at=at, age=age)
    if place:
        yield place


def _one(status: Status, language: Language) -> Iterator[str]:
    """One ward: headline, evidence, path, incidents, what to do, how old the numbers are."""
    verdict = status.verdict
    if verdict is None:
        return
    yield _headline(status, verdict, language)
    yield from _labelled(
        "evidence", (_in(one.text, language) for one in verdict.evidence), language
    )
    yield from _labelled(
        "ruled_out", (_in(one.text, language) for one in verdict.ruled_out), language
    )
    stations = (
        f"{say(f'status.segment.{node.segment}', language)} {_mark(node.state, status)}"
        for node in status.path
        if has(f"status.segment.{node.segment}")
    )
    yield from _labelled("path", ("  ".join(stations),), language)
    told = (_incident(incident, language) for incident in status.incidents)
    yield from _labelled("incident", told, language)
    if verdict.playbook and status.fresh:
        action = say("status.playbook", language, playbook=verdict.playbook)
        yield from _labelled("action", (action,), language)
    yield from _labelled("age", (_data_age(status.wards, language),), language)


def _many(status: Status, language: Language) -> Iterator[str]:
    """Several wards: how many stand how, and the worst of them."""
    counted = Counter(ward.state if status.fresh else "unknown" for ward in status.wards)
    counts = {state: counted[state] for state in ("down", "degraded", "unknown")}
    fine = counted["ok"] + counted["maintenance"]
    total = len(status.wards) + status.left_out
    yield say("status.counts", language, wards=total, ok=fine, **counts)
    ranked = sorted(status.wards, key=lambda ward: (_RANKS[ward.state], ward.code))
    worth = [ward for ward in ranked if ward.state != "ok"]
    room = LINES - 4
    for ward in worth[:room]:
        yield say(
            "status.ward_line",
            language,
            mark=_mark(ward.state, status),
            code=ward.code,
            name=ward.name,
            headline=_in(ward.verdict.headline, language),
        )
    if len(worth) > room:
        yield say("status.more", language, count=len(worth) - room)


def _headline(status: Status, verdict: Verdict, language: Language) -> str:
    text = _in(verdict.headline, language)
    if not status.fresh:
        return f"? {say('status.was', language, headline=text)}"
    if verdict.since is not None and verdict.state != "ok" and status.as_of is not None:
        lasted = _lasted((status.as_of - verdict.since).total_seconds(), language)
        text = say("status.since", language, headline=text, lasted=lasted)
    return f"{_MARKS[verdict.state]} {text}"


def _labelled(
    key: str, texts: Iterator[str] | tuple[str, ...], language: Language
) -> Iterator[str]:
    """Up to three texts, the first behind its label; nothing for none."""
    label = say(f"status.{key}", language)
    for text in [text for text in texts if text][:_TEXTS]:
        for line in wrapped(text, WIDTH - _LABEL_CELLS - 2):
            yield f"  {pad(label, _LABEL_CELLS)}{line}"
            label = ""


def wrapped(text: str, width: int) -> Iterator[str]:
    """A text in lines of at most `width` cells, broken between words; one that fits stays as is."""
    if cells(text) <= width:
        yield text
        return
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and cells(longer) > width:
            yield line
            longer = word
        line = longer
    yield line


def _incident(incident: Incident, language: Language) -> str:
    key = f"status.incident_state.{incident.state}"
    state = say(key, language) if has(key) else incident.state
    return say(
        "status.incident_line",
        language,
        id=incident.id,
        severity=incident.severity,
        state=state,
        at=_moment(incident.t_started),
    )


def _data_age(wards: tuple[WardSummary, ...], language: Language) -> str:
    ages = [ward.data_age_s for ward in wards]
    known = [age for age in ages if age is not None]
    if len(known) < len(ages):
        return say("status.age_never", language)
    return say("status.age_line", language, age=_lasted(max(known), language)) if known else ""


def _mark(state: str, status: Status) -> str:
    """The state's sign; nothing that is not current is shown as good or bad."""
    return _MARKS.get(state, "?") if status.fresh else "?"


def _in(text: Text, language: Language) -> str:
    return text.vi if language == "vi" else text.en


def _moment(at: datetime) -> str:
    return at.astimezone(_LOCAL).strftime("%H:%M:%S %d/%m/%Y")


def _lasted(seconds: float, language: Language) -> str:
    """A length of time in its two largest units."""
    whole = max(0, round(seconds))
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if whole < 120:
        return say("status.for.seconds", language, n=whole)
    if hours < 2:
        return say("status.for.minutes", language, n=minutes)
    if days < 2:
        return say("status.for.hours", language, n=hours, m=minutes % 60)
    return say("status.for.days", language, n=days, m=hours % 24)
