"""Every way a value can be wrong has a sentence of ours."""

from __future__ import annotations

import re
from typing import Annotated, get_args

import pytest
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

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


class Port(BaseModel):
    """An item of a mapping; it has a field of the mapping's own name."""

    model_config = ConfigDict(extra="forbid")

    speed: int = 0
    ports: dict[str, int] = Field(default_factory=dict)


class Box(BaseModel):
    """Models inside a mapping and inside lists."""

    model_config = ConfigDict(extra="forbid")

    ports: dict[str, Port] = Field(default_factory=dict)
    slots: tuple[Port, ...] | None = None
    spare: Port | None = None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("ports: {uplink: {colour: red}}", "x.yaml:1:18 ports.uplink.colour"),
        ("ports: {speed: {colour: red}}", "x.yaml:1:17 ports.speed.colour"),
        ("ports: {ports: {colour: red}}", "x.yaml:1:17 ports.ports.colour"),
        ("slots: [{colour: red}]", "x.yaml:1:10 slots[0].colour"),
        ("spare: {colour: red}", "x.yaml:1:9 spare.colour"),
    ],
)
def test_an_unknown_key_names_the_keys_of_its_place_also_inside_a_mapping(
    text: str, place: str
) -> None:
    _, (problem,) = validate(Box, parse(f"{text}\n", "x.yaml"))
    assert problem.text("en") == f"{place}: unknown key colour; known here: speed, ports"


def test_a_misspelt_section_does_not_hide_the_mistakes_inside() -> None:
    text = "prots:\n  up: {speed: fast}\n  down: {speeed: slow, colour: red}\n"
    _, problems = validate(Box, parse(text, "x.yaml"))
    assert [(problem.where, problem.key) for problem in problems] == [
        ("x.yaml:1:1 prots", "inventory.unknown_key_near"),
        ("x.yaml:2:8 prots.up.speed", "inventory.not_number"),
        ("x.yaml:3:10 prots.down.speeed", "inventory.unknown_key_near"),
        ("x.yaml:3:10 prots.down.speeed", "inventory.not_number"),
        ("x.yaml:3:24 prots.down.colour", "inventory.unknown_key"),
    ]


def test_a_key_beside_the_one_that_it_resembles_is_only_unknown() -> None:
    _, problems = validate(Box, parse("ports: {}\nprots: {up: 7}\n", "x.yaml"))
    assert [problem.where for problem in problems] == ["x.yaml:2:1 prots"]


def test_two_misspellings_of_one_key_are_read_as_it_once() -> None:
    _, problems = validate(Box, parse("prots: {up: 7}\nporst: {up: 7}\n", "x.yaml"))
    assert [problem.where for problem in problems] == [
        "x.yaml:1:1 prots", "x.yaml:1:9 prots.up", "x.yaml:2:1 porst"
    ]  # fmt: skip


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
    assert len(used) > 7
    assert used == {*_PATTERNS, REFERENCE}
