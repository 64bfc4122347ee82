"""Where a fault is, in people's words: a segment and its part. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.language import has

if TYPE_CHECKING:
    from tui.text import Words

_DEVICE = "device"


def place(segment: str, part: str, words: Words) -> str:
    """`Metronet: đường truyền Metronet`; what the catalogue does not name stands as it came."""
    if segment == _DEVICE:
        return part
    named = f"tui.segment.{segment}"
    head = words.say(named) if has(named) else segment
    exact = f"place.{segment}.{part}"
    if has(exact):
        return f"{head}: {words.say(exact)}"
    return f"{head}: {part}" if part else head


def named_place(where: str, words: Words) -> str:
    """The same for `segment/part` as one text."""
    segment, _, part = where.partition("/")
    return place(segment, part, words)
