"""Loss and jitter over one burst; grades by use, their slowness to move; speech by the E-model."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.path.model import LineWay
from probes.path.mos import G711, G711_PLAIN, G729A, mos, rating, with_buffer_ms
from probes.path.quality import PROFILES, Grade, Standing, jitter_s, judge, loss_ratio

if TYPE_CHECKING:
    from inventory.values import LineProfile
    from probes.path.model import Direction


@pytest.mark.parametrize(
    ("sent", "lost", "ratio"), [(5, 0, 0), (5, 1, 0.2), (5, 5, 1), (0, 0, None)]
)
def test_loss_is_lost_over_sent(sent: int, lost: int, ratio: float | None) -> None:
    assert loss_ratio(sent, lost) == ratio


def test_jitter_follows_the_filter_of_rfc_3550() -> None:
    assert jitter_s([0.010, 0.014, 0.014]) == pytest.approx(0.004 + (0 - 0.004) / 16)


@pytest.mark.parametrize("delays", [[], [0.01]])
def test_fewer_than_two_delays_have_no_jitter(delays: list[float]) -> None:
    assert jitter_s(delays) is None


def test_even_delays_have_none_to_speak_of() -> None:
    assert jitter_s([0.02] * 5) == 0


@given(st.lists(st.floats(0, 10), min_size=2, max_size=20))
def test_jitter_never_exceeds_the_widest_step(delays: list[float]) -> None:
    jitter = jitter_s(delays)
    assert jitter is not None
    assert 0 <= jitter <= (max(delays) - min(delays)) * (1 + 1e-9)
    assert math.isfinite(jitter)


def way(direction: Direction, *, sent: int = 50, lost: int | None = 0, **given: float) -> LineWay:
    """One direction of a burst; `delay_s` and `jitter_s` as given."""
    return LineWay("stamp", "ef", direction, sent, lost, **given)


def window(
    loss: int = 0, delay_s: float = 0.02, jitter_s: float = 0.002, *, sent: int = 50
) -> tuple[LineWay, ...]:
    """A burst whose way in is as given and whose way out is good; sums on the whole way."""
    return (
        way("out", sent=sent, delay_s=0.01, jitter_s=0.001),
        way("in", sent=sent, lost=loss, delay_s=delay_s, jitter_s=jitter_s),
        way("round", sent=sent, lost=loss, delay_s=0.01 + delay_s, jitter_s=jitter_s),
    )


HD = PROFILES["hd-meeting"]


@pytest.mark.parametrize(
    ("given", "grade", "term"),
    [
        ({"delay_s": 0.100}, Grade.GOOD, "delay"),
        ({"delay_s": 0.101}, Grade.FAIR, "delay"),
        ({"delay_s": 0.151}, Grade.POOR, "delay"),
        ({"jitter_s": 0.021}, Grade.FAIR, "jitter"),
        ({"jitter_s": 0.031}, Grade.POOR, "jitter"),
        ({"loss": 1, "sent": 100}, Grade.FAIR, "loss"),
        ({"loss": 1}, Grade.POOR, "loss"),
        ({"loss": 1, "delay_s": 0.4}, Grade.POOR, "delay"),
    ],
)
def test_the_worst_term_decides_and_is_named(given: Any, grade: Grade, term: str) -> None:
    judged = judge(window(**given), HD)
    assert judged is not None
    assert (judged.grade, judged.term, judged.direction, judged.kind) == (grade, term, "in", "ef")


@pytest.mark.parametrize(
    ("profile", "grade"),
    [("hd-meeting", Grade.FAIR), ("telepresence", Grade.POOR), ("audio-only", Grade.GOOD)],
)
def test_each_use_asks_for_something_else(profile: LineProfile, grade: Grade) -> None:
    judged = judge(window(jitter_s=0.025), PROFILES[profile])
    assert judged is not None
    assert judged.grade is grade


def test_too_few_packets_decide_nothing() -> None:
    assert judge(window(loss=19, sent=19), HD) is None
    assert judge((), HD) is None
    assert Standing(HD).after(window(loss=19, sent=19)).judged is None


def test_where_directions_cannot_be_told_apart_the_whole_way_is_judged_and_its_delay_halved() -> (
    None
):
    ways = (way("out", lost=None), way("in", lost=None),
            way("round", lost=1, delay_s=0.24, jitter_s=0.001))  # fmt: skip
    judged = judge(ways, HD)
    assert judged is not None
    assert (judged.grade, judged.term, judged.direction) == (Grade.POOR, "loss", "round")
    judged = judge((replace(ways[2], lost=0),), HD)
    assert judged is not None
    assert (judged.term, judged.value, judged.is_halved) == ("delay", 0.12, True)


def graded(*windows: tuple[LineWay, ...]) -> list[str]:
    """The grade after each window."""
    standing, names = Standing(HD), []
    for one in windows:
        standing = standing.after(one)
        names.append(standing.judged.grade.name if standing.judged else "-")
    return names


def test_a_line_gets_worse_after_three_windows_in_a_row() -> None:
    good, bad = window(), window(delay_s=0.2)
    assert graded(good, bad, bad, bad) == ["GOOD", "GOOD", "GOOD", "POOR"]
    assert graded(good, bad, bad, good, bad, bad) == ["GOOD"] * 6
    assert graded(good, bad, window(delay_s=0.12), bad)[-1] == "FAIR"  # what all three bear out


def test_it_gets_better_only_well_within_its_limits() -> None:
    bad, edge, calm = window(delay_s=0.2), window(delay_s=0.09), window(delay_s=0.07)
    assert graded(bad, edge, edge, edge)[-1] == "FAIR"
    assert graded(bad, calm, calm, calm)[-1] == "GOOD"
    assert graded(bad, calm, calm, bad, calm, calm)[-1] == "POOR"


def test_a_line_that_stays_as_it_is_names_its_newest_term() -> None:
    standing = Standing(HD)
    for one in (window(delay_s=0.2), window(jitter_s=0.04)):
        standing = standing.after(one)
    assert standing.judged is not None
    assert (standing.judged.grade, standing.judged.term) == (Grade.POOR, "jitter")


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 0.3), st.floats(0, 0.06)), max_size=30))
def test_a_grade_never_moves_within_two_windows_of_the_last_move(
    given_: list[tuple[int, float, float]],
) -> None:
    names = graded(*(window(*one) for one in given_))
    moves = [turn for turn, pair in enumerate(pairwise(names)) if pair[0] != pair[1]]
    assert all(later - earlier >= 3 for earlier, later in pairwise(moves))


@pytest.mark.parametrize(
    ("delay_ms", "loss", "r", "score"),
    [
        (20, 0, 92.7, 4.40), (150, 0, 89.6, 4.33), (150, 1, 86.0, 4.23),
        (300, 1, 68.9, 3.54), (150, 3, 79.5, 4.00), (400, 5, 43.3, 2.23),
    ],
)  # fmt: skip
def test_speech_is_rated_as_the_table_has_it(
    delay_ms: float, loss: float, r: float, score: float
) -> None:
    rated = rating(delay_ms, loss)
    assert rated == pytest.approx(r, abs=0.05)
    assert mos(rated) == pytest.approx(score, abs=0.01)


def test_other_codecs_bear_less() -> None:
    assert mos(rating(50, 2, G711)) > mos(rating(50, 2, G729A)) > 1
    assert rating(50, 2, G711_PLAIN) < rating(50, 2, G711)
    assert mos(rating(5000, 100)) == 1.0
    assert mos(100.0) == 4.5


def test_a_receivers_buffer_adds_twice_the_jitter_within_bounds() -> None:
    assert [with_buffer_ms(10, jitter) for jitter in (0, 30, 500)] == [50, 70, 210]
