"""The shipped solutions score what the drill promises, played over the unchanged agent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from agent.cli import main
from drills.loading import find
from drills.record import read_run
from drills.review import promise, review
from drills.score import score
from drills.solve import rehearse
from drills.topology import ward_standard
from drills.world import World
from probes.clock import ManualClock

if TYPE_CHECKING:
    from pathlib import Path

    from drills.scenario import SolutionName

# A run is 25 minutes of an agent's work: seconds of a free core, far more of a shared one.
pytestmark = pytest.mark.timeout(300)

SCENARIO = find("DR-NET-02")
REFERENCE = SCENARIO.solutions.reference
# Nothing of the reference comes later: what is not earned by then is not earned.
SHORT = SCENARIO.model_copy(update={"time": SCENARIO.time.model_copy(update={"limit_min": 16})})


@pytest.mark.parametrize("name", ["reference", "tempting", "idle"])
def test_a_solution_scores_what_the_scenario_promises(tmp_path: Path, name: SolutionName) -> None:
    result = rehearse(SCENARIO, SCENARIO.solutions.deeds(name), 1, tmp_path)
    bounds = {
        "reference": result.total >= 95 and result.passed,
        "tempting": result.total < 50 and not result.passed,
        "idle": result.total < 20 and not result.passed,
    }
    assert bounds[name], [(line.id, line.points, line.verdict) for line in result.lines]
    assert promise(SCENARIO, name, result)[1]


def test_the_same_seed_gives_the_same_log_and_another_seed_another(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    first = rehearse(SCENARIO, REFERENCE, 5, tmp_path / "a")
    again = rehearse(SCENARIO, REFERENCE, 5, tmp_path / "b")
    other = rehearse(SCENARIO, REFERENCE, 6, tmp_path / "c")
    assert (first.total, first.digest) == (again.total, again.digest)
    assert other.total >= 95
    assert first.digest != other.digest


@pytest.mark.parametrize("left_out", range(len(REFERENCE)), ids=lambda n: REFERENCE[n].do[:24])
def test_leaving_out_any_step_of_the_reference_loses_its_points(
    tmp_path: Path, left_out: int
) -> None:
    step = REFERENCE[left_out]
    rest = [deed for deed in REFERENCE if deed is not step]
    result = rehearse(SHORT, rest, 1, tmp_path)
    assert step.earns
    assert {id_: result.line(id_).points for id_ in step.earns} == dict.fromkeys(step.earns, 0)
    assert result.total <= 100 - sum(result.line(id_).of for id_ in step.earns)


def test_after_the_repair_the_world_is_as_it_was(tmp_path: Path) -> None:
    rehearse(SCENARIO, REFERENCE, 1, tmp_path)
    played = read_run(tmp_path)
    world = World(ward_standard(("26740",)), played.header.seed, ManualClock())
    for mutation in played.mutations:
        world.mutate(mutation)
    assert world.facts() == {}


def test_an_old_log_can_be_scored_again_by_a_mended_scenario(tmp_path: Path) -> None:
    rehearse(SHORT, REFERENCE[:1], 1, tmp_path)
    first = SCENARIO.expected[0]
    strict = SCENARIO.model_copy(
        update={"expected": (first.model_copy(update={"full_by": "00:50", "zero_by": "01:00"}),)}
    )
    assert score(SCENARIO, read_run(tmp_path)).line("E1").points == 10
    assert score(strict, read_run(tmp_path)).line("E1").verdict == "too_late"


def test_a_world_that_is_not_well_makes_the_run_void(tmp_path: Path) -> None:
    never = SCENARIO.baseline[0].model_copy(update={"state": {"line": False}})
    broken = SCENARIO.model_copy(update={"baseline": (never,)})
    result = rehearse(broken, REFERENCE, 1, tmp_path)
    assert (result.void, result.passed) == ("baseline", False)
    assert "KHÔNG TÍNH" in "\n".join(review(broken, result, "vi"))


def test_the_command_line_plays_and_scores_in_both_languages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["drill", "run", "DR-NET-02", "--headless", "--out", str(tmp_path)]
    assert main([*arguments, "--lang", "en"]) == 0
    english = capsys.readouterr().out
    assert "reference: 100 points" in english
    (folder,) = tmp_path.iterdir()
    assert main(["drill", "score", str(folder), "--lang", "vi"]) == 0
    assert "TỔNG 100/100: ĐẠT" in capsys.readouterr().out
    assert main(["drill", "score", str(folder), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["total"], told["passed"]) == (100, True)
    assert all(line["evidence"] for line in told["lines"] if line["points"])
    assert main(["drill", "list", "--lang", "en"]) == 0
    assert "The fibre is cut outside the door" in capsys.readouterr().out


def test_a_solution_without_headless_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drill", "run", "DR-NET-02", "--solution", "idle"]) == 2
    assert "--headless" in capsys.readouterr().err
