"""Announced maintenance: windows, weekly rules laid out ahead, and what a window covers. Pure.

Inside a window checks go on and nobody is called; at its end everything it covered is asked again
before it may call anybody. Times are aware; weekly rules are local time (UTC+7).
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints

from agent.duty import ICT
from inventory.errors import ActionRefused
from inventory.values import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST = timedelta(hours=72)
AHEAD = timedelta(days=14)
MAY_BE_LONGER = frozenset({"city_noc"})

Day: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Window(Frozen):
    """One stretch of announced work on an object, or on a whole ward when `device` is None.

    `rule` names the weekly rule that it was laid out from; `ended` is when a person ended it early.
    """

    id: str
    ward: str
    device: str | None = None
    start: datetime
    end: datetime
    reason: str
    actor: str
    announced_at: datetime
    rule: str | None = None
    ended: datetime | None = None

    @property
    def until(self) -> datetime:
        """When it is over."""
        return min(self.end, self.ended or self.end)

    def is_open(self, at: datetime) -> bool:
        """Whether it covers that moment; the end itself is outside."""
        return self.start <= at < self.until


class WeeklyRule(Frozen):
    """The same window every week: local start `HH:MM` on some weekdays, length in minutes."""

    id: str
    ward: str
    device: str | None = None
    days: tuple[Day, ...] = Field(min_length=1)
    at: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    minutes: int = Field(gt=0, le=72 * 60)
    reason: str
    actor: str
    announced_at: datetime
    ended: datetime | None = None


def checked(window: Window, role: str) -> Window:
    """The window, when it may be announced like that.

    Refused without a reason, when it ends before it begins or is over already, or when it is longer
    than 72 hours and the role is not the city's own.
    """
    if not window.reason.strip():
        raise ActionRefused("maintenance.no_reason")
    if window.end <= window.start or window.end <= window.announced_at:
        raise ActionRefused("maintenance.ends_before", end=window.end.isoformat())
    if window.end - window.start > LONGEST and role not in MAY_BE_LONGER:
        raise ActionRefused("maintenance.too_long", hours=LONGEST.days * 24)
    return window


def laid_out(rule: WeeklyRule, now: datetime) -> Iterator[Window]:
    """The rule's windows of the next 14 days, one that is open now included; none once it ended."""
    if rule.ended is not None:
        return
    length = timedelta(minutes=rule.minutes)
    begin = time.fromisoformat(rule.at)
    first = (now - length).astimezone(ICT).date()
    last = (now + AHEAD).astimezone(ICT).date()
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        start = datetime.combine(day, begin, ICT)
        if _DAYS[day.weekday()] in rule.days and start + length > now and start <= now + AHEAD:
            yield Window(
                id=f"{rule.id}/{day.isoformat()}", ward=rule.ward, device=rule.device, start=start,
                end=start + length, reason=rule.reason, actor=rule.actor,
                announced_at=rule.announced_at, rule=rule.id,
            )  # fmt: skip


class Covered(Frozen):
    """What the open windows of one ward cover: the whole ward, or objects by name."""

    whole: bool = False
    names: frozenset[str] = frozenset()

    def has(self, name: str) -> bool:
        """Whether an object of the ward is covered."""
        return self.whole or name in self.names


def covered(windows: Iterable[Window], ward: str, at: datetime) -> Covered:
    """What is covered in a ward at that moment; what stands behind an object is not yet named."""
    mine = [one for one in windows if one.ward == ward and one.is_open(at)]
    names = frozenset(one.device for one in mine if one.device is not None)
    return Covered(whole=any(one.device is None for one in mine), names=names)


def ended_early(window: Window, now: datetime) -> Window:
    """The window as ended by a person now. Refused when it is over already."""
    if window.until <= now:
        raise ActionRefused("maintenance.over", id=window.id)
    return window.model_copy(update={"ended": max(now, window.start)})
