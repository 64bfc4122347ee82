"""A walk made fit to be shown to strangers: who owns the device and where it stands are taken out.

Only subtrees that are known are kept. Names, places, people, free text, serial numbers, MAC host
parts and addresses become tokens, the same one for the same word, in values and in indexes. What
still holds a known secret at the end is left out. Pure.
"""

from __future__ import annotations

import hashlib
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.snmp import ber, values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from probes.snmp.types import Varbind

_M = "1.3.6.1.2.1."
_LLDP = "1.0.8802.1.1.2.1."
_PRIVATE = "1.3.6.1.4.1."

# What is worth recording and known: system, interfaces, ARP, EtherLike, bridge, host resources
# (neither programs nor boot parameters), ifMIB, UPS, entities, sensors, PoE, LLDP.
_MIB_2 = (
    "1", "2", "4.20", "4.22", "10.7", "17.1", "17.2", "17.4.3", "17.7.1.2.2", "17.7.1.4",
    "25.1.1", "25.2", "25.3.2", "25.3.3", "31.1", "33.1", "47.1.1.1", "99.1", "105.1",
)  # fmt: skip
ROOTS = (*(_M + arc for arc in _MIB_2), _LLDP + "3", _LLDP + "4")

# Free text of the owner: nothing of it stays.
_OWN_COLUMNS = (
    "1.4.", "1.5.", "1.6.", "31.1.1.1.18.", "33.1.1.5.", "33.1.1.6.", "47.1.1.1.1.11.",
    "47.1.1.1.1.14.", "47.1.1.1.1.15.", "47.1.1.1.1.18.", "17.7.1.4.3.1.1.",
)  # fmt: skip
_OWN_LLDP_COLUMNS = ("3.3.", "4.1.1.7.", "4.1.1.8.", "4.1.1.9.", "4.1.1.10.")
_OWNERS = (*(_M + c for c in _OWN_COLUMNS), *(_LLDP + c for c in _OWN_LLDP_COLUMNS))
# A MAC address, whatever its octets look like.
_MACS = tuple(_M + column for column in ("2.2.1.6.", "4.22.1.2.", "17.1.1.", "17.4.3.1.1."))
_CHASSIS = (_LLDP + "3.2.", _LLDP + "4.1.1.5.")
# Where an address stands in an index: column prefix, arcs before it, its length.
_INDEXED = (
    (_M + "4.20.1.", 1, 4),
    (_M + "4.22.1.", 2, 4),
    (_M + "17.4.3.1.", 1, 6),
    (_M + "17.7.1.2.2.1.", 2, 6),
    (_LLDP + "3.8.1.", 3, None),
    (_LLDP + "4.2.1.", 6, None),
)

_IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
_IPV6 = re.compile(
    r"(?i)(?<![\w:])(?:[0-9a-f]{1,4}:){2,7}(?::|[0-9a-f]{0,4})(?::?[0-9a-f]{1,4})*(?![\w:])"
)
_MAC_TEXT = re.compile(
    r"(?i)(?<![0-9a-f])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![0-9a-f])"
    r"|(?<![0-9a-f])(?:[0-9a-f]{4}[.-]){2}[0-9a-f]{4}(?![0-9a-f])|(?<![0-9a-f])[0-9a-f]{12}(?![0-9a-f])"
)
_SERIAL = re.compile(r"(?i)\b(S/?N|serial(?: ?(?:no|number|num))?\.?)(\s*[:=#]?\s*)([\w-]{4,})")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_UNAME = re.compile(r"^(Linux|FreeBSD|SunOS|Darwin|AIX|HP-UX) (\S+)")
# Readings that some makers write as text; the words are units.
_READING = re.compile(
    r"[-+\d.,%\s()/:]*(?:(?:C|F|V|A|W|Hz|RPM|Secs|mW|dBm|N/A)\b[-+\d.,%\s()/:]*)*"
)
_SHORTEST = 4  # a shorter word is in any text by chance


@dataclass(frozen=True, slots=True)
class Redacted:
    """Lines of a snmprec file in order of OID, and how many values were left out."""

    lines: tuple[str, ...]
    left_out: int


def redact(varbinds: Sequence[Varbind], secrets: Iterable[str], key: bytes) -> Redacted:
    """The walk as snmprec lines without what belongs to its owner.

    `secrets` are words that must not be in it wherever they stand (communities, users, the host);
    `key` makes the tokens: the same word gives the same token with the same key, at most 64 octets.
    """
    scrub = Scrub(key, (*secrets, *_owners_words(varbinds)))
    ordered = sorted({v.oid: v for v in varbinds}.values(), key=lambda v: ber.oid_key(v.oid))
    told = [line for varbind in ordered if (line := scrub.line(varbind)) is not None]
    return Redacted(tuple(told), len(varbinds) - len(told))


def _owners_words(varbinds: Iterable[Varbind]) -> Iterator[str]:
    """The walk's own names, places and serial numbers: they may stand elsewhere in it too."""
    for varbind in varbinds:
        if ber.oid_text(varbind.oid).startswith(_OWNERS) and varbind.tag == ber.OCTET_STRING:
            text = values.text(varbind)
            if text:
                yield text


