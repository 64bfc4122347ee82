"""Sessions with devices that outlive the poll that opened them, and end with the ways out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Hashable


class Session(Protocol):
    """Something that a device counts until it is told that it is over."""

    async def leave(self) -> None:
        """Tell it, in a time of its own; raises nothing."""


_S = TypeVar("_S", bound=Session)


class Sessions:
    """At most one session for each key. Close it before the client that the sessions use."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, asyncio.Task[Any]] = {}

    async def one(self, key: Hashable, opened: Callable[[], Coroutine[Any, Any, _S]]) -> _S:
        """The session that is kept under `key`, else the one that `opened` brings.

        Who is cancelled meanwhile leaves it to the next: `opened` ends by its own deadline, and
        closes what it opened when it fails. Raises what `opened` raises.
        """
        task: asyncio.Task[_S] | None = self._kept.get(key)
        if task is None or (task.done() and _failed(task)):
            task = asyncio.get_running_loop().create_task(opened())
            task.add_done_callback(_failed)
            self._kept[key] = task
        return await asyncio.shield(task)

    async def end(self, key: Hashable) -> None:
        """Leave the session of that key, if there is one."""
        task = self._kept.pop(key, None)
        if task is not None:
            await _leave(task)

    async def close(self) -> None:
        """Leave them all; one that is still being opened is cut."""
        kept, self._kept = self._kept, {}
        for task in kept.values():
            task.cancel()
        await asyncio.gather(*(_leave(task) for task in kept.values()))


def _failed(task: asyncio.Task[Any]) -> bool:
    """Whether it brought no session; its error counts as heard."""
    return task.cancelled() or task.exception() is not None


async def _leave(task: asyncio.Task[Any]) -> None:
    await asyncio.wait([task])
    if not _failed(task):
        session: Session = task.result()
        await session.leave()
