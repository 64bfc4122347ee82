"""ICMP echo as octets: requests to send, answers and errors as they come. Pure.

RFC 792 (ICMP), RFC 4443 (ICMPv6). A request's payload begins with a 16-octet cookie that maps the
answer to its request, then comes filling.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Literal, TypeAlias

Version: TypeAlias = Literal[4, 6]

ECHO_REQUEST: dict[Version, int] = {4: 8, 6: 128}
ECHO_REPLY: dict[Version, int] = {4: 0, 6: 129}
# Types that say a packet did not arrive: destination unreachable, too big, time exceeded.
ERRORS: dict[Version, frozenset[int]] = {4: frozenset({3, 11}), 6: frozenset({1, 2, 3})}
# Type and code of "too big": RFC 1191 section 4, RFC 4443 section 3.2.
TOO_BIG: dict[Version, tuple[int, int]] = {4: (3, 4), 6: (2, 0)}
# What stands before an echo's payload on the line: IP header without options, ICMP header.
HEAD_OCTETS: dict[Version, int] = {4: 28, 6: 48}

LEAST_PAYLOAD = 20
_COOKIE = struct.Struct("!QQ")  # run, number
_EVENING_AT = _COOKIE.size
_HEADER = struct.Struct("!BBHHH")  # type, code, checksum, identifier, sequence
_ICMP_PROTOCOLS: dict[Version, int] = {4: 1, 6: 58}


@dataclass(frozen=True, slots=True)
class EchoPacket:
    """How an echo request looks: payload in octets, mark (DSCP), whether it may be fragmented.

    `hop_limit` is how many stops it may go, None for as many as usual. `same_flow` keeps the
    checksum the same in all packets, so that routers that share out load see one flow.
    """

    payload_octets: int = 56
    dscp: int = 0
    dont_fragment: bool = False
    hop_limit: int | None = None
    same_flow: bool = False


PLAIN = EchoPacket()


@dataclass(frozen=True, slots=True)
class IcmpError:
    """What somebody said instead of passing a packet on: type and code of ICMP, and who it was.

    `mtu_bytes` is the limit that "too big" names, None for other errors; `by` is empty when this
    machine itself said so.
    """

    type: int
    code: int
    by: str = ""
    mtu_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class EchoEnd:
    """What became of one packet: answered or refused after `rtt_s` seconds; None for neither."""

    rtt_s: float | None = None
    error: IcmpError | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An echo reply with one of our cookies."""

    run: int
    number: int


@dataclass(frozen=True, slots=True)
class Failure:
    """An ICMP error about an echo request: whom it was for, which one, and what is wrong."""

    to: str
    identifier: int
    sequence: int
    error: IcmpError


def request(
    version: Version, identifier: int, run: int, number: int, packet: EchoPacket = PLAIN
) -> bytes:
    """An echo request; its sequence number is the low 16 bits of `number`.

    The kernel fills in identifier and checksum on datagram sockets and the checksum of ICMPv6.
    """
    sequence = number & 0xFFFF
    payload = bytearray(max(LEAST_PAYLOAD, packet.payload_octets))
    _COOKIE.pack_into(payload, 0, run, number)
    head = _HEADER.pack(ECHO_REQUEST[version], 0, 0, identifier, sequence)
    if packet.same_flow:  # the word that makes every request of the run add up to the same
        varying = checksum(_COOKIE.pack(run, number) + sequence.to_bytes(2, "big"))
        payload[_EVENING_AT : _EVENING_AT + 2] = varying.to_bytes(2, "big")
    checked = 0 if version == 6 else checksum(head + payload)
    return _HEADER.pack(ECHO_REQUEST[version], 0, checked, identifier, sequence) + payload


def checksum(octets: bytes) -> int:
    """The Internet checksum (RFC 1071) of an ICMP message whose checksum field is 0."""
    padded = octets + b"\x00" * (len(octets) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def without_ip(octets: bytes) -> bytes | None:
    """The ICMP message inside an IPv4 packet, as raw sockets give it; None when malformed."""
    if len(octets) < 20 or octets[0] >> 4 != 4:
        return None
    length = (octets[0] & 0x0F) * 4
    return octets[length:] if 20 <= length <= len(octets) else None


def parse(version: Version, message: bytes, by: str = "") -> Reply | Failure | None:
    """What an ICMP message from `by` means to us; None for everything else. Raises nothing."""
    if len(message) < _HEADER.size:
        return None
    if message[0] == ECHO_REPLY[version]:
        return _reply(message)
    if message[0] in ERRORS[version]:
        return _failure(version, message, by)
    return None


def _reply(message: bytes) -> Reply | None:
    if len(message) < _HEADER.size + _COOKIE.size:
        return None
    run, number = _COOKIE.unpack_from(message, _HEADER.size)
    return Reply(run, number)


def _failure(version: Version, message: bytes, by: str) -> Failure | None:
    """An error quotes the packet it is about: its IP header and at least 8 octets behind it."""
    quoted = message[_HEADER.size :]
    found = _quoted_ipv4(quoted) if version == 4 else _quoted_ipv6(quoted)
    if found is None:
        return None
    to, echo = found
    (told,) = struct.unpack_from("!H" if version == 4 else "!I", message, 6 if version == 4 else 4)
    return failure(version, to, echo, error(version, message[0], message[1], by, told))


def error(version: Version, kind: int, code: int, by: str, told: int) -> IcmpError:
    """An ICMP error from `by`; `told` is the field where "too big" has its limit, 0 for none."""
    return IcmpError(kind, code, by, told or None if (kind, code) == TOO_BIG[version] else None)


def failure(version: Version, to: str, echo: bytes, wrong: IcmpError) -> Failure | None:
    """The failure of the quoted echo request; None when the quote is none or the kind no error."""
    if wrong.type not in ERRORS[version] or len(echo) < _HEADER.size:
        return None
    kind, _code, _checksum, identifier, sequence = _HEADER.unpack_from(echo)
    if kind != ECHO_REQUEST[version]:
        return None
    return Failure(to, identifier, sequence, wrong)


def number_of(run: int, frame: bytes) -> int | None:
    """The number of the request of this run that is somewhere in a frame; None for none."""
    at = frame.find(run.to_bytes(8, "big"))
    if at < 0 or len(frame) < at + _COOKIE.size:
        return None
    number: int = _COOKIE.unpack_from(frame, at)[1]
    return number


def _quoted_ipv4(quoted: bytes) -> tuple[str, bytes] | None:
    echo = without_ip(quoted)
    if echo is None or quoted[9] != _ICMP_PROTOCOLS[4]:
        return None
    return str(IPv4Address(quoted[16:20])), echo


def _quoted_ipv6(quoted: bytes) -> tuple[str, bytes] | None:
    if len(quoted) < 40 or quoted[6] != _ICMP_PROTOCOLS[6]:
        return None
    return str(IPv6Address(quoted[24:40])), quoted[40:]
