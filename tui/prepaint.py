"""The first readable text: what the state file says, before the large libraries are loaded.

Standard library and words alone. It goes to the alternate screen, where the application then draws,
so that nothing of it stays behind.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inventory.text import cut
from tui.legend import UNKNOWN, mark_of
from tui.text import realm_stripe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tui.text import Words

ENTER = "\x1b[?1049h\x1b[2J\x1b[H"
LEAVE = "\x1b[?1049l"
STATE_NAME = "state.json"
_LARGEST = 128 * 1024


def state_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The default state folder, as agent.client has it, without loading that client."""
    home = environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "wardops"


def read_copy(folder: Path) -> bytes:
    """The state file's octets; nothing when there is none that can be read."""
    try:
        with (folder / STATE_NAME).open("rb") as file:
            return file.read(_LARGEST)
    except OSError:
        return b""


def first_text(copy: bytes, words: Words, columns: int = 80) -> list[str]:
    """Lines to show at once: never a state as if it were the present one."""
    try:
        shown = list(_lines(json.loads(copy), words))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        shown = [words.say("tui.pre.nothing")]
    return [words.finish(cut(line, columns)) for line in shown]


def _lines(state: dict[str, Any], words: Words) -> Iterator[str]:
    at = words.time(datetime.fromisoformat(state["generated_at"]))
    stripe = realm_stripe(state["realm"], words)
    yield f"{stripe}▒▒ {words.say('tui.stale.copy', at=at)} ▒▒"
    for ward in state["wards"][:1]:
        yield ward["ward"]["name"]
        yield ""
        verdict = ward["verdict"]
        if verdict is not None:
            was = mark_of(verdict["state"]).glyph
            headline = verdict["headline"][words.language]
            yield f" {UNKNOWN.glyph} {words.say('tui.pre.was', headline=f'{was} {headline}')}"
            yield from (f"   {one['text'][words.language]}" for one in verdict["evidence"][:2])
