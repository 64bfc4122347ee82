"""Two vantages are compared at one time: what was said before a failure proves nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.verdict.elsewhere import LIVE_S, Told, agreed, beside, remembered
from playbooks.verdict.facts import Truth

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
NOW = 1000.0


def told(truth: Truth, age: float, lasts: float, failed: float | None = None) -> Told:
    """Measured `age` seconds ago, so for `lasts` seconds, failed last `failed` seconds ago."""
    return Told(truth, NOW - age, NOW - lasts, failed_at=None if failed is None else NOW - failed)


FAILS_SINCE_30 = told(F, 5, 30)


@pytest.mark.parametrize(
    ("there", "truth"),
    [
        (None, U),
        (told(F, 10, 20), F),
        (told(F, LIVE_S + 1, 900), U),  # too old to say anything
        (told(T, 10, 900), T),  # asked there after it began to fail here, and well
        (told(T, 31, 900), U),  # asked there before it began to fail here
        (told(T, 1, 2, failed=15), F),  # back there, but not asked here since: it was the same
        (told(T, 1, 2, failed=300), U),  # failed there long before, so that was another matter
        (told(T, 1, 2), U),
    ],
)
def test_what_is_known_elsewhere_of_a_failure_here(there: Told | None, truth: Truth) -> None:
    assert beside(FAILS_SINCE_30, there, NOW) is truth


@given(
    st.sampled_from([T, F]),
    st.floats(0, 400),
    st.floats(0, 400),
    st.floats(0, 400),
    st.floats(0, 400),
)
def test_only_what_was_measured_after_the_failure_says_that_it_is_fine_elsewhere(
    truth: Truth, age: float, longer: float, here_age: float, here_longer: float
) -> None:
    here = told(F, here_age, here_age + here_longer)
    there = told(truth, age, age + longer)
    found = beside(here, there, NOW)
    if found is T:
        assert truth is T
        assert there.mono >= here.since
        assert here.mono >= there.since
    if age > LIVE_S:
        assert found is U


def test_a_failure_is_remembered_over_the_return() -> None:
    failed = remembered(None, told(F, 20, 60))
    back = remembered(failed, told(T, 1, 2))
    assert failed.failed_at == back.failed_at == NOW - 20
    assert beside(told(F, 10, 50), back, NOW) is F


def test_three_wards_that_say_the_same_are_a_vantage_and_two_are_none() -> None:
    wards = [told(F, age, 50) for age in (5, 10, 15)]
    assert agreed(wards[:2], NOW) is None
    common = agreed(wards, NOW)
    assert common is not None
    assert (common.truth, common.mono) == (F, NOW - 15)
    assert agreed([*wards, told(T, 1, 2)], NOW) is None
    assert agreed([*wards[:2], told(F, LIVE_S + 1, 500)], NOW) is None
