"""Recurrence rules of whole days (RFC 5545, 3.3.10), laid out up to an end and no further.

A general library walks on to the year 9999 for a rule that never comes; what a stranger's file says
must not keep an agent busy. Rules that repeat within a day are refused: no meeting does.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
STEP_DAYS = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 28, "YEARLY": 365}
_BY_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?\d{1,3}")
_NAMES = frozenset(
    {"FREQ", "UNTIL", "COUNT", "INTERVAL", "WKST", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS"}
)
_MOST = 10**6
_HALVES = 2


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as read: `by_day` are (which of the period, weekday), 0 for every one."""

    freq: str
    interval: int = 1
    count: int | None = None
    until: str | None = None
    week_start: int = 0
    by_day: tuple[tuple[int, int], ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_month: tuple[int, ...] = ()
    by_set_pos: tuple[int, ...] = ()


def rule_of(text: str) -> Rule | None:
    """The rule that is written there; None for one that is wrong or not supported."""
    pieces = [piece.split("=", 1) for piece in text.strip().upper().split(";") if piece]
    if any(len(piece) != _HALVES for piece in pieces):
        return None
    parts = {piece[0]: piece[1] for piece in pieces}
    days = [_BY_DAY.fullmatch(one) for one in _listed(parts.get("BYDAY"))]
    numbers = {name: _numbers(parts.get(name)) for name in ("BYMONTHDAY", "BYMONTH", "BYSETPOS")}
    interval, count = _whole(parts.get("INTERVAL", "1")), _whole(parts.get("COUNT", "1"))
    wrong = not parts.keys() <= _NAMES or parts.get("FREQ") not in STEP_DAYS
    wrong = wrong or None in (interval, count, *days, *numbers.values())
    if wrong or parts.get("WKST", "MO") not in DAYS:
        return None
    rule = Rule(
        freq=parts["FREQ"],
        interval=interval or 1,
        count=count if "COUNT" in parts else None,
        until=parts.get("UNTIL"),
        week_start=DAYS.index(parts.get("WKST", "MO")),
        by_day=tuple((int(one[1] or 0), DAYS.index(one[2])) for one in days if one),
        by_month_day=numbers["BYMONTHDAY"] or (),
        by_month=numbers["BYMONTH"] or (),
        by_set_pos=numbers["BYSETPOS"] or (),
    )
    has_ordinals = any(nth for nth, _ in rule.by_day)
    return None if has_ordinals and rule.freq in ("DAILY", "WEEKLY") else rule


def laid_out(rule: Rule, start: date, until: date) -> Iterator[date]:
    """The days of a series from its first one to `until`; the first belongs to it by itself."""
    left = rule.count if rule.count is not None else _MOST
    if left and start <= until:
        yield start
        left -= 1
    for days in _periods(rule, start, until):
        for day in _picked(rule, days):
            if day > until or left <= 0:
                return
            if day > start:
                yield day
                left -= 1


def _periods(rule: Rule, start: date, until: date) -> Iterator[list[date]]:
    """The days that each period of the rule brings, in order, up to the end."""
    if rule.freq in ("DAILY", "WEEKLY"):
        yield from _short_periods(rule, start, until)
        return
    year, month = start.year, start.month if rule.freq == "MONTHLY" else 1
    while (year, month) <= (until.year, until.month):
        if rule.freq == "MONTHLY":
            fits = not rule.by_month or month in rule.by_month
            yield _of_month(rule, start, year, month) if fits else []
            months = year * 12 + month - 1 + rule.interval
            year, month = months // 12, months % 12 + 1
        else:
            yield _of_year(rule, start, year)
            year += rule.interval


def _short_periods(rule: Rule, start: date, until: date) -> Iterator[list[date]]:
    length = STEP_DAYS[rule.freq]
    back = (start.weekday() - rule.week_start) % 7 if length > 1 else 0
    weekdays = {day for _, day in rule.by_day} or (
        {start.weekday()} if length > 1 else set(range(7))
    )
    begin = start - timedelta(days=back)
    while begin <= until:
        days = (begin + timedelta(days=number) for number in range(length))
        yield [day for day in days if day.weekday() in weekdays and _fits(rule, day)]
        begin += timedelta(days=length * rule.interval)


def _fits(rule: Rule, day: date) -> bool:
    if rule.by_month and day.month not in rule.by_month:
        return False
    return not rule.by_month_day or day.day in _month_days(rule, day.year, day.month)


def _of_month(rule: Rule, start: date, year: int, month: int) -> list[date]:
    days = {date(year, month, day) for day in _month_days(rule, year, month)}
    if rule.by_day:
        last = monthrange(year, month)[1]
        whole = [date(year, month, day) for day in range(1, last + 1)]
        named = set(_weekdays(rule, whole))
        return sorted(days & named if rule.by_month_day else named)
    if rule.by_month_day:
        return sorted(days)
    return [date(year, month, start.day)] if start.day <= monthrange(year, month)[1] else []


def _of_year(rule: Rule, start: date, year: int) -> list[date]:
    if rule.by_day and not rule.by_month and not rule.by_month_day:
        first = date(year, 1, 1)
        length = (date(year, 12, 31) - first).days + 1
        return sorted(_weekdays(rule, [first + timedelta(days=n) for n in range(length)]))
    usual = tuple(range(1, 13)) if rule.by_month_day else (start.month,)
    months = sorted(set(rule.by_month or usual))
    return [day for month in months if 1 <= month <= 12
            for day in _of_month(rule, start, year, month)]  # fmt: skip


def _month_days(rule: Rule, year: int, month: int) -> Iterator[int]:
    last = monthrange(year, month)[1]
    for day in rule.by_month_day:
        number = day if day > 0 else last + 1 + day
        if day and 1 <= number <= last:
            yield number


def _weekdays(rule: Rule, days: list[date]) -> Iterator[date]:
    """The named weekdays of a stretch: every one, or the nth from its begin or end."""
    for nth, weekday in rule.by_day:
        mine = [day for day in days if day.weekday() == weekday]
        if nth == 0:
            yield from mine
        elif 1 <= abs(nth) <= len(mine):
            yield mine[nth - 1 if nth > 0 else nth]


def _picked(rule: Rule, days: list[date]) -> Iterable[date]:
    if not rule.by_set_pos:
        return days
    places = (one - 1 if one > 0 else len(days) + one for one in rule.by_set_pos if one)
    return sorted({days[place] for place in places if 0 <= place < len(days)})


def _listed(value: str | None) -> list[str]:
    return value.split(",") if value else []


def _numbers(value: str | None) -> tuple[int, ...] | None:
    listed = _listed(value)
    return tuple(map(int, listed)) if all(map(_NUMBER.fullmatch, listed)) else None


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 7 and int(text) else None
