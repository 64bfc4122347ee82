"""The shelf of meetings: what is booked, what a calendar changes, what a restart keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.journal.database import Opening
from agent.journal.store import open_store
from agent.meetings.shelf import Shelf
from agent.meetings.timeline import is_safe_window, next_change, phase_of
from inventory.errors import ActionRefused
from probes.meeting.model import Meeting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.journal.store import Store

NOW = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # a Monday, 07:00 in the ward
WHO = "local:cb-01"


def meeting(start_min: float = 60, minutes: float = 90, **changes: Any) -> Meeting:
    start = NOW + timedelta(minutes=start_min)
    values = {"code": "123/TB-UBND", "ward": "26740", "room": "hop-1", **changes}
    return Meeting(start=start, end=start + timedelta(minutes=minutes), **values)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path, Opening("agent-1", "sim", "boot-1", NOW, lambda: 0.0))
    yield opened
    opened.close()


def test_the_next_meeting_of_a_room_is_the_running_one_until_its_end(store: Store) -> None:
    shelf = Shelf(store)
    first = shelf.add(meeting(), WHO, NOW)
    second = shelf.add(meeting(240, code="124/TB-UBND"), WHO, NOW)
    shelf.add(meeting(5, room="hop-2"), WHO, NOW)
    assert shelf.next_of("26740", "hop-1", NOW) == first
    assert shelf.next_of("26740", "hop-1", first.end - timedelta(seconds=1)) == first
    assert shelf.next_of("26740", "hop-1", first.end) == second
    assert shelf.next_of("26740", "hop-1", second.end) is None
    assert shelf.next_of("26743", "hop-1", NOW) is None
    assert shelf.running(first.start) == (shelf.of_room("26740", "hop-2")[0], first)
    assert shelf.running(first.end) == ()


def test_meetings_outlive_a_restart_just_as_they_were(store: Store) -> None:
    entered = meeting(join="dial_out", test_uri="sip:phong-thu@mcu.example", profile="audio-only")
    Shelf(store).add(entered, WHO, NOW)
    assert Shelf(store).all() == (entered,)


def test_a_meeting_is_not_booked_twice_nor_in_the_past_nor_for_days(store: Store) -> None:
    shelf = Shelf(store)
    shelf.add(meeting(), WHO, NOW)
    for wrong in (meeting(), meeting(-120, 60), meeting(minutes=-1), meeting(minutes=25 * 60)):
        with pytest.raises(ActionRefused):
            shelf.add(wrong, WHO, NOW)
    assert len(shelf.all()) == 1


def test_a_code_that_several_rooms_share_has_to_be_told_apart(store: Store) -> None:
    shelf = Shelf(store)
    one = shelf.add(meeting(), WHO, NOW)
    other = shelf.add(meeting(room="hop-2"), WHO, NOW)
    with pytest.raises(ActionRefused, match=one.id):
        shelf.find("123/TB-UBND")
    assert shelf.find("123/TB-UBND", room="hop-2") == shelf.find(other.id) == other
    with pytest.raises(ActionRefused):
        shelf.find("125/TB-UBND")


def test_a_calendar_adds_moves_and_removes_its_own_and_nothing_else(store: Store) -> None:
    shelf = Shelf(store)
    entered = shelf.add(meeting(code="tay"), WHO, NOW)
    gone, moved = meeting(code="a"), meeting(120, code="b")
    assert len(shelf.take_calendar("city", (gone, moved), NOW).added) == 2
    later = replace(moved, start=moved.start + timedelta(minutes=30))
    change = shelf.take_calendar("city", (later, meeting(code="tay", minutes=10)), NOW)
    assert [one.code for one in change.removed] == ["a"]
    assert [one.start for one in change.moved] == [later.start]
    assert not change.added
    assert shelf.find("tay") == entered
    assert not shelf.take_calendar("city", (later,), NOW)
    assert [one.code for one in Shelf(store).all()] == ["tay", "b"]


def test_what_is_over_stays_for_its_report_until_it_is_forgotten(store: Store) -> None:
    shelf = Shelf(store)
    (held,) = shelf.take_calendar("city", (meeting(),), NOW).added
    after = held.end + timedelta(minutes=1)
    assert not shelf.take_calendar("city", (), after)
    assert shelf.upcoming(after) == (held,)
    assert shelf.upcoming(held.end + timedelta(minutes=15)) == ()
    assert shelf.forget(held.end) == ()
    assert shelf.forget(after) == (held.id,)
    assert Shelf(store).all() == ()


PHASES = ["booked", "t60", "t30", "t10", "running", "ended", "over"]


@pytest.mark.parametrize(
    ("minutes", "phase"),
    [(-61, "booked"), (-60, "t60"), (-31, "t60"), (-30, "t30"), (-10, "t10"), (0, "running"),
     (89, "running"), (90, "ended"), (104, "ended"), (105, "over")],
)  # fmt: skip
def test_each_phase_begins_with_its_own_moment(minutes: int, phase: str) -> None:
    one = meeting()
    assert phase_of(one, one.start + timedelta(minutes=minutes)) == phase


@given(st.integers(1, 1440), st.lists(st.integers(-3000, 3000), min_size=2, max_size=20))
def test_phases_only_go_on_and_change_just_when_it_was_said(
    length_min: int, moments: list[int]
) -> None:
    one = meeting(minutes=length_min)
    times = sorted(one.start + timedelta(minutes=at) for at in moments)
    places = [PHASES.index(phase_of(one, at)) for at in times]
    assert places == sorted(places)
    for at in times:
        change = next_change(one, at)
        if change is None:
            assert phase_of(one, at) == "over"
        else:
            second = timedelta(seconds=1)
            assert change > at
            assert phase_of(one, change) != phase_of(one, at)
            assert phase_of(one, max(at, change - second)) == phase_of(one, at)
    assert all(is_safe_window(one, at) for at in times if phase_of(one, at) in PHASES[2:5])
    assert not any(is_safe_window(one, at) for at in times if phase_of(one, at) in ("t60", "over"))
