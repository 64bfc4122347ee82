"""UDP sockets that tell when, with which mark and TTL, and at which own address a packet came."""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.kernel_stamps import (
    MSG_ERRQUEUE,
    left_ns,
    stamp_ns,
    wall_ns,
    want_arrivals,
    want_stamps,
)
from probes.path.stamp_wire import ErrorEstimate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.icmp_wire import Version
    from probes.kernel_stamps import Extra

# Numbers of linux/in.h that Python's socket module does not name.
_IP_PKTINFO, _IP_RECVTTL, _IP_RECVTOS = 8, 12, 13
_PKTINFO = struct.Struct("=i4s4s")  # interface, own address, address in the header
_LINK_LOCAL = b"\xfe\x80"  # such an address means nothing without its interface
_BUFFER = 1 << 20
_MOST_OCTETS, _MOST_EXTRA = 2048, 512

# struct timex of adjtimex(2) where long has 64 bits; larger than any kernel's.
_TIMEX_OCTETS, _MAXERROR_AT, _STATUS_AT = 256, 24, 40
_STA_UNSYNC = 0x40


@dataclass(frozen=True, slots=True)
class Datagram:
    """A datagram as it arrived: from where (host, port), when in Unix nanoseconds, how marked.

    `dscp`, `ecn` and `ttl` are None when the kernel did not tell; `own` is the control message that
    makes an answer leave from the address that was asked.
    """

    octets: bytes
    source: tuple[str, int]
    at_ns: int
    dscp: int | None
    ecn: int | None
    ttl: int | None
    own: tuple[int, int, bytes] | None


def open_udp(
    version: Version, address: tuple[str, int] | None = None, *, departures: bool = False
) -> socket.socket:
    """A non-blocking socket of that family, bound when an address is given, with all of that on.

    With `departures` it is a sender's: `departed` tells when packets left, and what comes in has
    its time and no marks. Raises OSError when it may not be opened or bound.
    """
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
    opened = socket.socket(family, kind)
    try:
        for buffer in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            with contextlib.suppress(OSError):  # a smaller buffer still works
                opened.setsockopt(socket.SOL_SOCKET, buffer, _BUFFER)
        if version == 6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if departures:
            want_stamps(opened)
        else:
            want_arrivals(opened)
            _want_marks(opened, version)
        opened.bind(address or ("0.0.0.0" if version == 4 else "::", 0))  # noqa: S104 - asked for
    except OSError:
        opened.close()
        raise
    return opened


def _want_marks(opened: socket.socket, version: Version) -> None:
    if version == 4:
        for option in (_IP_PKTINFO, _IP_RECVTTL, _IP_RECVTOS):
            opened.setsockopt(socket.IPPROTO_IP, option, 1)
        return
    for option in (socket.IPV6_RECVPKTINFO, socket.IPV6_RECVHOPLIMIT, socket.IPV6_RECVTCLASS):
        opened.setsockopt(socket.IPPROTO_IPV6, option, 1)


def receive(opened: socket.socket) -> Datagram | None:
    """The next datagram that waits, None when none does; raises OSError for an ICMP error."""
    try:
        octets, extra, _flags, source = opened.recvmsg(_MOST_OCTETS, _MOST_EXTRA)
    except BlockingIOError:
        return None
    return _datagram(octets, extra, (source[0], source[1]))


def send(
    opened: socket.socket,
    octets: bytes,
    to: tuple[str, int],
    *,
    dscp: int,
    own: tuple[int, int, bytes] | None = None,
) -> None:
    """Send one datagram with that mark; raises OSError when it does not leave."""
    mark = struct.pack("=i", dscp << 2)
    if opened.family == socket.AF_INET:
        extra = [(socket.IPPROTO_IP, socket.IP_TOS, mark)]
    else:
        extra = [(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, mark)]
    opened.sendmsg([octets], [*extra, own] if own else extra, 0, to)


def departed(opened: socket.socket) -> Iterator[tuple[bytes, int]]:
    """Each frame that has left since the last look, as it was on the line, and when it did."""
    while True:
        try:
            frame, extra, _flags, _to = opened.recvmsg(_MOST_OCTETS, _MOST_EXTRA, MSG_ERRQUEUE)
        except OSError:
            return
        at_ns = left_ns(extra)
        if at_ns is not None:
            yield frame, at_ns


def clock_error() -> ErrorEstimate:
    """How far the machine's clock may be off, as the kernel's discipline knows it (adjtimex(2)).

    Not synchronised where the kernel does not say.
    """
    asked = ctypes.create_string_buffer(_TIMEX_OCTETS)  # modes 0: only read
    try:
        said = ctypes.CDLL(None).adjtimex(asked)
    except (OSError, AttributeError):
        said = -1
    if said < 0:
        return ErrorEstimate(1.0, synchronised=False)
    (most_us,) = struct.unpack_from("@l", asked.raw, _MAXERROR_AT)
    (status,) = struct.unpack_from("@i", asked.raw, _STATUS_AT)
    return ErrorEstimate(max(1, most_us) / 1e6, synchronised=not status & _STA_UNSYNC)


def _datagram(octets: bytes, extra: Extra, source: tuple[str, int]) -> Datagram:
    at_ns = stamp_ns(extra)
    tos, ttl = None, None
    own: tuple[int, int, bytes] | None = None
    for level, kind, value in extra:
        match level, kind:
            case (socket.IPPROTO_IP, socket.IP_TOS) | (
                socket.IPPROTO_IPV6,
                socket.IPV6_TCLASS,
            ):
                tos = int.from_bytes(value, sys.byteorder)
            case (socket.IPPROTO_IP, socket.IP_TTL) | (
                socket.IPPROTO_IPV6,
                socket.IPV6_HOPLIMIT,
            ):
                ttl = int.from_bytes(value, sys.byteorder)
            case socket.IPPROTO_IP, 8:
                _interface, address, _header = _PKTINFO.unpack_from(value)
                own = (level, kind, _PKTINFO.pack(0, address, address))
            case socket.IPPROTO_IPV6, socket.IPV6_PKTINFO:
                own = (level, kind, value if value[:2] == _LINK_LOCAL else value[:16] + bytes(4))
    dscp, ecn = (None, None) if tos is None else (tos >> 2, tos & 3)
    return Datagram(octets, source, wall_ns() if at_ns is None else at_ns, dscp, ecn, ttl, own)
