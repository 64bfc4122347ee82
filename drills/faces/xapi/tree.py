"""A tree of names and texts as the xAPI has it, and how each of its doors writes it down. Pure.

Names and shapes as in Cisco's xAPI documentation; lists are branches of one name, told apart by
their item number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Branch(NamedTuple):
    """One named thing: a text, or branches below it; `item` is its number in a list."""

    name: str
    content: str | tuple[Branch, ...]
    item: int | None = None


Path: TypeAlias = tuple[str | int, ...]
"""Names from the root on, each item's number behind its name."""

_STEP = re.compile(r"([A-Za-z][A-Za-z0-9]*)(?:\[?(\d{1,4})\]?)?")


def branch(name: str, *below: Branch, item: int | None = None) -> Branch:
    """A branch with others below it."""
    return Branch(name, below, item)


def path_of(text: str) -> Path | None:
    """The path that a text names: `/Status/Call[1]/Status`, `Call 1 Status`; None for no path.

    Numbers stand behind the name of their list, in brackets or as a step of their own.
    """
    found: list[str | int] = []
    for step in re.split(r"[/\s]+", text.strip().strip("/")):
        if step.isascii() and step.isdecimal():
            found.append(int(step[:4]))
        elif match := _STEP.fullmatch(step):
            found.append(match[1])
            found += [int(match[2])] if match[2] else []
        elif step:
            return None
    return tuple(found)


def below(roots: Sequence[Branch], path: Path) -> tuple[Branch, ...]:
    """The branches of that path, in any case; several where it names no item of a list."""
    found, steps = tuple(roots), list(path)
    while steps:
        name, item = str(steps.pop(0)).lower(), None
        if steps and isinstance(steps[0], int):
            item = steps.pop(0)
        found = tuple(one for one in found if one.name.lower() == name and item in (None, one.item))
        if steps:
            found = tuple(
                child for one in found if not isinstance(one.content, str) for child in one.content
            )
    return found


def pruned(roots: Iterable[Branch], path: Path) -> tuple[Branch, ...]:
    """The same trees with nothing beside that path; () where it leads nowhere."""
    if not path:
        return tuple(roots)
    name, rest, item = str(path[0]).lower(), path[1:], None
    if rest and isinstance(rest[0], int):
        item, rest = rest[0], rest[1:]
    found = []
    for one in roots:
        if one.name.lower() != name or item not in (None, one.item):
            continue
        if not rest:
            found.append(one)
        elif not isinstance(one.content, str) and (kept := pruned(one.content, rest)):
            found.append(one._replace(content=kept))
    return tuple(found)


def xml(one: Branch, attributes: str = "") -> str:
    """The branch as XML."""
    item = "" if one.item is None else f' item="{one.item}" maxOccurrence="n"'
    inner = (
        escape(one.content)
        if isinstance(one.content, str)
        else "".join(xml(child) for child in one.content)
    )
    return f"<{one.name}{item}{attributes}>{inner}</{one.name}>"


def told(one: Branch) -> Any:
    """A branch's content as JSON over WebSocket: numbers as such, lists by `id`."""
    if isinstance(one.content, str):
        return _value(one.content)
    return _object(one, told)


def framed(one: Branch) -> Any:
    """A branch's content as JSON over SSH: each text as `{"Value": …}`."""
    if isinstance(one.content, str):
        return {"Value": one.content}
    return _object(one, framed)


def _object(one: Branch, write: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in one.content:
        assert isinstance(child, Branch)  # noqa: S101 - texts are written by the callers
        if child.item is None:
            found[child.name] = write(child)
        else:
            content = write(child)
            entry = content if isinstance(content, dict) else {"Value": content}
            found.setdefault(child.name, []).append({"id": str(child.item), **entry})
    return found


def _value(text: str) -> str | int:
    is_number = re.fullmatch(r"-?(0|[1-9]\d{0,14})", text)
    return int(text) if is_number else text


def leaves(roots: Iterable[Branch], above: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text of the trees with its path."""
    for one in roots:
        path = (*above, one.name) if one.item is None else (*above, one.name, one.item)
        if isinstance(one.content, str):
            yield path, one.content
        else:
            yield from leaves(one.content, path)
