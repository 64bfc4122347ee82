"""A file that holds some of the disk for the journal: given up when the disk is full."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "wardops.reserve"
RESERVE_BYTES = 8 * 1024 * 1024
LOW_BYTES = 64 * 1024 * 1024


class Reserve:
    """The reserve of one state folder: `size` bytes, made only while `low` bytes stay free."""

    def __init__(self, folder: Path, size: int = RESERVE_BYTES, low: int = LOW_BYTES) -> None:
        self._folder = folder
        self._path = folder / FILE_NAME
        self._size = size
        self._low = low

    @property
    def is_kept(self) -> bool:
        """Whether the file is there."""
        return self._path.exists()

    def is_low(self) -> bool:
        """Whether the disk has less room left than what is bulky may still use."""
        try:
            return shutil.disk_usage(self._folder).free < self._low
        except OSError:
            return False

    def keep(self) -> None:
        """Make the file, if the disk has room for it and more; else nothing."""
        if self.is_kept or self.is_low():
            return
        with suppress(OSError), self._path.open("wb") as stream:
            os.posix_fallocate(stream.fileno(), 0, self._size)
            return
        self.release()  # what was made in part reserves nothing

    def release(self) -> bool:
        """Give the room to the journal; False when it was given already."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True
