"""Reads an XML answer of a device into a tree, and refuses what only an attacker would send.

Without a DTD there are no entities, so that nothing can grow or reach out (XML 1.0, 4.4 and 4.6).
A DTD is looked for in the octets before anything is parsed; that is sound because only encodings
that hold ASCII as it is are read. The parser of the standard library does the rest in C.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError, TreeBuilder, XMLParser

from probes.errors import LimitExceeded, ParseFailed, ProtocolBroken

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_DEPTH = 64
_MAX_BYTES = 2_000_000
_DECLARATION = 512  # octets that `<?xml … ?>` may take
_UTF8_MARK = b"\xef\xbb\xbf"
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([^\"']{0,40})")
_READ = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1"})
_MARKUP = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_PAGE = (b"<!doctype html", b"<html")


def tree_of(body: bytes, content_type: str = "", *, max_bytes: int = _MAX_BYTES) -> Element:
    """The root element of an XML document of at most `max_bytes`.

    Raises ProtocolBroken for a page of HTML and for a DTD or entities, ParseFailed for what is cut,
    malformed or in another encoding, LimitExceeded for what is too long or too deep.
    """
    if len(body) > max_bytes:
        raise LimitExceeded("body_too_big", limit=max_bytes)
    if content_type.lower().startswith("text/html") or _is_page(body):
        raise ProtocolBroken("login_page")
    _check_encoding(body)
    if _MARKUP.search(body):
        raise ProtocolBroken("xml_entities")
    parser = XMLParser(target=_Builder())  # noqa: S314 - a DTD was refused above, and is below
    try:
        parser.feed(body)
        root: Element = parser.close()
    except ParseError as error:
        raise ParseFailed("xml", line=error.position[0]) from error
    except (ValueError, LookupError) as error:  # octets that the encoding does not have
        raise ParseFailed("xml", line=1) from error
    _check_depth(root)
    return root


class _Builder(TreeBuilder):
    """The usual builder, which stops at a DTD that the look at the octets has missed."""

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        """Refuse."""
        raise ProtocolBroken("xml_entities")


def _is_page(body: bytes) -> bool:
    return body[:200].removeprefix(_UTF8_MARK).lstrip()[:14].lower().startswith(_PAGE)


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


def _check_depth(root: Element) -> None:
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return
    raise LimitExceeded("xml_depth", limit=MAX_DEPTH)
