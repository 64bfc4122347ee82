"""A tree of names and texts as the xAPI has it, and how each of its doors writes it down. Pure.

Names and shapes as in Cisco's xAPI documentation; lists are branches of one name, told apart by
their item number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


class Branch(NamedTuple):
    """One named thing: a text, or branches below it; `item` is its number in a list.

    A `ghost` is an item that has just gone, as feedback tells it.
    """

    name: str
    content: str | tuple[Branch, ...]
    item: int | None = None
    ghost: bool = False


Path: TypeAlias = tuple[str | int, ...]
"""Names from the root on, each item's number behind its name."""

_STEP = re.compile(r"([A-Za-z][A-Za-z0-9]*|\*{1,2})(?:\[?(\d{1,4})\]?)?")
_ANY, _ANY_DEPTH = "*", "**"


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


def pruned(roots: Iterable[Branch], path: Path) -> tuple[Branch, ...]:
    """The same trees with nothing beside that path; () where it leads nowhere.

    Names are in any case, `*` is any one of them and `**` any way down.
    """
    if not path:
        return tuple(roots)
    name, rest, item = str(path[0]).lower(), path[1:], None
    if rest and isinstance(rest[0], int):
        item, rest = rest[0], rest[1:]
    found: list[Branch] = []
    for one in roots:
        kept: tuple[Branch, ...] = ()
        if name == _ANY_DEPTH:
            kept = pruned([one], rest) or _kept(one, path)
        elif name in (_ANY, one.name.lower()) and item in (None, one.item):
            kept = _kept(one, rest)
        found += kept
    return tuple(found)


def _kept(one: Branch, rest: Path) -> tuple[Branch, ...]:
    """The branch with what is left of it below, if anything is."""
    if not rest:
        return (one,)
    inner = () if isinstance(one.content, str) else pruned(one.content, rest)
    return (one._replace(content=inner),) if inner else ()


def end_of(pruned_roots: Sequence[Branch], path: Path) -> tuple[Branch, ...]:
    """The branches that a path without wildcards ends at, of trees that are pruned to it."""
    depth = sum(isinstance(step, str) for step in path)
    found = tuple(pruned_roots)
    for _ in range(depth - 1):
        found = tuple(c for one in found if not isinstance(one.content, str) for c in one.content)
    return found


def difference(old: Branch, new: Branch, quiet: frozenset[str]) -> Branch | None:
    """What of the new tree is not as in the old one, items that went as ghosts; None for nothing.

    Names that are `quiet` change all the time and are left out.
    """
    if isinstance(old.content, str) or isinstance(new.content, str):
        return None if old == new or new.name in quiet else new
    had = {(one.name, one.item): one for one in old.content}
    has = {(one.name, one.item) for one in new.content}
    told = [
        one if before is None else difference(before, one, quiet)
        for one in new.content
        for before in [had.get((one.name, one.item))]
    ]
    gone = [
        one._replace(content=(), ghost=True)
        for key, one in had.items()
        if key not in has and one.item is not None
    ]
    kept = (*(one for one in told if one is not None), *gone)
    return new._replace(content=kept) if kept else None


def xml(one: Branch, attributes: str = "") -> str:
    """The branch as XML."""
    item = "" if one.item is None else f' item="{one.item}" maxOccurrence="n"'
    item += ' ghost="True"' if one.ghost else ""
    inner = (
        escape(one.content)
        if isinstance(one.content, str)
        else "".join(xml(child) for child in one.content)
    )
    return f"<{one.name}{item}{attributes}>{inner}</{one.name}>"


def told(one: Branch) -> Any:
    """A branch's content as JSON over WebSocket: numbers as such, lists by `id`."""
    return _json(one, _number_or_text)


def framed(one: Branch) -> Any:
    """A branch's content as JSON over SSH: each text as `{"Value": …}`."""
    return _json(one, lambda text: {"Value": text})


def leaves(roots: Iterable[Branch], above: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text of the trees with its path."""
    for one in roots:
        path = (*above, one.name) if one.item is None else (*above, one.name, one.item)
        if isinstance(one.content, str):
            yield path, one.content
        else:
            yield from leaves(one.content, path)


def _json(one: Branch, write: Callable[[str], Any]) -> Any:
    if isinstance(one.content, str):
        return write(one.content)
    found: dict[str, Any] = {}
    for child in one.content:
        content = _json(child, write)
        if child.item is None:
            found[child.name] = content
        else:
            entry = content if isinstance(content, dict) else {"Value": content}
            ghost = {"ghost": "True"} if child.ghost else {}
            found.setdefault(child.name, []).append({"id": str(child.item), **ghost, **entry})
    return found


def _number_or_text(text: str) -> str | int:
    is_number = re.fullmatch(r"-?(0|[1-9]\d{0,14})", text)
    return int(text) if is_number else text
