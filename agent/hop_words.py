"""What people call the points of the way that every ward has; their names are the program's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.language import has, say

if TYPE_CHECKING:
    from inventory.language import Language


def called(name: str, language: Language) -> str:
    """`gateway` in words; a device's name, which is never one of these, as it is."""
    key = f"hop.{name}"
    return say(key, language) if has(key) else name
