"""A scenario file is right in all its parts, or every mistake is said at its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.cli import main
from drills.errors import ScenarioError
from drills.loading import SCENARIOS, find, load_scenario, shipped
from drills.scenario import moment_text, seconds
from inventory.errors import InputError
from playbooks.load import load_library

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GOOD = (SCENARIOS / "DR-NET-02.yaml").read_text(encoding="utf-8")


@pytest.fixture
def mistakes(tmp_path: Path) -> Callable[[str, str], list[tuple[int, str]]]:
    """Line and key of every mistake in the shipped drill after one replacement."""

    def found(old: str, new: str) -> list[tuple[int, str]]:
        assert GOOD.count(old) >= 1, old
        path = tmp_path / "DR-NET-99.yaml"
        path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(ScenarioError) as caught:
            load_scenario(path)
        return [(int(p.where.split(":")[1]), p.key) for p in caught.value.problems]

    return found


def line_of(text: str) -> int:
    """The number of the first line that holds the text."""
    return next(n for n, line in enumerate(GOOD.splitlines(), start=1) if text in line)


def test_the_shipped_drill_loads_and_its_points_are_a_hundred() -> None:
    scenario = shipped()["DR-NET-02"]
    assert sum(e.points for e in scenario.expected) + sum(g.points for g in scenario.goals) == 100


def test_the_playbooks_that_a_drill_names_are_shipped() -> None:
    assert set(find("DR-NET-02").playbooks) <= set(load_library())


def test_moments_are_minutes_and_seconds() -> None:
    assert seconds("02:30") == 150
    assert moment_text(150.9) == "02:30"


# what is replaced, by what, and the mistake (line: that of the replaced text)
MISTAKES = {
    "an unknown key": ("level: 1", "level: 1\nhints: []", "inventory.unknown_key_near"),
    "a key of a later form": ("level: 1", "level: 1\nmode: exam", "inventory.unknown_key"),
    "one language": ("en: \"The fibre is cut outside the door\"", "fr: x", "inventory.missing_key"),
    "not a hundred points": ("points: 15", "points: 14", "drill.lint.points"),
    "a doubled id": ("- id: E2", "- id: E1", "drill.lint.doubled_id"),
    "times out of order": ("at: \"02:00\"\n", "at: \"00:10\"\n", "drill.lint.time_order"),
    "after the end": ("zero_by: \"25:00\"", "zero_by: \"26:00\"", "drill.lint.past_limit"),
    "a moment that is none": ("at: \"02:00\"\n", "at: \"2m\"\n", "inventory.bad_value"),
    "an unknown fault": ("fault: cable_cut", "fault: gremlins", "fault.unknown"),
    "a fault on nothing": ("on: \"ce:wan\"}", "on: \"ce:moon\"}", "fault.no_port"),
    "an accented phrase": ("den do, den fx", "đèn đỏ, den fx", "drill.lint.not_folded"),
    "an act nobody knows": ("do: \"reset ce\"", "do: \"kick ce\"", "drill.deed.unknown"),
    "an act half said": ("do: \"reset ce\"", "do: \"reset\"", "drill.deed.form"),
    "an unearned point": ("earns: [E3]", "earns: []", "drill.lint.unearned"),
    "a distraction that breaks": (
        "type: fault, fault", "distractor: true, type: fault, fault", "drill.lint.distractor",
    ),
    "harm of no fact": ("mutation: power", "mutation: mood", "drill.lint.no_fact"),
    "harm to no thing": ("{mutation: loss, \"on\": \"ce:wan\"}",
                         "{mutation: loss, \"on\": \"ce:moon\"}", "drill.lint.no_thing"),
    "an end of nothing": ("clears: F1", "clears: F7", "drill.lint.no_such_id"),
    "a must that is not there": ("must: [E5, G1]", "must: [E5, G7]", "drill.lint.no_such_id"),
    "a real address": ("có mạng lại?", "có mạng lại ở 192.0.2.10?", "drill.lint.real_address"),
    "a real URL": ("back?", "back? See https://metronet.example/x", "drill.lint.real_address"),
    "a password": ("có mạng lại?", "mật khẩu: hunter2", "drill.lint.credential"),
    "a reference to a secret": ("back?", "env:SNMP_26740", "drill.lint.credential"),
    "a telephone number": ("back?", "back? 0912 345 678", "drill.lint.real_contact"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_said_at_its_line(
    mistakes: Callable[[str, str], list[tuple[int, str]]], name: str
) -> None:
    old, new, key = MISTAKES[name]
    found = mistakes(old, new)
    assert key in {one for _, one in found}
    if "\n" not in new and key not in ("drill.lint.points", "drill.lint.unearned"):
        assert line_of(old) in {line for line, one in found if one == key}


def test_a_broken_file_costs_one_line_and_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "DR-NET-77.yaml"
    path.write_text(GOOD.replace("có mạng lại?", "có mạng lại ở 10.1.2.3?"), encoding="utf-8")
    out = tmp_path / "out"
    assert main(["drill", "run", str(path), "--headless", "--out", str(out)]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith(f"DR-NET-77.yaml:{line_of('có mạng lại?')}:")
    assert "10.1.2.3" in line
    assert not out.exists()


def test_a_drill_that_is_not_there_is_said_with_those_that_are() -> None:
    with pytest.raises(InputError) as caught:
        find("DR-NET-98")
    assert "DR-NET-02" in caught.value.text("vi")
