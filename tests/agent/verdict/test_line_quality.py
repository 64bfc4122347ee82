"""Bursts to a reflector: the line is poor in one direction, in both, or within its profile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.verdict.line_quality import (
    LIVE_S,
    Beyond,
    LineQuality,
    LineWindow,
    Way,
    window_of,
)
from playbooks.verdict.facts import Truth
from probes.model import Observation, Reading, Reason, Target
from probes.path.model import ClassName, Direction, LineWay
from probes.path.quality import PROFILES

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
DIRECTIONS: tuple[Direction, ...] = ("out", "in", "round")
GOOD = (Way("out", 150, 0, None, 0.001), Way("in", 150, 0, None, 0.001))


def window(number: int, *ways: Way, rtt_s: float = 0.02) -> LineWindow:
    """The run number so and so, every 30 s; the round trip follows from the ways."""
    lost = sum(way.lost for way in ways)
    whole = Way("round", 150, lost, rtt_s, 0.001)
    return LineWindow(30.0 * number - 4, 30.0 * number, (*ways, whole))


def line(*windows: tuple[Way, ...], rtt_s: float = 0.02) -> LineQuality:
    found = LineQuality()
    for number, ways in enumerate(windows, start=1):
        found = found.add(window(number, *ways, rtt_s=rtt_s))
    return found


def named(found: LineQuality) -> set[tuple[str, str]]:
    return {(one.term, one.direction) for one in found.poor}


def test_nothing_measured_is_unknown() -> None:
    assert LineQuality().judged(0.0) is U


def test_three_good_bursts_make_a_good_line() -> None:
    assert line(GOOD, GOOD).clean is U
    assert line(GOOD, GOOD, GOOD).clean is T


@pytest.mark.parametrize("direction", ["out", "in"])
def test_loss_in_one_direction_is_blamed_on_that_one_alone(direction: str) -> None:
    ways = tuple(replace(way, lost=10 if way.name == direction else 0) for way in GOOD)
    found = line(GOOD, GOOD, GOOD, ways, ways, ways)
    assert found.clean is F
    assert named(found) == {("loss", direction)}
    (poor,) = found.poor
    assert (poor.lost, poor.sent) == (30, 450)
    assert poor.value == pytest.approx(30 / 450)
    assert found.since() == 4 * 30 - 4


def test_two_bad_bursts_are_not_enough_and_a_good_one_starts_anew() -> None:
    bad = (Way("out", 150, 20, None, 0.001), GOOD[1])
    assert line(GOOD, GOOD, GOOD, bad, bad).clean is T
    assert line(GOOD, GOOD, GOOD, bad, bad, GOOD, bad).clean is T


def test_a_few_lost_packets_again_and_again_are_no_loss_before_there_are_ten() -> None:
    few = (Way("out", 150, 3, None, 0.001), GOOD[1])
    assert line(few, few, few).clean is U
    assert line(few, few, few, few).clean is F


def test_a_poor_line_stays_so_until_three_bursts_are_well_within_the_profile() -> None:
    bad = (Way("out", 150, 20, None, 0.001), GOOD[1])
    between = (GOOD[0], Way("in", 150, 0, None, 0.029))
    assert line(bad, bad, bad, GOOD, GOOD).clean is F
    assert line(bad, bad, bad, GOOD, between, GOOD, GOOD).clean is F
    assert line(bad, bad, bad, GOOD, GOOD, GOOD).clean is T


def test_a_burst_of_few_packets_decides_nothing() -> None:
    few = (Way("out", 19, 10, None, 0.001),)
    whole = Way("round", 19, 10, 0.02, 0.001)
    found = LineQuality(clean=T)
    for number in (1, 2, 3, 4):
        found = found.add(LineWindow(30.0 * number - 4, 30.0 * number, (*few, whole)))
    assert found.clean is T


def test_jitter_of_one_direction_is_blamed_on_it() -> None:
    shaky = (GOOD[0], Way("in", 150, 0, None, 0.045))
    found = line(shaky, shaky, shaky)
    assert (found.clean, named(found)) == (F, {("jitter", "in")})


def test_delay_of_one_direction_needs_both_clocks_and_more_than_they_may_be_off() -> None:
    slow = (Way("out", 150, 0, 0.200, 0.001), Way("in", 150, 0, 0.010, 0.001))
    assert named(line(slow, slow, slow, rtt_s=0.21)) == {("delay", "out")}
    hardly = (Way("out", 150, 0, 0.160, 0.001), Way("in", 150, 0, 0.010, 0.001))
    assert line(hardly, hardly, hardly, rtt_s=0.17).clean is U


def test_without_clocks_the_round_trip_is_judged_and_no_direction_named() -> None:
    assert named(line(GOOD, GOOD, GOOD, rtt_s=0.35)) == {("delay", "round")}


def test_a_reflector_that_does_not_count_leaves_the_direction_of_a_loss_open() -> None:
    bare = (Way("out", 0, 0, None, 0.001), Way("in", 0, 0, None, 0.001))
    found = LineQuality()
    for number in (1, 2, 3):
        whole = Way("round", 150, 9, 0.02, 0.001)
        found = found.add(LineWindow(30.0 * number - 4, 30.0 * number, (*bare, whole)))
    assert named(found) == {("loss", "round")}


def test_what_was_before_a_gap_is_no_row_with_what_comes_after() -> None:
    bad = (Way("out", 150, 20, None, 0.001), GOOD[1])
    found = line(bad, bad).add(window(8, *bad))
    assert (found.clean, found.judged(240.0 + LIVE_S + 1)) == (U, U)


def test_a_stricter_profile_bears_less() -> None:
    lossy = (Way("out", 1000, 5, None, 0.001), GOOD[1])
    found = LineQuality(PROFILES["telepresence"].fair)
    for number in (1, 2, 3):
        found = found.add(window(number, *lossy))
    assert found.clean is F
    assert line(lossy, lossy, lossy).clean is T


def test_an_answer_counts_from_the_run_s_begin_and_with_less_than_half_lost() -> None:
    found = line(GOOD)
    assert found.answered_since(26.0) is True
    assert found.answered_since(27.0) is None
    lost = LineWindow(60.0, 64.0, (Way("round", 150, 75),))
    assert found.add(lost).answered_since(50.0) is False


def test_classes_are_summed_up_and_a_clock_that_was_set_tells_no_one_way_delay() -> None:
    target = Target("26740", "reflector", "reflector", "reflector", "198.51.100.9")
    kinds: tuple[tuple[ClassName, int], ...] = (("ef", 0), ("af41", 1), ("be", 4))
    ways = tuple(
        LineWay("stamp", kind, direction, 50, lost, 0.01 * n, 0.001 * n)
        for n, (kind, lost) in enumerate(kinds, start=1)
        for direction in DIRECTIONS
    )
    reading = Reading(ways=(*ways, LineWay("icmp", "be", "round", 5, 5)), clock_stepped=True)
    seen = Observation(target, "stamp", Reason.OK, reading, AT, 100.0, 3.5, 75.0)
    found = window_of(seen)
    assert found is not None
    assert (found.began, found.mono) == (96.5, 100.0)
    assert found.way("out") == Way("out", 150, 5, None, 0.002)
    assert found.way("round") == Way("round", 150, 5, 0.02, 0.002)
    assert window_of(replace(seen, reading=Reading())) is None


@given(
    st.lists(st.tuples(st.integers(0, 150), st.integers(0, 150), st.floats(0, 0.2)), max_size=12)
)
def test_a_direction_without_loss_is_never_blamed_for_one(
    runs: list[tuple[int, int, float]],
) -> None:
    found = line(*((Way("out", 150, out, None, jitter), GOOD[1]) for out, _in, jitter in runs))
    assert all(one.direction == "out" for one in found.poor if one.term == "loss")
    assert bool(found.poor) is (found.clean is F)
    assert all(isinstance(one, Beyond) and one.is_proven for one in found.poor)
