"""One timer for all polls: a poll's due comes only after the sockets were read.

A loop that was late moves every due by its lateness: a device is never called silent because this
process was slow.
"""

from __future__ import annotations

import asyncio
from functools import partial
from heapq import heappop, heappush
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
        self._dues: list[tuple[float, int, Poll]] = []
        self._count = 0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self.lag_s = 0.0

    def watch(self, poll: Poll, at: float) -> None:
        """Set a poll's due in place of the one that it had.

        A due that moves on, as with every PDU, costs nothing: the timer looks at the poll when the
        earlier one comes and sees.
        """
        poll.due = at
        if poll.watched_at is not None and poll.watched_at <= at:
            return
        self._push(poll)
        if self._timer is None or at < self._timer_at:
            self._arm(at)

    def cancel(self) -> None:
        """Call nobody any more."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._dues.clear()

    def _push(self, poll: Poll) -> None:
        self._count += 1
        poll.watched_at = poll.due
        heappush(self._dues, (poll.due, self._count, poll))

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
        live = dict.fromkeys(poll for at, _, poll in self._dues if _counts(at, poll))
        self._dues.clear()
        for poll in live:
            poll.due += lag_s
            poll.deadline += lag_s
            self._push(poll)

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
        while self._dues:
            at, _, poll = self._dues[0]
            is_over = not _counts(at, poll)
            if at > now and not is_over:
                break
            heappop(self._dues)
            if is_over:
                continue
            poll.watched_at = None
            if poll.due > now:
                self._push(poll)
            else:
                due.append(poll)
        return due


def _counts(at: float, poll: Poll) -> bool:
    """Whether the timer is to look at the poll then: not when it looked before, or it is over."""
    return poll.watched_at == at and not poll.done.done()
