"""Loss and jitter over one burst."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.path.quality import jitter_s, loss_ratio


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
