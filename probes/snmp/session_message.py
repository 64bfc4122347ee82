"""SNMPv3 messages to bytes and back (RFC 3412, 6; RFC 3414, 2.4). Pure; keys are not its matter."""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from probes.snmp import ber
from probes.snmp.ber import INTEGER, OCTET_STRING, SEQUENCE, MalformedBer, element, open_element

if TYPE_CHECKING:
    from probes.snmp.ber import Message
    from probes.snmp.layouts import Layout

AUTH, PRIV, REPORTABLE = 1, 2, 4  # msgFlags
SALT_OCTETS = 8
_MAX_SIZE = b"\x02\x03\x00\xff\xe3"  # 65,507 octets: what one UDP datagram holds
_USM = b"\x02\x01\x03"
# Version 3, and the global data up to its msgID: 17 octets, of which the msgID takes four.
_UP_TO_ID = b"\x02\x01\x03" + bytes((SEQUENCE, 17, INTEGER, 4))
_MAX_ENGINE_OCTETS, _MAX_USER_OCTETS = 32, 32
_DES_BLOCK = 8
_INTEGER_OCTETS = 4
_LONG_OPENING = 4  # a SEQUENCE whose length takes two octets


class Header(NamedTuple):
    """What stands in front of a scoped PDU. `digest` lies at `digest_at`, the PDU in start:end."""

    msg_id: int
    flags: int
    engine_id: bytes
    boots: int
    time: int
    user: bytes
    digest: bytes
    digest_at: int
    salt: bytes
    start: int
    end: int


class Stamp(NamedTuple):
    """Whose engine a message is for, and what that engine's clock is thought to say."""

    engine_id: bytes
    boots: int = 0
    time: int = 0


def read_header(data: bytes) -> Header:
    """Read a v3 message up to its scoped PDU. Raises MalformedBer."""
    try:
        return _header(data)
    except IndexError:
        raise MalformedBer("the datagram ends within a value") from None


def _header(data: bytes) -> Header:
    at, whole = open_element(data, 0, len(data), SEQUENCE)
    version, at = ber.integer_at(data, at, whole)
    if whole != len(data) or version != 3:
        raise MalformedBer("not one v3 message")
    at, end = open_element(data, at, whole, SEQUENCE)
    msg_id, at = ber.integer_at(data, at, end)
    _, at = ber.integer_at(data, at, end)
    flags, at = open_element(data, at, end, OCTET_STRING)
    model, after = ber.integer_at(data, at, end)
    if at - flags != 1 or model != 3 or after != end:
        raise MalformedBer("flags or security model")
    outer, security_end = open_element(data, end, whole, OCTET_STRING)
    at, end = open_element(data, outer, security_end, SEQUENCE)
    engine, at = open_element(data, at, end, OCTET_STRING)
    engine_id = data[engine:at]
    boots, at = ber.integer_at(data, at, end)
    time, at = ber.integer_at(data, at, end)
    name, at = open_element(data, at, end, OCTET_STRING)
    user = data[name:at]
    digest, at = open_element(data, at, end, OCTET_STRING)
    salt, after = open_element(data, at, end, OCTET_STRING)
    if after != end or end != security_end or boots < 0 or time < 0:
        raise MalformedBer("security parameters")
    if len(engine_id) > _MAX_ENGINE_OCTETS or len(user) > _MAX_USER_OCTETS:
        raise MalformedBer("engine or user longer than possible")
    return Header(
        msg_id, data[flags], engine_id, boots, time, user, data[digest:at], digest,
        data[salt:after], security_end, whole,
    )  # fmt: skip


class HeaderForm:
    """The front of a message as one engine writes it, to read the next of that form in one step.

    All octets must be the same but the length of the whole, msgID, time, digest and salt.
    """

    __slots__ = ("_frame", "_header", "_mask", "_values")

    def __init__(
        self, data: bytes, header: Header, id_at: int, time_at: int, time_end: int
    ) -> None:
        size, salt_at = header.start, header.start - len(header.salt)
        spans = ((2, 4), (id_at, id_at + 4), (time_at, time_end), (salt_at, size))
        digest = (header.digest_at, header.digest_at + len(header.digest))
        mask = bytearray(b"\xff" * size)
        for start, stop in (*spans, digest):
            mask[start:stop] = bytes(stop - start)
        mask[id_at] = mask[time_at] = 0x80  # no negative number
        self._header = header
        self._mask = int.from_bytes(mask, "big")
        self._frame = int.from_bytes(data[:size], "big") & self._mask
        self._values = struct.Struct(
            f">2xH{id_at - 4}xi{time_at - id_at - 4}x{time_end - time_at}s"
            f"{digest[0] - time_end}x{len(header.digest)}s{salt_at - digest[1]}x{len(header.salt)}s"
        )

    def read(self, data: bytes) -> Header | None:
        """The header of a message of this form; None when it has another."""
        known = self._header
        if int.from_bytes(data[: known.start], "big") & self._mask != self._frame:
            return None
        octets, msg_id, time, digest, salt = self._values.unpack_from(data)
        if octets != len(data) - _LONG_OPENING:
            return None
        return Header(
            msg_id, known.flags, known.engine_id, known.boots, int.from_bytes(time, "big"),
            known.user, digest, known.digest_at, salt, known.start, len(data),
        )  # fmt: skip


