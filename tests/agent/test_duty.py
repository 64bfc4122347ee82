"""When silence counts: office hours, holidays, meetings."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from agent.duty import ICT, Calendar, Holiday, on_duty, packaged_calendar
from agent.settings import read_calendar
from inventory.errors import InventoryError
from inventory.model import Duty
from inventory.values import Words

if TYPE_CHECKING:
    from pathlib import Path

CALENDAR = packaged_calendar()


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ICT)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-11-20T07:29", False),
        ("2026-11-20T07:44:59", False),  # fifteen minutes of grace to switch on
        ("2026-11-20T07:45", True),
        ("2026-11-20T12:10", True),  # the break at noon counts
        ("2026-11-20T16:44:59", True),
        ("2026-11-20T16:45", False),
        ("2026-11-20T20:00", False),
        ("2026-11-21T09:00", False),  # Saturday
        ("2026-11-22T09:00", False),
        ("2026-09-02T09:00", False),  # a Wednesday, National Day
        ("2027-04-30T09:00", False),
        ("2027-01-01T09:00", False),
    ],
)
def test_office_hours(when: str, expected: bool) -> None:
    assert on_duty(Duty.OFFICE, local(when), CALENDAR) is expected


def test_office_hours_are_local_whatever_zone_the_time_comes_in() -> None:
    at = datetime.fromisoformat("2026-11-20T01:00:00+00:00")
    assert on_duty(Duty.OFFICE, at, CALENDAR)


def test_always_means_always() -> None:
    assert on_duty(Duty.ALWAYS, local("2026-09-02T03:00"), CALENDAR)


def test_a_rooms_silence_counts_from_three_quarters_of_an_hour_before_its_meeting() -> None:
    meeting = (local("2026-09-02T07:30"), local("2026-09-02T09:00"))
    on = [
        minutes
        for minutes in range(-120, 180, 5)
        if on_duty(Duty.MEETING, meeting[0] + timedelta(minutes=minutes), CALENDAR, meeting)
    ]
    assert on == list(range(-45, 90, 5))  # duty from T-60, and 15 minutes to settle


OWN = """\
schema: wardops/calendar/1
office_hours: {days: [mon, sat], spans: ["08:00-12:00"], grace_min: 0, source: test}
holidays:
  - {from: 2027-02-05, to: 2027-02-12, name: {vi: Tết Nguyên đán, en: Tet}, source: test}
"""


def test_a_ward_may_have_hours_of_its_own_and_the_folder_its_holidays(tmp_path: Path) -> None:
    shared = OWN.replace("[mon, sat]", "[mon, tue, wed, thu, fri]")
    (tmp_path / "calendar.yaml").write_text(shared, encoding="utf-8")
    (tmp_path / "calendar-26740.yaml").write_text(OWN, encoding="utf-8")
    calendars = {code: read_calendar(tmp_path, code) for code in ("26740", "26743")}
    saturday, tet = local("2026-11-21T09:00"), local("2027-02-08T09:00")
    on = [on_duty(Duty.OFFICE, saturday, calendars[code]) for code in ("26740", "26743")]
    assert on == [True, False]
    assert not any(on_duty(Duty.OFFICE, tet, calendar) for calendar in calendars.values())
    assert read_calendar(tmp_path / "none", "26740") == CALENDAR


def test_a_wrong_calendar_is_a_line_with_its_place(tmp_path: Path) -> None:
    wrong = OWN.replace("grace_min: 0", "grace_min: soon")
    (tmp_path / "calendar.yaml").write_text(wrong, encoding="utf-8")
    with pytest.raises(InventoryError, match=r"calendar\.yaml:2.*grace_min"):
        read_calendar(tmp_path, "26740")


def test_without_a_meeting_a_room_is_off_duty() -> None:
    assert not on_duty(Duty.MEETING, local("2026-11-20T09:00"), CALENDAR)


def test_holidays_by_date_are_entered_by_people_and_count_both_ends() -> None:
    assert CALENDAR.holidays == ()
    names = Words(vi="Mẫu", en="Sample")
    holiday = Holiday.model_validate(
        {"from": date(2026, 11, 19), "to": date(2026, 11, 20), "name": names, "source": "test"}
    )
    calendar = Calendar.model_validate(
        {**CALENDAR.model_dump(by_alias=True), "holidays": [holiday]}
    )
    open_days = [day for day in (18, 19, 20, 23) if not calendar.is_holiday(date(2026, 11, day))]
    assert open_days == [18, 23]


def test_every_fixed_holiday_says_where_it_comes_from() -> None:
    assert {holiday.day for holiday in CALENDAR.yearly} == {"01-01", "04-30", "05-01", "09-02"}
    assert all("Điều 112" in holiday.source for holiday in CALENDAR.yearly)


def test_a_folder_may_bring_its_own_calendar(tmp_path: Path) -> None:
    shipped = packaged_calendar()
    assert read_calendar(tmp_path) == shipped
    (tmp_path / "calendar.yaml").write_text(
        "schema: wardops/calendar/1\n"
        "office_hours: {days: [mon], spans: ['08:00-12:00'], source: sample}\n"
        "holidays:\n"
        "  - {from: 2026-02-16, to: 2026-02-20, name: {vi: Tết, en: Tet}, source: sample}\n",
        encoding="utf-8",
    )
    own = read_calendar(tmp_path)
    assert own.is_holiday(date(2026, 2, 18))
    assert own.office_hours.days == ("mon",)


def test_a_wrong_calendar_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "calendar.yaml").write_text("schema: wardops/calendar/1\noffice: {}\n")
    with pytest.raises(InventoryError) as refused:
        read_calendar(tmp_path)
    assert "calendar.yaml:2" in str(refused.value)
