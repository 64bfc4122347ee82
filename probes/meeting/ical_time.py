"""Times of calendar events: which zone is meant, and rules that cannot run away.

Outlook names zones in its own way and sends times without any; in this city such a time is the
city's own.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from probes.meeting.recurrence import STEP_DAYS, laid_out, rule_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probes.meeting.ical_text import Field, Part

VIET_NAM = "Asia/Ho_Chi_Minh"
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_OFFSET = re.compile(r"\(?(?:UTC|GMT)\s*([+-])(\d{1,2})[:.]?(\d{2})?\b")
_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(Z?)")
_DATE = re.compile(r"\d{8}")
_VTIMEZONE_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?")
_STEP_DAYS: Mapping[str, int] = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 28, "YEARLY": 365}
_PLAIN = re.compile(
    r"(FREQ|UNTIL|COUNT|INTERVAL|WKST|BY(DAY|MONTHDAY|YEARDAY|WEEKNO|MONTH|SETPOS))"
)
_HALVES = 2


class OddTimeError(ValueError):
    """A time or rule that is not understood; `key` says what to tell."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def zones_of(calendar: Part) -> Mapping[str, str | None]:
    """Zones that the file describes itself, as names that are known; None for one of its own."""
    found: dict[str, str | None] = {}
    for part in calendar.parts:
        name = part.of("TZID") if part.name == "VTIMEZONE" else None
        if name is None:
            continue
        has_summer = any(one.name == "DAYLIGHT" for one in part.parts)
        offsets = [one.of("TZOFFSETTO") for one in part.parts]
        told = next((one for one in offsets if one is not None), None)
        match = _VTIMEZONE_OFFSET.fullmatch(told.value.strip()) if told else None
        known = _whole_hours(match[1], match[2], match[3]) if match else None
        found[name.value.strip()] = None if has_summer else known
    return found


def zone_named(name: str | None, described: Mapping[str, str | None]) -> tuple[str, bool]:
    """The zone that is meant by a TZID, and whether that is a guess (the city's own time).

    Raises OddTimeError for one with summer time or half hours that only the file knows.
    """
    if name is None:
        return VIET_NAM, False
    if _exists(name):
        return name, False
    from icalendar.timezone.windows_to_olson import (  # noqa: PLC0415 - the library is heavy
        WINDOWS_TO_OLSON,
    )

    if name in WINDOWS_TO_OLSON:
        return WINDOWS_TO_OLSON[name], False
    offset = _OFFSET.search(name)
    if offset:
        return _sure(_whole_hours(offset[1], offset[2], offset[3] or "00")), False
    if name in described:
        return _sure(described[name]), False
    return VIET_NAM, True


def _sure(zone: str | None) -> str:
    if zone is None:
        raise OddTimeError("calendar.odd_zone")
    return zone


def moment_of(one: Field, described: Mapping[str, str | None]) -> tuple[datetime | date, bool]:
    """The time of a property, aware, or the day of one without a time; and whether it is a guess.

    Raises OddTimeError.
    """
    value = one.value.strip()
    if _DATE.fullmatch(value):
        return _day(value), False
    match = _TIME.fullmatch(value)
    if match is None:
        raise OddTimeError("calendar.bad_time")
    told = _clock(match)
    if match[7]:
        return told, False
    zone, is_guess = zone_named(one.params.get("TZID"), described)
    return told.replace(tzinfo=ZoneInfo(zone)), is_guess


def written(name: str, at: datetime | date) -> str:
    """A property line of that time with a zone that the library knows."""
    if not isinstance(at, datetime):
        return f"{name};VALUE=DATE:{at:%Y%m%d}"
    zone = getattr(at.tzinfo, "key", None)
    if zone is None:
        return f"{name}:{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f"{name};TZID={zone}:{at:%Y%m%dT%H%M%S}"


def series_of(
    rule: str, start: datetime, since: datetime, end: datetime
) -> tuple[list[datetime], int]:
    """The times of a series between two moments, its first one left out, and the steps that took.

    Raises OddTimeError for a rule that repeats within a day, begins before 2000 or is none.
    """
    known = rule_of(rule)
    if known is None or start < _EARLIEST:
        raise OddTimeError("calendar.bad_rule")
    until = _until(known.until, end).astimezone(start.tzinfo)
    steps = max(1, (until - start).days // (STEP_DAYS[known.freq] * known.interval) + 1)
    clock = start.timetz()
    times = (datetime.combine(day, clock) for day in laid_out(known, start.date(), until.date()))
    return [at for at in times if start < at <= until and at >= since], steps


def _until(value: str | None, end: datetime) -> datetime:
    if value is None:
        return end
    if _DATE.fullmatch(value):
        return min(datetime.combine(_day(value), time.max, ZoneInfo(VIET_NAM)), end)
    match = _TIME.fullmatch(value)
    if match is None:
        raise OddTimeError("calendar.bad_rule")
    return min(_clock(match).replace(tzinfo=UTC if match[7] else ZoneInfo(VIET_NAM)), end)


def _day(value: str) -> date:
    try:
        return date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        raise OddTimeError("calendar.bad_time") from None


def _clock(match: re.Match[str]) -> datetime:
    """The written time, as yet of no zone."""
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise OddTimeError("calendar.bad_time") from None


def _exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _whole_hours(sign: str, hours: str, minutes: str) -> str | None:
    """`Etc/GMT-7` is seven hours ahead of UTC; there is none for half hours or beyond a day."""
    if int(minutes) or int(hours) > 14:
        return None
    return f"Etc/GMT{'-' if sign == '+' else '+'}{int(hours)}" if int(hours) else "Etc/GMT"
