"""Is a device on duty now: office hours, holidays and meetings say when silence is a fault."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from ruamel.yaml import YAML

from inventory.model import Duty
from inventory.values import Frozen, Words

ICT = timezone(timedelta(hours=7))  # Viet Nam has had no other offset since 1975
MEETING_LEAD = timedelta(minutes=60)
# Office hours have their own grace at both ends; a room is given as long after its duty begins.
SETTLING = timedelta(minutes=15)

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class OfficeHours(Frozen):
    """The working day: weekdays, spans as `HH:MM-HH:MM`, minutes taken off at both ends."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...]
    spans: tuple[Annotated[str, StringConstraints(pattern=r"^\d\d:\d\d-\d\d:\d\d$")], ...] = Field(
        min_length=1
    )
    grace_min: int = Field(default=15, ge=0, le=120)
    source: str

    def counted(self) -> tuple[time, time]:
        """From when until when silence counts on a working day; the break at noon counts too."""
        starts = [time.fromisoformat(span.partition("-")[0]) for span in self.spans]
        ends = [time.fromisoformat(span.partition("-")[2]) for span in self.spans]
        grace = timedelta(minutes=self.grace_min)
        return _moved(min(starts), grace), _moved(max(ends), -grace)


class YearlyHoliday(Frozen):
    """A holiday on the same solar date each year, `MM-DD`."""

    day: Annotated[str, StringConstraints(pattern=r"^\d\d-\d\d$")]
    name: Words
    source: str


class Holiday(Frozen):
    """A holiday by date, both days included."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    name: Words
    source: str


class Calendar(Frozen):
    """Working hours and holidays, as in `calendar.yaml`."""

    schema_: Literal["wardops/calendar/1"] = Field(alias="schema")
    office_hours: OfficeHours
    yearly: tuple[YearlyHoliday, ...] = ()
    holidays: tuple[Holiday, ...] = ()

    def is_holiday(self, day: date) -> bool:
        """Whether that local date is a holiday."""
        return any(holiday.day == f"{day:%m-%d}" for holiday in self.yearly) or any(
            holiday.first <= day <= holiday.last for holiday in self.holidays
        )

    def is_office_time(self, at: datetime) -> bool:
        """Whether silence counts for what works office hours."""
        local = at.astimezone(ICT)
        if _WEEKDAYS[local.weekday()] not in self.office_hours.days:
            return False
        start, end = self.office_hours.counted()
        return start <= local.time() < end and not self.is_holiday(local.date())


def packaged_calendar() -> Calendar:
    """The calendar that comes with the program: sample hours, holidays fixed by law."""
    text = (files("inventory") / "data" / "calendar.yaml").read_text(encoding="utf-8")
    return Calendar.model_validate(YAML(typ="safe").load(text))


def on_duty(
    duty: Duty, at: datetime, calendar: Calendar, meeting: tuple[datetime, datetime] | None = None
) -> bool:
    """Whether a silent device counts as a fault at that moment.

    `meeting` is start and end of the next or running meeting of its room (aware times); duty
    begins an hour before the start, and silence counts 15 minutes into it. Without a meeting a
    `meeting` device is off duty.
    """
    if duty is Duty.ALWAYS:
        return True
    if duty is Duty.OFFICE:
        return calendar.is_office_time(at)
    return meeting is not None and meeting[0] - MEETING_LEAD + SETTLING <= at < meeting[1]


def _moved(moment: time, by: timedelta) -> time:
    return (datetime.combine(date.min + timedelta(days=1), moment) + by).time()
