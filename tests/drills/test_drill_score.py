"""Scores follow from scenario, log and mutations alone, and each point names its record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from drills.loading import find
from drills.model import Mutation
from drills.msel import due
from drills.record import Header, Played, Record, RunLog, read_run
from drills.score import Score, expected_line, score
from inventory.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

SCENARIO = find("DR-NET-02")
HEADER = Header("DR-NET-02", "1.0.0", 1, ("26740",))
ITEMS = {item.id: item for item in SCENARIO.expected}


def scored(
    *happened: tuple[float, str, dict[str, Any]], mutations: tuple[Mutation, ...] = ()
) -> Score:
    """The score of a run in which this happened."""
    records = [Record(1, 0.0, "drill.started", {"world_t": 0.0})]
    for t, kind, data in happened:
        records.append(Record(len(records) + 1, t, kind, data))
    return score(SCENARIO, Played(HEADER, tuple(records), mutations, "-"))


@pytest.mark.parametrize(
    ("t", "points"), [(0, 10), (180, 10), (330, 5), (479, 0), (480, 0), (900, 0)]
)
def test_points_fall_evenly_from_full_by_to_zero_by(t: float, points: int) -> None:
    line = expected_line(ITEMS["E1"], [Record(1, t, "incident.acknowledged", {})])
    assert line.points == points
    assert line.evidence == "log#1"


def test_a_text_that_says_too_little_earns_nothing_and_is_named() -> None:
    told = {"to": ["ward.leader"], "text": "Mạng hỏng"}
    line = expected_line(ITEMS["E7"], [Record(4, 60, "message.sent", told)])
    assert (line.points, line.verdict, line.evidence) == (0, "text", "log#4")


def test_the_best_of_several_tries_counts() -> None:
    weak = Record(4, 60, "message.sent", {"to": ["ward.leader"], "text": "Mạng hỏng"})
    good = Record(9, 90, "message.sent", {"to": ["ward.leader"], "text": "Đứt cáp, NOC đã nhận"})
    line = expected_line(ITEMS["E7"], [weak, good])
    assert (line.points, line.evidence) == (10, "log#9")


def test_the_carrier_is_not_the_right_level() -> None:
    result = scored((60, "escalate.sent", {"to": "L3"}))
    assert result.line("E5").points == 0
    assert (result.line("H4").points, result.line("H4").evidence) == (-10, "log#2")


FAULT = (30.0, "inject", {"id": "F1", "type": "fault"})


def goal(t: float, holds: bool) -> tuple[float, str, dict[str, Any]]:
    """The goal begins or ceases to hold."""
    return (t, "goal", {"id": "G1", "holds": holds})


@pytest.mark.parametrize(
    ("happened", "points"),
    [
        ([goal(0, True)], 0),
        ([goal(0, True), FAULT, goal(30, False)], 0),
        ([goal(0, True), FAULT, goal(30, False), goal(90, True)], 10),
        ([FAULT, goal(30, False), goal(480, True)], 0),
        ([FAULT, goal(30, False), goal(90, True), goal(120, False)], 0),
        ([FAULT, goal(30, False), goal(90, True), goal(120, False), goal(200, True)], 10),
    ],
    ids=["no fault", "never back", "back", "held too short", "blip", "the second time"],
)
def test_a_goal_is_a_return_after_the_fault_that_lasts(
    happened: list[tuple[float, str, dict[str, Any]]], points: int
) -> None:
    assert scored(*happened, (500, "drill.ended", {})).line("G1").points == points


def touched(kind: str, on: str, value: Any, source: Any = "trainee") -> Mutation:
    """One change of the world."""
    return Mutation(7, 200.0, "x", source, kind, on, {"value": value})


def test_harm_is_read_from_the_worlds_own_log_and_only_of_the_trainee() -> None:
    harmed = scored(mutations=(touched("power", "ce-26740", False),))
    assert (harmed.line("H1").points, harmed.line("H1").evidence) == (-25, "mutation#7")
    for innocent in (
        touched("power", "ce-26740", True),
        touched("power", "ups-26740", False),
        touched("power", "ce-26740", False, "inject"),
    ):
        assert scored(mutations=(innocent,)).line("H1").points == 0


def test_a_score_is_never_below_nothing() -> None:
    assert scored(mutations=(touched("power", "ce-26740", False),)).total == 0


def test_what_fails_outright_cannot_be_passed_with_points() -> None:
    text = "Đứt cáp, NOC đã nhận; CPE tốt, LOS đỏ"
    everything = [
        FAULT, goal(30, False), goal(90, True),
        (60, "incident.acknowledged", {}),
        (60, "run.started", {"playbook": "PB-NET-01"}),
        (60, "looked", {"on": "ce", "los": "red"}),
        (60, "incident.noted", {"text": text}),
        (60, "escalate.sent", {"to": "L2"}),
        (60, "escalate.taken", {"to": "L2"}),
        (60, "message.sent", {"to": ["ward.leader"], "text": text}),
        (60, "run.ended", {"outcome": "restored"}),
        (60, "incident.closed", {"text": "Đứt cáp: đã nối lại"}),
        (600, "drill.ended", {}),
    ]  # fmt: skip
    clean = scored(*everything)
    assert (clean.total, clean.passed) == (100, True)
    pulled = scored(*everything, mutations=(touched("loss", "ce-26740:wan", 0.1),))
    assert (pulled.total, pulled.passed) == (70, False)


def test_a_run_whose_baseline_did_not_hold_is_void_not_nought() -> None:
    result = scored((0, "run.void", {"reason": "baseline"}))
    assert result.void == "baseline"
    assert result.lines == ()


def test_an_inject_that_waits_for_somebody_waits() -> None:
    started = Record(1, 0.0, "drill.started", {})
    fault = Record(2, 30, "inject", {"id": "F1", "type": "fault"})
    called = Record(3, 700.0, "escalate.sent", {"to": "L2"})
    assert "R1" not in {one.id for one in due(SCENARIO, [started, fault], 1400)}
    assert "R1" not in {one.id for one in due(SCENARIO, [started, fault, called], 999)}
    assert "R1" in {one.id for one in due(SCENARIO, [started, fault, called], 1000)}


def test_a_log_is_read_back_as_it_was_written_and_a_change_is_found(tmp_path: Path) -> None:
    log = RunLog(tmp_path, HEADER)
    log.add(0.0, "drill.started", world_t=1.5)
    log.add(61.0004, "message.sent", to=["ward.leader"], text="Đứt cáp")
    played = read_run(tmp_path)
    assert played.header == HEADER
    assert [record.t for record in played.records] == [0.0, 61.0]
    path = tmp_path / "log.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("61.0", "6.0"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_run(tmp_path)
    assert caught.value.key == "drill.changed_run"


def test_a_folder_without_a_run_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_run(tmp_path)
    assert caught.value.key == "drill.no_run"
