"""Counters to rates: one wrap, no wrap, a restart, and what nobody can tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.counters import UNKNOWN, Count, Rate, has_restarted, rate

MBIT = 1_000_000


def test_a_counter_that_moved_gives_its_rate() -> None:
    assert rate(Count(1000, 0), Count(4000, 30), bits=64) == Rate(100.0)


def test_one_wrap_of_a_slow_port_is_repaired() -> None:
    older, newer = Count(2**32 - 100, 0), Count(200, 30)
    assert rate(older, newer, bits=32, speed_bps=100 * MBIT) == Rate(10.0)


@pytest.mark.parametrize("speed_bps", [None, 0, 10_000 * MBIT])
def test_a_port_that_may_have_wrapped_twice_is_untrusted(speed_bps: int | None) -> None:
    found = rate(Count(5, 0), Count(3, 30), bits=32, speed_bps=speed_bps)
    assert found == Rate(None, "untrusted")


def test_a_64_bit_counter_that_goes_back_is_unknown_and_no_spike() -> None:
    assert rate(Count(9, 0), Count(3, 30), bits=64) == UNKNOWN


def test_no_time_between_readings_gives_no_rate() -> None:
    assert rate(Count(1, 5), Count(2, 5), bits=64) == UNKNOWN


def test_a_restart_between_readings_gives_no_rate() -> None:
    older, newer = Count(1, 0, uptime_ticks=900_000), Count(2, 30, uptime_ticks=1_000)
    assert rate(older, newer, bits=64) == UNKNOWN


@pytest.mark.parametrize(
    ("older", "newer", "restarted"),
    [
        (100, 3100, False),
        (900_000, 1_000, True),
        (2**32 - 1_000, 2_000, False),  # the 497-day wrap
        (5_000, 4_900, False),  # agents count in steps
        (None, 5, False),
        (5, None, False),
    ],
)
def test_a_restart_is_told_from_a_wrap(
    older: int | None, newer: int | None, *, restarted: bool
) -> None:
    assert has_restarted(older, newer) is restarted


@given(st.integers(0, 2**32 - 1), st.integers(0, 375_000_000))
def test_a_wrapping_counter_never_makes_more_than_the_port_can(start: int, moved: int) -> None:
    """30 s at 100 Mbit/s move at most 375,000,000 octets, wrap or not."""
    newer = Count((start + moved) % 2**32, 30)
    found = rate(Count(start, 0), newer, bits=32, speed_bps=100 * MBIT)
    assert found.per_s == pytest.approx(moved / 30)
