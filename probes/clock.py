"""Time comes from here and nowhere else.

`now()` is wall time for people and records, `monotonic()` seconds for durations and ages. On a
`VirtualLoop` asyncio's own timers follow a `ManualClock`, so deadlines and time-outs of the program
under test obey it too, and 25 minutes pass in the time the work itself takes.
"""

from __future__ import annotations

import asyncio
import selectors
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Coroutine


class Clock(Protocol):
    """What the program asks about time."""

    def now(self) -> datetime:
        """Wall time, aware, UTC."""

    def monotonic(self) -> float:
        """Seconds that never go back; the event loop's own time."""

    async def sleep(self, seconds: float) -> None:
        """Let that much of this clock's time pass."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Wall time, aware, UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place that reads the wall clock

    def monotonic(self) -> float:
        """The running event loop's time, so that deadlines and asyncio time-outs agree."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Sleep on the event loop."""
        await asyncio.sleep(seconds)  # noqa: TID251 - the one place that sleeps


class ManualClock:
    """A clock that a test moves; wall and monotonic time start together, may be set apart."""

    def __init__(self, start: datetime | None = None) -> None:
        self._start = start or datetime(2026, 11, 21, 0, 25, tzinfo=UTC)
        self._elapsed_s = 0.0
        self._wall_shift_s = 0.0

    def now(self) -> datetime:
        """Wall time: the start plus what has passed, plus any step of the wall clock."""
        return self._start + timedelta(seconds=self._elapsed_s + self._wall_shift_s)

    def monotonic(self) -> float:
        """Seconds since this clock was made."""
        return self._elapsed_s

    async def sleep(self, seconds: float) -> None:
        """Wait on the running loop, which on a VirtualLoop is this clock."""
        await asyncio.sleep(seconds)  # noqa: TID251 - virtual time

    def move(self, seconds: float) -> None:
        """Let time pass without running anything; the VirtualLoop calls this."""
        self._elapsed_s += max(0.0, seconds)

    def step_wall(self, seconds: float) -> None:
        """Set the wall clock, as a person or NTP would; monotonic time is untouched."""
        self._wall_shift_s += seconds


class _VirtualSelector(selectors.BaseSelector):
    """A selector that never waits: when nothing is ready it moves the clock to the next timer."""

    def __init__(self, clock: ManualClock) -> None:
        self._real = selectors.DefaultSelector()
        self._clock = clock

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:  # only a thread or a file can wake the loop: wait for it in real time
            return self._real.select(None)
        self._clock.move(timeout)
        return []

    def get_map(self) -> Any:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is a ManualClock: timers fire in order, nothing waits for real.

    Meant for in-memory peers. Work handed to a thread is not seen by the clock, so programs under
    test keep to the loop.
    """

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(_VirtualSelector(clock))
        self.clock = clock
        self._clock_resolution = 1e-9

    def time(self) -> float:
        """The manual clock's monotonic seconds."""
        return self.clock.monotonic()


def run_virtual(story: Coroutine[Any, Any, Any], clock: ManualClock) -> Any:
    """Run a coroutine to its end on a VirtualLoop and return its result."""
    loop = VirtualLoop(clock)
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(story)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        loop.close()
