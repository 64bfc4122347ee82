"""The times that reports are about, as days of Viet Nam. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

from agent.duty import ICT
from inventory.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Kind: TypeAlias = Literal["monthly", "annual", "uplink"]
DAY = timedelta(days=1)
WEEK = 7 * DAY
_WRONG: Mapping[Kind, str] = MappingProxyType({
    "monthly": "report.bad_month", "annual": "report.bad_year", "uplink": "report.bad_day",
})  # fmt: skip
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
    try:
        begin, end = _asked(kind, period, local, starts)
    except (ValueError, OverflowError):  # no such day, or beyond what a calendar holds
        raise InputError(_WRONG[kind], period=(period or "")[:20]) from None
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


def _asked(
    kind: Kind, period: str | None, local: datetime, starts: str
) -> tuple[datetime, datetime]:
    if kind == "monthly":
        first = _month(period, local)
        return midnight(first), midnight(_month_after(first))
    if kind == "annual":
        return _year(period, local, starts)
    end = _slot_floor(local) if period is None else midnight(date.fromisoformat(period) + DAY)
    return end - WEEK, end


def _month(period: str | None, local: datetime) -> date:
    if period is None:
        return (local.date().replace(day=1) - DAY).replace(day=1)
    found = _MONTH.fullmatch(period)
    if found is None:
        raise ValueError(period)
    return date(int(found[1]), int(found[2]), 1)


def _year(period: str | None, local: datetime, starts: str) -> tuple[datetime, datetime]:
    month, day = (int(part) for part in starts.split("-"))
    if period is None:
        is_over = local.date() >= date(local.year, month, day)
        year = local.year if is_over else local.year - 1
    elif _YEAR.fullmatch(period):
        year = int(period)
    else:
        raise ValueError(period)
    return midnight(date(year - 1, month, day)), midnight(date(year, month, day))


def _month_after(day: date) -> date:
    return (day.replace(day=1) + 32 * DAY).replace(day=1)


def _slot_floor(local: datetime) -> datetime:
    """The end of the last slot of five minutes that is closed."""
    return local.replace(minute=local.minute - local.minute % 5, second=0, microsecond=0)


def _name(kind: Kind, begin: datetime, end: datetime) -> str:
    if kind == "monthly":
        return f"{begin:%Y-%m}"
    return f"{end:%Y}" if kind == "annual" else f"{end:%Y-%m-%dT%H:%M}"
