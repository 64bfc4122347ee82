"""Facts of a run and the conditions over them, in three-valued logic. Pure.

An unknown fact satisfies no matcher but `unknown`: a condition on it is UNKNOWN, and only TRUE
counts as satisfied.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from playbooks.verdict.facts import Truth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from playbooks.known import FieldType

Value: TypeAlias = bool | int | float | str | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RunFact:
    """One fact of a run: its value, or None for unknown with the reason.

    Texts in two languages are `{vi, en}`, times text in ISO 8601. `source` names what measured it,
    `at` is when.
    """

    value: Value | None = None
    reason: str = ""
    source: str = ""
    at: datetime | None = None


UNKNOWN_FACT = RunFact(reason="not_measured")
UNKNOWN = "unknown"
_COMPARISON = re.compile(r"(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?)")
_RANGE = re.compile(r"(-?\d+(?:\.\d+)?)\.\.(-?\d+(?:\.\d+)?)")
_SIGNS: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {"<": lt, "<=": le, ">": gt, ">=": ge}
)


def holds(conditions: Mapping[str, Any], facts: Mapping[str, RunFact]) -> Truth:
    """Whether all conditions hold: FALSE when one does not, else UNKNOWN when one is open.

    `not: {…}` inside turns the conjunction of what it holds around.
    """
    return _all(_one(name, matcher, facts) for name, matcher in conditions.items())


def missing(conditions: Mapping[str, Any], facts: Mapping[str, RunFact]) -> tuple[str, ...]:
    """The facts that alone keep the conditions open: unknown ones of conditions not yet FALSE."""
    if holds(conditions, facts) is not Truth.UNKNOWN:
        return ()
    return tuple(name for name in named(conditions) if facts.get(name, UNKNOWN_FACT).value is None)


def named(conditions: Mapping[str, Any]) -> tuple[str, ...]:
    """Every fact that the conditions name, each once."""
    return tuple(dict.fromkeys(name for name, _ in matchers(conditions)))


def matchers(conditions: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every fact with its matcher, also those inside `not`."""
    for name, matcher in conditions.items():
        if name == "not" and isinstance(matcher, Mapping):
            yield from matchers(matcher)
        else:
            yield name, matcher


def fits(matcher: object, kind: FieldType) -> bool:
    """Whether this matcher can ever say TRUE or FALSE about a fact of that type."""
    if matcher == UNKNOWN:
        return True
    if isinstance(matcher, list | tuple):
        return bool(matcher) and all(each != UNKNOWN and fits(each, kind) for each in matcher)
    if isinstance(matcher, bool):
        return kind == "bool"
    if isinstance(matcher, int | float):
        return kind == "number"
    if isinstance(matcher, str):
        return kind == ("number" if _numeric(matcher) else "text")
    return False


def _all(truths: Iterable[Truth]) -> Truth:
    seen = set(truths)
    if Truth.FALSE in seen:
        return Truth.FALSE
    return Truth.UNKNOWN if Truth.UNKNOWN in seen else Truth.TRUE


def _one(name: str, matcher: Any, facts: Mapping[str, RunFact]) -> Truth:
    if name == "not":
        return _turned(holds(matcher, facts))
    value = facts.get(name, UNKNOWN_FACT).value
    if matcher == UNKNOWN:
        return Truth.TRUE if value is None else Truth.FALSE
    return Truth.UNKNOWN if value is None else _match(value, matcher)


def _turned(truth: Truth) -> Truth:
    return {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE}.get(truth, Truth.UNKNOWN)


def _match(value: Value, matcher: Any) -> Truth:
    if isinstance(matcher, list | tuple):
        truths = {_match(value, each) for each in matcher}
        if Truth.TRUE in truths:
            return Truth.TRUE
        return Truth.UNKNOWN if Truth.UNKNOWN in truths else Truth.FALSE
    if isinstance(matcher, str) and _numeric(matcher):
        return _compare(value, matcher)
    if _kind(value) != _kind(matcher):
        return Truth.UNKNOWN
    return Truth.TRUE if value == matcher else Truth.FALSE


def _kind(value: object) -> str:
    """Types that may be compared with each other; a truth value is no number."""
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, int | float) else type(value).__name__


def _numeric(matcher: str) -> bool:
    return bool(_COMPARISON.fullmatch(matcher) or _RANGE.fullmatch(matcher))


def _compare(value: Value, matcher: str) -> Truth:
    if _kind(value) != "number" or not isinstance(value, int | float):
        return Truth.UNKNOWN
    between = _RANGE.fullmatch(matcher)
    if between:
        found = float(between[1]) <= value <= float(between[2])
    else:
        sign, limit = _COMPARISON.fullmatch(matcher).groups()  # type: ignore[union-attr]
        found = _SIGNS[sign](value, float(limit))
    return Truth.TRUE if found else Truth.FALSE
