"""When silence counts: office hours, holidays, meetings."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from agent.duty import ICT, Calendar, Holiday, on_duty, packaged_calendar
from inventory.model import Duty, Words

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


def test_a_room_is_on_duty_from_an_hour_before_its_meeting_to_the_end() -> None:
    meeting = (local("2026-09-02T07:30"), local("2026-09-02T09:00"))
    on = [
        minutes
        for minutes in range(-120, 180, 10)
        if on_duty(Duty.MEETING, meeting[0] + timedelta(minutes=minutes), CALENDAR, meeting)
    ]
    assert on == list(range(-60, 90, 10))


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
