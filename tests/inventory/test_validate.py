"""Every way a value can be wrong has a sentence of ours."""

from __future__ import annotations

import re
from typing import Annotated, get_args

from pydantic import BaseModel, Field, StringConstraints

from inventory import model
from inventory.credentials import REFERENCE
from inventory.document import parse
from inventory.validate import _PATTERNS, validate


class Sample(BaseModel):
    """A model with rules that inventories do not have."""

    steps: int = Field(default=0, multiple_of=5)
    code: Annotated[str, StringConstraints(pattern="^a+$")] = "a"
    count: int = Field(default=0, le=9)


def test_a_valid_document_becomes_its_model() -> None:
    value, problems = validate(Sample, parse("steps: 10\n", "x.yaml"))
    assert value == Sample(steps=10)
    assert problems == ()


def test_a_rule_without_a_sentence_of_its_own_still_names_place_and_value() -> None:
    value, problems = validate(Sample, parse("count: 10\ncode: b\nsteps: 7\n", "x.yaml"))
    assert value is None
    assert [(problem.where, problem.key) for problem in problems] == [
        ("x.yaml:1:1 count", "inventory.at_most"),
        ("x.yaml:2:1 code", "inventory.bad_value"),
        ("x.yaml:3:1 steps", "inventory.bad_value"),
    ]
    assert problems[2].text("en").startswith("x.yaml:3:1 steps: 7 does not fit here")


def _patterns(annotation: object) -> set[str]:
    found = {c.pattern for c in get_args(annotation) if isinstance(c, StringConstraints)}
    patterns = {p.pattern if isinstance(p, re.Pattern) else p for p in found if p is not None}
    return patterns.union(*(_patterns(argument) for argument in get_args(annotation)))


def test_every_pattern_of_the_inventory_has_its_own_sentence() -> None:
    models = [m for m in vars(model).values() if isinstance(m, type) and issubclass(m, BaseModel)]
    used = set[str]().union(
        *(
            _patterns(field.rebuild_annotation())
            for each in models
            for field in each.model_fields.values()
        )
    )
    assert len(used) == 6
    assert used == {*_PATTERNS, REFERENCE}
