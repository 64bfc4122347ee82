"""Reads a JSON answer of a device, and takes values out of it whatever their form."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from probes.errors import LimitExceeded, ParseFailed, ProtocolBroken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

MAX_DEPTH = 64
MAX_ITEMS = 32  # of one list: more would be more than a room has
_MAX_BYTES = 2_000_000
_MOST = 1e15
_TEXT = 200  # characters of one value that are kept
_PAGE = (b"<!doctype html", b"<html")


def json_of(body: bytes, content_type: str = "", *, max_bytes: int = _MAX_BYTES) -> Any:
    """The value of a JSON document (RFC 8259) of at most `max_bytes`.

    Raises ProtocolBroken for a page of HTML, ParseFailed for what is cut, malformed or in an
    encoding other than UTF-8, LimitExceeded for what is too long or too deep.
    """
    if len(body) > max_bytes:
        raise LimitExceeded("body_too_big", limit=max_bytes)
    if content_type.lower().startswith("text/html") or _is_page(body):
        raise ProtocolBroken("login_page")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParseFailed("json", place=error.start) from error
    try:
        root = json.loads(text)
    except RecursionError as error:
        raise LimitExceeded("json_depth", limit=MAX_DEPTH) from error
    except json.JSONDecodeError as error:
        raise ParseFailed("json", place=error.pos) from error
    except ValueError as error:  # an integer of thousands of digits
        raise ParseFailed("json", place=0) from error
    _check_depth(root)
    return root


def as_dict(value: Any) -> Mapping[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_dicts(value: Any) -> tuple[Mapping[str, Any], ...]:
    """The objects of a list, at most 32; an object alone counts as a list of one."""
    listed = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
    return tuple(item for item in listed if isinstance(item, dict))[:MAX_ITEMS]


def text_of(value: Any) -> str | None:
    """A text in one line, shortened; a number as text; None for what says nothing."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    shown = "".join(sign if sign.isprintable() else " " for sign in str(value))
    return " ".join(shown.split())[:_TEXT] or None


def number_of(value: Any) -> float | None:
    """A finite number, also one written as text; None for anything else or beyond measure."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and abs(found) < _MOST else None


def truth_of(value: Any) -> bool | None:
    """A truth value, also one written as a word; None for anything else."""
    if isinstance(value, bool):
        return value
    words = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
    return words.get(value.strip().lower()) if isinstance(value, str) else None


def first(read: Callable[[Any], Any], item: Mapping[str, Any], *keys: str) -> Any:
    """What `read` makes of the first of the keys that says something; None where none does."""
    found: Iterator[Any] = (read(item.get(key)) for key in keys)
    return next((value for value in found if value is not None), None)


def _is_page(body: bytes) -> bool:
    return body[:200].lstrip()[:14].lower().startswith(_PAGE)


def _check_depth(root: Any) -> None:
    level = [root]
    for _ in range(MAX_DEPTH + 1):
        level = [child for value in level for child in _children(value)]
        if not level:
            return
    raise LimitExceeded("json_depth", limit=MAX_DEPTH)


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
