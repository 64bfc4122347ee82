"""The rule of the 95th percentile: its vectors, its borders, and what a gap is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.incidents.law import read_law
from agent.reports.circuit import (
    Average,
    LoadRule,
    averages,
    daily_loads,
    nearest_rank,
    window_load,
    worst_load,
)
from agent.reports.source import rule_in
from agent.samples.model import LoadSlot

if TYPE_CHECKING:
    from collections.abc import Sequence

RULE = LoadRule()
WEEK = 2016
START = 1_795_000_200 // 300 * 300
END = START + WEEK * 300


def week(values: Sequence[float], capacity: float = 100.0) -> list[Average]:
    """So many valid slots from the week's first on."""
    return [
        Average(value / capacity, START + place * 300, value, capacity)
        for place, value in enumerate(values)
    ]


def test_the_rule_is_the_one_of_the_dated_file() -> None:
    assert rule_in(read_law()) == RULE
    assert RULE.slots == WEEK


def test_101_full_slots_of_2016_break_the_rule_and_100_do_not() -> None:
    over = window_load(week([10.0] * 1915 + [95.0] * 101), END, RULE)
    assert (over.p95 and over.p95.bps, over.state) == (95.0, "breach")
    within = window_load(week([10.0] * 1916 + [95.0] * 100), END, RULE)
    assert (within.p95 and within.p95.bps, within.state) == (10.0, "ok")
    assert nearest_rank(WEEK, 95) == 1916


def test_exactly_the_limit_is_no_breach_and_a_hair_more_is() -> None:
    assert window_load(week([90.0] * WEEK), END, RULE).state == "near"
    assert window_load(week([90.01] * WEEK), END, RULE).state == "breach"
    assert window_load(week([80.0] * WEEK), END, RULE).state == "ok"


def test_below_ninety_percent_of_the_slots_there_is_no_verdict() -> None:
    short = window_load(week([95.0] * 1814), END, RULE)
    assert (short.state, round(short.coverage, 4)) == ("not_enough", 0.8998)
    assert window_load(week([95.0] * 1815), END, RULE).state == "breach"
    assert window_load([], END, RULE).p95 is None


def test_a_gap_is_not_a_slot_of_zero() -> None:
    """Half the slots missing leaves the other half's percentile as it is."""
    full = week([50.0] * WEEK)
    halved = window_load(full[::2], END, RULE)
    assert halved.p95 is not None
    assert halved.p95.bps == 50.0
    assert (halved.valid, halved.state) == (1008, "not_enough")


def test_a_slot_counts_from_four_fifths_covered_on_and_by_its_covered_seconds() -> None:
    slots = [
        LoadSlot("26740", "l", 0, 3000.0, 240.0, 1.0, 239.9, 100.0),
        LoadSlot("26740", "l", 300, 0.0, 300.0, 0.0, 0.0, 100.0),
    ]
    assert [one.bps for one in averages(slots, "in")] == [100.0, 0.0]
    assert list(averages(slots, "out")) == []


def test_the_worst_window_may_end_in_the_first_days_with_slots_from_before() -> None:
    found = week([95.0] * WEEK) + [
        Average(0.1, END + place * 300, 10.0, 100.0) for place in range(WEEK)
    ]
    worst = worst_load(found, END, END + WEEK * 300, RULE)
    assert worst.state == "breach"
    assert worst.end == END + 300
    assert window_load(found, END + WEEK * 300, RULE).state == "ok"


def test_each_day_has_its_own_percentile() -> None:
    found = week([10.0] * 288 + [95.0] * 288 + [20.0] * 100)
    days = [(START + day * 86_400, START + (day + 1) * 86_400) for day in range(3)]
    first, second, third = daily_loads(found, days, RULE)
    assert (first.state, second.state, third.state) == ("ok", "breach", "not_enough")


VALUES = st.lists(st.floats(0, 1000), min_size=1, max_size=300)


@given(VALUES)
def test_the_percentile_is_a_value_that_so_many_do_not_exceed(values: list[float]) -> None:
    """Nearest rank, stated without ranks: the least value that 95 % of all do not exceed."""
    load = window_load(week(values), END, RULE)
    assert load.p95 is not None
    reached = load.p95.bps
    assert reached in values
    assert sum(value <= reached for value in values) * 100 >= 95 * len(values)
    assert sum(value < reached for value in values) * 100 < 95 * len(values)


@given(VALUES, st.randoms())
def test_the_order_of_the_slots_does_not_matter(values: list[float], chance: object) -> None:
    found = week(values)
    mixed = list(found)
    chance.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis' Random
    assert window_load(mixed, END, RULE) == window_load(found, END, RULE)


@settings(max_examples=30)
@given(st.lists(st.one_of(st.none(), st.integers(0, 100)), min_size=12, max_size=80))
def test_sliding_finds_what_trying_every_window_finds(values: list[int | None]) -> None:
    rule = LoadRule(days=1, slot_min=5, coverage_percent=1)
    found = [
        Average(value / 100, START + place * 300, float(value), 100.0)
        for place, value in enumerate(values)
        if value is not None
    ]
    begin, end = START, START + len(values) * 300
    slid = worst_load(found, begin, end, rule)
    tried = [window_load(found, stop, rule) for stop in range(begin + 300, end + 1, 300)]
    said = [one.p95.share for one in tried if one.p95 and one.state != "not_enough"]
    assert (slid.p95.share if slid.p95 and slid.state != "not_enough" else None) == max(
        said, default=None
    )
