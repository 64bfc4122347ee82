"""Keeps a background task running: back-off between restarts, one log line each time."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from probes.clock import Clock

_log = logging.getLogger(__name__)
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_HELD_S = 300.0


async def keep_running(
    name: str,
    run: Callable[[], Awaitable[None]],
    clock: Clock,
    on_bug: Callable[[str], None],
) -> None:
    """Await `run()` again whenever it ends with an error; return when it returns.

    `on_bug` is told the seam's name each time. The pause doubles from 1 s to 60 s and starts anew
    after the task held for five minutes. Cancellation passes through.
    """
    pause_s = _FIRST_PAUSE_S
    while True:
        begun = clock.monotonic()
        try:
            await run()
        except Exception:  # noqa: BLE001 - the seam: one lost task must not end the agent
            _log.exception("task lost task=%s pause_s=%.0f", name, pause_s)
            on_bug("supervise")
        else:
            return
        if clock.monotonic() - begun > _HELD_S:
            pause_s = _FIRST_PAUSE_S
        await clock.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        _log.info("task restarted task=%s", name)
