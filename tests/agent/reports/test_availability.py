"""Availability: time that nobody knows is neither up nor down, and no second counts twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.reports.availability import (
    as_line,
    as_ward,
    availability,
    down_by_segment,
)
from agent.samples.model import STANDINGS, Span

HOUR = 3_600_000


def span(state: str, begin_h: float, end_h: float, why: str = "", kind: str = "ward") -> Span:
    begin, end = round(begin_h * HOUR), round(end_h * HOUR)
    return Span("26740", kind, "26740", state, why, begin, end)  # type: ignore[arg-type]


def test_a_day_by_hand() -> None:
    """24 h: 2 h announced work, 3 h without the agent, 1 h + 1 h down, 17 h up."""
    found = availability(
        [
            span("good", 0, 5),
            span("down", 5, 6, "metronet/line"),
            span("good", 6, 10),
            span("maintenance", 10, 12),
            span("good", 15, 20),
            span("down", 20, 21, "power/ward"),
            span("degraded", 21, 24, "metronet/quality"),
        ],
        0,
        24 * HOUR,
        as_ward,
    )
    assert (found.up_s, found.down_s, found.maintenance_s, found.unknown_s) == (
        17 * 3600, 2 * 3600, 2 * 3600, 3 * 3600,
    )  # fmt: skip
    assert (found.outages, found.longest_s) == (2, 3600)
    assert found.ratio == 17 / 19
    assert found.coverage == 21 / 24
    assert not found.is_enough
    assert found.mtbf_s == 17 * 3600 / 2


def test_of_nothing_nothing_is_said() -> None:
    found = availability([], 0, 24 * HOUR)
    assert (found.ratio, found.coverage, found.is_enough) == (None, 0.0, False)
    asleep = availability([span("off", 0, 24, kind="device")], 0, 24 * HOUR)
    assert (asleep.ratio, asleep.coverage) == (None, None)


def test_an_outage_counts_in_each_window_for_the_part_inside_it() -> None:
    spans = [span("down", 23, 25, "metronet/line"), span("good", 25, 48)]
    before = availability(spans, 0, 24 * HOUR, as_ward)
    after = availability(spans, 24 * HOUR, 48 * HOUR, as_ward)
    assert (before.down_s, after.down_s) == (3600, 3600)
    assert (before.outages, after.outages) == (1, 1)


def test_an_outage_whose_cause_becomes_clearer_is_one_outage() -> None:
    spans = [span("down", 1, 2, "unknown"), span("down", 2, 3, "metronet/line")]
    found = availability(spans, 0, 4 * HOUR, as_ward)
    assert (found.outages, found.longest_s) == (1, 7200)
    assert down_by_segment(spans, 0, 4 * HOUR) == {"metronet": 3600, "unknown": 3600}


def test_while_the_ward_is_dark_nobody_knows_how_its_line_is() -> None:
    spans = [span("down", 0, 1, "power/ward"), span("down", 1, 2, "metronet/line"),
             span("down", 2, 3, "service/qlvb"), span("good", 3, 4)]  # fmt: skip
    line = availability(spans, 0, 4 * HOUR, as_line)
    ward = availability(spans, 0, 4 * HOUR, as_ward)
    assert (line.unknown_s, line.down_s, line.up_s) == (3600, 3600, 7200)
    assert (ward.unknown_s, ward.down_s, ward.up_s) == (0, 7200, 7200)


PIECES = st.lists(
    st.tuples(st.sampled_from(STANDINGS), st.integers(-5, 30), st.integers(1, 20)), max_size=12
)


@given(PIECES)
def test_all_times_together_are_the_window_whatever_overlaps(
    pieces: list[tuple[str, int, int]],
) -> None:
    spans = [span(state, begin, begin + hours) for state, begin, hours in pieces]
    found = availability(spans, 0, 24 * HOUR)
    parts = (found.up_s, found.down_s, found.maintenance_s, found.off_s, found.unknown_s)
    assert abs(sum(parts) - 24 * 3600) < 1e-6
    assert min(parts) >= 0
    assert found.ratio is None or 0 <= found.ratio <= 1
    assert found.coverage is None or 0 <= found.coverage <= 1
