"""Syslog messages out of a TCP stream (RFC 6587), whatever pieces it arrives in. Pure.

Both framings are read, message by message: octet counting ("57 <189>…") and the older one that ends
a message with LF (or NUL). A message longer than the longest line is cut, its rest passed over.
"""

from __future__ import annotations

import re

from agent.hints.syslog import LONGEST_LINE

# A longer announced message is no syslog message: the stream is something else or out of step.
LONGEST_COUNTED = 1 << 20
_COUNT = re.compile(rb"[1-9][0-9]{0,6} ")
_DIGITS_SO_FAR = re.compile(rb"[1-9][0-9]{0,6}\Z")
_TRAILER = re.compile(rb"[\n\0]")


class BrokenStream(ValueError):
    """What comes in is no syslog; the connection is of no further use."""


class Framer:
    """The messages of one connection. Holds at most one line and what one `feed` brings."""

    def __init__(self) -> None:
        self._buffer = b""
        self._skip_octets = 0
        self._skips_to_trailer = False

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are complete with these octets. Raises BrokenStream."""
        self._buffer += data
        found = []
        while (message := self._next()) is not None:
            if message:
                found.append(message)
        return found

    def end(self) -> list[bytes]:
        """What is left when the sender has closed: a last line may lack its LF."""
        rest, self._buffer = self._buffer, b""
        whole = rest and not self._skips_to_trailer and not _COUNT.match(rest)
        return [rest] if whole else []

    def _next(self) -> bytes | None:
        """The next message, empty for what was passed over, None when more has to come."""
        if self._skip_octets:
            return self._passed_octets()
        if self._skips_to_trailer:
            return self._passed_line()
        if _DIGITS_SO_FAR.match(self._buffer):
            return None
        counted = _COUNT.match(self._buffer)
        return self._line() if counted is None else self._counted(counted)

    def _counted(self, count: re.Match[bytes]) -> bytes | None:
        length = int(count[0])
        if length > LONGEST_COUNTED:
            raise BrokenStream(length)
        kept = min(length, LONGEST_LINE)
        if len(self._buffer) < count.end() + kept:
            return None
        message = self._buffer[count.end() : count.end() + kept]
        self._buffer = self._buffer[count.end() + kept :]
        self._skip_octets = length - kept
        return message

    def _line(self) -> bytes | None:
        end = _TRAILER.search(self._buffer)
        if end is not None:
            line, self._buffer = self._buffer[: end.start()], self._buffer[end.end() :]
            return line[:LONGEST_LINE].removesuffix(b"\r")
        if len(self._buffer) < LONGEST_LINE:
            return None
        line, self._buffer = self._buffer[:LONGEST_LINE], b""
        self._skips_to_trailer = True
        return line

    def _passed_octets(self) -> bytes | None:
        gone = min(self._skip_octets, len(self._buffer))
        self._buffer, self._skip_octets = self._buffer[gone:], self._skip_octets - gone
        return None if self._skip_octets else b""

    def _passed_line(self) -> bytes | None:
        end = _TRAILER.search(self._buffer)
        self._buffer = self._buffer[end.end() :] if end else b""
        self._skips_to_trailer = end is None
        return None if end is None else b""
