"""The newest echoes to the far end: is it there, is the line clean."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.verdict.echoes import Burst, EchoWindow, newest
from playbooks.verdict.facts import Truth


def window(*bursts: tuple[float, int, int]) -> EchoWindow:
    """A window fed with (seconds, sent, lost) in order."""
    result = EchoWindow()
    for mono, sent, lost in bursts:
        result = result.add(Burst(mono, sent, lost))
    return result


def test_nothing_sent_proves_nothing() -> None:
    assert EchoWindow().present is Truth.UNKNOWN


def test_one_answered_echo_proves_that_the_far_end_is_there() -> None:
    assert window((0, 1, 0)).present is Truth.TRUE


def test_one_lost_echo_takes_nothing_back() -> None:
    assert window((0, 5, 0), (5, 1, 1)).present is Truth.TRUE


def test_five_lost_echoes_in_a_row_mean_that_it_is_gone() -> None:
    assert window((0, 5, 0), (5, 1, 1), (6, 5, 5)).present is Truth.FALSE


def test_single_echoes_add_up_to_a_silence() -> None:
    lost = tuple((5.0 + 2 * k, 1, 1) for k in range(5))
    assert window((0, 5, 0), *lost).present is Truth.FALSE


def test_half_lost_leaves_the_truth_before() -> None:
    assert window((0, 5, 0), (30, 5, 3)).present is Truth.TRUE
    assert window((0, 5, 5), (30, 5, 3)).present is Truth.FALSE


def test_echoes_older_than_the_window_do_not_count_with_the_newest() -> None:
    assert len(newest(window((0, 1, 0), (60, 1, 1)))) == 1


def test_quality_is_unknown_before_enough_was_sent() -> None:
    assert window((0, 5, 0), (30, 5, 0)).clean is Truth.UNKNOWN


def test_a_hundred_clean_echoes_make_a_clean_line() -> None:
    assert window(*((5.0 * k, 5, 0) for k in range(21))).clean is Truth.TRUE


def test_ten_lost_echoes_make_a_bad_line() -> None:
    assert window(*((5.0 * k, 5, 1) for k in range(11))).clean is Truth.FALSE


def test_losses_while_the_far_end_was_gone_say_nothing_about_quality() -> None:
    """After an outage the quality is measured anew, not called bad for ten minutes."""
    before = [(5.0 * k, 5, 0) for k in range(25)]
    outage = [(130.0 + 5 * k, 5, 5) for k in range(20)]
    after = [(240.0, 5, 0)]
    assert window(*before, *outage).clean is Truth.UNKNOWN
    assert window(*before, *outage, *after).clean is Truth.UNKNOWN


@given(st.lists(st.tuples(st.floats(0.1, 30), st.integers(1, 5), st.integers(0, 5)), max_size=60))
def test_a_far_end_that_just_answered_everything_is_never_called_gone(
    steps: list[tuple[float, int, int]],
) -> None:
    mono, result = 0.0, EchoWindow()
    for gap, sent, lost in steps:
        mono += gap
        result = result.add(Burst(mono, sent, min(sent, lost)))
    assert result.add(Burst(mono + 1, 5, 0)).present is Truth.TRUE
