"""The small language of the table's conditions, three-valued.

`x` the fact is true; `not x` it is false; neither is met by unknown or not applicable. `[x]` and
`[not x]` are as written, but a fact that does not exist here leaves the row. `unless x` is met by
everything but true, `no x` by unknown and not applicable. `x | y` holds when one of them does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Literal

from playbooks.verdict.facts import Truth

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from playbooks.verdict.reading import Reading


class Outcome(Enum):
    """A condition is met, not met, or open: only an unknown fact stands in the way."""

    MET = "met"
    UNMET = "unmet"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: `names` of which one must satisfy `want`.

    `skips_na`: not applicable satisfies it (the brackets of the table).
    """

    names: tuple[str, ...]
    want: Literal["true", "false", "not true", "absent"]
    skips_na: bool = False


def parse(text: str) -> tuple[Condition, ...]:
    """`"sw, [not ce], unless pe"` -> the conditions, in their order; empty text has none."""
    return tuple(_condition(part.strip()) for part in text.split(",") if part.strip())


def outcome(condition: Condition, view: Mapping[str, Reading]) -> Outcome:
    """Whether the condition holds for these readings."""
    best = Outcome.UNMET
    for name in condition.names:
        found = _single(condition, view[name].truth)
        if found is Outcome.MET:
            return found
        if found is Outcome.OPEN:
            best = found
    return best


def together(conditions: Iterable[Condition], view: Mapping[str, Reading]) -> Outcome:
    """Whether all conditions hold: unmet when one is not, open when one may still be met."""
    worst = Outcome.MET
    for condition in conditions:  # asked for every ward every few seconds: no set, no hash
        found = outcome(condition, view)
        if found is Outcome.UNMET:
            return found
        if found is Outcome.OPEN:
            worst = found
    return worst


def _condition(part: str) -> Condition:
    inner = part.removeprefix("[").removesuffix("]")
    for prefix, want in _WANTS.items():
        if inner.startswith(prefix):
            return Condition((inner.removeprefix(prefix),), want)
    skips_na = part.startswith("[")
    if inner.startswith("not "):
        return Condition((inner.removeprefix("not "),), "false", skips_na)
    return Condition(tuple(name.strip() for name in inner.split("|")), "true", skips_na)


_WANTS: Mapping[str, Literal["not true", "absent"]] = {"unless ": "not true", "no ": "absent"}


def _single(condition: Condition, truth: Truth) -> Outcome:
    if condition.want == "not true":
        return Outcome.UNMET if truth is Truth.TRUE else Outcome.MET
    if condition.want == "absent":
        return Outcome.MET if truth in (Truth.UNKNOWN, Truth.NA) else Outcome.UNMET
    if truth is Truth.UNKNOWN:
        return Outcome.OPEN
    if truth is Truth.NA:
        return Outcome.MET if condition.skips_na else Outcome.UNMET
    return Outcome.MET if truth.value == condition.want else Outcome.UNMET
