"""Cells to plain values: numbers, text for people, MAC addresses. A wrong type is unknown."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from probes.snmp import ber

if TYPE_CHECKING:
    from probes.snmp.types import Varbind

_NUMBER_TAGS = frozenset(
    (ber.INTEGER, ber.COUNTER32, ber.GAUGE32, ber.TIMETICKS, ber.COUNTER64, ber.OPAQUE)
)
_MAX_TEXT = 255


def number(cell: Varbind | None) -> int | None:
    """The whole number in a cell, or None when there is none."""
    if cell is None:
        return None
    _, tag, value = cell  # asked for a hundred thousand cells a cycle: no attribute is looked up
    if tag not in _NUMBER_TAGS or value is None or isinstance(value, bytes):
        return None
    return int(value)


def count(cell: Varbind | None) -> int | None:
    """A number that cannot be negative."""
    if cell is None:
        return None
    _, tag, value = cell
    if tag not in _NUMBER_TAGS or value is None or isinstance(value, bytes):
        return None
    return int(value) if value >= 0 else None


def text(cell: Varbind | None) -> str | None:
    """The text in a cell, cleaned for people; None when there is none or it is empty."""
    if cell is None or not isinstance(cell.value, bytes) or cell.tag != ber.OCTET_STRING:
        return None
    return clean(cell.value) or None


@lru_cache(maxsize=1 << 15)  # names of ports: the same few on every poll of every device
def clean(octets: bytes) -> str:
    """Octets of a DisplayString as one line of text.

    Cut at the first NUL (Windows pads ifDescr), line breaks become spaces (Cisco's sysDescr),
    UTF-8 else cp1252 else Latin-1, control characters dropped, at most 255 characters, NFC.
    """
    octets = octets.split(b"\0", 1)[0].strip(b"\r\n ")
    line = _decoded(octets).replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
    visible = "".join(c for c in line if unicodedata.category(c) != "Cc")
    return unicodedata.normalize("NFC", visible).strip()[:_MAX_TEXT]


def oid_text(cell: Varbind | None) -> str | None:
    """The OID in a cell as dotted text."""
    if cell is None or cell.tag != ber.OID or not isinstance(cell.value, bytes):
        return None
    return ber.oid_text(cell.value)


def mac(cell: Varbind | None) -> str | None:
    """A MAC address; None unless it is six octets and neither all 00 nor all FF."""
    if cell is None or not isinstance(cell.value, bytes) or len(cell.value) != 6:
        return None
    if cell.value in (b"\0" * 6, b"\xff" * 6):
        return None
    return cell.value.hex(":")


def _decoded(octets: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        try:
            return octets.decode(encoding)
        except UnicodeDecodeError:
            continue
    return octets.decode("latin-1")
