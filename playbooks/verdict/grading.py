"""A row that matched, weighed: what it is about, how sure it is, what else stays possible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from playbooks.verdict.combined import unknown_core
from playbooks.verdict.conditions import Outcome, outcome
from playbooks.verdict.facts import Facts, Truth
from playbooks.verdict.faults import room_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from playbooks.verdict.model import Sentence
    from playbooks.verdict.reading import Reading
    from playbooks.verdict.rows import Row

LATE_PENALTY: Final = 0.15
AGREEMENT_BONUS: Final = 0.04
HIGHEST: Final = 0.99
SURE: Final = 0.60

# Readings that are about single services or rooms and fill `{id}`, `{focus}` and `{part}` of a row.
_FOCUSED: Final = ("shared_svc", "one_svc", "access_svc", "here_only", "room")


@dataclass(frozen=True, slots=True)
class Case:
    """One row before these facts; `passed` are the open rows before it that stay possible."""

    row: Row
    facts: Facts
    view: Mapping[str, Reading]
    passed: tuple[Row, ...] = ()


def focus(row: Row, view: Mapping[str, Reading]) -> tuple[str, ...]:
    """The services or rooms (`svc[…]`, `vc[…]`, or `dns`) that the row speaks of."""
    asked = (name for condition in row.when for name in condition.names if name in _FOCUSED)
    return next((view[name].focus for name in asked), ())


def part(case: Case) -> str:
    """The row's part with the service's id or the room's broken part filled in."""
    return _filled(case.row.part, focus(case.row, case.view), case.facts)[0]


def place(case: Case) -> str:
    """`segment/part` that the row blames."""
    return f"{case.row.segment}/{part(case)}"


def support(case: Case) -> tuple[str, ...]:
    """The known facts that the row rests on."""
    conditions = (name for condition in case.row.when for name in condition.names)
    return unique(fact for name in conditions for fact in case.view[name].support)


def late(case: Case) -> tuple[str, ...]:
    """Facts under the row that are older than their interval, though not stale."""
    return tuple(name for name in support(case) if case.facts.fact(name).age_late)


def confidence(case: Case) -> float:
    """The row's confidence, less for late facts, more when two sources agree on its root."""
    sure, _ = _grade(case)
    sure -= LATE_PENALTY * len(late(case))
    hangs_on = root(case)
    if hangs_on and "+" in case.facts.fact(hangs_on).source:
        sure += AGREEMENT_BONUS
    return round(min(max(sure, 0.0), HIGHEST), 2)


def is_sure(case: Case) -> bool:
    """Whether the row's segment may be named; rows that name none have nothing to lose."""
    return case.row.segment == "unknown" or confidence(case) >= SURE


def root(case: Case) -> str:
    """The fact that an incident hangs on: of those that the row names the first that is bad."""
    about = focus(case.row, case.view)
    names = [name for text in case.row.root for name in _filled(text, about, case.facts)[:1]]
    bad = (name for name in names if name in case.view and case.view[name].is_bad)
    return next(bad, names[0] if names else "")


def is_remembered(case: Case) -> bool:
    """Whether an open row says something: a fault is known in it, or one fact would decide it.

    Without this a ward with a few things unmeasured would list half the table.
    """
    if case.row.segment == "none" or _speaks(case.row, case.view):
        return True
    return len(set(_open(case.row, case.view))) == 1


def missing(case: Case) -> tuple[str, ...]:
    """Unknown facts that would decide: of the open rows before, and those passed over here."""
    before = [name for row in case.passed for name in _open(row, case.view)]
    if not case.row.when:
        return unique((*unknown_core(case.view), *before, *_too_late(case)))
    here = [
        name
        for condition in case.row.when
        if condition.want in ("not true", "absent")
        for each in condition.names
        for name in case.view[each].unknown
    ]
    return unique((*before, *here, *(() if is_sure(case) else late(case))))


def alternatives(case: Case, proven_good: tuple[Sentence, ...]) -> tuple[str, ...]:
    """Other places that the same facts allow; never one that a known fact rules out."""
    row, about = case.row, focus(case.row, case.view)
    if row.segment == "none":
        return ()
    own = () if is_sure(case) else (place(case),)
    named = [where for text in (*row.alternatives, *_grade(case)[1])
             for where in _filled(text, about, case.facts)]  # fmt: skip
    open_rows = [where for each in case.passed for where in _open_places(each, case)]
    excluded = {sentence.segment for sentence in proven_good}
    return tuple(
        where
        for where in unique((*own, *named, *open_rows))
        if where in own or (_segment(where) not in excluded and _is_possible(where, case))
    )


def unique(names: Iterable[str]) -> tuple[str, ...]:
    """Without repetitions, in the order of first appearance."""
    return tuple(dict.fromkeys(names))


def _grade(case: Case) -> tuple[float, tuple[str, ...]]:
    for weaker in case.row.weaker:
        if all(outcome(condition, case.view) is Outcome.MET for condition in weaker.when):
            return weaker.confidence, weaker.alternatives
    return case.row.confidence, ()


def _filled(text: str, about: tuple[str, ...], facts: Facts) -> tuple[str, ...]:
    """A row's text for each fact that it is about; a text without braces stands for itself."""
    if "{" not in text:
        return (text,)
    return unique(_fill(text, name, facts) for name in about) or (text,)


def _fill(text: str, name: str, facts: Facts) -> str:
    _, bracket, rest = name.partition("[")
    key = rest.removesuffix("]") if bracket else "access"
    room = room_part(facts, name) if name.startswith("vc[") else ""
    return text.replace("{part}", room).replace("{focus}", name).replace("{id}", key)


def _speaks(row: Row, view: Mapping[str, Reading]) -> bool:
    """At least one known fact under the row's conditions speaks of a fault."""
    asked = (each.names for each in row.when if each.want in ("true", "false"))
    return any(view[name].is_bad for names in asked for name in names)


def _open(row: Row, view: Mapping[str, Reading]) -> Iterable[str]:
    for condition in row.when:
        if outcome(condition, view) is Outcome.OPEN:
            for name in condition.names:
                yield from view[name].unknown


def _open_places(row: Row, case: Case) -> tuple[str, ...]:
    """Places of an open row that a known fact speaks for, in another segment than the winner."""
    if row.segment in ("none", "unknown", case.row.segment) or not _speaks(row, case.view):
        return ()
    filled = _filled(row.part, focus(row, case.view), case.facts)
    return tuple(f"{row.segment}/{each}" for each in filled)


def _too_late(case: Case) -> Iterable[str]:
    """Facts whose age alone kept "all fine" from being said."""
    for row in case.passed:
        if row.segment == "none" and not any(_open(row, case.view)):
            yield from late(Case(row, case.facts, case.view))


def _segment(where: str) -> str:
    return where.partition("/")[0]


def _is_possible(where: str, case: Case) -> bool:
    """A gateway that all wards have lost is no explanation while other wards still reach it."""
    return where != "dc/gateway" or case.view["nb_all"].truth is not Truth.FALSE
