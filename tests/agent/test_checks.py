"""Soft and hard states, reasons and flapping."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.checks import (
    BAD,
    CheckState,
    Policy,
    Ring,
    State,
    Transition,
    policy_for,
    restarted,
    retry_in_s,
    state_of,
    step,
)
from probes.model import Reason

START = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
LETTERS = {"O": State.OK, "W": State.WARN, "C": State.CRIT, "U": State.UNKNOWN}


def run(
    results: str, policy: Policy | None = None, **flags: bool
) -> list[tuple[CheckState, Transition | None]]:
    """Each result a second after the one before, with the state and transition it led to."""
    state, seen = CheckState(), []
    for second, letter in enumerate(results):
        at = START + timedelta(seconds=second)
        state, change = step(state, LETTERS[letter], policy or Policy(), at, float(second), **flags)
        seen.append((state, change))
    return seen


def changes(results: str, policy: Policy | None = None) -> list[str | None]:
    return [change.change if change else None for _state, change in run(results, policy)]


def test_the_third_bad_result_in_a_row_is_hard() -> None:
    states = [state for state, _change in run("OCCC")]
    assert [(s.state, s.hard, s.attempt) for s in states] == [
        (State.OK, True, 0),
        (State.CRIT, False, 1),
        (State.CRIT, False, 2),
        (State.CRIT, True, 3),
    ]
    assert changes("OCCC") == ["measured", "soft_bad", None, "hard_bad"]


def test_times_say_when_it_began_and_when_it_was_sure() -> None:
    state = run("OCCCC")[-1][0]
    assert state.bad_since == START + timedelta(seconds=1)
    assert state.hard_since == START + timedelta(seconds=3)
    assert (state.bad_since_mono, state.hard_since_mono, state.seen_mono) == (1.0, 3.0, 4.0)


def test_a_worse_state_keeps_counting() -> None:
    state = run("OWCC")[-1][0]
    assert (state.state, state.hard, state.attempt) == (State.CRIT, True, 3)


def test_a_doubt_that_goes_away_is_silent_and_a_recovery_is_not() -> None:
    assert changes("OCO")[-1] == "soft_ok"
    assert changes("OCCCO")[-1] == "recovered"
    assert run("OCCCO")[-1][0].hard


def test_a_warning_that_gets_critical_while_hard_is_a_change() -> None:
    assert changes("OWWWC")[-1] == "changed"


def test_unknown_neither_clears_a_fault_nor_counts_towards_one() -> None:
    after = run("OCCCUUUU")[-1][0]
    assert (after.state, after.hard, after.unmeasured) == (State.CRIT, True, 4)
    doubted = run("OCUUUC")[-1][0]
    assert (doubted.state, doubted.hard, doubted.attempt) == (State.CRIT, False, 2)


def test_three_unknown_results_are_a_finding() -> None:
    assert changes("OUUU") == ["measured", "unmeasured", None, "unmeasured"]
    assert [state.hard for state, _change in run("OUUU")] == [True, False, False, True]


def test_machines_are_hard_at_once_and_volatile_checks_at_every_change() -> None:
    assert changes("OC", policy_for("vm", 30.0))[-1] == "hard_bad"
    assert changes("OC", Policy(volatile=True))[-1] == "hard_bad"


def test_nothing_gets_hard_while_the_parents_are_in_doubt() -> None:
    state = run("OCCCCC", may_harden=False)[-1][0]
    assert (state.hard, state.attempt) == (False, 2)
    later, change = step(state, State.CRIT, Policy(), START, 9.0)
    assert later.hard
    assert change is not None
    assert change.change == "hard_bad"


def test_a_restarted_state_begins_at_attempt_one() -> None:
    at = START + timedelta(seconds=60)
    again = restarted(run("OCCC")[-1][0], at, 60.0)
    assert (again.state, again.hard, again.attempt) == (State.CRIT, False, 1)
    assert (again.bad_since, again.bad_since_mono, again.hard_since) == (at, 60.0, None)


def test_retries_are_quick_only_while_in_doubt() -> None:
    policy = policy_for("gateway", 30.0)
    seen = [retry_in_s(state, policy) for state, _change in run("OCCCO", policy)]
    assert seen == [None, 2.0, 2.0, None, None]
    assert policy_for("other", 60.0).retry_s == 20.0
    assert policy_for("other", 5.0).retry_s == 5.0


def test_seconds_of_being_good() -> None:
    state = run("OCCCOO")[-1][0]
    assert state.ok_for_s(10.0) == 6.0
    assert run("OC")[-1][0].ok_for_s(10.0) is None


@pytest.mark.parametrize("reason", list(Reason))
def test_each_reason_has_one_meaning(reason: Reason) -> None:
    says_nothing = {
        "auth", "forbidden", "permission", "config", "unsupported", "parse", "limit", "busy", "bug"
    }  # fmt: skip
    if reason is Reason.OK:
        assert state_of(reason) is State.OK
    elif reason.value in says_nothing:
        assert state_of(reason) is State.UNKNOWN
    else:
        assert state_of(reason) is State.CRIT


RESULTS = st.lists(st.sampled_from("OWCU"), max_size=60).map("".join)


@given(RESULTS, st.integers(1, 5))
def test_never_hard_before_its_attempts(results: str, attempts: int) -> None:
    run_of_bad = 0
    for letter, (state, _change) in zip(results, run(results, Policy(attempts)), strict=True):
        run_of_bad = 0 if letter == "O" else run_of_bad + (letter in "WC")
        assert state.is_hard_bad == (run_of_bad >= attempts)


@given(RESULTS)
def test_one_good_result_ends_everything(results: str) -> None:
    state = run(results + "O")[-1][0]
    assert (state.state, state.hard, state.attempt) == (State.OK, True, 0)
    assert state.bad_since is None
    assert state.hard_since is None


@given(RESULTS)
def test_unknown_never_opens_and_never_clears(results: str) -> None:
    before = CheckState()
    for letter, (state, change) in zip(results, run(results), strict=True):
        if letter == "U":
            assert state.is_bad == before.is_bad
            assert state.is_hard_bad == before.is_hard_bad
            assert change is None or change.change == "unmeasured"
        before = state


@given(RESULTS)
def test_every_change_of_state_is_told_exactly_once(results: str) -> None:
    before = CheckState()
    for state, change in run(results):
        moved = (before.state, before.hard) != (state.state, state.hard)
        assert (change is not None) == moved
        if change is not None:
            assert (change.before, change.after, change.hard) == (
                before.state, state.state, state.hard,
            )  # fmt: skip
        before = state


@given(RESULTS)
def test_recoveries_and_hard_faults_alternate(results: str) -> None:
    told = [change for change in changes(results) if change in ("hard_bad", "recovered")]
    assert told == ["hard_bad", "recovered"] * (len(told) // 2) + ["hard_bad"] * (len(told) % 2)


@given(RESULTS)
def test_a_bad_state_knows_since_when(results: str) -> None:
    for state, _change in run(results):
        assert (state.bad_since is not None) == (state.state in BAD)
        assert (state.hard_since is not None) == state.is_hard_bad
        assert 0 <= state.ring.weight <= 1980


# Flapping: value x 20 / 100 are the weights, so integers compare exactly.
VECTOR_A = "CCCWCWOOOOWWWWOOOWWWC" + "C" * 7
VALUES_A = [
    0.0, 0.0, 0.0, 5.9, 11.7, 17.4, 23.0, 22.6, 22.2, 21.8, 27.3, 26.8, 26.3, 25.8,
    31.2, 30.6, 30.0, 35.3, 34.6, 33.9, 39.1, 38.3, 37.5, 32.8, 28.2, 23.7, 19.3, 18.9,
]  # fmt: skip
FLAPPING_A = [False] * 14 + [True] * 11 + [False] * 3


def rings(results: str) -> list[Ring]:
    return [state.ring for state, _change in run(results)]


def test_flapping_vector_a() -> None:
    assert [ring.weight for ring in rings(VECTOR_A)] == [round(v * 20) for v in VALUES_A]
    assert [ring.percent for ring in rings(VECTOR_A)] == VALUES_A
    assert [ring.flapping for ring in rings(VECTOR_A)] == FLAPPING_A


def test_flapping_vector_b() -> None:
    seen = rings("OW" * 20)
    start = [0.0, 5.9, 11.7, 17.4, 23.0, 28.5, 33.9]
    assert [ring.weight for ring in seen[:7]] == [round(value * 20) for value in start]
    assert [ring.flapping for ring in seen[:7]] == [False] * 6 + [True]
    assert {ring.weight for ring in seen[20:]} == {1980}


def test_unknown_results_are_not_entered() -> None:
    assert rings("CUUWUC")[-1] == rings("CWC")[-1]


@given(st.text("OWCU", max_size=30).map(lambda before: before + "OO"), st.floats(0, 40))
def test_a_good_result_after_good_ones_is_the_same_by_the_short_way(
    results: str, rhythm_s: float
) -> None:
    """A count of unmeasured results has it go the long way, and is gone after it."""
    policy = Policy(rhythm_s=rhythm_s)
    state, mono = run(results, policy)[-1][0], float(len(results))
    at = START + timedelta(seconds=mono)
    by_long_way = step(replace(state, unmeasured=1), State.OK, policy, at, mono)
    assert step(state, State.OK, policy, at, mono) == by_long_way
