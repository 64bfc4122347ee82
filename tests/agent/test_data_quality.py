"""The four figures of the measurements: hand-computed days, and what holds for all of them."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.data_quality import (
    Ledger,
    Tally,
    checked,
    is_valid,
    quality_of,
    run_tally,
    uniqueness,
)
from inventory.load import load
from probes.model import Metric, Observation, Reading, Reason, Sample, Target

AT = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)
WARD = load(Path(__file__).parents[1] / "inventory" / "good", with_secrets=False).wards["26740"]
TARGET = Target("26740", "sw-1", "generic_switch", "access", "192.0.2.1")
LOSS = Metric("wardops_path_loss_ratio", "gauge", "Loss.", (), "ratio")
HEAT = Metric("wardops_ups_temperature_celsius", "gauge", "Heat.", (), "celsius")
LOAD = Metric("wardops_ups_load_ratio", "gauge", "Load.", (), "ratio")
OFFSET = Metric("wardops_vm_time_offset_seconds", "gauge", "Offset.", (), "seconds")
TOOK = Metric("probe_duration_seconds", "gauge", "Took.", (), "seconds")
OCTETS = Metric("ifHCInOctets", "counter", "Octets.")


def run(reason: Reason = Reason.OK, *samples: Sample) -> Observation:
    return Observation(TARGET, "icmp", reason, Reading(samples=samples), AT, 10.0, 0.1, 75.0)


@pytest.mark.parametrize(
    ("metric", "value", "valid"),
    [
        (LOSS, 0.0, True), (LOSS, 1.0, True), (LOSS, 1.01, False), (LOSS, -0.01, False),
        (LOSS, math.nan, False), (HEAT, 120.0, True), (HEAT, 121.0, False), (HEAT, -21.0, False),
        (LOAD, 1.3, True), (LOAD, 2.1, False), (OFFSET, -3.0, True), (TOOK, -0.1, False),
        (OCTETS, -1.0, False), (OCTETS, 2.0**53, True),
    ],
)  # fmt: skip
def test_a_value_out_of_its_range_is_no_measurement(
    metric: Metric, value: float, *, valid: bool
) -> None:
    assert is_valid(Sample(metric, value)) is valid


def test_what_cannot_be_true_is_counted_and_never_used() -> None:
    seen = run(Reason.OK, Sample(LOSS, 0.0), Sample(LOSS, 7.0))
    after, received, valid = checked(seen)
    assert (received, valid) == (2, 1)
    assert after.reading.samples == (Sample(LOSS, 0.0),)
    good = run(Reason.OK, Sample(LOSS, 0.0))
    assert checked(good)[0] is good


def test_a_silence_is_a_gap_unless_nothing_was_expected_or_the_program_was_busy() -> None:
    assert run_tally(run(), 3, 2, counts=True) == Tally(3, 2, 1, 1)
    assert run_tally(run(Reason.TIMEOUT), 0, 0, counts=True) == Tally(0, 0, 1, 0)
    assert run_tally(run(Reason.TIMEOUT), 0, 0, counts=False) == Tally()
    assert run_tally(run(Reason.BUSY), 0, 0, counts=True) == Tally()


def test_a_day_by_hand() -> None:
    """2,880 periods of 30 s, 144 of them silent; 5 of 1,000 values out of range."""
    quality = quality_of(
        Tally(1000, 995, 2880, 2736), [(10.0, 75.0), (80.0, 75.0), (20.0, 75.0), (70.0, 75.0)], 1.0
    )
    assert quality.figures == {
        "validity": 0.995, "coverage": 0.95, "uniqueness": 1.0, "freshness": 0.75,
    }  # fmt: skip
    assert quality.age_s == {0.5: 20.0, 0.95: 80.0, 1.0: 80.0}


def test_before_anything_was_measured_nothing_is_said() -> None:
    assert quality_of(Tally(), [], None).figures == {}
    never = quality_of(Tally(), [(math.inf, 0.0)], None)
    assert never.figures == {"freshness": 0.0}
    assert never.age_s[0.5] == math.inf


def test_hours_older_than_a_day_are_forgotten() -> None:
    ledger = Ledger()
    for hour in range(48):
        ledger = ledger.add(hour * 3600.0, Tally(1, 1, 1, 1))
    assert ledger.total(47 * 3600.0) == Tally(24, 24, 24, 24)
    assert ledger.total(60 * 3600.0).received == 11
    assert ledger.total(100 * 3600.0) == Tally()


def test_a_doubled_address_or_serial_number_counts_against_both() -> None:
    count = len(WARD.devices)
    assert uniqueness(WARD, []) == 1.0
    assert uniqueness(WARD, ["A1", "A1", "B2", "", ""]) == 1.0 - 2 / count
    first, second, *others = WARD.devices
    twin = second.model_copy(update={"address": first.address})
    doubled = WARD.model_copy(update={"devices": (first, twin, *others)})
    assert uniqueness(doubled, []) == 1.0 - 2 / count


TALLIES = st.builds(
    lambda received, bad, expected, gaps: Tally(
        received, max(0, received - bad), expected, max(0, expected - gaps)
    ),
    *[st.integers(0, 1000)] * 4,
)


@given(TALLIES, st.lists(st.tuples(st.floats(0, 1e6), st.floats(1, 1e4)), max_size=50))
def test_every_figure_is_a_share_and_ages_grow_with_their_quantile(
    total: Tally, ages: list[tuple[float, float]]
) -> None:
    quality = quality_of(total, ages, 1.0)
    assert all(0.0 <= value <= 1.0 for value in quality.figures.values())
    in_order = [quality.age_s[q] for q in sorted(quality.age_s)]
    assert in_order == sorted(in_order)
    if ages:
        assert in_order[-1] == max(age for age, _ttl in ages)


@given(st.lists(st.tuples(st.floats(0, 200_000), TALLIES), max_size=40))
def test_a_ledger_loses_nothing_of_the_last_day(runs: list[tuple[float, Tally]]) -> None:
    ledger, end = Ledger(), 200_000.0
    for mono, tally in sorted(runs, key=lambda one: one[0]):
        ledger = ledger.add(mono, tally)
    first = int(end // 3600) - 24
    wanted = [tally.received for mono, tally in runs if int(mono // 3600) > first]
    assert ledger.total(end).received == sum(wanted)
    assert replace(Tally(), received=1).plus(Tally(2)).received == 3