def form_of(data: bytes, header: Header) -> HeaderForm | None:
    """The form of a message that was read; None for one shorter than messages with values are."""
    if data[1] != 0x82:
        return None
    _, at = ber.integer_at(data, _LONG_OPENING, len(data))
    at, end = open_element(data, at, len(data), SEQUENCE)
    id_at, id_end = open_element(data, at, end, INTEGER)
    at, end = open_element(data, end, len(data), OCTET_STRING)
    at, end = open_element(data, at, end, SEQUENCE)
    for tag in (OCTET_STRING, INTEGER):
        _, at = open_element(data, at, end, tag)
    time_at, time_end = open_element(data, at, end, INTEGER)
    if id_end - id_at != _INTEGER_OCTETS or time_end - time_at > _INTEGER_OCTETS:
        return None
    return HeaderForm(data, header, id_at, time_at, time_end)


def read_scoped(data: bytes, layout: Layout | None = None, *, padded: bool = False) -> Message:
    """Read a plain scoped PDU, in one step if it has the form of a layout. Raises MalformedBer.

    `padded` allows what DES adds behind it.
    """
    if layout is not None and (told := layout.read(data)) is not None:
        request_id, varbinds = told
        return ber.Message(3, b"", ber.RESPONSE, request_id, 0, 0, varbinds, layout=layout)
    try:
        at, stop = open_element(data, 0, len(data), SEQUENCE)
        if len(data) - stop >= (_DES_BLOCK if padded else 1):
            raise MalformedBer("octets behind the scoped PDU")
        _, at = open_element(data, at, stop, OCTET_STRING)
        _, at = open_element(data, at, stop, OCTET_STRING)
        return ber.pdu_at(data, at, stop, version=3)
    except IndexError:
        raise MalformedBer("the datagram ends within a value") from None


def coded_octets(data: bytes, header: Header) -> bytes:
    """The octets of an encrypted scoped PDU. Raises MalformedBer."""
    try:
        at, stop = open_element(data, header.start, header.end, OCTET_STRING)
    except IndexError:
        raise MalformedBer("the datagram ends within a value") from None
    if stop != header.end:
        raise MalformedBer("octets behind the scoped PDU")
    return data[at:stop]


def without_digest(data: bytes, header: Header) -> bytes:
    """The message as it was hashed: its digest field zero."""
    stop = header.digest_at + len(header.digest)
    return data[: header.digest_at] + bytes(len(header.digest)) + data[stop:]


def write_message(
    msg_id: int, flags: int, stamp: Stamp, user: bytes, digest_octets: int, salt: bytes, body: bytes
) -> tuple[bytes, int]:
    """A message with its digest field zero, and where that field begins.

    `user` is the whole element; `body` the scoped PDU's element, plain or encrypted.
    """
    before, behind = _between(flags, stamp, user, digest_octets, len(salt))
    parts = (_UP_TO_ID, msg_id.to_bytes(4, "big"), before, behind, salt, body)
    message = element(SEQUENCE, b"".join(parts))
    return message, len(message) - len(body) - len(salt) - len(behind)


@lru_cache(maxsize=1 << 12)  # of one device it changes once a second, and a poll is one or two
def _between(
    flags: int, stamp: Stamp, user: bytes, digest_octets: int, salt_octets: int
) -> tuple[bytes, bytes]:
    """What stands between the msgID and the digest, and from there to the salt."""
    head = _MAX_SIZE + bytes((OCTET_STRING, 1, flags)) + _USM
    front = element(OCTET_STRING, stamp.engine_id) + ber.integer(stamp.boots)
    front += ber.integer(stamp.time) + user + bytes((OCTET_STRING, digest_octets))
    behind = bytes(digest_octets) + bytes((OCTET_STRING, salt_octets))
    security = ber.opening(SEQUENCE, len(front) + len(behind) + salt_octets)
    outer = ber.opening(OCTET_STRING, len(security) + len(front) + len(behind) + salt_octets)
    return head + outer + security + front, behind


def scoped(engine_id: bytes, context: bytes, pdu: bytes) -> bytes:
    """A scoped PDU's element (RFC 3412, 6)."""
    return element(SEQUENCE, _names(engine_id, context) + pdu)


@lru_cache(maxsize=1 << 12)
def _names(engine_id: bytes, context: bytes) -> bytes:
    return element(OCTET_STRING, engine_id) + element(OCTET_STRING, context)
