"""The latest values, their ages, and what is remembered of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent.board import Board, Freshness, freshness, subject
from probes.model import EchoStats, Observation, Reading, Reason, Target

GATEWAY = Target("26740", "gateway", "gateway", "gateway", "192.0.2.1")


def seen(
    mono: float, reason: Reason = Reason.OK, target: Target = GATEWAY, lost: int = 0
) -> Observation:
    reading = Reading(echo=EchoStats(5, lost)) if reason is Reason.OK else Reading()
    started = datetime(2026, 11, 21, tzinfo=UTC)
    return Observation(target, "icmp", reason, reading, started, mono, 0.01, ttl_s=75.0)


@pytest.mark.parametrize(
    ("age_s", "expected"),
    [
        (0.0, Freshness.LIVE),
        (75.0, Freshness.LIVE),
        (75.1, Freshness.STALE),
        (225.0, Freshness.STALE),
        (225.1, Freshness.UNKNOWN),
    ],
)
def test_age_alone_makes_stale_and_unknown(age_s: float, expected: Freshness) -> None:
    assert freshness(seen(100.0), 100.0 + age_s) is expected


def test_what_was_never_seen_is_unknown() -> None:
    assert freshness(Board().latest(subject(GATEWAY), "icmp"), 0.0) is Freshness.UNKNOWN


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
    assert len(board.last(subject(GATEWAY), "icmp", 10)) == 1


def test_the_same_name_in_two_wards_is_two_subjects() -> None:
    board = Board()
    board.put(seen(1.0))
    other = Target("26743", "gateway", "gateway", "gateway", "192.0.2.2")
    board.put(seen(2.0, target=other))
    assert [o.mono for o in board.of(subject(GATEWAY))] == [1.0]
    assert [o.mono for o in board.of(subject(other))] == [2.0]


def test_results_are_remembered_in_order_and_no_more_than_fit() -> None:
    board = Board(remembered=4)
    for second in range(6):
        board.put(seen(float(second), lost=second % 5))
    key = subject(GATEWAY)
    assert [r.mono for r in board.last(key, "icmp", 2)] == [4.0, 5.0]
    assert [r.mono for r in board.last(key, "icmp", 99)] == [2.0, 3.0, 4.0, 5.0]
    assert [r.mono for r in board.since(key, "icmp", 3.0)] == [3.0, 4.0, 5.0]
    assert [r.echo.lost for r in board.last(key, "icmp", 1) if r.echo] == [0]
