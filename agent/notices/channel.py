"""What a channel is: takes one notice, or says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.notices.model import Notice


class NotDelivered(Exception):
    """The other side did not take a notice; `for_good` when it never will."""

    def __init__(self, problem: str, *, for_good: bool = False) -> None:
        super().__init__(problem)
        self.for_good = for_good


class Channel(Protocol):
    """One way out to one recipient."""

    async def send(self, notice: Notice) -> None:
        """Deliver it, once or again; the key tells the other side which. Raises NotDelivered."""

    async def refresh(self, rows: Sequence[Notice]) -> None:
        """Say again what holds at present, where the other side forgets; else nothing.

        `rows` are all rows of this recipient about incidents that hurt or ended just now.
        """

    async def close(self) -> None:
        """Let go of connections."""
