"""What must be true of a scenario beyond the shape of its keys; each mistake at its line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from drills import deeds, faults, states
from drills.facts import KINDS, exists
from drills.scenario import seconds
from drills.topology import ward_standard
from drills.world import World
from inventory.errors import InputError
from inventory.realm import is_simulated
from inventory.text import fold
from probes.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drills.scenario import Inject, Scenario
    from inventory.document import Document, Keys
    from inventory.errors import Problem

TOTAL = 100
WARD = "26740"
# Which keys an inject of each type has, beside id, at, type, when and distractor.
_INJECT_KEYS = {
    "fault": {"fault", "on"},
    "clear": {"clears"},
    "phone": {"caller", "text"},
    "chat": {"caller", "text"},
}
_ADDRESS = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)")
_URL = re.compile(r"https?://([^\s/'\"]+)")
_PHONE = re.compile(r"(?<![\w.-])(?:\+84|0)(?:[ .-]?\d){8,10}(?![\w])")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_CREDENTIAL = re.compile(
    r"\b(?:env|file|systemd):\S|\b(?:password|passwd|community|secret|token|mat khau)\s*[:=]\s*\S"
)


def lint(scenario: Scenario, document: Document) -> list[Problem]:
    """Every mistake, in the file's order."""
    found = [
        *_strangers(document),
        *_ids(scenario, document),
        *_times(scenario, document),
        *_points(scenario, document),
        *_injects(scenario, document),
        *_references(scenario, document),
        *_rubrics(scenario, document),
        *_harm(scenario, document),
        *_solutions(scenario, document),
    ]
    return sorted(found, key=_place)


def _place(problem: Problem) -> tuple[int, int]:
    line, column = problem.where.partition(" ")[0].rsplit(":", 2)[1:]
    return int(line), int(column)


# ---- nothing of the real world ----


def _strangers(document: Document) -> Iterator[Problem]:
    """No real address, credential, telephone number or mail address anywhere in the file."""
    for keys, text in _texts(document.values):
        hosts = [*_ADDRESS.findall(text), *_URL.findall(text)]
        for host in hosts:
            if not is_simulated(host.rpartition("@")[2].partition(":")[0]):
                yield document.problem(keys, "drill.lint.real_address", value=_bare(host))
        if _CREDENTIAL.search(fold(text)) or any("@" in host for host in _URL.findall(text)):
            yield document.problem(keys, "drill.lint.credential")
        elif _PHONE.search(text) or _MAIL.search(text):
            yield document.problem(keys, "drill.lint.real_contact")


def _bare(host: str) -> str:
    return host.rpartition("@")[2]


def _texts(value: Any, keys: Keys = ()) -> Iterator[tuple[Keys, str]]:
    if isinstance(value, str):
        yield keys, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, (*keys, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*keys, index))


# ---- ids, times, points ----


def _ids(scenario: Scenario, document: Document) -> Iterator[Problem]:
    """Every id is there once in the whole scenario."""
    seen: set[str] = set()
    for name in ("injects", "expected", "goals", "harm"):
        for index, id_ in enumerate(_ids_of(scenario, name)):
            if id_ in seen:
                yield document.problem((name, index, "id"), "drill.lint.doubled_id", id=id_)
            seen.add(id_)


def _ids_of(scenario: Scenario, name: str) -> list[str]:
    return [item.id for item in getattr(scenario, name)]


def _times(scenario: Scenario, document: Document) -> Iterator[Problem]:
    """Times rise within their list, and nothing comes after the limit."""
    lists: list[tuple[Keys, list[str]]] = [
        (("injects",), [one.at for one in scenario.injects]),
        (("solutions", "reference"), [one.at for one in scenario.solutions.reference]),
        (("solutions", "tempting"), [one.at for one in scenario.solutions.tempting]),
    ]
    for keys, moments in lists:
        for index, at in enumerate(moments):
            if index and seconds(at) < seconds(moments[index - 1]):
                yield document.problem((*keys, index, "at"), "drill.lint.time_order", at=at)
            if seconds(at) > scenario.limit_s:
                yield document.problem((*keys, index, "at"), "drill.lint.past_limit", at=at)
    for index, item in enumerate(scenario.expected):
        if seconds(item.zero_by) < seconds(item.full_by):
            keys = ("expected", index, "zero_by")
            yield document.problem(keys, "drill.lint.time_order", at=item.zero_by)
        if seconds(item.zero_by) > scenario.limit_s:
            keys = ("expected", index, "zero_by")
            yield document.problem(keys, "drill.lint.past_limit", at=item.zero_by)


def _points(scenario: Scenario, document: Document) -> Iterator[Problem]:
    total = sum(
        [item.points for item in scenario.expected] + [goal.points for goal in scenario.goals]
    )
    if total != TOTAL:
        yield document.problem(("expected",), "drill.lint.points", total=total, wanted=TOTAL)


# ---- injects ----


