"""What the history of a machine or of a ward's quota says, as rules look at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime

IDLE_BELOW = 0.02  # busy share of the processors below which one look finds a machine idle

# `too_little`: fewer days of data than needed; `stale`: the newest is old; `not_filling`: no fall
# that stands out from its ups and downs; `far`: beyond what so few days can tell; `cleaned`: it is
# cleaned up again and again, and would be before it is full.
NoForecastReason: TypeAlias = Literal["too_little", "stale", "not_filling", "far", "cleaned"]


@dataclass(frozen=True, slots=True)
class Forecast:
    """When something will be full, if it goes on filling as it did in `days` of data from `since`.

    From `not_before` to `not_after` holds the moment in at least 8 of 10 cases. A `not_after` of
    None: perhaps never.
    """

    full_at: datetime
    not_before: datetime
    not_after: datetime | None
    since: datetime
    days: float


@dataclass(frozen=True, slots=True)
class NoForecast:
    """Why there is none; `days` of data there are, of `needed`."""

    why: NoForecastReason
    days: float
    needed: int


Outlook: TypeAlias = Forecast | NoForecast


@dataclass(frozen=True, slots=True)
class Room:
    """One disk, or one resource of a quota: its used share at last, and what becomes of it.

    `week` is told from 7 days (at least 3), `month` from 30 (at least 14).
    """

    name: str
    used_ratio: float | None
    week: Outlook
    month: Outlook


@dataclass(frozen=True, slots=True)
class Load:
    """How many looks of the last 30 days found the processors busy, and of how many days they are.

    `busy_ratio` is the share of looks at or above `IDLE_BELOW`; below 0.05, the 95th percentile is
    below it.
    """

    days: float
    busy_ratio: float


@dataclass(frozen=True, slots=True)
class Count:
    """How many machines a ward has now, and had at the oldest look of the last 90 days."""

    now: int
    before: int
    days: float


@dataclass(frozen=True, slots=True)
class Trends:
    """What is known of one machine (its disks), or of one ward (its quota), from its history."""

    rooms: tuple[Room, ...] = ()
    load: Load | None = None
    count: Count | None = None
