"""What a scrape says of a circuit is what the report says of the same slots."""

from __future__ import annotations

import pytest

from agent.reports.circuit import Direction, LoadRule, averages, window_load
from agent.reports.uplinks import UplinkLoads
from agent.samples.model import SLOT_S, LoadSlot

RULE = LoadRule()
END = 1_700_000_100 // SLOT_S * SLOT_S
NOW = END + 60.0
CAPACITY = 100e6


def slot(back: int, share: float = 0.1, covered_s: float = 300.0, link: str = "mtn-1") -> LoadSlot:
    """The slot so many before the end, the way in used so much and the way out half of it."""
    octets = share * CAPACITY * covered_s / 8
    return LoadSlot(
        "26740", link, END - back * SLOT_S, octets, covered_s, octets / 2, covered_s, CAPACITY
    )


def use(*slots: LoadSlot) -> UplinkLoads:
    found = UplinkLoads({"26740": "mtn-1"}, RULE)
    found.take(sorted(slots, key=lambda one: one.slot))
    found.turn(NOW)
    return found


WEEKS = {
    "full": [slot(n, 0.95 if n <= 101 else 0.1) for n in range(1, 2017)],
    "just not": [slot(n, 0.95 if n <= 100 else 0.1) for n in range(1, 2017)],
    "too little": [slot(n) for n in range(1, 1815)],
    "enough": [slot(n) for n in range(1, 1816)],
    "half read": [slot(n, covered_s=300.0 if n % 2 else 200.0) for n in range(1, 2017)],
    "older as well": [slot(n, 0.99 if n > 2016 else 0.2) for n in range(1, 2300)],
}


@pytest.mark.parametrize("name", WEEKS)
@pytest.mark.parametrize("way", ["in", "out"])
def test_the_figures_are_those_of_the_report(name: str, way: Direction) -> None:
    week = WEEKS[name]
    expected = window_load(averages(week, way), END, RULE)
    found = use(*week).uses["26740"].loads[way]
    assert (found.valid, found.slots, found.state) == (
        expected.valid, expected.slots, expected.state
    )  # fmt: skip
    assert (found.p95 and found.p95.bps) == (expected.p95 and expected.p95.bps)


def test_a_slot_that_comes_in_parts_is_one_slot() -> None:
    found = use(slot(1, 0.5, 100.0), slot(1, 0.5, 150.0)).uses["26740"]
    assert found.used == {"in": pytest.approx(0.5), "out": pytest.approx(0.25)}


def test_of_a_slot_that_was_hardly_read_no_use_is_said() -> None:
    found = use(slot(2, 0.4), slot(1, 0.5, 100.0)).uses["26740"]
    assert found.used == {}
    assert found.loads["in"].state == "not_enough"


def test_a_backup_circuit_is_not_the_ward_s_line() -> None:
    assert use(slot(1, link="mtn-2")).uses == {}


def test_each_slot_is_computed_once() -> None:
    found = use(slot(1, 0.5))
    first = found.uses["26740"]
    found.turn(NOW + 30)
    assert found.uses["26740"] is first
    found.take([slot(0, 0.7)])
    found.turn(NOW + SLOT_S)
    assert found.uses["26740"].used["in"] == pytest.approx(0.7)
