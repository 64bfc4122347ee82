"""One timer for all polls: a poll's due comes only after the sockets were read.

A loop that was late moves every due by its lateness: a device is never called silent because this
process was slow.
"""

from __future__ import annotations

import asyncio
from functools import partial
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.snmp.session_poll import Poll

_LATE_LOOP_S = 0.1
_MAX_DRAIN_ROUNDS = 64


class DueTimer:
    """Calls `expire(poll, now)` for each poll whose due has come.

    `received` counts the datagrams that came in, so that waiting ones are seen first.
    """

    def __init__(self, received: Callable[[], int], expire: Callable[[Poll, float], None]) -> None:
        self._received, self._expire = received, expire
        self._dues: list[tuple[float, int, int, Poll]] = []
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self.lag_s = 0.0

    def watch(self, poll: Poll, at: float) -> None:
        """Set a poll's due; an earlier one of this poll counts no more."""
        poll.due = at
        poll.turn += 1
        self._count += 1
        heappush(self._dues, (at, self._count, poll.turn, poll))
        if self._timer is None or at < self._timer_at:
            self._arm(at)

    def cancel(self) -> None:
        """Call nobody any more."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._dues.clear()

    def _arm(self, at: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer_at = at
        self._timer = asyncio.get_running_loop().call_at(at, self._sweep)

    def _sweep(self) -> None:
        """The earliest due has come: forgive a late loop, then let the sockets be read first."""
        lag_s = asyncio.get_running_loop().time() - self._timer_at
        if lag_s > _LATE_LOOP_S:
            self._forgive(lag_s)
        self._drain_then_expire(_MAX_DRAIN_ROUNDS, self._received())

    def _forgive(self, lag_s: float) -> None:
        self.lag_s += lag_s
        live = [entry for entry in self._dues if _counts(entry)]
        for _, _, _, poll in live:
            poll.due += lag_s
            poll.deadline += lag_s
        self._dues = [(poll.due, count, turn, poll) for _, count, turn, poll in live]
        heapify(self._dues)

    def _drain_then_expire(self, rounds_left: int, received: int) -> None:
        """Expire only after one turn of the loop that brought no datagram.

        A timer set for now runs behind the readers of its turn, so whatever waited in the socket
        has been taken by then.
        """
        loop = asyncio.get_running_loop()
        again = partial(self._expire_due, rounds_left, received)
        self._timer = loop.call_at(loop.time(), again)

    def _expire_due(self, rounds_left: int, received: int) -> None:
        if rounds_left and self._received() != received:
            self._drain_then_expire(rounds_left - 1, self._received())
            return
        self._timer = None
        now = asyncio.get_running_loop().time()
        for poll in self._pop_due(now):
            self._expire(poll, now)
        if self._dues:  # a repeat has armed its own due; another poll's may come before it
            self._arm(self._dues[0][0])

    def _pop_due(self, now: float) -> list[Poll]:
        due = []
        while self._dues and (self._dues[0][0] <= now or not _counts(self._dues[0])):
            entry = heappop(self._dues)
            if _counts(entry):
                due.append(entry[3])
        return due


def _counts(entry: tuple[float, int, int, Poll]) -> bool:
    _, _, turn, poll = entry
    return poll.turn == turn and not poll.done.done()
