"""Counters to rates: one wrap, no wrap, a restart, and what nobody can tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.counters import Count, Rate, rate, uptime_story

MBIT = 1_000_000
WRAP = 2**32


def test_a_counter_that_moved_gives_its_rate() -> None:
    assert rate(Count(1000, 0), Count(4000, 30), bits=64) == Rate(100.0)


def test_one_wrap_of_a_slow_port_is_repaired() -> None:
    older, newer = Count(2**32 - 100, 0), Count(200, 30)
    assert rate(older, newer, bits=32, speed_bps=100 * MBIT) == Rate(10.0)


@pytest.mark.parametrize("speed_bps", [None, 0, 10_000 * MBIT])
def test_a_port_that_may_have_wrapped_twice_is_untrusted(speed_bps: int | None) -> None:
    found = rate(Count(5, 0), Count(3, 30), bits=32, speed_bps=speed_bps)
    assert found == Rate(None, "untrusted", "may_have_wrapped")


def test_a_gigabit_port_with_32_bits_is_trusted_only_when_asked_often() -> None:
    """1 Gbit/s wraps 2^32 octets in 34.4 s."""
    assert rate(Count(0, 0), Count(9, 30), bits=32, speed_bps=1000 * MBIT).trust == "ok"
    assert rate(Count(0, 0), Count(9, 35), bits=32, speed_bps=1000 * MBIT).trust == "untrusted"


def test_a_64_bit_counter_that_goes_back_is_unknown_and_no_spike() -> None:
    assert rate(Count(9, 0), Count(3, 30), bits=64) == Rate(None, "unknown", "went_back")


def test_no_time_between_readings_gives_no_rate() -> None:
    assert rate(Count(1, 5), Count(2, 5), bits=64).why == "no_time"


def test_a_restart_between_readings_gives_no_rate() -> None:
    older, newer = Count(1, 0, uptime_ticks=900_000), Count(2, 30, uptime_ticks=1_000)
    assert rate(older, newer, bits=64) == Rate(None, "unknown", "restarted")


def test_counters_begun_anew_give_no_rate() -> None:
    older, newer = Count(1, 0, discontinuity_ticks=0), Count(2, 30, discontinuity_ticks=77)
    assert rate(older, newer, bits=64).why == "discontinuity"


def test_a_gap_of_more_than_three_periods_gives_no_rate() -> None:
    assert rate(Count(1, 0), Count(91, 90), bits=64, period_s=30) == Rate(1.0)
    assert rate(Count(1, 0), Count(92, 91), bits=64, period_s=30).why == "gap"


def test_more_than_the_port_can_carry_is_no_rate() -> None:
    octets_at_110_percent = 100 * MBIT * 11 // 10 // 8 * 30
    at_most = rate(Count(0, 0), Count(octets_at_110_percent, 30), bits=64, speed_bps=100 * MBIT)
    beyond = rate(Count(0, 0), Count(octets_at_110_percent + 1, 30), bits=64, speed_bps=100 * MBIT)
    assert (at_most.trust, beyond.why) == ("ok", "too_fast")


@pytest.mark.parametrize(
    ("older", "newer", "elapsed_s", "story"),
    [
        (100, 3_100, 30, "steady"),
        (900_000, 1_000, 30, "restarted"),
        (WRAP - 1_000, 2_000, 30, "steady"),  # the wrap after 497 days
        (WRAP - 1_000, 500, 30, "restarted"),  # a restart in the minute of the wrap
        (5_000, 4_900, 1, "steady"),  # agents count in steps
        (900_000, 500_000, 30, "jumped"),
        (900_000, 9_000_000, 30, "jumped"),
        (900_000, 350_000, 3_600, "restarted"),  # silent for an hour, up for less
        (None, 5, 30, "unknown"),
        (5, None, 30, "unknown"),
        (5, -1, 30, "unknown"),
    ],
)
def test_a_restart_is_told_from_a_wrap_and_from_a_moved_clock(
    older: int | None, newer: int | None, elapsed_s: float, story: str
) -> None:
    assert uptime_story(older, newer, elapsed_s) == story


@given(st.integers(0, WRAP - 1), st.floats(0.1, 86_400), st.floats(-0.009, 0.009))
def test_a_device_that_runs_on_has_never_restarted(
    ticks: int, elapsed_s: float, drift: float
) -> None:
    newer = int(ticks + elapsed_s * 100 * (1 + drift)) % WRAP
    assert uptime_story(ticks, newer, elapsed_s) == "steady"


@given(st.integers(60_000, WRAP - 500_000), st.floats(10, 3_600), st.floats(0, 1))
def test_a_device_that_started_between_has_always_restarted(
    ticks: int, elapsed_s: float, share: float
) -> None:
    """Whenever it started between the two readings, unless it had just started before them too."""
    assert uptime_story(ticks, int(share * elapsed_s * 100), elapsed_s) == "restarted"


@given(st.integers(0, 2**32 - 1), st.integers(0, 375_000_000))
def test_a_wrapping_counter_never_makes_more_than_the_port_can(start: int, moved: int) -> None:
    """30 s at 100 Mbit/s move at most 375,000,000 octets, wrap or not."""
    newer = Count((start + moved) % 2**32, 30)
    found = rate(Count(start, 0), newer, bits=32, speed_bps=100 * MBIT)
    assert found.per_s == pytest.approx(moved / 30)


counts = st.builds(
    Count,
    st.integers(0, 2**64 - 1),
    st.floats(0, 1e6),
    st.none() | st.integers(-1, WRAP - 1),
    st.none() | st.integers(0, WRAP - 1),
)


@given(counts, counts, st.sampled_from((32, 64)), st.integers(1, 10**12))
def test_no_pair_of_readings_gives_a_negative_rate_or_one_beyond_the_port(
    older: Count, newer: Count, bits: int, speed_bps: int
) -> None:
    found = rate(older, newer, bits=64 if bits == 64 else 32, speed_bps=speed_bps, period_s=30)
    assert (found.per_s is None) == (found.trust != "ok")
    assert found.per_s is None or 0 <= found.per_s * 8 <= 1.1 * speed_bps
