"""Rules of law and operational targets as dated data: the files' shape, and reading them."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import Field

from agent.incidents.record import Answer, ClockGroup, Kind
from inventory.document import read
from inventory.errors import InventoryError
from inventory.validate import validate
from inventory.values import Frozen, Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.document import Document
    from inventory.errors import Problem

_FOLDER = Path(__file__).parents[1] / "data"


class When(Frozen):
    """On what a clock depends. `yes_or_unknown`: it runs until a person says that it is not."""

    serious: Literal["yes_or_unknown"] | None = None


class LawClock(Frozen):
    """How long after its beginning something has to be done."""

    id: str = Field(min_length=1)
    within: timedelta = Field(ge=timedelta(0))
    text: Words
    when: When = Field(default_factory=When)


class Applies(Frozen):
    """Which incidents a rule is about; what is not named does not matter."""

    kind: Kind | None = None
    personal_data: Answer | None = None


class LawItem(Frozen):
    """One rule in one version.

    It holds from 00:00 (Viet Nam) of `in_force`, and no longer from 00:00 of `ends`. An `in_force`
    of None is a day that nobody entered: such a rule starts no clock. `values` are its figures.
    """

    id: str = Field(min_length=1)
    title: str = Field(min_length=1)
    in_force: date | None
    ends: date | None = None
    replaced_by: str | None = None
    mark: Literal["primary", "secondary", "unverified"]
    source: str = Field(min_length=1)
    verified: date | None
    applies: Applies
    begins: Literal["t0_detected"] = Field(alias="from", default="t0_detected")
    clocks: tuple[LawClock, ...] = ()
    values: dict[str, int | str] = Field(default_factory=dict)
    duty: str | None = None
    consequence: Words | None = None
    title_en: str | None = None

    @property
    def named(self) -> Words:
        """What the rule is called; its own title where nobody has put it into English."""
        return Words(vi=self.title, en=self.title_en or self.title)


class Law(Frozen):
    """The whole file."""

    schema_: Literal["wardops/law/1"] = Field(alias="schema")
    items: tuple[LawItem, ...]


class Target(Frozen):
    """An operational default; `parts` of a segment that it is for, empty for all the others."""

    id: str = Field(min_length=1)
    group: ClockGroup
    within: timedelta = Field(ge=timedelta(0))
    parts: tuple[str, ...] = ()
    source: Words
    text: Words


class Targets(Frozen):
    """The whole file."""

    schema_: Literal["wardops/targets/1"] = Field(alias="schema")
    items: tuple[Target, ...]


_File = TypeVar("_File", bound=Frozen)


def read_law(path: Path = _FOLDER / "law.yaml") -> Law:
    """The rules of law; raises InventoryError with every problem as `file:line:column key: …`."""
    return _checked(Law, read(path, path.name))


def read_targets(path: Path = _FOLDER / "targets.yaml") -> Targets:
    """The operational defaults; raises InventoryError."""
    return _checked(Targets, read(path, path.name))


def _checked(shape: type[_File], document: Document) -> _File:
    found, wrong = validate(shape, document)
    problems: tuple[Problem, ...] = (*document.problems, *wrong)
    if found is not None and not problems and isinstance(found, Law):
        problems = tuple(_law_problems(found, document))
    if found is None or problems:
        raise InventoryError(problems)
    return found


def _law_problems(law: Law, document: Document) -> Iterator[Problem]:
    """Versions of one rule that overlap, rules that end before they begin, loose replacements."""
    names = Counter(item.id for item in law.items)
    for index, item in enumerate(law.items):
        if item.in_force and item.ends and item.ends <= item.in_force:
            yield document.problem(("items", index, "ends"), "law.ends_early", item=item.id)
        if item.replaced_by is not None and item.replaced_by not in names:
            spot = ("items", index, "replaced_by")
            yield document.problem(spot, "law.no_item", item=item.replaced_by)
        for other in law.items[:index]:
            if other.id == item.id and _overlap(other, item):
                yield document.problem(("items", index, "in_force"), "law.overlap", item=item.id)


def _overlap(one: LawItem, other: LawItem) -> bool:
    if one.in_force is None or other.in_force is None:
        return False
    first, second = sorted((one, other), key=lambda item: item.in_force or date.min)
    return first.ends is None or (second.in_force is not None and first.ends > second.in_force)
