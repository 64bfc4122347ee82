"""The closed list of causes, per segment, that an incident may be closed with."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from inventory.document import read
from inventory.errors import InventoryError
from inventory.text import fold
from inventory.validate import validate
from inventory.values import Frozen, Words

OTHER = "other"
_FILE = Path(__file__).parents[1] / "data" / "causes.yaml"


class Causes(Frozen):
    """The whole file: ids by segment, and what each is called."""

    schema_: Literal["wardops/causes/1"] = Field(alias="schema")
    causes: dict[str, tuple[str, ...]]
    texts: dict[str, Words]


@cache
def packaged_causes() -> Causes:
    """The list that comes with the program; raises InventoryError when its file has a mistake."""
    document = read(_FILE, _FILE.name)
    found, problems = validate(Causes, document)
    if found is None or problems or document.problems:
        raise InventoryError((*document.problems, *problems))
    return found


def causes_for(segment: str) -> tuple[str, ...]:
    """The ids that fit a segment, `other` last; for an unknown segment all of them."""
    listed = packaged_causes()
    everything = tuple(dict.fromkeys(one for ids in listed.causes.values() for one in ids))
    mine = listed.causes.get(segment, ())
    return (*(everything if segment in ("unknown", "none") else mine), OTHER)


def cause_of(said: str, segment: str) -> tuple[str, str | None]:
    """The id for what a person typed: an id or its text in either language.

    Other words are `other`, and are returned beside it so that they are kept.
    """
    wanted = fold(said.strip())
    for one in causes_for(segment):
        words = packaged_causes().texts[one]
        if wanted in (fold(one), fold(words.vi), fold(words.en)):
            return one, None
    return OTHER, said.strip()


def cause_text(cause: str) -> Words:
    """What a cause is called; an id that is not in the list is shown as it is."""
    return packaged_causes().texts.get(cause) or Words(vi=cause, en=cause)
