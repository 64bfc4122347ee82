"""One YAML file as plain values, with line and column of every key and list item.

The file is read from the parser's events, not through a constructor: so nothing is ever built but
text, numbers, lists and mappings, nesting and aliases have limits, and doubled keys are seen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from inventory.errors import Problem
from inventory.text import nfc, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MAX_BYTES = 5_000_000
MAX_NODES = 200_000
MAX_DEPTH = 32

Keys: TypeAlias = tuple[str | int, ...]

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Plain scalars of the YAML 1.2 core schema (chapter 10.3.2): "yes" and dates stay text.
_WORDS: Mapping[str, object] = MappingProxyType(
    {"": None, "~": None}
    | dict.fromkeys(("null", "Null", "NULL"))
    | dict.fromkeys(("true", "True", "TRUE"), True)
    | dict.fromkeys(("false", "False", "FALSE"), False)
)
_INTEGER = re.compile(r"[-+]?[0-9]{1,30}|0o[0-7]{1,30}|0x[0-9a-fA-F]{1,30}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL_FLOAT = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_TEXT_TAG = "tag:yaml.org,2002:str"


class Mark(NamedTuple):
    """A place in a file; line and column count from 1."""

    line: int = 1
    column: int = 1


START = Mark()


@dataclass(frozen=True, slots=True)
class Document:
    """The values of one file, and where each of them stands.

    `name` is the file as people know it; `problems` are those that leave the rest readable.
    """

    name: str
    values: Mapping[str, Any]
    marks: Mapping[Keys, Mark]
    problems: tuple[Problem, ...] = ()

    def mark(self, keys: Keys) -> Mark:
        """Where this key stands, or the nearest one around it that is in the file."""
        while keys and keys not in self.marks:
            keys = keys[:-1]
        return self.marks.get(keys, START)

    def problem(self, keys: Keys, key: str, **values: object) -> Problem:
        """What is wrong with this key, as `file:line:column dotted.key: …`."""
        place = where(self.name, self.mark(keys))
        return Problem(f"{place} {dotted(keys)}" if keys else place, key, **values)


def where(name: str, mark: Mark = START) -> str:
    """A place as it stands in front of a sentence: `file:line:column`."""
    return f"{name}:{mark.line}:{mark.column}"


def dotted(keys: Keys) -> str:
    """A path of keys as people write it: `devices[0].kind`."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{one_line(key)}" for key in keys)
    return text.removeprefix(".")


def read(path: Path, name: str) -> Document:
    """Read one file that holds one YAML mapping.

    `name` is used in messages. Raises Problem for a file that cannot be read as such at all.
    """
    return parse(read_text(path, name), name)


def parse(text: str, name: str) -> Document:
    """The same for text that is already in memory."""
    builder = _Builder(name)
    for event in _events(text, builder):
        builder.take(event)
    if builder.root is None:
        raise Problem(where(name), "inventory.empty_file")
    value, mark = builder.root
    if not isinstance(value, dict):
        raise Problem(where(name, mark), "inventory.no_mapping")
    return Document(name, value, builder.marks, tuple(builder.problems))


def read_text(path: Path, name: str) -> str:
    """A file's text, UTF-8 of a bearable size. Raises Problem for anything else."""
    try:
        if path.stat().st_size > MAX_BYTES:
            limit = MAX_BYTES // 1_000_000
            raise Problem(where(name), "inventory.too_large", limit=limit)
        raw = path.read_bytes()
    except OSError as error:
        raise Problem(where(name), "inventory.unreadable", cause=error.strerror) from None
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        # A byte order mark of UTF-16: its zero bytes would else look like a binary file.
        raise Problem(where(name), "inventory.not_utf8")
    control = _CONTROL.search(raw)
    if control:
        raise Problem(where(name, _end_of(raw[: control.start()])), "inventory.binary")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(where(name, _end_of(raw[: error.start])), "inventory.not_utf8") from None


def _end_of(raw: bytes) -> Mark:
    """The place right behind this text."""
    text = raw.decode("utf-8-sig", errors="replace")
    return Mark(text.count("\n") + 1, len(text) - (text.rfind("\n") + 1) + 1)


def _events(text: str, builder: _Builder) -> Iterator[Event]:
    """The parser's events; every way it has of refusing a text becomes one Problem."""
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as error:
        raise _syntax_problem(error, builder) from None
    except YAMLError:
        raise Problem(where(builder.name), "inventory.bad_character") from None
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError):
        # The parser stumbles over some texts instead of refusing them: "\UFFFFFFFF", "%YAML 1".
        raise Problem(where(builder.name), "inventory.not_yaml") from None


def _syntax_problem(error: MarkedYAMLError, builder: _Builder) -> Problem:
    """Say in our words what the parser says in its own, at the most helpful of its two places."""
    mark, key = _mark(error.problem_mark or error.context_mark), "inventory.not_yaml"
    if "'\\t'" in str(error.problem):
        key = "inventory.tab"
    elif "undefined alias" in str(error.problem):
        key = "inventory.unknown_alias"
    elif re.search(r"quoted scalar|flow (mapping|sequence)", str(error.context)):
        mark, key = _mark(error.context_mark), "inventory.unclosed"
    elif "<stream end>" in str(error.problem) and builder.open:
        mark, key = builder.open[-1].mark, "inventory.unclosed"
    return Problem(where(builder.name, mark), key)


