"""STAMP as octets: test packets, their reflections and their extensions. Pure.

RFC 8762 (unauthenticated mode, sections 4.2.1 and 4.3.1), RFC 8972 (session identifier, extensions
as type-length-value), RFC 4656 section 4.1.2 (timestamps and error estimate). Port 862 and the
layout are shared with TWAMP-Light (RFC 5357 appendix I), whose answers are shorter.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache

PORT = 862
PACKET_OCTETS = 44
# A TWAMP-Light answer ends behind the sender's error estimate, some with its padding and TTL.
SHORTEST_REPLY_OCTETS = 38

EXTRA_PADDING, CLASS_OF_SERVICE = 1, 4

_SENDER = struct.Struct("!IQHH28x")
_REFLECTOR = struct.Struct("!IQHHQIQH2xB3x")
_SHORT_REFLECTOR = struct.Struct("!IQHHQIQH")
_HEAD = struct.Struct("!BBH")
_COS = struct.Struct("!HH")
_UNRECOGNIZED, _MALFORMED, _INTEGRITY = 0x80, 0x40, 0x20

_NS = 1_000_000_000
_NTP_TO_UNIX_S = 2_208_988_800  # 1900-01-01 to 1970-01-01
_ERA_S = 1 << 32
_repeated = lru_cache(maxsize=256)  # what stands the same in every packet of a burst
_SYNCHRONISED, _PTP = 0x8000, 0x4000


class BadPacket(ValueError):
    """These octets are no STAMP packet."""


@dataclass(frozen=True, slots=True)
class ErrorEstimate:
    """How far a clock may be off, in seconds, and whether it is synchronised at all.

    `ptp` says in which format the timestamp beside it is: PTPv2 or NTP.
    """

    error_s: float
    synchronised: bool
    ptp: bool = False


@dataclass(frozen=True, slots=True)
class Extension:
    """One TLV of RFC 8972: its type, value and flags.

    A sender sets all three flags; a reflector clears those that do not hold. `missing_octets` is
    how much of the value its length promises and the packet does not hold.
    """

    type: int
    value: bytes
    unrecognized: bool = True
    malformed: bool = True
    integrity_failed: bool = True
    missing_octets: int = 0


@dataclass(frozen=True, slots=True)
class ClassOfService:
    """The marks of one packet: asked for on the way back, and as it arrived at the reflector.

    `refused` is the RP field: the reflector did not use the mark asked for.
    """

    asked_dscp: int
    seen_dscp: int = 0
    seen_ecn: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """A test packet. Times are Unix nanoseconds; `session` 0 is none."""

    number: int
    sent_ns: int
    estimate: ErrorEstimate
    session: int = 0
    extensions: tuple[Extension, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """A reflected test packet. Times are Unix nanoseconds.

    `number` is the reflector's own, `session` 0 when it is not echoed, `ttl` that of the request on
    arrival, None when the answer is too short to tell.
    """

    number: int
    sent_ns: int
    estimate: ErrorEstimate
    session: int
    received_ns: int
    request_number: int
    request_sent_ns: int
    request_estimate: ErrorEstimate
    ttl: int | None
    extensions: tuple[Extension, ...] = ()


def encode_request(request: Request) -> bytes:
    """The octets of a test packet; raises BadPacket for a value that does not fit."""
    try:
        head = _SENDER.pack(
            request.number,
            timestamp(request.sent_ns, ptp=request.estimate.ptp),
            encode_estimate(request.estimate),
            request.session,
        )
    except struct.error as error:
        raise BadPacket(str(error)) from error
    return head + encode_extensions(request.extensions)


def decode_request(octets: bytes, near_ns: int) -> Request:
    """Read a test packet; `near_ns` is about now, for the timestamp's era.

    Raises BadPacket when it is shorter than STAMP's 44 octets or its error estimate is invalid.
    """
    if len(octets) < PACKET_OCTETS:
        raise BadPacket(f"{len(octets)} octets")
    number, stamp, estimate_word, session = _SENDER.unpack_from(octets)
    estimate = decode_estimate(estimate_word)
    extensions = decode_extensions(octets[PACKET_OCTETS:])
    sent_ns = unix_ns(stamp, near_ns, ptp=estimate.ptp)
    return Request(number, sent_ns, estimate, session, extensions)


def name_of(octets: bytes) -> tuple[int, int] | None:
    """Number and session of a test packet; None when it is too short for one."""
    if len(octets) < PACKET_OCTETS:
        return None
    number, _stamp, _estimate, session = _SENDER.unpack_from(octets)
    return number, session


def encode_reply(reply: Reply) -> bytes:
    """The octets of a reflected packet; raises BadPacket for a value that does not fit."""
    try:
        head = _REFLECTOR.pack(
            reply.number,
            timestamp(reply.sent_ns, ptp=reply.estimate.ptp),
            encode_estimate(reply.estimate),
            reply.session,
            timestamp(reply.received_ns, ptp=reply.estimate.ptp),
            reply.request_number,
            timestamp(reply.request_sent_ns, ptp=reply.request_estimate.ptp),
            encode_estimate(reply.request_estimate),
            reply.ttl or 0,
        )
    except struct.error as error:
        raise BadPacket(str(error)) from error
    return head + encode_extensions(reply.extensions)


def decode_reply(octets: bytes, near_ns: int) -> Reply:
    """Read a reflected packet of STAMP or TWAMP-Light; `near_ns` is about now.

    Raises BadPacket when it is shorter than 38 octets or an error estimate is invalid.
    """
    if len(octets) < SHORTEST_REPLY_OCTETS:
        raise BadPacket(f"{len(octets)} octets")
    number, sent, word, session, received, request_number, request_sent, request_word = (
        _SHORT_REFLECTOR.unpack_from(octets)
    )
    estimate, request_estimate = decode_estimate(word), decode_estimate(request_word)
    return Reply(
        number=number,
        sent_ns=unix_ns(sent, near_ns, ptp=estimate.ptp),
        estimate=estimate,
        session=session,
        received_ns=unix_ns(received, near_ns, ptp=estimate.ptp),
        request_number=request_number,
        request_sent_ns=unix_ns(request_sent, near_ns, ptp=request_estimate.ptp),
        request_estimate=request_estimate,
        ttl=octets[40] if len(octets) > 40 else None,
        extensions=decode_extensions(octets[PACKET_OCTETS:]),
    )


def timestamp(at_ns: int, *, ptp: bool = False) -> int:
    """Unix nanoseconds as a 64-bit timestamp: NTP (RFC 5905), or the low part of IEEE 1588's."""
    seconds, rest_ns = divmod(at_ns, _NS)
    if ptp:
        return (seconds % _ERA_S) << 32 | rest_ns
    # Rounded up, so that reading it gives the same nanosecond again.
    return ((seconds + _NTP_TO_UNIX_S) % _ERA_S) << 32 | -(-(rest_ns << 32) // _NS)


def unix_ns(stamp: int, near_ns: int, *, ptp: bool = False) -> int:
    """A 64-bit timestamp as Unix nanoseconds, of the era that is nearest to `near_ns`."""
    seconds, low = divmod(stamp, _ERA_S)
    rest_ns = low if ptp else (low * _NS) >> 32
    first_s = seconds - (0 if ptp else _NTP_TO_UNIX_S)
    era = round((near_ns // _NS - first_s) / _ERA_S)
    return (first_s + era * _ERA_S) * _NS + rest_ns


@_repeated
def encode_estimate(estimate: ErrorEstimate) -> int:
    """The 16 bits of an error estimate: S, Z, scale, multiplier; the error is rounded up.

    RFC 4656: the error is multiplier * 2^(scale - 32) seconds, the multiplier is never 0.
    """
    wanted = max(1, -int(-estimate.error_s * _ERA_S // 1)) if estimate.error_s > 0 else 1
    scale = min(63, max(0, wanted.bit_length() - 8))
    multiplier = -(-wanted >> scale) if scale else wanted
    if multiplier > 255 and scale < 63:
        scale, multiplier = scale + 1, (multiplier + 1) >> 1
    flags = _SYNCHRONISED * estimate.synchronised | _PTP * estimate.ptp
    return flags | scale << 8 | min(255, multiplier)


@_repeated
def decode_estimate(word: int) -> ErrorEstimate:
    """Read an error estimate; raises BadPacket for multiplier 0, which RFC 4656 forbids."""
    multiplier, scale = word & 0xFF, word >> 8 & 0x3F
    if multiplier == 0:
        raise BadPacket("error estimate")
    return ErrorEstimate(
        multiplier * 2.0 ** (scale - 32), bool(word & _SYNCHRONISED), bool(word & _PTP)
    )


@_repeated
def encode_extensions(extensions: tuple[Extension, ...]) -> bytes:
    """The octets of the TLVs one after the other; raises BadPacket for a value too long."""
    try:
        return b"".join(
            _HEAD.pack(_flags(one), one.type, len(one.value) + one.missing_octets) + one.value
            for one in extensions
        )
    except struct.error as error:
        raise BadPacket(str(error)) from error


@_repeated
def decode_extensions(octets: bytes) -> tuple[Extension, ...]:
    """The TLVs behind a packet, up to the first that does not fit: it has what is left of it.

    Fewer octets than a TLV's head are not looked at: padding of a TWAMP-Light peer.
    """
    found: list[Extension] = []
    at = 0
    while at + _HEAD.size <= len(octets):
        flags, kind, length = _HEAD.unpack_from(octets, at)
        value = octets[at + _HEAD.size : at + _HEAD.size + length]
        found.append(
            Extension(
                kind,
                value,
                unrecognized=bool(flags & _UNRECOGNIZED),
                malformed=bool(flags & _MALFORMED),
                integrity_failed=bool(flags & _INTEGRITY),
                missing_octets=length - len(value),
            )
        )
        at += _HEAD.size + length
    return tuple(found)


@_repeated
def encode_class_of_service(marks: ClassOfService) -> bytes:
    """The 4 octets of a Class of Service TLV's value (RFC 8972 section 4.4)."""
    word = marks.asked_dscp << 10 | marks.seen_dscp << 4 | marks.seen_ecn << 2 | marks.refused
    return _COS.pack(word & 0xFFFF, 0)


@_repeated
def decode_class_of_service(value: bytes) -> ClassOfService:
    """Read the value of a Class of Service TLV; raises BadPacket unless it has 4 octets."""
    if len(value) != _COS.size:
        raise BadPacket(f"class of service of {len(value)} octets")
    word, _reserved = _COS.unpack(value)
    return ClassOfService(word >> 10, word >> 4 & 0x3F, word >> 2 & 3, word & 3)


def _flags(one: Extension) -> int:
    return (
        _UNRECOGNIZED * one.unrecognized
        | _MALFORMED * one.malformed
        | _INTEGRITY * one.integrity_failed
    )
