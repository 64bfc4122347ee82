"""Notices as JSON lines in a file: for another program to follow, and a drill's only way out."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from agent.notices.channel import NotDelivered
from agent.notices.content import content_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from agent.notices.model import Notice

_TAIL_BYTES = 256 * 1024
_PRIVATE = 0o640


class FileChannel:
    """Appends to one file, which is on disk before a notice counts as sent."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def send(self, notice: Notice) -> None:
        """Append one line; a second try first looks whether the first one got there."""
        try:
            if notice.tries > 1 and self._has(notice.key):
                return
            self._append(json.dumps(content_of(notice), ensure_ascii=False).encode() + b"\n")
        except OSError as error:
            raise NotDelivered(f"{self._path}: {error.strerror or error}") from error

    async def refresh(self, rows: Sequence[Notice]) -> None:
        """A file forgets nothing."""

    async def close(self) -> None:
        """Nothing is kept open, so that the file may be rotated at any time."""

    def _append(self, line: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, _PRIVATE)
        try:
            size = os.fstat(handle).st_size
            # A line that a crash or a full disk cut short must not swallow the next one.
            cut_short = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
            written = os.write(handle, b"\n" + line if cut_short else line)
            if written < len(line):
                raise OSError("disk full")
            os.fsync(handle)
        finally:
            os.close(handle)

    def _has(self, key: str) -> bool:
        if not self._path.exists():
            return False
        with self._path.open("rb") as stream:
            stream.seek(max(0, self._path.stat().st_size - _TAIL_BYTES))
            lines = stream.read().split(b"\n")[:-1]
        return any(key.encode() in line and line.endswith(b"}") for line in lines)
