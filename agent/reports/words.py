"""Numbers and times of a report as people write them. Pure.

A share is cut, not rounded: what is not whole must never read as 100 %.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from agent.duty import ICT
from inventory.language import decimal, say

if TYPE_CHECKING:
    from datetime import date, datetime

    from inventory.language import Language

_HOUR, _MINUTE, _DAY = 3600, 60, 86_400


def percent(ratio: float | None, language: Language, digits: int = 2) -> str:
    """A share; "chưa có số liệu" for None."""
    if ratio is None:
        return say("report.unknown", language)
    steps = 10 ** (digits + 2)
    cut = math.floor(ratio * steps + 1e-9) / steps
    return f"{decimal(cut * 100, digits, language)}%"


def duration(seconds: float | None, language: Language) -> str:
    """Days and hours, hours and minutes, minutes and seconds: the two that matter."""
    if seconds is None:
        return say("report.unknown", language)
    whole = round(seconds)
    for size, small, key in (
        (_DAY, _HOUR, "days"), (_HOUR, _MINUTE, "hours"), (_MINUTE, 1, "minutes"),
    ):  # fmt: skip
        if whole >= size:
            rest = whole % size // small
            text = say(f"report.time.{key}", language, n=whole // size)
            return f"{text} {say(f'report.time.{_UNDER[key]}', language, n=rest)}" if rest else text
    return say("report.time.seconds", language, n=whole)


_UNDER = {"days": "hours", "hours": "minutes", "minutes": "seconds"}


def milliseconds(seconds: float | None, language: Language) -> str:
    """A delay."""
    if seconds is None:
        return say("report.unknown", language)
    return f"{decimal(seconds * 1000, 1, language)} ms"


def megabits(bps: float | None, language: Language) -> str:
    """A rate."""
    if bps is None:
        return say("report.unknown", language)
    return f"{decimal(bps / 1e6, 2, language)} Mbit/s"


def whole(number: int, language: Language) -> str:
    """A count, thousands apart."""
    text = f"{number:,}"
    return text.replace(",", ".") if language == "vi" else text


def moment(at: datetime | None, language: Language) -> str:
    """Time and day in Viet Nam."""
    return f"{at.astimezone(ICT):%H:%M %d/%m/%Y}" if at else say("report.none", language)


def checked(on: date | None, language: Language) -> str:
    """The day on which a person compared a rule with its text, or that nobody has."""
    return f"{on:%d/%m/%Y}" if on else say("report.nobody", language)


def day(at: datetime) -> str:
    """A day in Viet Nam."""
    return f"{at.astimezone(ICT):%d/%m/%Y}"
