"""Children are held under a bad parent, in whatever order the results come."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from agent.checks import CheckState, Policy, State, restarted, step
from agent.verdict.hold import (
    Holds,
    Orders,
    Passage,
    Way,
    arrange,
    may_harden,
    not_measured,
    passage,
)
from agent.verdict.topology import AGENT, Topology

START = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
CHAIN = Topology(
    MappingProxyType({"sw": (AGENT,), "ce": ("sw",), "gateway": ("ce",), "vm": ("gateway",)})
)


class Ward:
    """Checks and holds of one ward, fed result by result as the agent does it."""

    def __init__(self, topology: Topology = CHAIN, attempts: int = 3) -> None:
        self.topology = topology
        self.states: dict[str, CheckState] = {}
        self.holds = Holds()
        self.policy = Policy(attempts, 2.0)

    def feed(self, name: str, result: State, mono: float) -> Orders:
        at = START + timedelta(seconds=mono)
        allowed = may_harden(name, self.holds, self.states, self.topology, mono)
        before = self.states.get(name, CheckState())
        self.states[name], _change = step(before, result, self.policy, at, mono, may_harden=allowed)
        return self.look(mono)

    def look(self, mono: float, chance: float = 0.5) -> Orders:
        self.holds, orders = arrange(self.holds, self.states, self.topology, mono, lambda: chance)
        for name in orders.restart:
            at = START + timedelta(seconds=mono)
            self.states[name] = restarted(self.states[name], at, mono)
        return orders

    def all_good(self, mono: float) -> None:
        for name in self.topology.names:
            self.feed(name, State.OK, mono)

    def way(self, name: str, since: float) -> Passage:
        return passage(name, since, self.states, self.topology)


def good_ward(attempts: int = 3) -> Ward:
    ward = Ward(attempts=attempts)
    ward.all_good(0.0)
    return ward


def test_a_childs_first_bad_result_asks_all_its_ancestors_at_once() -> None:
    ward = good_ward()
    orders = ward.feed("vm", State.CRIT, 10.0)
    assert set(orders.ask_now) == {"gateway", "ce", "sw"}
    assert orders.held == ()


def test_a_parent_is_asked_at_most_every_two_seconds_for_all_its_children() -> None:
    topology = Topology(MappingProxyType({"sw": (AGENT,), **{f"d{n}": ("sw",) for n in range(5)}}))
    ward = Ward(topology)
    ward.all_good(0.0)
    asked = [ward.feed(f"d{n}", State.CRIT, 10.0 + n / 2).ask_now for n in range(5)]
    assert asked == [("sw",), (), (), (), ("sw",)]


def test_a_single_machine_gets_hard_once_its_way_is_proven_good() -> None:
    ward = good_ward(attempts=1)
    ward.feed("vm", State.CRIT, 10.0)
    assert not ward.states["vm"].hard  # the first bad result is no news yet
    ward.feed("gateway", State.OK, 10.5)
    ward.feed("vm", State.CRIT, 15.0)
    assert ward.states["vm"].is_hard_bad
    assert ward.holds.held == {}


def test_a_soft_bad_parent_already_holds_and_is_asked_again() -> None:
    ward = good_ward()
    ward.feed("gateway", State.CRIT, 9.0)
    orders = ward.feed("vm", State.CRIT, 12.0)
    assert orders.held == ("vm",)
    assert "gateway" in orders.ask_now
    assert ward.holds.by("vm") == "gateway"


def test_a_held_child_never_gets_hard() -> None:
    ward = good_ward()
    ward.feed("gateway", State.CRIT, 9.0)
    for second in range(10, 30):
        ward.feed("vm", State.CRIT, float(second))
    assert not ward.states["vm"].hard


def test_the_highest_bad_ancestor_holds() -> None:
    ward = good_ward()
    for second, name in enumerate(("vm", "gateway", "ce", "sw")):
        ward.feed(name, State.CRIT, 10.0 + second)
    assert {name: held.by for name, held in ward.holds.held.items()} == {
        "ce": "sw", "gateway": "sw", "vm": "sw",
    }  # fmt: skip


def test_a_terminal_device_that_ignores_ping_holds_nothing() -> None:
    """The gateway answered long after the CE had fallen silent, so the CE forwards."""
    ward = good_ward()
    for second in range(1, 6):
        ward.feed("ce", State.CRIT, float(second))
    ward.feed("gateway", State.OK, 30.0)
    for at in (60.0, 62.0, 64.0):
        ward.feed("gateway", State.CRIT, at)
        ward.feed("sw", State.OK, at + 0.1)
    assert ward.states["gateway"].is_hard_bad
    assert "gateway" not in ward.holds.held
    ward.feed("vm", State.CRIT, 65.0)
    assert ward.holds.by("vm") == "gateway"


def test_an_object_without_a_check_is_looked_through() -> None:
    ward = Ward()
    for name in ("sw", "gateway", "vm"):  # the CE is declared silent: nobody asks it
        ward.feed(name, State.OK, 0.0)
    ward.feed("sw", State.CRIT, 10.0)
    ward.feed("vm", State.CRIT, 11.0)
    assert ward.holds.by("vm") == "sw"


def test_a_way_that_cannot_be_judged_holds_a_child_for_ten_seconds_only() -> None:
    ward = good_ward()
    for name in ("gateway", "ce", "sw"):
        ward.feed(name, State.UNKNOWN, 9.0)
    for second in (10.0, 12.0, 14.0, 19.0):
        ward.feed("vm", State.CRIT, second)
        assert not ward.states["vm"].hard
    ward.feed("vm", State.CRIT, 20.0)
    assert ward.states["vm"].hard


def test_after_recovery_a_child_stays_held_until_its_own_fresh_result() -> None:
    ward = good_ward()
    ward.feed("gateway", State.CRIT, 10.0)
    ward.feed("vm", State.CRIT, 11.0)
    for name in ("sw", "ce", "gateway"):
        orders = ward.feed(name, State.OK, 100.0)
    assert orders.recheck == (("vm", 130.0),)  # chance 0.5 of 60 s
    assert ward.look(101.0).recheck == ()
    assert ward.holds.by("vm") == "gateway"
    released = ward.feed("vm", State.OK, 130.0)
    assert released.released == ("vm",)
    assert released.restart == ()


def test_what_is_still_bad_after_recovery_counts_anew_from_attempt_one() -> None:
    ward = good_ward()
    ward.feed("gateway", State.CRIT, 10.0)
    for second in range(11, 20):
        ward.feed("vm", State.CRIT, float(second))
    for name in ("sw", "ce", "gateway"):
        ward.feed(name, State.OK, 100.0)
    orders = ward.feed("vm", State.CRIT, 130.0)
    assert (orders.released, orders.restart) == (("vm",), ("vm",))
    state = ward.states["vm"]
    assert (state.attempt, state.hard, state.bad_since_mono) == (1, False, 130.0)


def test_a_cause_that_falls_again_keeps_its_children() -> None:
    ward = good_ward()
    ward.feed("gateway", State.CRIT, 10.0)
    ward.feed("vm", State.CRIT, 11.0)
    for name in ("sw", "ce", "gateway"):
        ward.feed(name, State.OK, 100.0)
    ward.feed("gateway", State.CRIT, 105.0)
    orders = ward.feed("vm", State.CRIT, 110.0)
    assert orders.restart == ()
    assert ward.holds.held["vm"].cleared_at is None


def test_a_child_hard_just_before_its_parent_is_taken_over_and_an_old_fault_is_not() -> None:
    for hard_at, expected in ((100.0, "gateway"), (20.0, None)):
        ward = good_ward(attempts=1)
        ward.feed("vm", State.CRIT, hard_at - 5.0)
        ward.feed("gateway", State.OK, hard_at - 4.0)
        ward.feed("vm", State.CRIT, hard_at)
        assert ward.states["vm"].is_hard_bad
        ward.feed("gateway", State.CRIT, 150.0)
        assert ward.holds.by("vm") == expected


def test_one_of_two_ways_is_enough() -> None:
    two = Topology(
        MappingProxyType({"a": (AGENT,), "b": (AGENT,), "gateway": ("a", "b"), "vm": ("gateway",)})
    )
    ward = Ward(two)
    ward.all_good(0.0)
    ward.feed("a", State.CRIT, 10.0)
    ward.feed("b", State.OK, 10.5)
    assert ward.way("gateway", 10.0).way is Way.OPEN
    ward.feed("b", State.CRIT, 11.0)
    assert ward.way("gateway", 10.0).way is Way.SHUT


def test_behind_a_break_nothing_is_red_and_nothing_keeps_its_last_green() -> None:
    ward = good_ward()
    ward.feed("ce", State.CRIT, 10.0)
    ward.feed("gateway", State.CRIT, 11.0)
    assert not_measured(ward.holds, ward.states, ward.topology) == {"gateway", "vm"}
    assert ward.states["vm"].state is State.OK  # its last result, which nobody may show


def test_what_answers_beyond_a_silent_device_stays_live() -> None:
    ward = good_ward()
    ward.feed("ce", State.CRIT, 10.0)
    ward.feed("gateway", State.OK, 20.0)
    ward.feed("vm", State.OK, 20.0)
    assert not_measured(ward.holds, ward.states, ward.topology) == frozenset()


FEEDS = st.lists(
    st.tuples(
        st.sampled_from(CHAIN.names), st.sampled_from([State.OK, State.CRIT, State.UNKNOWN]),
        st.floats(0.1, 20.0),
    ),
    max_size=60,
)  # fmt: skip


@given(FEEDS)
def test_whatever_comes_the_holder_is_an_ancestor_and_only_bad_things_are_held(
    feeds: list[tuple[str, State, float]],
) -> None:
    ward, mono = Ward(), 0.0
    for name, result, gap in feeds:
        mono += gap
        before = dict(ward.states)
        ward.feed(name, result, mono)
        for child, held in ward.holds.held.items():
            assert held.by in CHAIN.ancestors(child)
            assert ward.states[child].state is State.CRIT
        for child in ward.holds.held:
            was_hard = before.get(child, CheckState()).hard
            assert was_hard or not ward.states[child].hard


@given(FEEDS)
def test_once_everything_is_good_nothing_is_held(feeds: list[tuple[str, State, float]]) -> None:
    ward, mono = Ward(), 0.0
    for name, result, gap in feeds:
        mono += gap
        ward.feed(name, result, mono)
    ward.all_good(mono + 1.0)
    assert ward.holds.held == {}
    assert not_measured(ward.holds, ward.states, ward.topology) == frozenset()


@given(FEEDS)
def test_no_parent_is_asked_twice_within_two_seconds(
    feeds: list[tuple[str, State, float]],
) -> None:
    ward, mono, asked = Ward(), 0.0, dict[str, list[float]]()
    for name, result, gap in feeds:
        mono += gap / 10
        for parent in ward.feed(name, result, mono).ask_now:
            asked.setdefault(parent, []).append(mono)
    for times in asked.values():
        assert all(later - earlier >= 2.0 for earlier, later in pairwise(times))


def test_a_state_restored_from_disk_proves_no_way() -> None:
    """After a restart nothing was measured yet, so a good state on disk opens no way."""
    ward = good_ward()
    ward.states = {
        name: replace(state, seen_mono=None, last_ok_mono=None)
        for name, state in ward.states.items()
    }
    assert ward.way("vm", -1000.0).way is Way.UNSURE


def two_ways(*, in_series: bool) -> Ward:
    several = Topology(
        MappingProxyType({"a": (AGENT,), "b": (AGENT,), "x": ("a", "b")}),
        frozenset({"x"} if in_series else ()),
    )
    ward = Ward(several)
    ward.all_good(0.0)
    return ward


def test_with_redundant_parents_a_child_is_held_only_when_all_are_bad() -> None:
    ward = two_ways(in_series=False)
    ward.feed("b", State.OK, 9.0)
    ward.feed("a", State.CRIT, 9.5)
    ward.feed("x", State.CRIT, 9.0)
    assert ward.holds.by("x") is None
    ward.feed("b", State.CRIT, 10.0)
    assert ward.holds.by("x") in {"a", "b"}
    ward.feed("b", State.OK, 12.0)
    assert ward.way("x", 11.0).way is Way.OPEN


def test_a_child_that_needs_all_its_parents_is_held_when_one_is_bad() -> None:
    ward = two_ways(in_series=True)
    ward.feed("a", State.OK, 9.0)
    ward.feed("b", State.CRIT, 9.5)
    ward.feed("x", State.CRIT, 10.0)
    assert ward.holds.by("x") == "b"
    ward.feed("b", State.OK, 12.0)
    assert ward.way("x", 11.0).way is Way.UNSURE  # the other one was not asked since
    ward.feed("a", State.OK, 12.5)
    assert ward.way("x", 11.0).way is Way.OPEN
