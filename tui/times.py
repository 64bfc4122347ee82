"""The clock of the screens: one for ages, one for the corner of the screen."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Times(Protocol):
    """What a screen asks about time."""

    def now(self) -> datetime:
        """Wall time, aware, UTC."""

    def monotonic(self) -> float:
        """Seconds that never go back; the same in every thread."""


class SystemTimes:
    """The machine's clocks. A screen has no event loop when its first line is painted."""

    def now(self) -> datetime:
        """Wall time, aware, UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the screens' own door to the wall clock

    def monotonic(self) -> float:
        """The monotonic clock, which the feed's thread and the screen share."""
        return time.monotonic()
