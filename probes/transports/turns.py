"""Whose turn it is: devices that bear one session at a time are asked by one at a time."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Turns:
    """A queue for each thing that only one may use; the caller's deadline ends its waiting."""

    def __init__(self) -> None:
        self._locks: dict[tuple[str, int], asyncio.Lock] = {}

    @asynccontextmanager
    async def one(self, host: str, port: int) -> AsyncIterator[None]:
        """While the block runs, nobody else is at this host and port."""
        async with self._locks.setdefault((host, port), asyncio.Lock()):
            yield
