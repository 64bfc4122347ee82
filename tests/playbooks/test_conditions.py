"""Conditions in three-valued logic: unknown satisfies nothing but the word `unknown`."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbooks.conditions import RunFact, fits, holds, matchers, missing
from playbooks.verdict.facts import Truth

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
NAMES = ("a", "b", "c")
VALUES = st.one_of(st.booleans(), st.integers(-9, 99), st.sampled_from(["up", "down", "x"]))
MATCHERS = st.one_of(
    VALUES,
    st.lists(VALUES, min_size=1, max_size=3),
    st.sampled_from(["<5", "<=5", ">5", ">=5", "3..40", "unknown"]),
)
PLAIN = st.dictionaries(st.sampled_from(NAMES), MATCHERS, min_size=1, max_size=3)
CONDITIONS = st.one_of(PLAIN, PLAIN.map(lambda inner: {"not": inner}))
FACTS = st.dictionaries(st.sampled_from(NAMES), st.one_of(st.none(), VALUES).map(RunFact))


@pytest.mark.parametrize(
    ("value", "matcher", "wanted"),
    [
        (5, 5, T), (5, 5.0, T), (5, 6, F), (5, "5..9", T), (10, "5..9", F), (4.9, "<5", T),
        (5, "<5", F), (5, "<=5", T), (6, ">5", T), (5, ">5", F), (5, ">=5", T), (-3, "-5..0", T),
        ("up", "up", T), ("up", "down", F), ("up", ["down", "up"], T), ("up", ["down"], F),
        (True, True, T), (True, False, F), (False, False, T),
        # Another type is not comparable: that is unknown, never a match and never a "no".
        (True, 1, U), (1, True, U), ("5", "<9", U), (5, "up", U), ("up", True, U), (True, "<2", U),
        (None, "unknown", T), ("up", "unknown", F), (None, 5, U), (None, "<5", U), (None, ["a"], U),
    ],
)  # fmt: skip
def test_a_matcher_says_yes_no_or_unknown(value: Any, matcher: Any, wanted: Truth) -> None:
    assert holds({"a": matcher}, {"a": RunFact(value)}) is wanted


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [(T, T, T), (T, F, F), (T, U, U), (F, U, F), (U, U, U), (F, F, F)],
)
def test_conditions_are_joined_as_kleene_did(first: Truth, second: Truth, wanted: Truth) -> None:
    values = {T: RunFact(1), F: RunFact(2), U: RunFact()}
    facts = {"a": values[first], "b": values[second]}
    assert holds({"a": 1, "b": 1}, facts) is wanted
    turned = {T: F, F: T, U: U}[wanted]
    assert holds({"not": {"a": 1, "b": 1}}, facts) is turned


@given(conditions=CONDITIONS, facts=FACTS, hidden=st.sampled_from(NAMES))
def test_hiding_a_fact_never_makes_a_condition_true(
    conditions: dict[str, Any], facts: dict[str, RunFact], hidden: str
) -> None:
    """Unless the author wrote `unknown` for that very fact."""
    about = [matcher for name, matcher in matchers(conditions) if name == hidden]
    wrote_unknown = "unknown" in about
    before = holds(conditions, facts)
    after = holds(conditions, {**facts, hidden: RunFact(reason="timeout")})
    if before is not T and not wrote_unknown:
        assert after is not T
    names = {name for name, _ in matchers(conditions)}
    if after is T and hidden in names:
        assert wrote_unknown or len(names) > 1  # a "not" may hold through another fact


@given(conditions=PLAIN, facts=FACTS)
def test_what_is_missing_is_unknown_and_named(
    conditions: dict[str, Any], facts: dict[str, RunFact]
) -> None:
    found = missing(conditions, facts)
    assert all(facts.get(name, RunFact()).value is None for name in found)
    assert set(found) <= set(conditions)
    if holds(conditions, facts) is not U:
        assert found == ()


@pytest.mark.parametrize(
    ("matcher", "kind", "fitting"),
    [
        ("up", "text", True), (True, "bool", True), (3, "number", True), ("<3", "number", True),
        ("1..2", "number", True), (["a", "b"], "text", True), ("unknown", "bool", True),
        ("<3", "text", False), ("up", "number", False), (True, "number", False), (1, "bool", False),
        ([], "text", False), (["a", "unknown"], "text", False),
        (None, "text", False), ({"a": 1}, "text", False), (3, "text", False),
    ],
)  # fmt: skip
def test_a_matcher_fits_one_type_of_fact(matcher: Any, kind: Any, fitting: bool) -> None:
    assert fits(matcher, kind) is fitting
