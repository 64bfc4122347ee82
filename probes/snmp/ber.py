"""SNMP messages to bytes and back: BER with definite lengths, RFC 3416 and RFC 1157.

The decoder goes over a datagram once, holds every length against its container, and raises
MalformedBer alone. OIDs stay BER content bytes; only people see dotted text.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from probes.snmp.types import Varbind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probes.snmp.layouts import Layout
    from probes.snmp.types import Oid

INTEGER = 0x02
OCTET_STRING = 0x04
NULL = 0x05
OID = 0x06
SEQUENCE = 0x30
IPADDRESS = 0x40
COUNTER32 = 0x41
GAUGE32 = 0x42
TIMETICKS = 0x43
OPAQUE = 0x44
COUNTER64 = 0x46
NO_SUCH_OBJECT = 0x80
NO_SUCH_INSTANCE = 0x81
END_OF_MIB_VIEW = 0x82

GET = 0xA0
GETNEXT = 0xA1
RESPONSE = 0xA2
SET = 0xA3
GETBULK = 0xA5
REPORT = 0xA8

_UNSIGNED_BITS = {COUNTER32: 32, GAUGE32: 32, TIMETICKS: 32, COUNTER64: 64}
_VALUELESS = frozenset((NULL, NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW))
# Trap-PDU of v1 (0xA4) has another form; the v2 notifications and reports share this one.
_PDUS = frozenset((GET, GETNEXT, RESPONSE, SET, GETBULK, 0xA6, 0xA7, REPORT))
_OPAQUE_FLOAT = b"\x9f\x78\x04"
_OPAQUE_DOUBLE = b"\x9f\x79\x08"
# Most octets of a value that needs no sign and no modulus, by type.
_PLAIN_OCTETS = {INTEGER: 4, COUNTER32: 4, GAUGE32: 4, TIMETICKS: 4, COUNTER64: 8}
_MAX_LENGTH_OCTETS = 3
_MAX_ARC = 0xFFFFFFFF
_LONGEST_SHORT_OID = 0x7C  # with a NULL behind it the pair's length takes one octet
_new_tuple = tuple.__new__  # a NamedTuple's own constructor takes twice as long


class MalformedBer(ValueError):
    """The octets are not an SNMP v1 or v2c message."""


@dataclass(frozen=True, slots=True)
class Message:
    """One SNMP message. `version` is 0 for v1, 1 for v2c and 3 for v3, as on the wire.

    In v3 there is no community, and the security model's part is not in here.
    In a GETBULK `error_status` is non-repeaters and `error_index` max-repetitions (RFC 3416, 3).
    What was decoded has the `octets` that it was read from, its PDU at `pdu_at`; what was read by a
    layout has that `layout` instead.
    """

    version: int
    community: bytes
    pdu: int
    request_id: int
    error_status: int
    error_index: int
    varbinds: tuple[Varbind, ...]
    octets: bytes = field(default=b"", compare=False, repr=False)
    pdu_at: int = field(default=0, compare=False, repr=False)
    layout: Layout | None = field(default=None, compare=False, repr=False)


# ---- object identifiers ----


def oid(text: str) -> Oid:
    """Turn dotted text, with or without a leading dot, into BER content octets.

    Raises ValueError when it is no OID.
    """
    return oid_from_arcs(int(arc) for arc in text.strip().lstrip(".").split("."))


def oid_from_arcs(arcs: Iterable[int]) -> Oid:
    """Turn arcs into BER content octets; ValueError when they are no OID (X.690, 8.19)."""
    first, *rest = arcs
    if not rest:
        raise ValueError("an OID has at least two arcs")
    if first not in (0, 1, 2) or not 0 <= rest[0] <= (39 if first < 2 else _MAX_ARC - 80):
        raise ValueError("an OID starts with 0.0-39, 1.0-39 or 2.x")
    return b"".join(_subidentifier(arc) for arc in (first * 40 + rest[0], *rest[1:]))


def index_from_arcs(arcs: Iterable[int]) -> bytes:
    """Turn the arcs of a row index into the octets that stand behind a column's OID."""
    return b"".join(map(_subidentifier, arcs))


def index_arcs(index: bytes) -> tuple[int, ...]:
    """The arcs of a row index; it has no joined first pair as a whole OID has."""
    arcs: list[int] = []
    value = 0
    for octet in index:
        value = value << 7 | octet & 0x7F
        if octet < 0x80:
            arcs.append(value)
            value = 0
    return tuple(arcs)


