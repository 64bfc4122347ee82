"""Tasks of asyncio: how one is ended."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncio import Task


async def end(task: Task[Any]) -> None:
    """Cancel a task and wait until it is over; raises what it failed with, if it did."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
