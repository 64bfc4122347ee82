"""Readiness in words: the answer, the one next step, one line an item. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING

from inventory.language import LANGUAGES, say
from inventory.text import cells, cut, pad

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from inventory.language import Language
    from probes.meeting.readiness_model import Item, ItemState, Readiness

COLUMNS = 80
MARKS: Mapping[ItemState, str] = MappingProxyType(
    {"ok": "●", "degraded": "▲", "down": "×", "unknown": "?", "waiting": "·"}
)
_ICT = timezone(timedelta(hours=7))
_NAME = 17
_MINUTE_S = 60.0


def name_of(item: str, language: Language) -> str:
    """What an item is called."""
    return say(f"readiness.item.{item}", language)


def said_of(item: Item, language: Language) -> str:
    """What was found."""
    if item.said == "behind":
        return say("readiness.behind", language, what=name_of(item.because or "", language))
    return say(f"readiness.said.{item.said}", language, **_shown(item.values))


def do_of(item: Item, language: Language) -> str:
    """What helps, in two or three words; empty for what is good or lies behind another item."""
    return say(f"readiness.do.{item.step}", language) if item.step else ""


def state_of(readiness: Readiness, language: Language) -> str:
    """The answer, in capitals."""
    return say(f"readiness.state.{readiness.state}", language)


def why_of(readiness: Readiness, language: Language) -> str:
    """What decides: the item, what was found, whose side it is; empty when all is well."""
    item = readiness.item(readiness.guilty) if readiness.guilty else None
    if item is None or readiness.side is None:
        return ""
    side = say(f"readiness.side.{readiness.side}", language)
    return f"{name_of(item.name, language)}: {said_of(item, language)} ({side})"


def step_of(readiness: Readiness, language: Language) -> str:
    """The one next step as a sentence; empty when there is nothing to do."""
    if readiness.step is None:
        return ""
    unknown = {"device": "?", "port": "?", "room": readiness.room}
    values = {**unknown, **_shown(readiness.step_values)}
    return say(f"readiness.step.{readiness.step}", language, **values)


def line_of(item: Item, language: Language) -> str:
    """One line of at most 80 cells: mark, item, finding; then side and what to do, or its age."""
    name, said = name_of(item.name, language), said_of(item, language)
    return laid_out(item.state, name, said, _more(item, language))


def laid_out(state: ItemState, name: str, said: str, more: str) -> str:
    """Mark, name, finding and what follows it in at most 80 cells; an age gives way first."""
    left = f" {MARKS[state]} {pad(name, _NAME)} "
    room = COLUMNS - cells(left) - cells(more)
    if cells(said) > room and "→" not in more:
        room, more = COLUMNS - cells(left), ""
    return f"{left}{cut(said, room)}{more}".rstrip()


def _more(item: Item, language: Language) -> str:
    if item.state == "ok" or item.because is not None:
        age = age_of(item.age_s, language)
        return f" ({age})" if age else ""
    if not item.step:
        return ""
    side = "" if item.by == "person" else f" [{say(f'readiness.at.{item.side}', language)}]"
    return f"{side} → {do_of(item, language)}"


def age_of(age_s: float | None, language: Language) -> str:
    """How old a measurement is; empty when that is not known."""
    if age_s is None:
        return ""
    if age_s < _MINUTE_S * 2:
        return say("readiness.age_s", language, n=round(age_s))
    return say("readiness.age_min", language, n=round(age_s / _MINUTE_S))


def lines_of(readiness: Readiness, language: Language) -> Iterator[str]:
    """The answer and the next step, then every item; each line at most 80 cells."""
    why, step = why_of(readiness, language), step_of(readiness, language)
    yield cut(f"{state_of(readiness, language)}{'  ' + why if why else ''}", COLUMNS)
    if step:
        yield cut(f"→ {step}", COLUMNS)
    for item in readiness.items:
        yield line_of(item, language)


def both_of(words: Callable[[Language], str]) -> dict[str, str]:
    """A text in every language, as the API sends it."""
    return {language: words(language) for language in LANGUAGES}


def _shown(values: Mapping[str, object]) -> dict[str, object]:
    """Times as people in the ward read them."""
    return {
        name: value.astimezone(_ICT).strftime("%H:%M") if isinstance(value, datetime) else value
        for name, value in values.items()
    }
