"""Rules about a playbook's texts: both languages alike, short, and nothing literal in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import BaseModel

from inventory.values import Words
from playbooks.known import field_type
from playbooks.texts import PLACEHOLDER, placeholders

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from inventory.document import Keys
    from playbooks.model import Playbook

MAX_SENTENCE = 90
MAX_SENTENCES = 3
MAX_MESSAGE = 300
_ADDRESS = re.compile(r"\b\d{1,3}(\.\d{1,3}){3}\b")
_PHONE = re.compile(r"(?<!\d)(?:\+?\d[ .-]?){8,}\d(?!\d)")
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+")


def text_problems(playbook: Playbook) -> Iterator[tuple[Keys, str, Mapping[str, object]]]:
    """What is wrong with the texts, each with the keys that lead to it."""
    steps = {step.id for step in playbook.steps}
    for keys, words in _texts(playbook, ()):
        yield from _placeholders(keys, words, steps)
        for language in ("vi", "en"):
            yield from _one(keys, language, getattr(words, language))


def _texts(value: object, keys: Keys) -> Iterator[tuple[Keys, Words]]:
    if isinstance(value, Words):
        yield keys, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _texts(getattr(value, name), (*keys, name))
    elif isinstance(value, tuple):
        for number, each in enumerate(value):
            yield from _texts(each, (*keys, number))


def _placeholders(
    keys: Keys, words: Words, steps: Collection[str]
) -> Iterator[tuple[Keys, str, Mapping[str, object]]]:
    vi, en = set(placeholders(words.vi)), set(placeholders(words.en))
    for name, form in sorted(vi ^ en):
        shown = f"{name}:{form}" if form else name
        yield keys, "playbook.one_language", {"name": shown}
    for name, form in sorted(vi | en):
        kind = field_type(name, steps)
        if kind is None:
            yield keys, "playbook.no_placeholder", {"name": name}
        elif (kind == "time") != bool(form):
            yield keys, "playbook.time_form", {"name": name}
    rest = PLACEHOLDER.sub("", words.vi + words.en)
    if "{" in rest or "}" in rest:
        yield keys, "playbook.stray_brace", {}


def _one(keys: Keys, language: str, text: str) -> Iterator[tuple[Keys, str, Mapping[str, object]]]:
    keys = (*keys, language)
    if _ADDRESS.search(text) or _PHONE.search(text):
        yield keys, "playbook.literal", {}
    if "message" in keys:
        if len(text) > MAX_MESSAGE:
            yield keys, "playbook.long_text", {"count": len(text), "limit": MAX_MESSAGE}
        return
    sentences = _SENTENCE_END.split(text)
    longest = max(len(sentence) for sentence in sentences)
    if longest > MAX_SENTENCE:
        yield keys, "playbook.long_text", {"count": longest, "limit": MAX_SENTENCE}
    if len(sentences) > MAX_SENTENCES:
        count = {"count": len(sentences), "limit": MAX_SENTENCES}
        yield keys, "playbook.many_sentences", count
