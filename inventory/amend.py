"""Puts devices into a ward's file without touching what stands there: comments and order stay."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from inventory.document import read
from inventory.errors import InputError
from inventory.load import WARD_SCHEMA, is_read, load
from inventory.text import one_line

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

_ITEM = re.compile(r"^( *)- ")
_KEY = re.compile(r"^[^\s#-]")


def file_of(folder: Path, code: str) -> Path:
    """The file that holds the ward; InputError when there is none."""
    paths = [folder] if folder.is_file() else sorted(folder.rglob("*.y*ml"))
    for path in paths:
        try:
            held = read(path, path.name).values
        except InputError:  # a secret's file, or one that is no inventory: not this one
            continue
        if held.get("schema") == WARD_SCHEMA and str(held.get("ward")) == code:
            return path
    raise InputError("amend.no_file", ward=code, folder=one_line(folder, 200))


def with_devices(text: str, entries: Sequence[Sequence[str]], path: Path) -> str:
    """The file's text with the entries behind its last device.

    An entry is its lines, the first beginning with `- `. InputError where `devices:` is written in
    a way that lines cannot be put behind.
    """
    lines = text.splitlines()
    at = next((n for n, line in enumerate(lines) if re.match(r"^devices:", line)), None)
    if at is None:
        return _ended(lines) + "devices:\n" + _block(entries, "")
    if not re.fullmatch(r"devices:\s*(#.*)?", lines[at]):
        raise InputError("amend.flow", path=one_line(path, 200))
    end = next((n for n in range(at + 1, len(lines)) if _KEY.match(lines[n])), len(lines))
    while end > at + 1 and re.fullmatch(r"\s*|#.*", lines[end - 1]):
        end -= 1  # blank lines and remarks in front of the next key are the next key's
    first = next((m for n in range(at + 1, end) if (m := _ITEM.match(lines[n]))), None)
    indent = first[1] if first else ""
    return _ended(lines[:end]) + _block(entries, indent) + _ended(lines[end:])


def _ended(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _block(entries: Sequence[Sequence[str]], indent: str) -> str:
    return _ended([f"{indent}{line}" for entry in entries for line in entry])


def check_amended(folder: Path, path: Path, text: str, kinds: Collection[str]) -> None:
    """Load a copy of the inventory with `text` in `path`; InventoryError when it is wrong."""
    root = folder if folder.is_dir() else folder.parent
    with tempfile.TemporaryDirectory(prefix="wardops-") as place:
        copy = Path(place)
        inside = [path for path in root.rglob("*.y*ml") if is_read(path.relative_to(root))]
        for source in sorted(inside):
            target = copy / source.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        amended = copy / path.relative_to(root)
        amended.write_text(text, encoding="utf-8")
        load(copy if folder.is_dir() else amended, kinds, with_secrets=False)


def replace_file(path: Path, text: str, at: datetime) -> Path:
    """Write the file anew in one step and keep the old one beside it; the old one's place.

    InputError when it cannot be written.
    """
    backup = path.with_name(f"{path.name}.{at:%Y%m%dT%H%M%SZ}.bak")
    fresh = path.with_name(f".{path.name}.new")
    try:
        shutil.copy2(path, backup)
        fresh.write_text(text, encoding="utf-8")
        shutil.copymode(path, fresh)
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        why = error.strerror or type(error).__name__
        raise InputError("amend.unwritable", path=one_line(path, 200), why=why) from None
    return backup
