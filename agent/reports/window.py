"""The times that reports are about, as days of Viet Nam. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

from agent.duty import ICT
from inventory.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind: TypeAlias = Literal["monthly", "annual", "uplink"]
DAY = timedelta(days=1)
WEEK = 7 * DAY
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True, slots=True)
class Window:
    """From `begin` to before `end`, in Viet Nam's time; `period` is how it was asked for.

    `whole_end` is where the period itself ends: later than `end` while it still goes on.
    """

    kind: Kind
    period: str
    begin: datetime
    end: datetime
    whole_end: datetime

    @property
    def is_running(self) -> bool:
        """Whether the period is not over yet."""
        return self.end < self.whole_end

    @property
    def total_s(self) -> float:
        """Its length."""
        return (self.end - self.begin).total_seconds()


def window_of(kind: Kind, period: str | None, now: datetime, starts: str = "12-15") -> Window:
    """The window of a report; `period` None is the last one that is over.

    A month is `2026-11`, a year `2026`, the week of a line the day it ends with, `2026-11-21`
    (that day included). A year runs from `starts` (month-day) of the year before to the same day.
    Raises InputError for anything else and for a period that has not begun.
    """
    local = now.astimezone(ICT)
    if kind == "monthly":
        begin, end = _month(period, local)
    elif kind == "annual":
        begin, end = _year(period, local, starts)
    else:
        begin, end = _week(period, local)
    if begin >= local:
        raise InputError("report.not_begun", period=period or "")
    name = period or _name(kind, begin, end)
    return Window(kind, name, begin, min(end, _slot_floor(local)), end)


def days_of(window: Window) -> Iterator[tuple[datetime, datetime]]:
    """Its days, each from midnight to midnight, the last cut where the window ends."""
    begin = window.begin
    while begin < window.end:
        after = min(window.end, midnight(begin.date() + DAY))
        yield begin, after
        begin = after


def months_of(window: Window) -> Iterator[tuple[datetime, datetime]]:
    """The calendar months that it touches, cut to it."""
    begin = window.begin
    while begin < window.end:
        after = min(window.end, midnight(_month_after(begin.date())))
        yield begin, after
        begin = after


def midnight(day: date) -> datetime:
    """The beginning of a day in Viet Nam."""
    return datetime.combine(day, time(), ICT)


def _month(period: str | None, local: datetime) -> tuple[datetime, datetime]:
    if period is None:
        first = (local.date().replace(day=1) - DAY).replace(day=1)
    else:
        found = _MONTH.fullmatch(period)
        if found is None:
            raise InputError("report.bad_month", period=period[:20])
        first = _day(int(found[1]), int(found[2]), 1, "report.bad_month", period)
    return midnight(first), midnight(_month_after(first))


def _year(period: str | None, local: datetime, starts: str) -> tuple[datetime, datetime]:
    month, day = (int(part) for part in starts.split("-"))
    if period is None:
        over = local.date() >= date(local.year, month, day)
        year = local.year if over else local.year - 1
    elif _YEAR.fullmatch(period):
        year = int(period)
    else:
        raise InputError("report.bad_year", period=period[:20])
    shown = str(year)
    first, last = (_day(one, month, day, "report.bad_year", shown) for one in (year - 1, year))
    return midnight(first), midnight(last)


def _week(period: str | None, local: datetime) -> tuple[datetime, datetime]:
    if period is None:
        end = _slot_floor(local)
        return end - WEEK, end
    try:
        last = date.fromisoformat(period)
    except ValueError:
        raise InputError("report.bad_day", period=period[:20]) from None
    end = midnight(last + DAY)
    return end - WEEK, end


def _day(year: int, month: int, day: int, key: str, period: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise InputError(key, period=period) from None


def _month_after(day: date) -> date:
    return (day.replace(day=1) + 32 * DAY).replace(day=1)


def _slot_floor(local: datetime) -> datetime:
    """The end of the last slot of five minutes that is closed."""
    return local.replace(minute=local.minute - local.minute % 5, second=0, microsecond=0)


def _name(kind: Kind, begin: datetime, end: datetime) -> str:
    if kind == "monthly":
        return f"{begin:%Y-%m}"
    return f"{end:%Y}" if kind == "annual" else f"{end:%Y-%m-%dT%H:%M}"
