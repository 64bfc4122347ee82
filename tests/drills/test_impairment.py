"""The arithmetic of a bad line: what it promises about delay, loss, order, rate and chance."""

from __future__ import annotations

from itertools import pairwise
from statistics import mean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drills.impairment import CLEAR, CUT, Impairment, Passage

GAP_S = 0.02
OCTETS = 100


def sent(line: Impairment, count: int = 1000, gap_s: float = GAP_S) -> list[float | None]:
    """How late each of `count` packets comes out; None: lost."""
    passage = Passage(line)
    begun = [n * gap_s for n in range(count)]
    out = [passage.due(at, OCTETS) for at in begun]
    return [None if late is None else late - at for at, late in zip(begun, out, strict=True)]


def arrived(line: Impairment, count: int = 1000, gap_s: float = GAP_S) -> list[float]:
    """The delays of those that came out."""
    return [late for late in sent(line, count, gap_s) if late is not None]


def test_a_clear_line_does_nothing_and_a_cut_one_passes_nothing() -> None:
    assert sent(CLEAR) == [0.0] * 1000
    assert arrived(CUT) == []


def test_the_same_seed_loses_the_same_packets_and_another_seed_others() -> None:
    lost = [late is None for late in sent(Impairment(loss=0.05, seed=7))]
    assert lost == [late is None for late in sent(Impairment(loss=0.05, seed=7))]
    assert lost != [late is None for late in sent(Impairment(loss=0.05, seed=8))]


def test_which_packets_are_lost_does_not_depend_on_delay_and_jitter() -> None:
    plain = Impairment(loss=0.05, seed=7)
    shaken = Impairment(delay_s=0.02, jitter_s=0.005, loss=0.05, seed=7)
    assert [x is None for x in sent(plain)] == [x is None for x in sent(shaken)]


def test_five_per_cent_are_five_per_cent() -> None:
    passage = Passage(Impairment(loss=0.05, seed=3))
    for n in range(20_000):
        passage.due(n * GAP_S, OCTETS)
    assert passage.passed + passage.lost == 20_000
    assert passage.lost / 20_000 == pytest.approx(0.05, abs=0.005)


def test_delays_are_spread_evenly_around_the_middle() -> None:
    delays = arrived(Impairment(delay_s=0.020, jitter_s=0.005, seed=1), 4000)
    assert median(delays) == pytest.approx(0.020, abs=0.0003)
    assert min(delays) >= 0.015
    assert max(delays) <= 0.025
    # Two values of an even spread of width w differ by w/3 on average.
    steps = [abs(later - earlier) for earlier, later in pairwise(delays)]
    assert mean(steps) == pytest.approx(0.010 / 3, rel=0.05)


def test_jitter_keeps_the_order_unless_reordering_is_asked_for() -> None:
    kept = Passage(Impairment(delay_s=0.02, jitter_s=0.02, seed=5))
    mixed = Passage(Impairment(delay_s=0.02, jitter_s=0.02, seed=5, reorder=True))
    ordered = [kept.due(n * 0.001, OCTETS) or 0.0 for n in range(500)]
    assert ordered == sorted(ordered)
    loose = [mixed.due(n * 0.001, OCTETS) or 0.0 for n in range(500)]
    assert loose != sorted(loose)


def test_a_full_line_lets_packets_wait_and_drops_what_would_wait_too_long() -> None:
    passage = Passage(Impairment(rate_bps=8 * 1000 * 100, queue_s=0.05))  # 1000 of our packets a s
    late = [passage.due(0.0, OCTETS) for _ in range(100)]
    assert late[0] == pytest.approx(0.001)
    assert late[10] == pytest.approx(0.011)
    assert late[60:] == [None] * 40
    assert passage.passed in (50, 51)  # the last one stands on the limit
    assert passage.due(1.0, OCTETS) == pytest.approx(1.001)


def test_packets_that_are_too_large_vanish_and_others_pass() -> None:
    passage = Passage(Impairment(largest=1300))
    assert passage.due(0.0, 1300) == 0.0
    assert passage.due(0.0, 1301) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"loss": 1.1},
        {"loss": -0.1},
        {"jitter_s": 0.01},
        {"delay_s": 0.01, "jitter_s": 0.02},
        {"delay_s": -1.0},
        {"rate_bps": 0.0},
        {"queue_s": -1.0},
    ],
)
def test_what_no_line_does_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"\d"):
        Impairment(**wrong)  # type: ignore[arg-type]


@given(
    st.floats(0, 0.1), st.floats(0, 1), st.floats(0, 0.5), st.booleans(), st.integers(0, 9),
    st.lists(st.tuples(st.floats(0, 0.1), st.integers(20, 1500)), max_size=50),
)  # fmt: skip
def test_no_packet_comes_out_before_it_went_in_and_none_is_forgotten(
    delay_s: float, part: float, loss: float, reorder: bool, seed: int,
    gaps: list[tuple[float, int]],
) -> None:  # fmt: skip
    line = Impairment(delay_s, part * delay_s, loss, 1e6, reorder, seed)
    passage, now = Passage(line), 0.0
    for gap_s, octets in gaps:
        now += gap_s
        at = passage.due(now, octets)
        assert at is None or at >= now
    assert passage.passed + passage.lost == len(gaps)
