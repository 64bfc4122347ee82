"""What a playbook must keep beyond its shapes: ways, conditions, texts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, TypeAlias

from inventory.language import both
from inventory.text import one_line
from playbooks import model as m
from playbooks.conditions import UNKNOWN, fits, matchers, named
from playbooks.known import ALWAYS, MEASURED, field_type, groups_of
from playbooks.lint_text import text_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from inventory.document import Document, Keys
    from inventory.errors import Problem

Found: TypeAlias = "Iterator[tuple[Keys, str, Mapping[str, object]]]"


def problems_of(playbook: m.Playbook, document: Document) -> Iterator[Problem]:
    """Every rule that the playbook breaks: of shape, else of its ways.

    Cheap enough for every load; path tests are walked apart, by who checks a file.
    """
    for stage in (_SHAPE, _COURSE):
        found = [each for rule in stage for each in rule(playbook)]
        for keys, key, values in found:
            yield document.problem(keys, key, **values)
        if found:
            return


def _numbered(playbook: m.Playbook) -> Iterator[tuple[Keys, m.Step]]:
    for number, step in enumerate(playbook.steps):
        yield ("steps", number), step


def _ids(playbook: m.Playbook) -> Found:
    seen: set[str] = set()
    for keys, step in _numbered(playbook):
        if step.id in seen:
            yield (*keys, "id"), "playbook.doubled_step", {"step": step.id}
        seen.add(step.id)


def _references(playbook: m.Playbook) -> Found:
    ids = {step.id for step in playbook.steps}
    if playbook.start not in ids:
        yield ("start",), "playbook.no_step", {"step": playbook.start}
    for keys, step in _numbered(playbook):
        for key, goal in m.targets(step):
            if goal not in ids:
                yield (*keys, *_split(key)), "playbook.no_step", {"step": goal}


def _ways_out(playbook: m.Playbook) -> Found:
    """An auto step's two forms, and the two keys of a bound that belong together."""
    for keys, step in _numbered(playbook):
        if isinstance(step, m.Auto):
            tested = [step.expect, step.on_pass, step.on_fail]
            given = [value is not None for value in tested]
            if all(given) == (step.next is not None) or any(given) != all(given):
                yield keys, "playbook.auto_ways", {"step": step.id}
        limit, goal = getattr(step, "max_visits", None), getattr(step, "on_exhausted", None)
        if (limit is None) != (goal is None):
            yield keys, "playbook.half_bound", {"step": step.id}


def _options(playbook: m.Playbook) -> Found:
    for keys, step in _numbered(playbook):
        if not isinstance(step, m.Ask):
            continue
        written = [option.key for option in step.options]
        if "0" not in written:
            yield (*keys, "options"), "playbook.no_unsure", {"step": step.id}
        answers = Counter([*written, *(o.value for o in step.options if o.value)])
        for answer in (answer for answer, count in answers.items() if count > 1):
            yield (*keys, "options"), "playbook.doubled_option", {"answer": answer}


def _items(playbook: m.Playbook) -> Found:
    for keys, step in _numbered(playbook):
        if isinstance(step, m.Checklist):
            names = Counter(step.item_id(number) for number in range(len(step.items)))
            for name in (name for name, count in names.items() if count > 1):
                yield (*keys, "items"), "playbook.doubled_item", {"item": name}


def _groups(playbook: m.Playbook) -> Found:
    for keys, step in _numbered(playbook):
        if isinstance(step, m.Auto):
            for number, group in enumerate(step.run):
                if group not in MEASURED:
                    known = ", ".join(MEASURED)
                    values = {"group": group, "known": known}
                    yield (*keys, "run", number), "playbook.no_group", values


def _conditions(playbook: m.Playbook) -> Found:
    for keys, step in _numbered(playbook):
        for inner, conditions, needs_measuring in _conditions_of(step):
            yield from _checked(playbook, (*keys, *inner), conditions)
            if needs_measuring and not groups_of(named(conditions)):
                yield (*keys, *inner), "playbook.nothing_measured", {"known": ", ".join(MEASURED)}


def _conditions_of(step: m.Step) -> Iterator[tuple[Keys, m.Conditions, bool]]:
    """The conditions of a step, where they stand, and whether they are measured on the spot."""
    match step:
        case m.Decide():
            for number, branch in enumerate(step.branches):
                yield ("branches", number, "when"), branch.when, False
        case m.Auto() if step.expect is not None:
            yield ("expect",), step.expect, False
        case m.Do():
            yield ("verify", "expect"), step.verify.expect, True
        case m.Wait():
            yield ("until", "expect"), step.until.expect, True
        case m.Checklist():
            for number, item in enumerate(step.items):
                if item.auto is not None:
                    yield ("items", number, "auto", "expect"), item.auto.expect, True


