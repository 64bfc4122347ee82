"""Who is called after whom: the escalation file of an inventory, resolved for one ward.

The file names roles and levels, never people. A number that nobody entered is None and is shown as
such; the shipped sample has no number at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints

from inventory.document import read
from inventory.errors import InventoryError
from inventory.units import units
from inventory.validate import validate
from inventory.values import Frozen, Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.document import Document
    from inventory.errors import Problem
    from inventory.language import Language

SCHEMA: Literal["wardops/escalation/1"] = "wardops/escalation/1"
CARRIER = "L3"  # its tickets are opened by the levels before it
FILE = "escalation.yaml"
SAMPLE = Path(__file__).parent / "library" / "escalation.sample.yaml"

_VIETNAMESE_DAYS = MappingProxyType(
    {"mon": "T2", "tue": "T3", "wed": "T4", "thu": "T5", "fri": "T6", "sat": "T7", "sun": "CN"}
)
_DAY = re.compile(r"\b(" + "|".join(_VIETNAMESE_DAYS) + r")\b")

Who: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^(L[0-9]|[a-z][a-z_]*(\.[a-z_]+)?)(@[a-z0-9]+)?$")
]
Phone: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[+0-9][0-9 .()-]{1,24}$")]


class Party(Frozen):
    """A level of the chain (`L1`) or a role beside it (`ward.leader`).

    `ack_min` is the time to take a call over, minutes. `hours` is text as people write it; outside
    them `after_hours` is the level to call instead.
    """

    id: Who
    name: Words
    ack_min: Annotated[int, Field(ge=1, le=1440)] | None = None
    hours: str | None = None
    after_hours: Who | None = None


class Route(Frozen):
    """The chain of one area; `area` is the column of the ward list. `L1@kv1` is a level's team."""

    area: str
    chain: tuple[Who, ...] = Field(min_length=1)


class Escalation(Frozen):
    """The whole file. `sample` says that hours and times are not the city's own.

    `contacts` maps who (`L2`, `L1@kv1`, `ward.leader@26740`) to a telephone number or null.
    """

    schema_: Literal["wardops/escalation/1"] = Field(alias="schema", default=SCHEMA)
    sample: bool = False
    ward_may_call_carrier: bool = False
    levels: tuple[Party, ...] = Field(min_length=1)
    roles: tuple[Party, ...] = ()
    routes: tuple[Route, ...] = Field(min_length=1)
    contacts: dict[Who, Phone | None] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to call, as a role: `who` with its team (`L1@kv1`); `phone` may be None."""

    who: str
    name: Words
    phone: str | None
    hours: str | None
    ack_min: int | None
    after_hours: str | None = None

    @property
    def level(self) -> str:
        """`who` without its team."""
        return self.who.partition("@")[0]


def load_escalation(folder: Path | None = None) -> Escalation:
    """The escalation file of an inventory folder; the shipped sample where there is none.

    Raises InventoryError with every problem as `file:line:column key: …`.
    """
    own = folder / FILE if folder else None
    path = own if own and own.is_file() else SAMPLE
    return read_escalation(path)


def read_escalation(path: Path) -> Escalation:
    """Read one file; raises InventoryError."""
    document = read(path, path.name)
    found, problems = validate(Escalation, document)
    problems = (*document.problems, *problems)
    if found and not problems:
        problems = tuple(_loose_ends(found, document))
    if found is None or problems:
        raise InventoryError(problems)
    return found


def chain(escalation: Escalation, code: str) -> tuple[Contact, ...]:
    """The levels that a ward goes through, its own first. `code` is one of the 168."""
    area = units()[code].area
    route = next(route for route in escalation.routes if route.area == area)
    return tuple(_contact(escalation, who, code) for who in route.chain)


def contact(escalation: Escalation, who: str, code: str) -> Contact | None:
    """The party a ward means by `who` (`L1` is its area's team); None for nobody of that name."""
    mine = next((one for one in chain(escalation, code) if one.level == who), None)
    return mine or (_contact(escalation, who, code) if _party(escalation, who) else None)


def contacts(escalation: Escalation, code: str) -> tuple[Contact, ...]:
    """Everybody a ward may have to reach: its chain, then the roles beside it."""
    return (
        *chain(escalation, code),
        *(_contact(escalation, role.id, code) for role in escalation.roles),
    )


def next_level(escalation: Escalation, code: str, present: str = "L0") -> Contact | None:
    """The level above `present` in a ward's chain that the ward may call; None at its end.

    The carrier (`L3`) is opened by the levels before it unless the file lets the ward call it.
    """
    levels = chain(escalation, code)
    behind = [one.level for one in levels].index(present) + 1
    above = next(iter(levels[behind:]), None)
    if above and above.level == CARRIER and not escalation.ward_may_call_carrier:
        return None
    return above


def hours_text(hours: str, language: Language) -> str:
    """Opening hours as people of that language write the days: `mon-sat` is `T2-T7`."""
    if language == "en":
        return hours
    return _DAY.sub(lambda found: _VIETNAMESE_DAYS[found[0]], hours)


def _contact(escalation: Escalation, who: str, code: str) -> Contact:
    party = _party(escalation, who)
    if party is None:
        raise KeyError(who)  # a loaded file has no such chain
    phone = escalation.contacts.get(f"{who}@{code}") or escalation.contacts.get(who)
    return Contact(who, party.name, phone, party.hours, party.ack_min, party.after_hours)


def _party(escalation: Escalation, who: str) -> Party | None:
    plain = who.partition("@")[0]
    return next((p for p in (*escalation.levels, *escalation.roles) if p.id == plain), None)


def _loose_ends(found: Escalation, document: Document) -> Iterator[Problem]:
    """What the file names but does not have, and areas without a chain."""
    for index, route in enumerate(found.routes):
        for place, who in enumerate(route.chain):
            if _party(found, who) is None:
                at = ("routes", index, "chain", place)
                yield document.problem(at, "paper.no_party", who=who)
    for index, level in enumerate(found.levels):
        if level.after_hours and _party(found, level.after_hours) is None:
            spot = ("levels", index, "after_hours")
            yield document.problem(spot, "paper.no_party", who=level.after_hours)
    for who in found.contacts:
        if _party(found, who) is None:
            yield document.problem(("contacts", who), "paper.no_party", who=who)
    have = {route.area for route in found.routes}
    for area in sorted({unit.area for unit in units().values()} - have):
        yield document.problem(("routes",), "paper.no_route", area=area)
