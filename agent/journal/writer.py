"""Writing without ever stopping for the disk: retried, kept in order, counted and said once.

What a later judgement decides again is written now or not at all; lines that nobody will say again
wait for the journal, up to a limit.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING

from inventory.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.journal.reserve import Reserve
    from agent.selfmetrics import SelfMetrics
    from probes.clock import Clock

_log = logging.getLogger(__name__)
MOST_WAITING = 10_000
TRY_EVERY_S = 1.0
LOST_SAID_S = 3600.0


class Journal:
    """The one door of the engine to the store's writing methods."""

    def __init__(
        self, clock: Clock, metrics: SelfMetrics, reserve: Reserve, limit: int = MOST_WAITING
    ) -> None:
        self._clock = clock
        self._metrics = metrics
        self._reserve = reserve
        self._limit = limit
        self._waiting: deque[Callable[[], object]] = deque()
        self._not_before = float("-inf")
        self._lost = 0
        self._lost_at = float("-inf")
        self.failing = False
        self.reserve_used = False

    @property
    def waiting(self) -> int:
        """How many lines wait for the journal."""
        return len(self._waiting)

    @property
    def lost(self) -> int:
        """How many lines were given up; 0 again an hour after the last one."""
        return self._lost if self._clock.monotonic() - self._lost_at < LOST_SAID_S else 0

    def write(self, act: Callable[[], object]) -> bool:
        """Write now; False when the journal does not take it, which is counted and said once.

        What waits goes first, so that the journal keeps the order of things.
        """
        self.retry()
        return not self._waiting and self._attempt(act)

    def write_in_order(self, act: Callable[[], object]) -> None:
        """Write now or as soon as the journal takes it again; the oldest give way to too many."""
        self.retry()
        if not self._waiting and self._attempt(act):
            return
        if len(self._waiting) >= self._limit:
            self._waiting.popleft()
            self._give_up()
        self._waiting.append(act)
        self._metrics.journal_waiting.set(len(self._waiting))

    def retry(self) -> None:
        """Write what waits, at most once a second while the journal refuses."""
        while self._waiting and self._attempt(self._waiting[0]):
            self._waiting.popleft()
        self._metrics.journal_waiting.set(len(self._waiting))

    def keep_reserve(self) -> None:
        """Hold room for the journal again, once the disk has some."""
        if self.failing:
            return
        self._reserve.keep()
        if self._reserve.is_kept and self.reserve_used:
            self.reserve_used = False
            _log.info("disk has room again")

    def disk_is_low(self) -> bool:
        """Whether what is bulky (evidence, history) must not be written now."""
        return self._reserve.is_low()

    def _attempt(self, act: Callable[[], object]) -> bool:
        if self.failing and self._clock.monotonic() < self._not_before:
            return False
        try:
            self._with_reserve(act)
        except StoreError as error:
            self._failed(error)
            return False
        if self.failing:
            _log.info("journal back waiting=%d lost=%d", len(self._waiting), self.lost)
        self.failing = False
        return True

    def _with_reserve(self, act: Callable[[], object]) -> None:
        try:
            act()
        except StoreError as error:
            if error.key != "store.full" or not self._reserve.release():
                raise
            self.reserve_used = True
            _log.warning("disk full, reserve given to the journal")
            act()

    def _give_up(self) -> None:
        self._lost = self.lost + 1
        self._lost_at = self._clock.monotonic()
        self._metrics.journal_dropped.inc()
        if self._lost == 1:
            _log.error("journal lines lost, too many wait limit=%d", self._limit)

    def _failed(self, error: StoreError) -> None:
        if not self.failing:
            _log.error("journal lost problem=%s", error)
        self.failing = True
        self._not_before = self._clock.monotonic() + TRY_EVERY_S
        self._metrics.journal_write_errors.inc()
