"""Looks into a Cisco status tree: texts, numbers and lists by path, without counting positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

MAX_ITEMS = 32  # of one list: more would be more series than an endpoint may have
_TEXT = 200  # characters of one value that are kept

ON_OFF: Mapping[str, bool] = {"On": True, "Off": False, "True": True, "False": False}


def nodes(node: Element, path: str) -> list[Element]:
    """All nodes at a path of plain names; a third of what ElementPath takes for it."""
    level = [node]
    for name in path.split("/"):
        level = [child for one in level for child in one.findall(name)]
    return level


def text(node: Element, *paths: str) -> str | None:
    """Text of the first path that exists and is not empty: an empty element says nothing.

    Where a path leads to a list, its first item that is there and says something counts.
    """
    for path in paths:
        for found in nodes(node, path):
            told = (found.text or "").strip()
            if told and found.get("ghost") != "True":
                return told[:_TEXT]
    return None


def number(node: Element, *paths: str) -> float | None:
    """The number there; None where it is missing, no number, or beyond anything measured."""
    try:
        value = float(text(node, *paths) or "")
    except ValueError:
        return None
    return value if abs(value) < 1e15 else None


def word(node: Element, words: Mapping[str, bool], *paths: str) -> bool | None:
    """What the word there means by `words`; None for one that is missing or not among them."""
    return words.get(text(node, *paths) or "")


def items(node: Element, *paths: str) -> Iterator[tuple[str, Element]]:
    """The items of the first of the lists that has any, with their numbers, each number once.

    `ghost="True"` marks an item that is no longer there. An item without a number has its place.
    """
    for path in paths:
        seen: set[str] = set()
        for place, item in enumerate(nodes(node, path), start=1):
            told = item.get("item") or ""
            name = told if told.isdecimal() and len(told) <= 9 else str(place)
            if item.get("ghost") != "True" and name not in seen and len(seen) < MAX_ITEMS:
                seen.add(name)
                yield name, item
        if seen:
            return
