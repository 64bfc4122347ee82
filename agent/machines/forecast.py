"""When a disk or a quota will be full, from what was left of it every six hours. Pure.

The pace is the seasonal Theil-Sen slope (Sen 1968, Hirsch et al. 1982): the median of the slopes
between points of the same time of day, so that what is written and rotated every night, and a
single odd value, do not count. Its uncertainty comes from how much the changes from one day to the
next differ among themselves, which what is to come adds to as well: a disk wanders. The method and
the rates at which its intervals held are in docs/adr.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import floor, inf, sqrt
from statistics import fmean, median
from typing import TYPE_CHECKING, NamedTuple

from probes.vm.trend import Forecast, NoForecast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from probes.vm.trend import NoForecastReason, Outlook

SLOT_S = 6 * 3600
DAY_SLOTS = 4
DAY_S = DAY_SLOTS * SLOT_S
FRESH_S = 12 * 3600.0
_RECENT_DAYS = 3  # a change of pace within the window shows in these
_WEEK_DAYS = 7
_WORK_SHARE = 5 / 7  # what grows on working days alone, seen on working days alone
_TIMES_AHEAD = 10  # so many times the days of data are told ahead, no more
_JUMP = 0.01  # of the size: less is no clean-up, and no other size
_JUMP_TIMES = 3  # the usual change from one day to the next
_CLEANED_OFTEN = 2
_LAST_DAYS = 3650.0  # later than ten years is no bound
# Student's t, 90th percentile: degrees of freedom and value.
_T90 = ((1, 3.078), (2, 1.886), (3, 1.638), (4, 1.533), (5, 1.476), (6, 1.440), (8, 1.397),
        (10, 1.372), (14, 1.345), (20, 1.325), (29, 1.311))  # fmt: skip
_FALLING = 0.53  # of that value: about the 75th percentile, beyond which a fall is taken for one


class Point(NamedTuple):
    """The least that was left in one slot, and the size, both in bytes or another unit.

    `slot` is the slot's beginning in Unix seconds, a multiple of `SLOT_S`.
    """

    slot: int
    left: float
    size: float


@dataclass(frozen=True, slots=True)
class Window:
    """How many days are looked back over, and how many of data are needed."""

    days: int
    needed: int


WEEK = Window(7, 3)
MONTH = Window(30, 14)


@dataclass(frozen=True, slots=True)
class _Fall:
    """What is left, and its change a day (below zero), with what is not known of that.

    `wander` is the variance that each further day adds, `doubt` that of the pace itself.
    """

    left: float
    pace: float
    wander: float
    doubt: float
    t: float

    @property
    def is_seen(self) -> bool:
        """Whether it falls at all, beyond its own ups and downs."""
        return self.pace + _FALLING * self.t * sqrt(self.doubt) < 0

    @property
    def days(self) -> float:
        """Days until nothing is left."""
        return self.left / -self.pace

    def bounds(self) -> tuple[float, float]:
        """Days between which nothing is left any more; infinity where that is not certain.

        They are where left + pace·h = ± t·sqrt(doubt·h² + wander·(h + 1/4)).
        """
        if self.left == 0:
            return 0.0, 0.0
        wide = self.t**2
        a = self.pace**2 - wide * self.doubt
        b = 2 * self.left * self.pace - wide * self.wander
        c = self.left**2 - wide * self.wander / 4
        if a == 0:
            return max(0.0, -c / b), inf
        root = sqrt(max(0.0, b * b - 4 * a * c))
        low, high = sorted(((-b - root) / (2 * a), (-b + root) / (2 * a)))
        if a < 0:
            return (high if c > 0 else 0.0), inf
        return (low if c > 0 else 0.0), high


def anew(window: Window) -> NoForecast:
    """What can be told of something that begins now: nothing."""
    return NoForecast("too_little", 0.0, window.needed)


def slot_at(at_s: float) -> int:
    """The beginning of the slot that a moment lies in, both in Unix seconds."""
    return floor(at_s / SLOT_S) * SLOT_S


def forecast(points: Sequence[Point], window: Window, now_s: float) -> Outlook:
    """When nothing will be left, as of `now_s` (Unix seconds), or why that cannot be told.

    `points` come oldest first; of those beyond the window only clean-ups are looked at. A slot
    that goes on is no point yet.
    """
    known = [one for one in points if one.slot + SLOT_S <= now_s]
    steps = _daily_steps(known)
    changes = list(_changes(known, steps))
    fitted = _fitted(known, steps, changes, window)
    days = len(fitted) / DAY_SLOTS

    def none(why: NoForecastReason) -> NoForecast:
        return NoForecast(why, days, window.needed)

    if known and now_s - (known[-1].slot + SLOT_S) > FRESH_S:
        return none("stale")
    if days < window.needed:
        return none("too_little")
    fall = _fall(fitted)
    if fall is None:
        return none("too_little")
    if not fall.is_seen:
        return none("not_filling")
    if fall.days > _TIMES_AHEAD * days:
        return none("far")
    if fall.days > _next_cleaning(known, changes):
        return none("cleaned")
    return _told(fall, fitted, days)


def _told(fall: _Fall, fitted: Sequence[Point], days: float) -> Forecast:
    """In calendar time, with room for the time of day, and for a week of which days are unseen."""
    first, last = fall.bounds()
    last += 1
    if fitted[-1].slot - fitted[0].slot < _WEEK_DAYS * DAY_S - SLOT_S:
        last = last / _WORK_SHARE + 1
    end_s = fitted[-1].slot + SLOT_S
    return Forecast(
        full_at=_moment(end_s + fall.days * DAY_S),
        not_before=_moment(end_s + max(0.0, first * DAY_S - SLOT_S)),
        not_after=_moment(end_s + last * DAY_S) if last <= _LAST_DAYS else None,
        since=_moment(fitted[0].slot),
        days=days,
    )


def _moment(at_s: float) -> datetime:
    return datetime.fromtimestamp(round(at_s), UTC)


@dataclass(frozen=True, slots=True)
class _Steps:
    """By place, the change since the last point of the same time of day, and until the next one.

    `usual` is what they mostly are.
    """

    found: Sequence[float | None]
    back: Mapping[int, float]
    usual: float

    def enough(self, point: Point) -> float:
        """What a change must exceed to be more than an ordinary one."""
        return max(_JUMP * point.size, _JUMP_TIMES * self.usual)


class _Change(NamedTuple):
    """Where something else begins: another size, or room that was made."""

    place: int
    is_cleaning: bool


def _fitted(
    known: Sequence[Point], steps: _Steps, changes: Sequence[_Change], window: Window
) -> Sequence[Point]:
    """The points within the window and since the last change, but for odd values."""
    if not known:
        return ()
    begin = known[-1].slot - window.days * DAY_S
    since = changes[-1].place if changes else 0
    return [
        one
        for place, one in enumerate(known)
        if place >= since and one.slot > begin and not _is_odd(known, steps, place)
    ]


def _is_odd(known: Sequence[Point], steps: _Steps, place: int) -> bool:
    """Whether less was left than the day before, and the day after it was back."""
    down, back = steps.found[place], steps.back.get(place)
    enough = steps.enough(known[place])
    return down is not None and back is not None and down < -enough and back > enough


def _changes(known: Sequence[Point], steps: _Steps) -> Iterator[_Change]:
    """Clean-ups and changes of size.

    A clean-up is more room than at the same time of the day before, by more than the days differ
    otherwise, and for a whole day as far as that is over; the way back from an odd value is none.
    """
    until = 0
    for place in range(1, len(known)):
        before = known[place - 1]
        if abs(known[place].size - before.size) > _JUMP * before.size:
            until = place + DAY_SLOTS
            yield _Change(place, is_cleaning=False)
        elif place >= until and _is_raised(known, steps, place):
            until = place + DAY_SLOTS
            yield _Change(place, is_cleaning=True)


def _is_raised(known: Sequence[Point], steps: _Steps, place: int) -> bool:
    enough = steps.enough(known[place])
    if not all(one is not None and one > enough for one in steps.found[place : place + DAY_SLOTS]):
        return False
    return not any(
        _is_odd(known, steps, earlier)
        for earlier in range(max(0, place - DAY_SLOTS), place)
        if known[earlier].slot % DAY_S == known[place].slot % DAY_S
    )


def _daily_steps(known: Sequence[Point]) -> _Steps:
    last: dict[int, int] = {}
    found: list[float | None] = []
    back: dict[int, float] = {}
    for place, point in enumerate(known):
        earlier = last.get(point.slot % DAY_S)
        step = None if earlier is None else point.left - known[earlier].left
        if earlier is not None and step is not None:
            back[earlier] = step
        found.append(step)
        last[point.slot % DAY_S] = place
    usual = median([abs(step) for step in found if step is not None] or [0.0])
    return _Steps(found, back, usual)


def _next_cleaning(known: Sequence[Point], changes: Sequence[_Change]) -> float:
    """Days from the last point until what is cleaned again and again is so at the latest."""
    at = [known[one.place].slot for one in changes if one.is_cleaning]
    if len(at) < _CLEANED_OFTEN:
        return inf
    longest = max(later - earlier for earlier, later in pairwise(at))
    return max(0, at[-1] + longest - known[-1].slot) / DAY_S


def _fall(fitted: Sequence[Point]) -> _Fall | None:
    """How it falls; None where gaps leave no day to compare with the day before."""
    by_phase: dict[int, list[Point]] = {}
    for point in fitted:
        by_phase.setdefault(point.slot % DAY_S, []).append(point)
    paces = [
        (later.left - earlier.left) * DAY_S / (later.slot - earlier.slot)
        for same in by_phase.values()
        for place, earlier in enumerate(same)
        for later in same[place + 1 :]
    ]
    steps = [
        (later.slot, later.left - earlier.left)
        for same in by_phase.values()
        for earlier, later in pairwise(same)
        if later.slot - earlier.slot == DAY_S
    ]
    if len(steps) < DAY_SLOTS:
        return None
    pace, end = median(paces), fitted[-1].slot
    recent = [step for slot, step in steps if slot - DAY_S > end - _RECENT_DAYS * DAY_S]
    whole_days = len(steps) / DAY_SLOTS
    wander = fmean((step - pace) ** 2 for _, step in steps) * whole_days / max(1, whole_days - 1)
    # Estimates that disagree say how little is known: a step, a new pace, a quiet week-end.
    doubt = max(
        wander / whole_days,
        (pace - fmean(step for _, step in steps)) ** 2,
        (pace - fmean(recent)) ** 2 if recent else 0.0,
    )
    last_day = fitted[-DAY_SLOTS:]
    left = min(one.left + pace * (end - one.slot) / DAY_S for one in last_day)
    return _Fall(max(0.0, left), pace, wander, doubt, _student(len(fitted) // DAY_SLOTS - 1))


def _student(freedom: int) -> float:
    """The 90th percentile for so many degrees of freedom, for fewer where the table has a gap."""
    place = bisect_right(_T90, (freedom, inf))
    return _T90[max(0, place - 1)][1]
