"""Finding a thing by what people type, with or without accents. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from inventory.text import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Thing = TypeVar("Thing")
_BETWEEN_WORDS = re.compile(r"[^\w]+|_")


def rank(query: str, name: str) -> int | None:
    """How well a name fits what was typed, 0 best; None for not at all.

    0 the same, 1 begins with it, 2 its words begin with the typed words in their order, 3 holds it.
    Accents and case do not count; nothing typed fits everything.
    """
    wanted, known = fold(query), fold(name)
    if wanted == known:
        return 0
    if known.startswith(wanted):
        return 1
    if _begin(_BETWEEN_WORDS.split(wanted), _BETWEEN_WORDS.split(known)):
        return 2
    return 3 if wanted in known else None


def found(
    query: str, things: Iterable[Thing], names: Callable[[Thing], Iterable[str]]
) -> list[Thing]:
    """The things of which a name fits, the best first, else in their own order."""
    ranked = [
        (min(ranks), place, thing)
        for place, thing in enumerate(things)
        if (ranks := [one for name in names(thing) if (one := rank(query, name)) is not None])
    ]
    return [thing for _, _, thing in sorted(ranked, key=lambda one: one[:2])]


def _begin(wanted: list[str], known: list[str]) -> bool:
    """Whether each typed word begins a word of the name, in the same order."""
    left = iter(known)
    return all(any(word.startswith(one) for word in left) for one in wanted if one)
