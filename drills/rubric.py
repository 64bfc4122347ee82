"""Whether a person's text says what it should, whatever the input method made of it. Pure.

Texts are compared folded (no accents, no case). What a Telex or VNI input method that was switched
off leaves in a text («nguyeen nhaan», «nguye6n nha6n») is undone first and tried as well.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inventory.text import fold

if TYPE_CHECKING:
    from collections.abc import Callable

    from drills.scenario import Rubric

_VOWELS = "aeiouy"
# Telex: dd đ, aa â, ee ê, oo ô, aw ă, ow ơ, uw ư (w alone too); tones s f r x j behind a vowel of
# the syllable or at its end. No Vietnamese syllable has one of these letters there by itself.
_DOUBLED = re.compile(r"(dd|aa|ee|oo)")
_HORN = re.compile(r"(?<=[auo])w|(?<=uo)w")
_TONE = re.compile(rf"(?<=[{_VOWELS}])[sfrxj]|(?<=[a-z])[sfrxj](?![a-z])")
# VNI: 1 to 5 the tones, 6 â ê ô, 7 ơ ư, 8 ă, 9 đ, all behind letters.
_DIGITS = re.compile(r"(?<=[a-z])[1-9]+")


def says(text: str, rubric: Rubric) -> bool:
    """Whether the text is short enough and holds the rubric's phrases."""
    if rubric.max_chars is not None and len(text.strip()) > rubric.max_chars:
        return False
    groups = [*rubric.contains_each, *([rubric.contains_any] if rubric.contains_any else [])]
    return all(any(contains(text, phrase) for phrase in group) for group in groups)


def contains(text: str, phrase: str) -> bool:
    """Whether the phrase stands in the text, in whole words, in any way of typing it."""
    return any(_within(way(phrase), way(text)) for way in _WAYS)


def without_telex(text: str) -> str:
    """The text folded, with what is left of Telex typing undone."""
    plain = _HORN.sub("", fold(text))
    plain = _DOUBLED.sub(lambda found: found[0][0], plain)
    return _TONE.sub("", plain.replace("w", "u") if "w" in plain else plain)


def without_vni(text: str) -> str:
    """The text folded, with what is left of VNI typing undone."""
    return _DIGITS.sub("", fold(text))


_WAYS: tuple[Callable[[str], str], ...] = (fold, without_telex, without_vni)


def _within(phrase: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text) is not None
