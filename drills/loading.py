"""Reads a scenario: values, or every mistake of the file as `file:line:column key: …`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from drills.errors import ScenarioError
from drills.lint import lint
from drills.scenario import Scenario
from inventory.document import read
from inventory.errors import InputError, Problem
from inventory.text import one_line
from inventory.validate import validate

if TYPE_CHECKING:
    from collections.abc import Mapping

SCENARIOS = Path(__file__).parent / "scenarios"


def shipped() -> Mapping[str, Scenario]:
    """The scenarios of the package by id. Raises ScenarioError."""
    found = [load_scenario(path) for path in sorted(SCENARIOS.glob("DR-*.yaml"))]
    return {scenario.id: scenario for scenario in found}


def find(name: str) -> Scenario:
    """The scenario of that id, or of that file (a name that ends in .yaml).

    Raises ScenarioError for a file with mistakes, InputError for an id that is not there.
    """
    if name.endswith((".yaml", ".yml")):
        return load_scenario(Path(name))
    path = next((p for p in SCENARIOS.glob("DR-*.yaml") if p.stem == name), None)
    if path is None:
        known = ", ".join(sorted(p.stem for p in SCENARIOS.glob("DR-*.yaml")))
        raise InputError("drill.unknown", id=one_line(name), known=known)
    return load_scenario(path)


def load_scenario(path: Path) -> Scenario:
    """Read one file. Raises ScenarioError with everything that is wrong with it."""
    try:
        document = read(path, path.name)
    except Problem as problem:
        raise ScenarioError([problem]) from None
    scenario, problems = validate(Scenario, document)
    found = [*document.problems, *problems]
    if scenario is not None and not found:
        found = lint(scenario, document)
    if scenario is None or found:
        raise ScenarioError(found)
    return scenario
