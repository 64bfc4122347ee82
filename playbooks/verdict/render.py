"""Sentences of a verdict as text in either language: numbers, times, names and the unit's kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from inventory.language import LANGUAGES, decimal, has, say
from inventory.text import whole_percent
from playbooks.verdict.model import Sentence

if TYPE_CHECKING:
    from inventory.language import Language
    from playbooks.verdict.model import Verdict

# Screens show Vietnamese civil time from a fixed offset; the country has no summer time.
LOCAL: Final = timezone(timedelta(hours=7))


def headline(verdict: Verdict, language: Language, kind: str) -> str:
    """The one line that says what is wrong; `kind` is the unit's kind (phường, xã, đặc khu)."""
    return text(verdict.headline, language, kind) if verdict.headline else ""


def text(sentence: Sentence, language: Language, kind: str) -> str:
    """A sentence in words.

    Numbers get their unit and the language's decimal sign, times are hh:mm of UTC+7, lists are
    joined by commas. A placeholder in capitals is filled in capitals.
    """
    words = {
        name: _shown(name, value, language, kind)
        for name, value in {**sentence.values, "kind": kind_name(kind, language)}.items()
    }
    capitals = {name: words.get(name, words.get(name.lower(), "")).upper() for name in _CAPITALS}
    return say(sentence.key, language, **{**words, **capitals})


def both(sentence: Sentence, kind: str) -> dict[str, str]:
    """A sentence in every language, as the API sends it: `{"vi": …, "en": …}`."""
    return {language: text(sentence, language, kind) for language in LANGUAGES}


def prose(sentence: Sentence, kind: str) -> dict[str, str]:
    """A headline to be read out within a text, in every language: no capitals, a full stop."""
    return {language: _prose(sentence, language, kind) for language in LANGUAGES}


def _prose(sentence: Sentence, language: Language, kind: str) -> str:
    """Only the headline's own words lose their capitals; names and values stay as they are."""
    values = {**sentence.values, "kind": kind_name(kind, language)}
    shown = {name: _shown(name, value, language, kind) for name, value in values.items()}
    shown |= {name: shown.get(name, shown.get(name.lower(), "")) for name in _CAPITALS}
    marks = {name: f"\x02{number}\x03" for number, name in enumerate(shown)}
    said = _SHOUTED.sub(lambda found: _calm(found[0]), say(sentence.key, language, **marks))
    said = f"{said[:1].upper()}{said[1:]}"
    for name, mark in marks.items():
        said = said.replace(mark, shown[name])
    return said if said.endswith((".", "?", "!")) else f"{said}."


def _calm(word: str) -> str:
    return _NAMES.get(word, word.lower()) if word.isupper() else word


def kind_name(kind: str, language: Language) -> str:
    """The unit's kind in that language; a kind that is not known is shown as it is."""
    key = f"unit_kind.{kind}"
    return say(key, language) if has(key) else kind


_CAPITALS: Final = ("KIND", "S")
_SHOUTED: Final = re.compile(r"[^\W\d_]{2,}(?:'[^\W\d_]+)?")
_NAMES: Final = {"METRONET": "Metronet", "CPE": "CPE", "UPS": "UPS", "OK": "OK"}


def _shown(name: str, value: object, language: Language, kind: str) -> str:
    if isinstance(value, Sentence):
        return text(value, language, kind)
    if isinstance(value, tuple | list):
        return ", ".join(_shown(name, each, language, kind) for each in value)
    if isinstance(value, Mapping):
        return str(value.get(language) or next((each for each in value.values() if each), ""))
    if isinstance(value, datetime):
        return value.astimezone(LOCAL).strftime("%H:%M")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(name, value, language)
    return str(value)


def _number(name: str, value: float, language: Language) -> str:
    if name == "ms" or name.endswith("_ms"):
        return f"{decimal(value, 1, language)} ms"
    if name == "pct" or name.endswith("_pct"):
        if value >= 10 or value == int(value):
            return f"{whole_percent(value / 100)}%"
        return f"{decimal(value, 1, language)}%"
    return f"{value:.0f}"
