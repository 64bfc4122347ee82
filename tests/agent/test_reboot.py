"""A restart is told from a wrap, a silence, a moved clock and a device that lies."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.reboot import Life, Restart, Vitals, Weighed, start_trap, weigh

WRAP = 2**32
POLL_S = 30.0


def follow(*answers: Vitals, life: Life | None = None) -> list[Weighed]:
    """Every answer weighed in order."""
    known, found = life or Life(), []
    for now in answers:
        found.append(weigh(known, now))
        known = found[-1].life
    return found


def news(found: list[Weighed]) -> list[Restart]:
    return [one.restart for one in found if one.restart and one.restart.is_news]


def ticks_from(start: int, count: int, first_s: float = 0.0) -> list[Vitals]:
    return [
        Vitals(first_s + n * POLL_S, ticks=int(start + n * POLL_S * 100) % WRAP)
        for n in range(count)
    ]


def test_the_wrap_of_sys_uptime_is_no_restart() -> None:
    found = follow(*ticks_from(WRAP - 4_500, 5))
    assert news(found) == []
    assert not any(one.clock_jumped for one in found)


def test_a_restart_in_the_minute_of_the_wrap_is_one_event() -> None:
    before, after = ticks_from(WRAP - 4_500, 2), ticks_from(200, 4, first_s=60.0)
    (restart,) = news(follow(*before, *after))
    assert (restart.confidence, restart.signs) == (0.80, ("sys_uptime",))
    assert restart.booted_at_s == 58.0


def test_a_timeout_and_then_the_same_device_is_no_restart() -> None:
    silent = [Vitals(60.0), Vitals(90.0)]
    assert news(follow(*ticks_from(500_000, 2), *silent, *ticks_from(512_000, 2, 120.0))) == []


def test_a_device_back_after_a_silence_in_which_it_started_has_restarted() -> None:
    (restart,) = news(follow(*ticks_from(500_000, 2), Vitals(60.0), Vitals(630.0, ticks=12_000)))
    assert restart.booted_at_s == 510.0


def test_a_negative_engine_time_says_nothing() -> None:
    good = Vitals(0.0, ticks=500_000, boots=4, engine_time_s=5_000)
    broken = Vitals(30.0, ticks=503_000, boots=4, engine_time_s=-1)
    later = Vitals(60.0, ticks=506_000, boots=4, engine_time_s=5_060)
    assert news(follow(good, broken, later)) == []


def test_engine_time_that_falls_alone_is_no_restart() -> None:
    good = Vitals(0.0, ticks=500_000, engine_time_s=5_000)
    assert news(follow(good, Vitals(30.0, ticks=503_000, engine_time_s=3))) == []


@pytest.mark.parametrize(
    ("now", "confidence"),
    [
        (Vitals(30.0, ticks=503_000, boots=5, engine_time_s=2), 0.97),
        (Vitals(30.0, ticks=1_000, engine_time_s=10), 0.92),
        (Vitals(30.0, ticks=1_000), 0.80),
        (Vitals(30.0, uptime_s=12.0), 0.80),
    ],
)
def test_more_signs_make_it_surer(now: Vitals, confidence: float) -> None:
    good = Vitals(0.0, ticks=500_000, boots=4, engine_time_s=5_000, uptime_s=5_000.0)
    (restart,) = news(follow(good, now))
    assert restart.confidence == confidence


def test_a_start_trap_alone_is_only_a_hint_and_with_sys_uptime_nearly_sure() -> None:
    trapped = start_trap(weigh(Life(), Vitals(0.0, ticks=500_000)).life, 20.0)
    assert trapped.restart is not None
    assert (trapped.restart.confidence, trapped.restart.is_news) == (0.50, False)
    (restart,) = news(follow(Vitals(30.0, ticks=1_200), life=trapped.life))
    assert (restart.confidence, restart.signs) == (0.97, ("sys_uptime", "start_trap"))
    assert news(follow(Vitals(30.0, ticks=503_000), life=trapped.life)) == []


def test_two_signs_of_one_restart_within_five_minutes_are_one_event() -> None:
    found = follow(
        Vitals(0.0, ticks=500_000, boots=4),
        Vitals(30.0, ticks=1_000),
        Vitals(60.0, ticks=4_000, boots=5),
        Vitals(330.0, ticks=31_000, boots=6),
    )
    assert [one.restart is not None for one in found] == [False, True, True, True]
    assert len(news(found)) == 1


def test_a_later_restart_is_an_event_of_its_own() -> None:
    found = follow(
        Vitals(0.0, ticks=500_000), Vitals(30.0, ticks=1_000), Vitals(900.0, ticks=2_000)
    )
    assert len(news(found)) == 2


def test_a_moved_device_clock_is_a_finding_and_no_restart() -> None:
    found = follow(Vitals(0.0, ticks=90_000_000), Vitals(30.0, ticks=80_000_000))
    assert news(found) == []
    assert found[-1].clock_jumped


def test_a_boot_count_that_stands_at_its_end_says_nothing() -> None:
    """RFC 3414: at 2147483647 the count is latched."""
    assert news(follow(Vitals(0.0, boots=2**31 - 2), Vitals(30.0, boots=2**31 - 1))) == []


def test_a_whole_life_of_ninety_weeks_has_no_restart() -> None:
    """Through the wrap, hour by hour, with a clock that is slightly off."""
    hours = [
        Vitals(h * 3600.0, ticks=int(77 + h * 360_000 * 1.004) % WRAP) for h in range(24 * 630)
    ]
    found = follow(*hours)
    assert news(found) == []
    assert not any(one.clock_jumped for one in found)


values = st.none() | st.integers(-(2**31), WRAP - 1)


@given(st.lists(st.tuples(st.floats(0.1, 4_000), values, values, values), max_size=12))
def test_whatever_a_device_says_nothing_raises_and_no_two_events_are_close(
    said: list[tuple[float, int | None, int | None, int | None]],
) -> None:
    at_s, answers = 0.0, []
    for wait_s, ticks, boots, time_s in said:
        at_s += wait_s
        answers.append(Vitals(at_s, ticks, boots, time_s))
    told = [
        answer.at_s
        for answer, one in zip(answers, follow(*answers), strict=True)
        if one.restart and one.restart.is_news
    ]
    assert all(later - earlier > 300 for earlier, later in pairwise(told))
