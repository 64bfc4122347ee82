"""From the hub: is the switch silent, or does the line lose its answers?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.verdict.doubt import from_afar
from agent.verdict.echoes import Burst
from playbooks.verdict.facts import Truth
from tests.agent.verdict.test_facts import CE, CORE, good_ward, silent

F, U = Truth.FALSE, Truth.UNKNOWN
SINCE = 60.0
# Ten echoes of the switch, all lost since.
GONE = tuple(Burst(SINCE + n, 1, 1) for n in range(10))


def judged(ce: tuple[Burst, ...], core: tuple[Burst, ...] = GONE) -> Truth:
    seen = replace(silent(CORE), bad_since_mono=SINCE)
    sight = replace(good_ward(), vantage="hub", near={CORE: core, CE: ce})
    return from_afar(sight, seen)


def test_a_switch_behind_a_terminal_device_that_answers_every_time_is_silent_itself() -> None:
    assert judged(tuple(Burst(SINCE + n, 1, 0) for n in range(8))) is F


@pytest.mark.parametrize("lost", [4, 6, 8])
def test_over_a_line_that_loses_much_a_silent_switch_may_be_luck(lost: int) -> None:
    assert judged((Burst(SINCE + 1, 10, lost),)) is U


def test_one_lost_echo_proves_nothing_however_clean_the_line_is() -> None:
    clean = (Burst(SINCE + 1, 100, 0),)
    assert judged(clean, GONE[:1]) is U
    assert judged(clean, GONE[:3]) is F


def test_what_the_terminal_device_answered_before_the_silence_is_not_enough() -> None:
    assert judged((Burst(SINCE - 5, 100, 0),)) is U


def test_without_a_terminal_device_there_is_nothing_to_tell_them_apart_by() -> None:
    seen = replace(silent(CORE), bad_since_mono=SINCE)
    assert from_afar(replace(good_ward(), vantage="hub", near={CORE: GONE}), seen) is F
    assert from_afar(good_ward(), silent(CORE)) is F