class Scrub:
    """Makes tokens of one recording; knows the words that must not be in it."""

    def __init__(self, key: bytes, secrets: Iterable[str]) -> None:
        self._key = key
        words = {word.strip() for word in secrets}
        self._words = sorted((w for w in words if len(w) >= _SHORTEST), key=len, reverse=True)

    def line(self, varbind: Varbind) -> str | None:
        """OID|TAG|VALUE, or None for what cannot be shown."""
        name = ber.oid_text(varbind.oid)
        if varbind.tag >= ber.NO_SUCH_OBJECT or not self._known(name):
            return None
        oid = self._oid(name)
        value = None if oid is None else self._value(name, varbind)
        if oid is None or value is None:
            return None
        return f"{oid}|{value}"

    def token(self, word: str | bytes, kind: str) -> str:
        """The word's stand-in: its kind and eight hex digits."""
        return f"{kind}-{self._digest(word)[:4].hex()}"

    def _known(self, name: str) -> bool:
        return name.startswith(_PRIVATE) or any(name.startswith(f"{root}.") for root in ROOTS)

    def _oid(self, name: str) -> str | None:
        for prefix, before, length in _INDEXED:
            if name.startswith(prefix):
                return self._indexed(name, prefix, before, length)
        return None if name.startswith(_PRIVATE) and self._tells(name) else name

    def _indexed(self, name: str, prefix: str, before: int, length: int | None) -> str | None:
        """The OID with its address replaced; None where the index is not as the MIB says."""
        arcs = [int(arc) for arc in name[len(prefix) :].split(".")]
        head, address = arcs[:before], arcs[before:]
        if any(arc > 255 for arc in address) or len(address) not in (
            (length,) if length else (4, 6, 16)
        ):
            return None
        told = self._address(bytes(address))
        return prefix + ".".join(str(arc) for arc in (*head, *told))

    def _tells(self, name: str) -> bool:
        """Whether an index of a maker's table spells a text or an address."""
        arcs = [int(arc) for arc in name[len(_PRIVATE) :].split(".")]
        spelled = "".join(chr(arc) if 32 < arc < 127 else " " for arc in arcs)
        dotted = ".".join(map(str, arcs))
        if any(len(run) >= 5 for run in spelled.split()):
            return True
        return "192.168." in dotted or any(
            ".".join(map(str, word.encode())) in dotted or f".{word}." in f".{dotted}."
            for word in self._words
        )

    def _value(self, name: str, varbind: Varbind) -> str | None:
        value = varbind.value
        if isinstance(value, float):
            return f"68x|9f7804{_float_octets(value).hex()}"
        if not isinstance(value, bytes):
            return None if value is None else f"{varbind.tag}|{value}"
        if varbind.tag == ber.OID:
            dotted = ber.oid_text(value)
            return None if self._tells(_PRIVATE + dotted) else f"6|{dotted}"
        if varbind.tag == ber.IPADDRESS:
            return "64|" + ".".join(map(str, self._address(value)))
        return self._octets(name, value)

    def _octets(self, name: str, octets: bytes) -> str | None:
        if not octets:
            return "4|"
        if len(octets) == 6 and (name.startswith((*_MACS, *_CHASSIS)) or not _is_text(octets)):
            return f"4x|{self._address(octets).hex()}"
        if name.startswith(_MACS):
            return f"4x|{self._digest(octets)[: len(octets)].hex()}" if len(octets) < 9 else None
        if not _is_text(octets):
            # Bits, dates and addresses look alike here: only the length can be shown of a maker's.
            shown = octets if not name.startswith((_PRIVATE, _LLDP)) else self._stretched(octets)
            return None if self._holds(shown) else f"4x|{shown.hex()}"
        text = self._text(name, octets.decode("utf-8"))
        return f"4x|{text.encode().hex()}"

    def _text(self, name: str, text: str) -> str:
        if name.startswith((*_OWNERS, *_CHASSIS)):
            return self.token(text, "text") if text.strip() else ""
        if name.startswith(_PRIVATE):
            return (
                text
                if _READING.fullmatch(text) and not _IPV4.search(text)
                else self.token(text, "text")
            )
        return self._scrubbed(text)

    def _scrubbed(self, text: str) -> str:
        """A text that its maker wrote, less what the owner put in."""
        for word in self._words:
            text = re.sub(re.escape(word), self.token(word, "word"), text, flags=re.IGNORECASE)
        text = _UNAME.sub(lambda m: f"{m[1]} {self.token(m[2], 'host')}", text)
        text = _SERIAL.sub(lambda m: m[1] + m[2] + self.token(m[3], "serial"), text)
        text = _MAIL.sub(lambda m: self.token(m[0], "mail"), text)
        text = _MAC_TEXT.sub(lambda m: self.token(m[0].lower(), "mac"), text)
        text = _IPV6.sub(lambda m: self.token(m[0].lower(), "address"), text)
        return _IPV4.sub(lambda m: self.token(m[0], "address"), text)

    def _address(self, octets: bytes) -> bytes:
        """Another in its place: MACs keep their maker, IPv4 moves to 198.18/15 (RFC 2544)."""
        digest = self._digest(octets)
        if len(octets) == 6:
            return octets if octets in (b"\0" * 6, b"\xff" * 6) else octets[:3] + digest[:3]
        if len(octets) == 4:
            is_common = octets[0] in (0, 127, 255)
            return octets if is_common else bytes((198, 18 + digest[0] % 2)) + digest[1:3]
        return self._stretched(octets)

    def _stretched(self, octets: bytes) -> bytes:
        blocks = (self._digest(octets + bytes([n])) for n in range(len(octets) // 32 + 1))
        return b"".join(blocks)[: len(octets)]

    def _holds(self, octets: bytes) -> bool:
        folded = octets.lower()
        return any(word.lower().encode() in folded for word in self._words)

    def _digest(self, word: str | bytes) -> bytes:
        octets = word.encode() if isinstance(word, str) else word
        return hashlib.blake2b(octets, key=self._key, digest_size=32).digest()


def _is_text(octets: bytes) -> bool:
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(c.isprintable() or c in "\r\n\t\0" for c in text)


def _float_octets(value: float) -> bytes:
    return struct.pack(">f", value)