def oid_arcs(oid: Oid) -> tuple[int, ...]:
    """The arcs of an OID; () for an empty one."""
    if not oid:
        return ()
    joined, *rest = index_arcs(oid) or (0,)
    first = min(joined // 40, 2)
    return (first, joined - first * 40, *rest)


def oid_key(oid: Oid) -> tuple[int, ...]:
    """A key that sorts OIDs as SNMP does: arc by arc, never octet by octet."""
    return index_arcs(oid)


def oid_text(oid: Oid) -> str:
    """Dotted text without a leading dot."""
    return ".".join(map(str, oid_arcs(oid)))


def oid_is_after(later: Oid, earlier: Oid) -> bool:
    """Whether one OID (or row index) comes strictly behind another in SNMP's order."""
    if later.isascii() and earlier.isascii():  # every arc below 128: octets sort as arcs do
        return later > earlier
    return index_arcs(later) > index_arcs(earlier)


def _subidentifier(arc: int) -> bytes:
    if not 0 <= arc <= _MAX_ARC:
        raise ValueError("an arc is an unsigned 32-bit number")
    octets = bytearray((arc & 0x7F,))
    while arc := arc >> 7:
        octets.append(arc & 0x7F | 0x80)
    octets.reverse()
    return bytes(octets)


# ---- decoding ----


def decode_message(data: bytes) -> Message:
    """Read one datagram. Raises MalformedBer, whatever the octets are."""
    try:
        return _message(data)
    except IndexError:
        raise MalformedBer("the datagram ends within a value") from None


def _message(data: bytes) -> Message:
    at, end = open_element(data, 0, len(data), SEQUENCE)
    if end != len(data):
        raise MalformedBer("octets behind the message")
    version, at = integer_at(data, at, end)
    if version not in (0, 1):
        raise MalformedBer("neither v1 nor v2c")
    start, at = open_element(data, at, end, OCTET_STRING)
    return pdu_at(data, at, end, version=version, community=data[start:at])


def version_of(data: bytes) -> int:
    """Which version a datagram says it is, 0, 1 or 3. Raises MalformedBer."""
    try:
        at, end = open_element(data, 0, len(data), SEQUENCE)
        version, _ = integer_at(data, at, end)
    except IndexError:
        raise MalformedBer("the datagram ends within a value") from None
    return version


def pdu_at(data: bytes, at: int, end: int, *, version: int, community: bytes = b"") -> Message:
    """The PDU that fills the octets between two places. Raises MalformedBer or IndexError."""
    pdu, start = data[at], at
    if pdu not in _PDUS:
        raise MalformedBer("not a PDU that has varbinds")
    at, pdu_end = open_element(data, at, end, pdu)
    if pdu_end != end:
        raise MalformedBer("octets behind the PDU")
    request_id, at = integer_at(data, at, end)
    error_status, at = integer_at(data, at, end)
    error_index, at = integer_at(data, at, end)
    at, list_end = open_element(data, at, end, SEQUENCE)
    if list_end != end:
        raise MalformedBer("octets behind the varbinds")
    varbinds = varbinds_at(data, at, end)
    return Message(
        version, community, pdu, request_id, error_status, error_index, varbinds, data, start
    )


def varbinds_at(data: bytes, at: int, end: int) -> tuple[Varbind, ...]:
    """The pairs of OID and value between two places. Raises MalformedBer or IndexError.

    Nothing else in a poll runs as often as this: a pair in which every length takes one octet, as
    in nearly all, is read in one step, and only others by every rule.
    """
    found: list[Varbind] = []
    while at < end:
        stop, value_at = at + 2 + data[at + 1], at + 4 + data[at + 3]
        start = value_at + 2
        if (
            data[at + 1] < 0x80
            and start <= stop <= end
            and data[value_at + 1] == stop - start
            and data[at] == SEQUENCE
            and data[at + 2] == OID
            and data[value_at - 1] < 0x80
        ):
            tag, content = data[value_at], data[start:stop]
            value: int | float | bytes | None
            if tag == OCTET_STRING:
                value = content
            elif start < stop <= start + _PLAIN_OCTETS.get(tag, 0) and content[0] < 0x80:
                value = int.from_bytes(content, "big")
            else:
                value = _value(tag, content)
            found.append(_new_tuple(Varbind, (data[at + 4 : value_at], tag, value)))
            at = stop
        else:
            pair, at = _any_pair(data, at, end)
            found.append(pair)
    return tuple(found)


def _any_pair(data: bytes, at: int, end: int) -> tuple[Varbind, int]:
    """The pair at a place, by every rule, and where it ends."""
    at, pair_end = open_element(data, at, end, SEQUENCE)
    name, at = open_element(data, at, pair_end, OID)
    oid = data[name:at]
    if oid and oid[-1] >= 0x80:
        raise MalformedBer("an OID ends within an arc")
    tag = data[at]
    start, at = open_element(data, at, pair_end, tag)
    if at != pair_end:
        raise MalformedBer("octets behind a value")
    return Varbind(oid, tag, _value(tag, data[start:at])), at


def open_element(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Where the content of the element at `at` starts and stops, inside its container.

    Raises MalformedBer or IndexError.
    """
    if data[at] != tag:
        raise MalformedBer(f"tag {data[at]:#04x} where {tag:#04x} belongs")
    length = data[at + 1]
    at += 2
    if length >= 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= _MAX_LENGTH_OCTETS or at + octets > end:
            raise MalformedBer("a length that is not definite and at most three octets")
        length = int.from_bytes(data[at : at + octets], "big")
        at += octets
    if at + length > end:
        raise MalformedBer("a value is longer than its container")
    return at, at + length


def integer_at(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The INTEGER at a place and where it ends. Raises MalformedBer or IndexError."""
    start, stop = open_element(data, at, end, INTEGER)
    return _signed(data[start:stop]), stop


def _signed(content: bytes) -> int:
    value = int.from_bytes(content, "big", signed=True)
    if not content or not -0x80000000 <= value <= 0x7FFFFFFF:
        raise MalformedBer("an INTEGER that is not 32 bits wide")
    return value


def _unsigned(content: bytes, bits: int) -> int:
    # A negative encoding of an unsigned type is seen in the wild: read it modulo 2^bits.
    value = int.from_bytes(content, "big", signed=True)
    if not content or not -(1 << (bits - 1)) <= value < 1 << bits:
        raise MalformedBer("an unsigned value that is wider than its type")
    return value & ((1 << bits) - 1)


def _value(tag: int, content: bytes) -> int | float | bytes | None:
    if tag in (OCTET_STRING, IPADDRESS):
        return content
    if tag == INTEGER:
        return _signed(content)
    if tag in _UNSIGNED_BITS:
        return _unsigned(content, _UNSIGNED_BITS[tag])
    if tag in _VALUELESS:
        if content:
            raise MalformedBer("a NULL or exception with content")
        return None
    if tag == OID:
        if content and content[-1] >= 0x80:
            raise MalformedBer("an OID ends within an arc")
        return content
    if tag == OPAQUE:
        return opaque_value(content)
    raise MalformedBer(f"unknown type {tag:#04x}")


def opaque_value(content: bytes) -> float | bytes:
    """The number in an Opaque, as net-snmp wraps float and double; other content as it is."""
    if content.startswith(_OPAQUE_FLOAT) and len(content) == 7:
        return float(struct.unpack(">f", content[3:])[0])
    if content.startswith(_OPAQUE_DOUBLE) and len(content) == 11:
        return float(struct.unpack(">d", content[3:])[0])
    return content


# ---- encoding ----


def encode_message(message: Message) -> bytes:
    """Write one message of v1 or v2c; ValueError when a value does not fit its tag."""
    version = integer(message.version)
    community = element(OCTET_STRING, message.community)
    return element(SEQUENCE, version + community + encode_pdu(message))


def encode_pdu(message: Message) -> bytes:
    """Write the PDU of a message; ValueError when a value does not fit its tag."""
    pairs = b"".join(map(encode_varbind, message.varbinds))
    head = integer(message.request_id) + integer(message.error_status)
    return element(message.pdu, head + integer(message.error_index) + element(SEQUENCE, pairs))


def integer(value: int) -> bytes:
    """Write an INTEGER; ValueError when it is wider than 32 bits."""
    if 0 <= value < 0x80:
        return bytes((INTEGER, 1, value))
    return element(INTEGER, _integer_octets(value))


def encode_varbind(varbind: Varbind) -> bytes:
    """Write one pair of OID and value; ValueError when the value does not fit its tag."""
    size = len(varbind.oid)
    if varbind.tag == NULL and varbind.value is None and size < _LONGEST_SHORT_OID:
        return b"0%c\x06%c%b\x05\x00" % (size + 4, size, varbind.oid)  # what requests are made of
    value = element(varbind.tag, _content(varbind.tag, varbind.value))
    return element(SEQUENCE, element(OID, varbind.oid) + value)


def _content(tag: int, value: int | float | bytes | None) -> bytes:
    if value is None and tag in _VALUELESS:
        return b""
    if isinstance(value, bytes) and tag in (OCTET_STRING, OID, IPADDRESS, OPAQUE):
        return value
    if isinstance(value, float) and tag == OPAQUE:
        return _OPAQUE_DOUBLE + struct.pack(">d", value)
    if isinstance(value, int) and tag == INTEGER:
        return _integer_octets(value)
    bits = _UNSIGNED_BITS.get(tag)
    if isinstance(value, int) and bits is not None and 0 <= value < 1 << bits:
        return value.to_bytes(value.bit_length() // 8 + 1, "big")
    raise ValueError(f"{value!r} is not a value of type {tag:#04x}")


def _integer_octets(value: int) -> bytes:
    if not -0x80000000 <= value <= 0x7FFFFFFF:
        raise ValueError(f"{value} is wider than an INTEGER")
    bits = (value if value >= 0 else ~value).bit_length()
    return value.to_bytes(bits // 8 + 1, "big", signed=True)


def element(tag: int, content: bytes) -> bytes:
    """Write a tag, a definite length and a content."""
    return opening(tag, len(content)) + content


def opening(tag: int, length: int) -> bytes:
    """Write a tag and the length of what stands behind it."""
    if length < 0x80:
        return bytes((tag, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets
