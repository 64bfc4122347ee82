"""Server-sent events from the reader's side: octets to frames, frames to what happened. Pure.

The form is that of the WHATWG HTML standard, section 9.2 "Server-sent events".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import ValidationError

from agent.wire import Event, Heartbeat

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 256 * 1024  # octets of one event; more than that is not read
Why: TypeAlias = Literal["gap", "reset", "garbled", "too_large"]


@dataclass(frozen=True, slots=True)
class Missed:
    """Something happened that is not known: only a new snapshot says what is true now."""

    why: Why


@dataclass(frozen=True, slots=True)
class Frame:
    """One event as it came; `data` is None when there was more of it than may be."""

    kind: str
    data: bytes | None


Followed: TypeAlias = Event | Heartbeat | Missed


@dataclass(slots=True)
class Frames:
    """Cuts octets into frames, however they come in pieces, and keeps at most `largest` of them.

    Lines end with LF or CRLF; a lone CR, which no server of ours sends, is left out.
    """

    largest: int = LARGEST
    _rest: bytearray = field(default_factory=bytearray)
    _kind: str = ""
    _data: list[bytes] = field(default_factory=list)
    _size: int = 0
    _is_skipping: bool = False  # within a line that is too long
    _is_too_large: bool = False

    def feed(self, piece: bytes) -> Iterator[Frame]:
        """The frames that end in this piece."""
        self._rest += piece.replace(b"\r\n", b"\n").replace(b"\r", b"")
        *rows, rest = bytes(self._rest).split(b"\n")
        self._rest = bytearray(rest)
        for row in rows:
            whole, self._is_skipping = not self._is_skipping, False
            frame = self._take(row) if whole else None
            if frame is not None:
                yield frame
        if len(self._rest) > self.largest:
            self._is_skipping = self._is_too_large = True
            self._rest.clear()

    def _take(self, row: bytes) -> Frame | None:
        """One line; a blank one ends the frame."""
        if not row:
            return self._end()
        name, _, value = row.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"event":
            self._kind = value[:40].decode("utf-8", "replace")
        elif name == b"data":
            self._size += len(value)
            self._is_too_large |= self._size > self.largest
            self._data = [] if self._is_too_large else [*self._data, value]
        return None

    def _end(self) -> Frame | None:
        kind, data, too_large = self._kind, self._data, self._is_too_large
        self._kind, self._data, self._size, self._is_too_large = "", [], 0, False
        if too_large:
            return Frame(kind, None)
        return Frame(kind, b"\n".join(data)) if data else None


@dataclass(slots=True)
class Follower:
    """Reads frames as events of the agent, and notices what is missing between them.

    `seq` is the last number that is known, None when none is. Events of some wards or kinds alone
    (`is_whole` False) have gaps by themselves: then only the agent's `reset` tells of a loss.
    """

    seq: int | None = None
    is_whole: bool = True

    def read(self, frame: Frame) -> Iterator[Followed]:
        """What one frame says."""
        if frame.data is None:
            yield self._lost("too_large")
            return
        try:
            if frame.kind == "hb":
                yield Heartbeat.model_validate_json(frame.data)
                return
            event = Event.model_validate_json(frame.data)
        except ValidationError:
            yield self._lost("garbled")
            return
        yield from self._event(event)

    def _event(self, event: Event) -> Iterator[Followed]:
        before, self.seq = self.seq, event.seq
        if event.kind == "reset":
            yield Missed("reset")
            return
        if self.is_whole and before is not None and event.seq != before + 1:
            yield Missed("gap")
        yield event

    def _lost(self, why: Why) -> Missed:
        self.seq = None  # the next number is as good as any: a snapshot comes anyway
        return Missed(why)
