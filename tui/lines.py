"""Lines of styled text: what every screen is made of before a widget paints it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal, TypeAlias

from inventory.text import cells, cut, pad

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Tone: TypeAlias = Literal[
    "plain", "strong", "dim", "accent", "ok", "degraded", "down", "alarm", "unknown",
    "maintenance", "stale", "off_duty", "free", "now", "cursor", "banner",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """Text in one tone, a name that the style sheet gives a colour and a weight."""

    text: str
    tone: Tone = "plain"


Line: TypeAlias = tuple[Span, ...]
BLANK: Line = ()
_SINGLE, _DOUBLE = tuple("┌─┐│└┘"), tuple("╔═╗║╚╝")


def line(*parts: str | Span) -> Line:
    """A line of plain texts and spans; empty texts are left out."""
    return tuple(Span(part) if isinstance(part, str) else part for part in parts if part)


def width(of: Line) -> int:
    """Cells that the line takes."""
    return sum(cells(span.text) for span in of)


def text(of: Line) -> str:
    """The line without its tones."""
    return "".join(span.text for span in of)


def fit(of: Line, wanted: int) -> Line:
    """The line in exactly so many cells: cut (with `…`) or filled with spaces."""
    have = width(of)
    if have < wanted:
        return (*of, Span(" " * (wanted - have)))
    if have == wanted:
        return of
    kept: list[Span] = []
    room = wanted
    for span in of:
        if cells(span.text) >= room:  # more follows, so the sign stands even where this would fit
            return (*kept, Span(pad(span.text + "……", room), span.tone))
        kept.append(span)
        room -= cells(span.text)
    return tuple(kept)


def spread(left: Line, right: Line, wanted: int) -> Line:
    """`left` at the left and `right` at the right end; the left one is cut first."""
    if not right:
        return fit(left, wanted)
    room = max(0, wanted - width(right) - 1)
    return fit((*fit(left, room), Span(" "), *right), wanted)


def beside(left: Sequence[Line], right: Sequence[Line], left_width: int) -> list[Line]:
    """Two columns of lines, the left one made so wide."""
    return [
        (*fit(one, left_width), *other) for one, other in zip_longest(left, right, fillvalue=BLANK)
    ]


def wrapped(said: str, wanted: int, most: int = 99) -> list[str]:
    """Words in lines of at most `wanted` cells; the last of `most` lines is cut with `…`."""
    rows = [""]
    for word in said.split():
        longer = f"{rows[-1]} {word}".strip()
        if cells(longer) <= wanted or not rows[-1]:
            rows[-1] = longer
        else:
            rows.append(word)
    if len(rows) > most:
        rows = [*rows[: most - 1], " ".join(rows[most - 1 :])]
    return [cut(row, wanted) for row in rows if row]


def boxed(
    inside: Iterable[Line],
    wanted: int,
    *,
    title: Line = BLANK,
    double: bool = False,
    tone: Tone = "dim",
    height: int | None = None,
) -> list[Line]:
    """Lines in a frame of `wanted` cells; `height` counts the frame and cuts or fills."""
    corner, across, corner_right, down, low, low_right = _DOUBLE if double else _SINGLE
    rows = list(inside)
    if height is not None:
        rows = [*rows, *[BLANK] * height][: height - 2]
    edge = Span(down, tone)
    body = [(edge, *fit(one, wanted - 2), edge) for one in rows]
    head = (Span(corner, tone), *_top(title, across, wanted - 2, tone), Span(corner_right, tone))
    return [head, *body, (Span(low + across * (wanted - 2) + low_right, tone),)]


def _top(title: Line, across: str, room: int, tone: Tone) -> Line:
    if not title:
        return (Span(across * room, tone),)
    shown = (Span(f"{across} ", tone), *title, Span(" ", tone))
    if width(shown) > room:
        return fit(shown, room)
    return (*shown, Span(across * (room - width(shown)), tone))


def label(said: str, wanted: int) -> Span:
    """A dim label in so many cells."""
    return Span(pad(said, wanted), "dim")
