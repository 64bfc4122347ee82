"""What was seen of a machine by connecting to it from elsewhere. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Reach:
    """TCP ports as an agent found them: those that took a connection, refused it, or kept silent.

    `vantage` is where that agent stands, `ward` or `hub`. Only TCP is tried, and nothing is sent.
    """

    vantage: str
    taken: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()
    silent: tuple[int, ...] = ()

    @property
    def is_told(self) -> bool:
        """Whether the machine answered at all: without a word it may be off, or behind a wall."""
        return bool(self.taken or self.refused)


@dataclass(frozen=True, slots=True)
class PortSeal:
    """TLS at one port: the version agreed on, the first end among the certificates that it sent.

    `takes_old` says whether a handshake that offers TLS 1.0 and 1.1 alone succeeds; None where that
    could not be tried to an end.
    """

    port: int
    version: str | None = None
    until: datetime | None = None
    takes_old: bool | None = None
