"""Where a person left off: screen, language, theme; kept in `tui.json` of the state folder."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAME = "tui.json"
_LARGEST = 4096


@dataclass(frozen=True, slots=True)
class Place:
    """What is remembered; empty is not remembered."""

    screen: str = ""
    language: str = ""
    theme: str = ""


def remembered(folder: Path) -> Place:
    """What the file says; nothing when it is missing, broken or of another form."""
    try:
        said = json.loads((folder / NAME).read_bytes()[:_LARGEST])
    except (OSError, ValueError):
        return Place()
    if not isinstance(said, dict):
        return Place()
    known = {name: said.get(name) for name in Place.__slots__}
    return Place(**{name: value for name, value in known.items() if isinstance(value, str)})


def remember(folder: Path, place: Place) -> None:
    """Write it down; a folder that cannot be written is no reason to bother anybody."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = folder / f".{NAME}.new"
        new.write_text(json.dumps(asdict(place)), encoding="utf-8")
        new.replace(folder / NAME)
