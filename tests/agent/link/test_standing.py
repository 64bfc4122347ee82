"""How long a ward's agent waits before it calls again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.link.standing import pause_s


def test_a_cut_link_is_tried_after_1_2_4_8_and_then_every_15_seconds() -> None:
    assert [pause_s(failures, 0.5) for failures in range(8)] == [10, 1, 2, 4, 8, 15, 15, 15]


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_chance_moves_a_pause_by_a_fifth_at_most(failures: int, chance: float) -> None:
    middle = pause_s(failures, 0.5)
    assert 0.8 * middle <= pause_s(failures, chance) * 1.000001
    assert pause_s(failures, chance) <= 1.2 * middle * 1.000001
