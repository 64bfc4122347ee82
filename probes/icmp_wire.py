"""ICMP echo as octets: requests to send, answers and errors as they come. Pure.

RFC 792 (ICMP), RFC 4443 (ICMPv6). A request's payload is 56 octets: a 16-octet cookie that maps the
answer to its request, then filling.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Literal, TypeAlias

Version: TypeAlias = Literal[4, 6]

ECHO_REQUEST: dict[Version, int] = {4: 8, 6: 128}
ECHO_REPLY: dict[Version, int] = {4: 0, 6: 129}
# Types that say a packet did not arrive: destination unreachable, time exceeded.
ERRORS: dict[Version, frozenset[int]] = {4: frozenset({3, 11}), 6: frozenset({1, 3})}

PAYLOAD_OCTETS = 56
_COOKIE = struct.Struct("!QQ")  # run, number
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
    type: int
    code: int


def request(version: Version, identifier: int, run: int, number: int) -> bytes:
    """An echo request; its sequence number is the low 16 bits of `number`.

    The kernel fills in identifier and checksum on datagram sockets and the checksum of ICMPv6.
    """
    payload = _COOKIE.pack(run, number).ljust(PAYLOAD_OCTETS, b"\x00")
    sequence = number & 0xFFFF
    head = _HEADER.pack(ECHO_REQUEST[version], 0, 0, identifier, sequence)
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


def parse(version: Version, message: bytes) -> Reply | Failure | None:
    """What an ICMP message means to us; None for everything else. Raises nothing."""
    if len(message) < _HEADER.size:
        return None
    if message[0] == ECHO_REPLY[version]:
        return _reply(message)
    if message[0] in ERRORS[version]:
        return _failure(version, message)
    return None


def _reply(message: bytes) -> Reply | None:
    if len(message) < _HEADER.size + _COOKIE.size:
        return None
    run, number = _COOKIE.unpack_from(message, _HEADER.size)
    return Reply(run, number)


def _failure(version: Version, message: bytes) -> Failure | None:
    """An error quotes the packet it is about: its IP header and at least 8 octets behind it."""
    quoted = message[_HEADER.size :]
    found = _quoted_ipv4(quoted) if version == 4 else _quoted_ipv6(quoted)
    if found is None:
        return None
    to, echo = found
    return failure(version, to, echo, message[0], message[1])


def failure(version: Version, to: str, echo: bytes, kind: int, code: int) -> Failure | None:
    """The failure of the quoted echo request; None when the quote is none or the kind no error."""
    if kind not in ERRORS[version] or len(echo) < _HEADER.size or echo[0] != ECHO_REQUEST[version]:
        return None
    _type, _code, _checksum, identifier, sequence = _HEADER.unpack_from(echo)
    return Failure(to, identifier, sequence, kind, code)


def _quoted_ipv4(quoted: bytes) -> tuple[str, bytes] | None:
    echo = without_ip(quoted)
    if echo is None or quoted[9] != _ICMP_PROTOCOLS[4]:
        return None
    return str(IPv4Address(quoted[16:20])), echo


def _quoted_ipv6(quoted: bytes) -> tuple[str, bytes] | None:
    if len(quoted) < 40 or quoted[6] != _ICMP_PROTOCOLS[6]:
        return None
    return str(IPv6Address(quoted[24:40])), quoted[40:]
