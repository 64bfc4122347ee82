"""A page in Prometheus' text format, of which only the families that are needed are read.

https://prometheus.io/docs/instrumenting/exposition_formats/ says that all lines of a metric stand
together, so that a family is found by its name and the rest of the page is never looked at: it has
a thousand lines and more, and hundreds of machines are asked every half minute.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

from probes.errors import ParseFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\.)*"'
_LINE = re.compile(
    rf"[a-zA-Z_:][a-zA-Z0-9_:]*(?:\{{(?P<labels>(?:{_LABEL}(?:,{_LABEL})*,?)?)\}})?"
    r"[ \t]+(?P<value>[^ \t_]+)(?:[ \t]+-?\d+)?[ \t]*"
)
_PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\.)*)"')
_ESCAPED = re.compile(r'\\[\\"n]')
_ESCAPES = {r"\\": "\\", r"\"": '"', r"\n": "\n"}
_BEHIND_A_NAME = b"{ \t\r\n"


class Line(NamedTuple):
    """One sample: its labels as written, and its value, which is a finite number."""

    written: str
    value: float

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels by name."""
        return {name: _unescaped(told) for name, told in _PAIR.findall(self.written)}


def family(page: bytes, name: str, holding: bytes = b"") -> list[Line]:
    """The samples of one family that are numbers; with `holding` only lines with these octets.

    Raises ParseFailed with its number for a line that is malformed.
    """
    return list(_family(page, name.encode(), holding))


def value(page: bytes, name: str) -> float | None:
    """The value of a family of one sample; None where the page does not have it."""
    found = family(page, name)
    return found[0].value if found else None


def stretch(page: bytes, name: str) -> bytes:
    """All lines of one family as they stand; empty where the page does not have it."""
    mark = b"\n" + name.encode() + b"{"
    begin = 0 if page.startswith(mark[1:]) else page.find(mark) + 1
    if begin == 0 and not page.startswith(mark[1:]):
        return b""
    end = page.find(b"\n", max(page.rfind(mark) + 1, begin))
    return page[begin:] if end < 0 else page[begin:end]


def _family(page: bytes, name: bytes, holding: bytes) -> Iterator[Line]:
    at = _start(page, name)
    while at >= 0 and _is_of(page, name, at):
        end = page.find(b"\n", at)
        end = len(page) if end < 0 else end
        octets = page[at:end]
        if holding in octets:
            found = _line(octets)
            if found is None:
                raise ParseFailed("exporter_line", line=1 + page.count(b"\n", 0, at))
            if math.isfinite(found.value):
                yield found
        at = end + 1


def _start(page: bytes, name: bytes) -> int:
    """Where the family's first line begins; -1 where there is none."""
    if _is_of(page, name, 0):
        return 0
    at = page.find(b"\n" + name)
    while at >= 0 and not _is_of(page, name, at + 1):
        at = page.find(b"\n" + name, at + 1)
    return at + 1 if at >= 0 else -1


def _is_of(page: bytes, name: bytes, at: int) -> bool:
    behind = at + len(name)
    return page.startswith(name, at) and (
        behind == len(page) or page[behind : behind + 1] in _BEHIND_A_NAME
    )


def _line(octets: bytes) -> Line | None:
    found = _LINE.fullmatch(octets.rstrip(b"\r").decode("utf-8", "replace"))
    if found is None:
        return None
    try:
        return Line(found["labels"] or "", float(found["value"]))
    except ValueError:
        return None


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: _ESCAPES[found[0]], text)
