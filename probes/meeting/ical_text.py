"""An iCalendar file as lines and events, before anything is understood (RFC 5545, 3.1 and 3.6).

What is refused is refused with the line's number and never with its text: a calendar holds titles
and people that may not be repeated anywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inventory.document import Mark, where
from inventory.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_BYTES = 5_000_000
MAX_EVENTS = 5_000
MAX_DEPTH = 8
_NAME = re.compile(r"(?P<name>[A-Za-z0-9-]+)(?P<params>(?:;[^:\";]*(?:\"[^\"]*\"[^:\";]*)*)*):")
_PARAM = re.compile(r";([A-Za-z0-9-]+)=((?:\"[^\"]*\"|[^\";])*)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ESCAPED = re.compile(r"\\([\\;,nN])")


@dataclass(frozen=True, slots=True)
class Field:
    """One property of an event: where it stands, its name in capitals, parameters, raw value."""

    line: int
    name: str
    params: Mapping[str, str]
    value: str

    @property
    def text(self) -> str:
        """The value as text, escapes undone."""
        return _ESCAPED.sub(lambda m: " " if m[1] in "nN" else m[1], self.value)


@dataclass(slots=True)
class Part:
    """One component with its own properties; `line` is where it begins."""

    name: str
    line: int
    fields: list[Field] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    def of(self, name: str) -> Field | None:
        """The first property of that name."""
        return next((one for one in self.fields if one.name == name), None)

    def all(self, *names: str) -> Iterator[Field]:
        """All properties of these names."""
        return (one for one in self.fields if one.name in names)


def read_text(raw: bytes, name: str) -> tuple[Part, ...]:
    """The calendars of one file. Raises Problem (`file:line:column`) for anything hostile."""
    if len(raw) > MAX_BYTES:
        raise Problem(where(name), "calendar.too_large", limit=MAX_BYTES // 1_000_000)
    calendars: list[Part] = []
    open_parts: list[Part] = []
    events = 0
    for line, text in _unfolded(_decoded(raw, name)):
        found = _field(line, text, name)
        if found.name == "BEGIN":
            part = Part(found.value.strip().upper(), line)
            events += part.name == "VEVENT"
            _open(part, open_parts, calendars, name)
        elif found.name == "END":
            if not open_parts or open_parts.pop().name != found.value.strip().upper():
                raise Problem(where(name, Mark(line)), "calendar.wrong_end")
        elif not open_parts:
            raise Problem(where(name, Mark(line)), "calendar.not_calendar")
        else:
            open_parts[-1].fields.append(found)
        if events > MAX_EVENTS:
            raise Problem(where(name, Mark(line)), "calendar.too_many", limit=MAX_EVENTS)
    if open_parts:
        raise Problem(where(name, Mark(open_parts[-1].line)), "calendar.cut_off")
    if not calendars:
        raise Problem(where(name), "calendar.not_calendar")
    return tuple(calendars)


def _open(part: Part, open_parts: list[Part], calendars: list[Part], name: str) -> None:
    if not open_parts and part.name != "VCALENDAR":
        raise Problem(where(name, Mark(part.line)), "calendar.not_calendar")
    if len(open_parts) >= MAX_DEPTH:
        raise Problem(where(name, Mark(part.line)), "calendar.too_deep", limit=MAX_DEPTH)
    (open_parts[-1].parts if open_parts else calendars).append(part)
    open_parts.append(part)


def _decoded(raw: bytes, name: str) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Problem(where(name, Mark(line)), "inventory.not_utf8") from None
    control = _CONTROL.search(text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        raise Problem(where(name, Mark(line)), "inventory.binary")
    return text


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Logical lines with the number of their first physical line; empty ones are left out."""
    begun, pieces = 1, list[str]()
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        if line[:1] in (" ", "\t") and pieces:
            pieces.append(line[1:])
            continue
        if pieces:
            yield begun, "".join(pieces)
        begun, pieces = number, [line] if line.strip() else []
    if pieces:
        yield begun, "".join(pieces)


def _field(line: int, text: str, name: str) -> Field:
    found = _NAME.match(text)
    if found is None:
        raise Problem(where(name, Mark(line)), "calendar.not_line")
    params = {key.upper(): value.strip('"') for key, value in _PARAM.findall(found["params"])}
    return Field(line, found["name"].upper(), params, text[found.end() :])
