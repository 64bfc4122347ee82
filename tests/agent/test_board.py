"""The latest values."""

from __future__ import annotations

from datetime import UTC, datetime

from agent.board import Board, subject
from probes.model import EchoStats, Observation, Reading, Reason, Target

GATEWAY = Target("26740", "gateway", "gateway", "gateway", "192.0.2.1")


def seen(mono: float, reason: Reason = Reason.OK, target: Target = GATEWAY) -> Observation:
    reading = Reading(echo=EchoStats(5, 0)) if reason is Reason.OK else Reading()
    started = datetime(2026, 11, 21, tzinfo=UTC)
    return Observation(target, "icmp", reason, reading, started, mono, 0.01, ttl_s=75.0)


def test_a_failure_replaces_the_latest_and_leaves_the_last_good_one() -> None:
    board = Board()
    board.put(seen(1.0))
    board.put(seen(2.0, Reason.TIMEOUT))
    latest, good = (
        board.latest(subject(GATEWAY), "icmp"),
        board.last_good(subject(GATEWAY), "icmp"),
    )
    assert latest is not None
    assert good is not None
    assert (latest.mono, latest.reading, good.mono) == (2.0, Reading(), 1.0)


def test_an_observation_that_comes_late_replaces_nothing() -> None:
    board = Board()
    board.put(seen(5.0))
    board.put(seen(4.0, Reason.TIMEOUT))
    latest = board.latest(subject(GATEWAY), "icmp")
    assert latest is not None
    assert latest.mono == 5.0


def test_the_same_name_in_two_wards_is_two_subjects() -> None:
    board = Board()
    board.put(seen(1.0))
    other = Target("26743", "gateway", "gateway", "gateway", "192.0.2.2")
    board.put(seen(2.0, target=other))
    assert [o.mono for o in board.of(subject(GATEWAY))] == [1.0]
    assert [o.mono for o in board.of(subject(other))] == [2.0]
