"""A file's name, size and SHA-256: what is written down of it while the file stays where it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from inventory.errors import InputError
from inventory.text import one_line

LARGEST = 256 * 1024 * 1024
_BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Digest:
    """One file as it was when it was read: its name without folders, bytes, SHA-256 in hex."""

    name: str
    size: int
    sha256: str


def digest_of(path: str) -> Digest:
    """Read the file at this path (`~` is the home). Raises InputError when it cannot be read."""
    file = Path(path.strip()).expanduser()
    try:
        return _read(file)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or type(error).__name__
        raise InputError("digest.unreadable", path=one_line(path, 200), cause=cause) from None


def _read(file: Path) -> Digest:
    if not file.is_file():  # a pipe or a device would never end
        raise InputError("digest.no_file", path=one_line(str(file), 200))
    size, found = 0, hashlib.sha256()
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            size += len(block)
            if size > LARGEST:
                limit = LARGEST // _BLOCK
                raise InputError("digest.too_large", path=one_line(str(file), 200), limit=limit)
            found.update(block)
    return Digest(one_line(file.name, 120), size, found.hexdigest())
