"""Reads an XML answer of a device into a tree, and refuses what only an attacker would send.

Without a DTD there are no entities, so that nothing can grow or reach out (XML 1.0, 4.4 and 4.6).
A DTD is looked for in the octets before anything is parsed, which is sound because only encodings
that hold ASCII as it is are read; expat, which does the work, is told to stop at one besides.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element
from xml.parsers import expat

from probes.errors import LimitExceeded, ParseFailed, ProtocolBroken

if TYPE_CHECKING:
    from collections.abc import Container

MAX_DEPTH = 64
_MAX_BYTES = 2_000_000
_DECLARATION = 512  # octets that `<?xml … ?>` may take
_UTF8_MARK = b"\xef\xbb\xbf"
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([^\"']{0,40})")
_READ = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1"})
_MARKUP = (b"DOCTYPE", b"ENTITY")
_PAGE = (b"<!doctype html", b"<html")


def tree_of(
    body: bytes,
    content_type: str = "",
    *,
    max_bytes: int = _MAX_BYTES,
    kept: Container[str] | None = None,
) -> Element:
    """The root element of an XML document of at most `max_bytes`.

    With `kept` only those children of the root are built; the rules hold for the others as well.
    Raises ProtocolBroken for a page of HTML and for a DTD or entities, ParseFailed for what is cut,
    malformed or in another encoding, LimitExceeded for what is too long or too deep.
    """
    if len(body) > max_bytes:
        raise LimitExceeded("body_too_big", limit=max_bytes)
    refuse_unsafe(body, content_type)
    try:
        return _Reader(kept).read(body)
    except expat.ExpatError as error:
        raise ParseFailed("xml", line=error.lineno) from error
    except (ValueError, LookupError) as error:  # octets that the encoding does not have
        raise ParseFailed("xml", line=1) from error


def refuse_unsafe(body: bytes, content_type: str = "") -> None:
    """Return for what may be given to another reader of XML; raise as `tree_of` before it parses.

    Raises ProtocolBroken for a page of HTML and for a DTD or entities, ParseFailed for an encoding
    in which these could hide.
    """
    if content_type.lower().startswith("text/html") or _is_page(body):
        raise ProtocolBroken("login_page")
    _check_encoding(body)
    if _has_dtd(body):
        raise ProtocolBroken("xml_entities")


class _Reader:
    """Builds the tree while expat reads; texts that stand between elements are not kept."""

    __slots__ = ("_depth", "_kept", "_open", "_parser", "_root")

    def __init__(self, kept: Container[str] | None) -> None:
        self._kept = kept
        self._open: list[Element] = []
        self._root = Element("")
        self._depth = 0
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._build()

    def read(self, body: bytes) -> Element:
        """The root element. Raises ExpatError, ProtocolBroken or LimitExceeded."""
        try:
            self._parser.Parse(body, True)
        finally:  # the parser holds us and we hold it: let go, or both wait for the collector
            self._parser.StartElementHandler = None
            self._parser.EndElementHandler = None
            self._parser.CharacterDataHandler = None
            self._parser.StartDoctypeDeclHandler = None
        return self._root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise LimitExceeded("xml_depth", limit=MAX_DEPTH)
        if self._depth == 2 and self._kept is not None and name not in self._kept:
            self._pass_over()
            return
        element = Element(name, attributes)
        if self._open:
            self._open[-1].append(element)
        else:
            self._root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()
        self._depth -= 1

    def _text(self, text: str) -> None:
        element = self._open[-1]
        if not len(element):
            element.text = (element.text or "") + text

    def _build(self) -> None:
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def _pass_over(self) -> None:
        """Count levels, and do no more, up to the end of this child of the root."""
        self._parser.StartElementHandler = self._passed_start
        self._parser.EndElementHandler = self._passed_end
        self._parser.CharacterDataHandler = None

    def _passed_start(self, _name: str, _attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise LimitExceeded("xml_depth", limit=MAX_DEPTH)

    def _passed_end(self, _name: str) -> None:
        self._depth -= 1
        if self._depth == 1:
            self._build()

    def _doctype(self, *_told: object) -> None:
        raise ProtocolBroken("xml_entities")


def _is_page(body: bytes) -> bool:
    return body[:200].removeprefix(_UTF8_MARK).lstrip()[:14].lower().startswith(_PAGE)


def _has_dtd(body: bytes) -> bool:
    """Whether a declaration of a document type or an entity stands anywhere."""
    at = body.find(b"<!")
    while at >= 0:
        if body[at + 2 : at + 9].upper().startswith(_MARKUP):
            return True
        at = body.find(b"<!", at + 2)
    return False


def _check_encoding(body: bytes) -> None:
    """Refuse what is not UTF-8, ASCII or Latin-1, by its first octets and its declaration."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in body[:4]:
        raise ParseFailed("xml_encoding", encoding="UTF-16")
    start = body.removeprefix(_UTF8_MARK)
    if not start.startswith(b"<?xml"):
        return
    end = start.find(b"?>", 0, _DECLARATION)
    found = _ENCODING.search(start, 0, end if end >= 0 else _DECLARATION)
    if end < 0 and len(start) >= _DECLARATION:
        raise ParseFailed("xml", line=1)
    named = found.group(1).decode("ascii", "replace") if found else "utf-8"
    if named.lower() not in _READ:
        shown = "".join(sign if sign.isalnum() or sign in "-_." else "?" for sign in named)
        raise ParseFailed("xml_encoding", encoding=shown)
