"""A screen's content before it is drawn: rows of short texts, each with a tone. Pure.

A tone says what a text means (`ok`, `stale`, …); the legend gives it a glyph, a theme its colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Literal, TypeAlias

from inventory.language import say
from inventory.text import cells, cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from agent.wire import Text
    from inventory.language import Language

Tone: TypeAlias = Literal[
    "plain", "title", "dim", "ok", "degraded", "down", "unknown", "maintenance", "stale",
    "off_duty", "now", "free", "cursor",
]  # fmt: skip
LOCAL = timezone(timedelta(hours=7))  # screens show Viet Nam's time, from a fixed offset
MARKS: dict[Tone, str] = {
    "ok": "●",
    "degraded": "▲",
    "down": "×",
    "unknown": "?",
    "maintenance": "■",
    "stale": "~",
    "off_duty": "·",
    "now": "►",
    "free": "○",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A text of one meaning; its width is `inventory.text.cells(text)`."""

    text: str
    tone: Tone = "plain"


Row: TypeAlias = tuple[Cell, ...]


def row(*parts: str | Cell) -> Row:
    """A row of cells; a bare text is plain."""
    return tuple(Cell(part) if isinstance(part, str) else part for part in parts)


def mark(tone: Tone) -> Cell:
    """The tone's sign, a space for a tone that has none."""
    return Cell(MARKS.get(tone, " "), tone)


def text_of(line: Row) -> str:
    """The row as it reads."""
    return "".join(cell.text for cell in line)


def fit(line: Row, width: int) -> Row:
    """The row in exactly `width` terminal cells: cut with `…`, or filled with spaces."""
    kept: list[Cell] = []
    room = width
    total = sum(cells(cell.text) for cell in line)
    for cell in line:
        wide = cells(cell.text)
        if wide > room or (wide == room and total > width):
            kept.append(Cell(_shortened(cell.text, room), cell.tone))
            return tuple(kept)
        kept.append(cell)
        room -= wide
    return (*kept, Cell(" " * room)) if room else tuple(kept)


def _shortened(text: str, room: int) -> str:
    """The text cut to the room, with its `…` even where it would just fit: more follows."""
    short = cut(text + "……", room)
    return short + " " * (room - cells(short))


def wrap(text: str, width: int, *, most: int = 99) -> list[str]:
    """The text on lines of at most `width` cells, broken between words, at most so many lines."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if cells(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(cut(word, width))
    kept = [line for line in lines if line]
    if len(kept) > most:
        return [*kept[: most - 1], cut(f"{kept[most - 1]} ……", width)]
    return kept


def beside(left: Iterable[Row], right: Iterable[Row], left_width: int, width: int) -> Iterator[Row]:
    """Two columns as one: rows of the left one in `left_width` cells, then those of the right."""
    first, second = list(left), list(right)
    for number in range(max(len(first), len(second))):
        one = first[number] if number < len(first) else ()
        other = second[number] if number < len(second) else ()
        yield (*fit(one, left_width), *fit(other, width - left_width))


def in_language(text: Text, language: Language) -> str:
    """The text in the language; a missing one falls back to Vietnamese."""
    return (text.vi if language == "vi" else text.en) or text.vi


def time_of_day(at: datetime) -> str:
    """`14:32:07`."""
    return at.astimezone(LOCAL).strftime("%H:%M:%S")


def hour(at: datetime) -> str:
    """`14:32`."""
    return at.astimezone(LOCAL).strftime("%H:%M")


def lasted(seconds: float, language: Language) -> str:
    """A length of time as screens write it: `7s`, `12ph04s`, `2h10ph`, `3 ngày`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return say("screen.for.seconds", language, s=whole)
    if whole < 3600:
        return say("screen.for.minutes", language, m=whole // 60, s=f"{whole % 60:02d}")
    if whole < 2 * 86400:
        return say("screen.for.hours", language, h=whole // 3600, m=f"{whole % 3600 // 60:02d}")
    return say("screen.for.days", language, d=whole // 86400)
