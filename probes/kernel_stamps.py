"""When the kernel saw a packet come and go: SO_TIMESTAMPNS and SO_TIMESTAMPING of Linux.

Documentation/networking/timestamping.rst of the kernel. All times are Unix nanoseconds.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import time
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias

# Numbers of linux/socket.h, linux/net_tstamp.h and linux/errqueue.h; Python does not name them.
_SO_TIMESTAMPNS, _SO_TIMESTAMPING = 35, 37
_TX_SOFTWARE, _REPORT_SOFTWARE = 1 << 1, 1 << 4
_ORIGINS_ICMP, _ORIGIN_OF_STAMPS = frozenset({2, 3}), 4
MSG_ERRQUEUE = 0x2000
IP_RECVERR, IPV6_RECVERR = 11, 25
_STAMP = struct.Struct("@ll")  # timespec
EXTENDED_ERROR = struct.Struct("=IBBBBII")  # sock_extended_err: errno, origin, type, code, …

Extra: TypeAlias = list[tuple[int, int, bytes]]


def want_arrivals(opened: socket.socket) -> None:
    """Have the kernel stamp what comes in; raises OSError where it does not."""
    opened.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)


def want_stamps(opened: socket.socket) -> bool:
    """Have the kernel stamp what comes in and, where it can, what leaves; whether it does both.

    Stamps of what left wait in the error queue with the packet they are of. Raises OSError where
    not even what comes in is stamped.
    """
    want_arrivals(opened)
    with contextlib.suppress(OSError):
        flags = _TX_SOFTWARE | _REPORT_SOFTWARE
        opened.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPING, flags)
        return True
    return False


def stamp_ns(extra: Extra) -> int | None:
    """When the kernel saw the packet of these control messages; None when it did not tell."""
    for level, kind, value in extra:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(value) >= _STAMP.size:
            seconds, nanoseconds = _STAMP.unpack_from(value)
            return int(seconds * 1_000_000_000 + nanoseconds)
    return None


def left_ns(extra: Extra) -> int | None:
    """When the packet of these control messages left; None when they tell of an error instead."""
    for level, kind, value in extra:
        if is_error(level, kind, value) and value[4] == _ORIGIN_OF_STAMPS:
            return stamp_ns(extra)
    return None


@dataclass(frozen=True, slots=True)
class QueuedError:
    """An ICMP error as the error queue has it: type, code, from whom, and its one number (MTU)."""

    type: int
    code: int
    by: str
    info: int


def error_of(extra: Extra) -> QueuedError | None:
    """The ICMP error that these control messages tell of; None when it is none."""
    for level, kind, value in extra:
        if not is_error(level, kind, value) or value[4] not in _ORIGINS_ICMP:
            continue
        _errno, _origin, type_, code, _pad, info, _data = EXTENDED_ERROR.unpack_from(value)
        return QueuedError(type_, code, _offender(value[EXTENDED_ERROR.size :]), info)
    return None


def _offender(address: bytes) -> str:
    """The host in a sockaddr_in or sockaddr_in6; empty for none."""
    if len(address) < 16:
        return ""
    family = int.from_bytes(address[:2], sys.byteorder)
    if family == socket.AF_INET:
        return str(IPv4Address(address[4:8]))
    return str(IPv6Address(address[8:24])) if len(address) >= 24 else ""


def is_error(level: int, kind: int, value: bytes) -> bool:
    """Whether this control message is an extended error (of IPv4 or IPv6)."""
    wanted = {(socket.IPPROTO_IP, IP_RECVERR), (socket.IPPROTO_IPV6, IPV6_RECVERR)}
    return (level, kind) in wanted and len(value) >= EXTENDED_ERROR.size


def wall_ns() -> int:
    """Now by the clock in which the kernel stamps; a Clock's is another one, and too coarse."""
    return time.clock_gettime_ns(time.CLOCK_REALTIME)
