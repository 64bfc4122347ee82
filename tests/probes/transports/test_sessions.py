"""Sessions that outlive a poll: one for each key, and every one is left."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from probes.errors import AuthFailed
from probes.transports.sessions import Sessions


@dataclass
class Door:
    """Where sessions are opened; `go` lets those in who wait."""

    go: asyncio.Event = field(default_factory=asyncio.Event)
    opened: int = 0
    left: int = 0
    fault: Exception | None = None

    async def open(self) -> Door:
        """A session, which is the door itself."""
        self.opened += 1
        await self.go.wait()
        if self.fault is not None:
            raise self.fault
        return self

    async def leave(self) -> None:
        """One session less."""
        self.left += 1


async def test_all_who_ask_share_one_session_and_it_is_left_once() -> None:
    door, sessions = Door(), Sessions()
    door.go.set()
    both = await asyncio.gather(sessions.one("a", door.open), sessions.one("a", door.open))
    assert list(both) == [door, door]
    await sessions.end("a")
    await sessions.end("a")
    await sessions.one("a", door.open)
    await sessions.close()
    assert (door.opened, door.left) == (2, 2)


async def test_a_session_that_its_asker_did_not_wait_for_is_there_for_the_next() -> None:
    door, sessions = Door(), Sessions()
    asker = asyncio.create_task(sessions.one("a", door.open))
    while not door.opened:
        await asyncio.wait([asker], timeout=0)
    asker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asker
    door.go.set()
    assert await sessions.one("a", door.open) is door
    await sessions.close()
    assert (door.opened, door.left) == (1, 1)


async def test_what_could_not_be_opened_is_tried_anew() -> None:
    door, sessions = Door(fault=AuthFailed()), Sessions()
    door.go.set()
    for _ in range(2):
        with pytest.raises(AuthFailed):
            await sessions.one("a", door.open)
    door.fault = None
    await sessions.one("a", door.open)
    await sessions.close()
    assert (door.opened, door.left) == (3, 1)


async def test_closing_cuts_one_that_is_still_being_opened() -> None:
    door, sessions = Door(), Sessions()
    asker = asyncio.create_task(sessions.one("a", door.open))
    while not door.opened:
        await asyncio.wait([asker], timeout=0)
    await sessions.close()
    with pytest.raises(asyncio.CancelledError):
        await asker
    assert door.left == 0
