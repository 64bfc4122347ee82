"""Shape, word and tone of every state; glyphs and what stands for them in ASCII. Pure.

A state is told by its glyph and its word first; the colour only repeats it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui.lines import Tone


@dataclass(frozen=True, slots=True)
class Mark:
    """One state as people see it; `word` is a catalogue key."""

    glyph: str
    word: str
    tone: Tone


OK = Mark("●", "tui.state.ok", "ok")
DEGRADED = Mark("▲", "tui.state.degraded", "degraded")
DOWN = Mark("×", "tui.state.down", "down")
UNKNOWN = Mark("?", "tui.state.unknown", "unknown")
MAINTENANCE = Mark("■", "tui.state.maintenance", "maintenance")
STALE = Mark("~", "tui.state.stale", "stale")
OFF_DUTY = Mark("·", "tui.state.off_duty", "off_duty")
FREE = Mark("○", "tui.state.free", "free")
NOW = "►"

# States of the API, of devices and of wards alike. `unreachable` is held back by something nearer,
# so nothing is known of it; `soft_down` and `flapping` are doubts, not losses.
_MARKS: Mapping[str, Mark] = MappingProxyType(
    {
        "ok": OK,
        "degraded": DEGRADED,
        "down": DOWN,
        "unknown": UNKNOWN,
        "maintenance": MAINTENANCE,
        "stale": STALE,
        "off_duty": OFF_DUTY,
        "soft_down": Mark("▲", "tui.state.soft_down", "degraded"),
        "flapping": Mark("▲", "tui.state.flapping", "degraded"),
        "unreachable": Mark("?", "tui.state.unreachable", "unknown"),
    }
)

# One cell for one cell, so that no line changes its width.
_ASCII = str.maketrans(
    {
        "●": "o", "▲": "!", "×": "X", "■": "M", "·": ".", "○": "-", "►": ">", "◄": "<", "…": "~",
        "─": "-", "═": "=", "╌": "-", "│": "|", "║": "|", "→": ">", "←": "<", "↑": "^", "↓": "v",
        "┌": "+", "┐": "+", "└": "+", "┘": "+", "├": "+", "┤": "+", "┬": "+", "┴": "+", "┼": "+",
        "╔": "+", "╗": "+", "╚": "+", "╝": "+", "╠": "+", "╣": "+", "█": "#", "▓": "#", "▒": "#",
        "░": ".", "▁": "_", "▂": ".", "▃": "-", "▄": "=", "▅": "+", "▆": "*", "▇": "#",
        "«": '"', "»": '"', "›": ">", "–": "-", "—": "-", "²": "2", "°": "o",
    }
)  # fmt: skip


def mark_of(state: str) -> Mark:
    """The mark of a state of the API; one that is not known is unknown."""
    return _MARKS.get(state, UNKNOWN)


def to_ascii(text: str) -> str:
    """Glyphs and frames as ASCII, of the same width; letters stay."""
    return text.translate(_ASCII)
