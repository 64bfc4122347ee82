"""Announced windows: who may, how long, weekly ones ahead, and what a restart keeps of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.duty import ICT
from agent.journal.database import Opening
from agent.journal.store import open_store
from agent.maintenance.model import (
    AHEAD,
    WeeklyRule,
    Window,
    checked,
    covered,
    ended_early,
    laid_out,
)
from agent.maintenance.windows import Windows
from inventory.errors import ActionRefused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.journal.store import Store

NOW = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)  # a Saturday, 14:00 in the ward
COMMON: dict[str, Any] = {
    "ward": "26740", "reason": "UPS", "actor": "local:cb-01", "announced_at": NOW,
}  # fmt: skip


def window(
    start_h: float = 0, hours: float = 2, device: str | None = None, name: str = "BT-0001"
) -> Window:
    start = NOW + timedelta(hours=start_h)
    end = start + timedelta(hours=hours)
    return Window(id=name, device=device, start=start, end=end, **COMMON)


def weekly(**changes: Any) -> WeeklyRule:
    values = {"id": "BT-0007", "days": ("tue",), "at": "22:00", "minutes": 180, **COMMON, **changes}
    return WeeklyRule.model_validate(values)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path, Opening("agent-1", "sim", "boot-1", NOW, lambda: 0.0))
    yield opened
    opened.close()


def test_72_hours_are_the_longest_but_for_the_city() -> None:
    assert checked(window(hours=72), "ward_it").end == NOW + timedelta(hours=72)
    with pytest.raises(ActionRefused, match="72"):
        checked(window(hours=72.01), "region_dxc")
    assert checked(window(hours=100), "city_noc")


def test_a_window_needs_a_reason_and_an_end_that_is_to_come() -> None:
    for wrong in (
        window().model_copy(update={"reason": " "}),
        window(hours=0),
        window(start_h=-5, hours=4),
    ):
        with pytest.raises(ActionRefused):
            checked(wrong, "city_noc")


def test_the_start_belongs_to_a_window_and_the_end_does_not() -> None:
    one = window(hours=2)
    moments = [NOW + timedelta(hours=h) for h in (-0.01, 0, 1.99, 2)]
    assert [one.is_open(at) for at in moments] == [False, True, True, False]
    early = ended_early(one, NOW + timedelta(hours=1))
    assert not early.is_open(NOW + timedelta(hours=1))
    with pytest.raises(ActionRefused):
        ended_early(early, NOW + timedelta(hours=1))


def test_a_ward_is_covered_whole_or_object_by_object_and_only_its_own() -> None:
    windows = [window(device="sw-1"), window(start_h=3, device="ups-1")]
    now = covered(windows, "26740", NOW)
    assert (now.has("sw-1"), now.has("ups-1"), now.has("ce-1")) == (True, False, False)
    assert covered([*windows, window()], "26740", NOW).has("ce-1")
    assert not covered([window()], "26743", NOW).has("ce-1")


def test_a_weekly_rule_gives_the_next_two_weeks_in_local_time() -> None:
    starts = [one.start.astimezone(ICT) for one in laid_out(weekly(), NOW)]
    assert [f"{at:%a %d %H:%M}" for at in starts] == ["Tue 24 22:00", "Tue 01 22:00"]
    assert list(laid_out(weekly(ended=NOW), NOW)) == []


def test_one_that_began_yesterday_and_still_runs_is_laid_out_too() -> None:
    at_night = datetime(2026, 11, 25, 0, 30, tzinfo=ICT)
    first = next(laid_out(weekly(), at_night))
    assert first.is_open(at_night)
    assert f"{first.end.astimezone(ICT):%d %H:%M}" == "25 01:00"


@given(
    st.sets(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1),
    st.integers(0, 23),
    st.integers(1, 72 * 60),
    st.integers(0, 14 * 24 * 60),
)
def test_weekly_windows_lie_ahead_on_their_days_and_none_is_missed(
    days: set[str], hour: int, minutes: int, later_min: int
) -> None:
    rule = weekly(days=tuple(sorted(days)), at=f"{hour:02d}:00", minutes=minutes)
    now = NOW + timedelta(minutes=later_min)
    found = list(laid_out(rule, now))
    assert len({one.id for one in found}) == len(found)
    for one in found:
        local = one.start.astimezone(ICT)
        assert f"{local:%a}".lower() in days
        assert (local.hour, local.minute) == (hour, 0)
        assert one.end > now
        assert one.start <= now + AHEAD
    assert len(found) >= 2 * len(days)


def test_windows_outlive_a_restart_and_numbers_are_not_used_again(store: Store) -> None:
    first = Windows(store, NOW)
    one = first.announce(window(start_h=1), "ward_it")
    rule = first.announce_weekly(weekly(id=""))
    first.end(one.id, NOW + timedelta(minutes=5), "local:cb-01")
    again = Windows(store, NOW + timedelta(minutes=10))
    assert (one.id, rule.id) == ("BT-0001", "BT-0002")
    upcoming = [found.id for found in again.upcoming(NOW + timedelta(minutes=10))]
    assert upcoming == ["BT-0002/2026-11-24", "BT-0002/2026-12-01"]
    assert again.announce(window(), "ward_it").id == "BT-0003"


def test_ending_a_weekly_rule_ends_all_of_it_also_after_a_restart(store: Store) -> None:
    windows = Windows(store, NOW)
    rule = windows.announce_weekly(weekly(id="", days=("sat",), at="13:00"))
    assert [one.rule for one in windows.turn(NOW)[0]] == [rule.id]
    windows.end(rule.id, NOW, "local:cb-01")
    opened, closed = windows.turn(NOW)
    assert (opened, [one.rule for one in closed]) == ((), [rule.id])
    assert windows.rules() == ()
    again = Windows(store, NOW)
    assert (again.upcoming(NOW), again.turn(NOW)) == ((), ((), ()))


def test_one_day_of_a_weekly_rule_can_be_left_out_for_good(store: Store) -> None:
    windows = Windows(store, NOW)
    windows.announce_weekly(weekly(id=""))
    windows.end("BT-0001/2026-11-24", NOW, "local:cb-01")
    again = Windows(store, NOW)
    assert [one.id for one in again.upcoming(NOW)] == ["BT-0001/2026-12-01"]


def test_each_window_opens_once_and_closes_once(store: Store) -> None:
    windows = Windows(store, NOW)
    windows.announce(window(start_h=1, hours=1), "ward_it")
    told = []
    for minute in range(0, 180, 7):
        opened, closed = windows.turn(NOW + timedelta(minutes=minute))
        told += [("opened", one.id) for one in opened] + [("closed", one.id) for one in closed]
    assert told == [("opened", "BT-0001"), ("closed", "BT-0001")]


def test_weekly_windows_go_on_appearing_as_weeks_pass(store: Store) -> None:
    windows = Windows(store, NOW)
    windows.announce_weekly(weekly(id=""))
    opened = sum(
        len(windows.turn(NOW + timedelta(hours=hour))[0]) for hour in range(0, 10 * 7 * 24, 2)
    )
    assert opened == 10