def _mark(mark: Any) -> Mark:
    return Mark(mark.line + 1, mark.column + 1) if mark else START


@dataclass(slots=True)
class _Frame:
    """A list or mapping that is still open. `weight` is its size with all aliases written out."""

    value: dict[str, Any] | list[Any]
    keys: Keys
    mark: Mark
    anchor: str | None
    weight: int = 1
    pending: tuple[str, Mark] | None = None


@dataclass(slots=True)
class _Builder:
    """Folds parser events into values and marks."""

    name: str
    root: tuple[Any, Mark] | None = None
    marks: dict[Keys, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    open: list[_Frame] = field(default_factory=list)
    anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Fold in one event; raises Problem where the file is no inventory file at all."""
        mark = _mark(event.start_mark)
        if isinstance(event, CollectionEndEvent):
            self._close()
        elif isinstance(event, DocumentStartEvent) and self.root is not None:
            raise Problem(where(self.name, mark), "inventory.two_documents")
        elif isinstance(event, NodeEvent):
            self._node(event, mark)

    def _node(self, event: NodeEvent, mark: Mark) -> None:
        frame = self.open[-1] if self.open else None
        if frame and isinstance(frame.value, dict) and frame.pending is None:
            self._key(frame, event, mark)
        elif isinstance(event, AliasEvent):
            self._alias(event, mark)
        elif isinstance(event, ScalarEvent):
            value = self._scalar(event, mark)
            if event.anchor:
                self.anchors[event.anchor] = (value, 1)
            self._put(value, mark, 1)
        else:
            self._open(event, mark)

    def _key(self, frame: _Frame, event: NodeEvent, mark: Mark) -> None:
        if not isinstance(event, ScalarEvent):
            raise Problem(where(self.name, mark), "inventory.key_not_text")
        key = nfc(event.value)
        frame.pending = (key, mark)
        if key in frame.value:
            first = self.marks[(*frame.keys, key)].line
            place = f"{where(self.name, mark)} {dotted((*frame.keys, key))}"
            self.problems.append(Problem(place, "inventory.doubled_key", first=first))

    def _alias(self, event: AliasEvent, mark: Mark) -> None:
        if event.anchor not in self.anchors:
            raise Problem(where(self.name, mark), "inventory.unknown_alias")
        value, weight = self.anchors[event.anchor]
        self._put(value, mark, weight)

    def _scalar(self, event: ScalarEvent, mark: Mark) -> object:
        if event.tag not in {None, "!", _TEXT_TAG}:
            raise Problem(where(self.name, mark), "inventory.yaml_tag")
        plain = event.tag is None and not event.style
        return _plain(event.value) if plain else nfc(event.value)

    def _open(self, event: NodeEvent, mark: Mark) -> None:
        if not isinstance(event, MappingStartEvent | SequenceStartEvent) or event.tag:
            raise Problem(where(self.name, mark), "inventory.yaml_tag")
        if len(self.open) >= MAX_DEPTH:
            raise Problem(where(self.name, mark), "inventory.too_deep", limit=MAX_DEPTH)
        value: dict[str, Any] | list[Any] = {} if isinstance(event, MappingStartEvent) else []
        self.open.append(_Frame(value, self._next_keys(), mark, event.anchor))

    def _close(self) -> None:
        frame = self.open.pop()
        if frame.anchor:
            self.anchors[frame.anchor] = (frame.value, frame.weight)
        self._put(frame.value, frame.mark, frame.weight)

    def _next_keys(self) -> Keys:
        """Path of the value that comes next."""
        if not self.open:
            return ()
        frame = self.open[-1]
        if isinstance(frame.value, list):
            return (*frame.keys, len(frame.value))
        return (*frame.keys, frame.pending[0] if frame.pending else "")

    def _put(self, value: object, mark: Mark, weight: int) -> None:
        """Hang a finished value into the list or mapping around it."""
        if not self.open:
            self.root = (value, mark)
            return
        keys, frame = self._next_keys(), self.open[-1]
        frame.weight += weight
        if frame.weight > MAX_NODES:
            raise Problem(where(self.name, mark), "inventory.too_many", limit=MAX_NODES)
        if isinstance(frame.value, list):
            self.marks.setdefault(keys, mark)
            frame.value.append(value)
        elif frame.pending:
            # Of a doubled key the first one counts; the second is already a problem.
            key, key_mark = frame.pending
            self.marks.setdefault(keys, key_mark)
            frame.value.setdefault(key, value)
            frame.pending = None


def _plain(text: str) -> object:
    """The value of an unquoted scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _SPECIAL_FLOAT.fullmatch(text):
        return float(text.replace(".", ""))
    return nfc(text)
