"""Texts of a playbook with their facts filled in; what is not known says so. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from inventory.language import LANGUAGES, decimal, say
from inventory.text import one_line
from playbooks.conditions import UNKNOWN_FACT, RunFact
from playbooks.verdict.render import LOCAL

if TYPE_CHECKING:
    from inventory.language import Language
    from inventory.values import Words
    from playbooks.conditions import Value

PLACEHOLDER = re.compile(r"\{([^{}:]*)(?::([^{}]*))?\}")
MAX_CELLS = 120


def placeholders(text: str) -> tuple[tuple[str, str], ...]:
    """The facts that a text names, each with its time format or an empty text."""
    return tuple((found[1], found[2] or "") for found in PLACEHOLDER.finditer(text))


def filled(words: Words, facts: Mapping[str, RunFact]) -> dict[str, str]:
    """The text in every language, `{fact}` and `{fact:%H:%M}` replaced by what is known.

    Control characters of a device's answer are taken out and each value is cut at 120 cells.
    """
    return {language: _filled(getattr(words, language), facts, language) for language in LANGUAGES}


def _filled(text: str, facts: Mapping[str, RunFact], language: Language) -> str:
    def known(found: re.Match[str]) -> str:
        value = facts.get(found[1], UNKNOWN_FACT).value
        if value is None:
            return say("playbook.fact_unknown", language)
        return one_line(_shown(value, found[2], language), MAX_CELLS)

    return PLACEHOLDER.sub(known, text)


def _shown(value: Value, form: str | None, language: Language) -> str:
    if isinstance(value, Mapping):
        return str(value.get(language, ""))
    if isinstance(value, bool):
        return say(f"playbook.value_{str(value).lower()}", language)
    if isinstance(value, int | float):
        return decimal(value, 0 if value == int(value) else 1, language)
    return _at(value, form) if form else value


def _at(value: str, form: str) -> str:
    """A time in civil time; text that is none stays as it is."""
    try:
        return datetime.fromisoformat(value).astimezone(LOCAL).strftime(form)
    except ValueError:
        return value