def _injects(scenario: Scenario, document: Document) -> Iterator[Problem]:
    for index, inject in enumerate(scenario.injects):
        keys: Keys = ("injects", index)
        yield from _inject_keys(inject, keys, document)
        if inject.type == "fault":
            yield from _fault(inject, keys, document)
        if inject.distractor and inject.type != "phone" and inject.type != "chat":
            yield document.problem((*keys, "distractor"), "drill.lint.distractor", id=inject.id)
    begun = [one.id for one in scenario.injects if one.type == "fault"]
    for index, inject in enumerate(scenario.injects):
        if inject.clears is not None and inject.clears not in begun:
            keys = ("injects", index, "clears")
            yield document.problem(keys, "drill.lint.no_such_id", id=inject.clears)
    if not begun:
        yield document.problem(("injects",), "drill.lint.no_fault")


def _inject_keys(inject: Inject, keys: Keys, document: Document) -> Iterator[Problem]:
    wanted = _INJECT_KEYS[inject.type]
    for name in sorted(set().union(*_INJECT_KEYS.values())):
        given = getattr(inject, name) is not None
        if given and name not in wanted:
            yield document.problem(
                (*keys, name), "drill.lint.inject_key", name=name, type=inject.type
            )
        elif not given and name in wanted:
            yield document.problem(keys, "inventory.missing_key", name=name)


def _fault(inject: Inject, keys: Keys, document: Document) -> Iterator[Problem]:
    """The fault exists and the standard ward has what it is on."""
    try:
        faults.apply(_a_world(), inject.fault or "", inject.on or "")
    except InputError as error:
        yield document.problem((*keys, "fault"), error.key, **error.values)


def _a_world() -> World:
    return World(ward_standard((WARD,)), 1, ManualClock())


# ---- what names something else ----


def _references(scenario: Scenario, document: Document) -> Iterator[Problem]:
    earned = {*_ids_of(scenario, "expected"), *_ids_of(scenario, "goals")}
    expected = {item.id for item in scenario.expected}
    named: list[tuple[Keys, str, set[str]]] = [
        (("pass", "must", n), id_, earned) for n, id_ in enumerate(scenario.passing.must)
    ]
    for index, inject in enumerate(scenario.injects):
        for n, id_ in enumerate(inject.when.met if inject.when else ()):
            named.append((("injects", index, "when", "met", n), id_, expected))
    for index, deed in enumerate(scenario.solutions.reference):
        for n, id_ in enumerate(deed.earns):
            named.append((("solutions", "reference", index, "earns", n), id_, earned))
    for keys, id_, known in named:
        if id_ not in known:
            yield document.problem(keys, "drill.lint.no_such_id", id=id_)


def _rubrics(scenario: Scenario, document: Document) -> Iterator[Problem]:
    """Phrases are stored as they are compared."""
    for index, item in enumerate(scenario.expected):
        if item.rubric is None:
            continue
        keys: Keys = ("expected", index, "rubric")
        phrases = [
            *(((*keys, "contains_any", n), p) for n, p in enumerate(item.rubric.contains_any)),
            *(
                ((*keys, "contains_each", g, n), phrase)
                for g, group in enumerate(item.rubric.contains_each)
                for n, phrase in enumerate(group)
            ),
        ]
        for place, phrase in phrases:
            if fold(phrase) != phrase or not phrase:
                yield document.problem(
                    place, "drill.lint.not_folded", value=phrase, folded=fold(phrase)
                )


def _harm(scenario: Scenario, document: Document) -> Iterator[Problem]:
    """Harm is read from one kind of record, about a thing that there is."""
    topology = _a_world().topology
    for index, harm in enumerate(scenario.harm):
        keys, match = ("harm", index, "match"), harm.match
        if (match.mutation is None) == (match.event is None):
            yield document.problem(keys, "drill.lint.harm_source")
        elif match.mutation is not None:
            kind = KINDS.get(match.mutation)
            if kind is None:
                known = ", ".join(KINDS)
                yield document.problem(
                    (*keys, "mutation"), "drill.lint.no_fact", name=match.mutation, known=known
                )
            elif match.on and not exists(topology, kind, states.named(topology, match.on)):
                yield document.problem((*keys, "on"), "drill.lint.no_thing", on=match.on)


# ---- solutions ----


def _solutions(scenario: Scenario, document: Document) -> Iterator[Problem]:
    """Every act can be read, and every point is earned by some act of the reference."""
    for name in ("reference", "tempting"):
        for index, deed in enumerate(getattr(scenario.solutions, name)):
            try:
                deeds.parse(deed.do)
            except InputError as error:
                keys = ("solutions", name, index, "do")
                yield document.problem(keys, error.key, **error.values)
    earned = {id_ for deed in scenario.solutions.reference for id_ in deed.earns}
    for name in ("expected", "goals"):
        for index, item in enumerate(getattr(scenario, name)):
            if item.id not in earned:
                yield document.problem((name, index, "id"), "drill.lint.unearned", id=item.id)