def _checked(playbook: m.Playbook, keys: Keys, conditions: m.Conditions) -> Found:
    if not conditions:
        yield keys, "playbook.no_condition", {}
    negated = conditions.get("not", {"": ""})
    if not isinstance(negated, dict) or not negated or "not" in negated:
        yield (*keys, "not"), "playbook.bad_not", {}
        return
    for fact, matcher in matchers(conditions):
        place = (*keys, fact) if fact in conditions else (*keys, "not", fact)
        kind = field_type(fact, (step.id for step in playbook.steps))
        if kind is None:
            yield place, "playbook.no_fact", {"fact": fact, "known": _near(fact)}
        elif not fits(matcher, kind):
            values = {"kind": both(f"playbook.type.{kind}"), "value": one_line(matcher)}
            yield place, "playbook.bad_matcher", {"fact": fact, **values}
        elif kind == "text" and fact in CLOSED and matcher != UNKNOWN:
            for value in matcher if isinstance(matcher, list) else [matcher]:
                if value not in CLOSED[fact]:
                    allowed = ", ".join(sorted(CLOSED[fact]))
                    values = {"fact": fact, "value": value, "allowed": allowed}
                    yield place, "playbook.not_a_value", values


# Facts that have a closed set of values: a misspelt one would never match.
CLOSED: Mapping[str, frozenset[str]] = {
    "uplink.admin": frozenset({"up", "down"}),
    "uplink.oper": frozenset({"up", "down"}),
    "verdict.segment": frozenset(
        {"none", "power", "lan", "switch", "metronet", "dc", "service", "meeting"}
    ),
    "vm.power": frozenset({"on", "off", "suspended"}),
    "verdict.state": frozenset({"ok", "degraded", "down", "maintenance"}),
}


def _near(fact: str) -> str:
    group = fact.partition(".")[0]
    fields = {**MEASURED, **ALWAYS}.get(group)
    if fields:
        return ", ".join(f"{group}.{field}" for field in fields)
    return ", ".join((*MEASURED, *ALWAYS, "answer"))


def _graph(playbook: m.Playbook) -> Found:
    """Every step is reached, leads to an end, and no circle is without a bound."""
    goals = {step.id: [goal for _, goal in m.targets(step)] for step in playbook.steps}
    reached = _reach(goals, [playbook.start])
    ends = [step.id for step in playbook.steps if isinstance(step, m.End)]
    sources = {name: [s for s, each in goals.items() if name in each] for name in goals}
    leading = _reach(sources, ends)
    bounded = {s.id for s in playbook.steps if getattr(s, "max_visits", None) is not None}
    free = {name: [g for g in each if g not in bounded] for name, each in goals.items()}
    spill = {s.id: [g] for s in playbook.steps if (g := getattr(s, "on_exhausted", None))}
    for keys, step in _numbered(playbook):
        if step.id not in reached:
            yield keys, "playbook.not_reached", {"step": step.id}
        elif step.id not in leading:
            yield keys, "playbook.no_end", {"step": step.id}
    if reached & leading != set(goals):
        return
    for keys, step in _numbered(playbook):
        if any(step.id in _reach(way, way.get(step.id, [])) for way in (free, spill)):
            yield keys, "playbook.endless", {"step": step.id}
            return  # the others of the same circle say the same


def _reach(goals: Mapping[str, list[str]], start: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    open_ = list(start)
    while open_:
        name = open_.pop()
        if name not in seen:
            seen.add(name)
            open_ += goals.get(name, [])
    return seen


def _first_step(playbook: m.Playbook) -> Found:
    """An incident's playbook measures before it asks; one for a date or for a person need not."""
    by_hand = playbook.triggers.manual or playbook.triggers.calendar is not None
    first = next((step for step in playbook.steps if step.id == playbook.start), None)
    if first is not None and not by_hand and not isinstance(first, m.Auto):
        yield ("start",), "playbook.first_auto", {"step": playbook.start}


def _texts(playbook: m.Playbook) -> Found:
    yield from text_problems(playbook)


def _cases(playbook: m.Playbook) -> Found:
    """Path tests name facts, steps and options that exist."""
    ids = {step.id for step in playbook.steps}
    places: list[tuple[Keys, Mapping[str, Any]]] = [(("tests", "base"), playbook.tests.base)]
    for number, case in enumerate(playbook.tests.cases):
        keys: Keys = ("tests", "cases", number)
        places.append(((*keys, "given"), case.given))
        for name in (*case.path, *case.answers, *case.outcomes):
            if name not in ids:
                yield keys, "playbook.no_step", {"step": name}
    for keys, facts in places:
        for fact in facts:
            if field_type(fact, ids) is None:
                yield (*keys, fact), "playbook.no_fact", {"fact": fact, "known": _near(fact)}


def _split(key: str) -> Keys:
    return tuple(int(part) if part.isdigit() else part for part in key.split("."))


_SHAPE: tuple[Callable[[m.Playbook], Found], ...] = (
    _ids, _references, _ways_out, _options, _items, _groups, _conditions, _texts, _cases,
)  # fmt: skip
_COURSE: tuple[Callable[[m.Playbook], Found], ...] = (_first_step, _graph)
