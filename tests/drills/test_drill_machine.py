"""The drill of a machine's full disk scores what it promises, played over the unchanged agent."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from drills.loading import find
from drills.review import promise
from drills.solve import rehearse

if TYPE_CHECKING:
    from pathlib import Path

    from drills.scenario import SolutionName

pytestmark = pytest.mark.timeout(300)

SCENARIO = find("DR-SEC-01")
REFERENCE = SCENARIO.solutions.reference
IS_LONG = os.environ.get("WARDOPS_SOAK") == "1"
long = pytest.mark.skipif(not IS_LONG, reason="the long form: set WARDOPS_SOAK=1")


@pytest.mark.parametrize(
    "name",
    ["reference", pytest.param("tempting", marks=long), pytest.param("idle", marks=long)],
)
def test_a_solution_scores_what_the_scenario_promises(tmp_path: Path, name: SolutionName) -> None:
    result = rehearse(SCENARIO, SCENARIO.solutions.deeds(name), 1, tmp_path)
    assert promise(SCENARIO, name, result)[1], [(one.id, one.points) for one in result.lines]
    assert result.passed == (name == "reference")


@long
@pytest.mark.parametrize("left_out", range(len(REFERENCE)), ids=lambda n: REFERENCE[n].do[:24])
def test_leaving_out_any_step_of_the_reference_loses_its_points(
    tmp_path: Path, left_out: int
) -> None:
    acts = [one for number, one in enumerate(REFERENCE) if number != left_out]
    result = rehearse(SCENARIO, acts, 1, tmp_path)
    points = {line.id: line.points for line in result.lines}
    full = {item.id: item.points for item in SCENARIO.expected}
    full |= {goal.id: goal.points for goal in SCENARIO.goals}
    for id_ in REFERENCE[left_out].earns:
        assert points[id_] < full[id_], id_
