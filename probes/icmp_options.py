"""How an ICMP socket is opened, and how one packet of it is marked, limited and kept whole."""

from __future__ import annotations

import contextlib
import socket
import struct
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

from probes import icmp_wire
from probes.kernel_stamps import IP_RECVERR, IPV6_RECVERR, want_stamps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probes.icmp_wire import EchoPacket, Version
    from probes.kernel_stamps import Extra

Kind: TypeAlias = Literal["dgram", "raw"]

# Numbers of linux/in.h and linux/in6.h that Python's socket module does not name.
_SOL_RAW, _ICMP_FILTER, _ICMP6_FILTER = 255, 1, 1
_IP_MTU_DISCOVER, _IPV6_MTU_DISCOVER, _IPV6_DONTFRAG = 10, 23, 62
_WANT, _PROBE = 1, 3  # what is usual; never fragment, whatever limit was heard of
_RECEIVE_BUFFER = 1 << 20

_FAMILIES: Mapping[Version, tuple[int, int]] = MappingProxyType(
    {4: (socket.AF_INET, socket.IPPROTO_ICMP), 6: (socket.AF_INET6, socket.IPPROTO_ICMPV6)}
)


def open_icmp(version: Version, kind: Kind) -> tuple[socket.socket, bool]:
    """A non-blocking ICMP socket, and whether the kernel also stamps what leaves.

    Raises OSError when the machine does not permit it.
    """
    family, protocol = _FAMILIES[version]
    type_ = socket.SOCK_DGRAM if kind == "dgram" else socket.SOCK_RAW
    opened = socket.socket(family, type_ | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, protocol)
    try:
        stamps_both = want_stamps(opened)
        with contextlib.suppress(OSError):  # a smaller buffer still works
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        if kind == "dgram":
            want_errors(opened, version)
        else:
            _filter_types(opened, version)
    except OSError:
        opened.close()
        raise
    return opened, stamps_both


def want_errors(opened: socket.socket, version: Version) -> None:
    """Have ICMP errors about what was sent put into the socket's error queue."""
    if version == 4:
        opened.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
    else:
        opened.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)


def keep_whole(opened: socket.socket, version: Version, *, whole: bool) -> None:
    """From here on, send packets with DF and never fragment them here, or as is usual."""
    way = _PROBE if whole else _WANT
    if version == 4:
        opened.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, way)
        return
    opened.setsockopt(socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER, way)
    opened.setsockopt(socket.IPPROTO_IPV6, _IPV6_DONTFRAG, int(whole))


def outward(version: Version, packet: EchoPacket) -> Extra:
    """The control messages that give one packet its mark and its hop limit."""
    is_ipv4 = version == 4
    level = socket.IPPROTO_IP if is_ipv4 else socket.IPPROTO_IPV6
    extra: Extra = []
    if packet.dscp:
        kind = socket.IP_TOS if is_ipv4 else socket.IPV6_TCLASS
        extra.append((level, kind, struct.pack("=i", packet.dscp << 2)))
    if packet.hop_limit is not None:
        kind = socket.IP_TTL if is_ipv4 else socket.IPV6_HOPLIMIT
        extra.append((level, kind, struct.pack("=i", packet.hop_limit)))
    return extra


def _filter_types(opened: socket.socket, version: Version) -> None:
    """A raw socket is handed every ICMP message of the host: let only answers and errors in."""
    wanted = {icmp_wire.ECHO_REPLY[version], *icmp_wire.ERRORS[version]}
    if version == 4:
        blocked = ~sum(1 << kind for kind in wanted) & 0xFFFF_FFFF
        opened.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", blocked))
        return
    words = [0xFFFF_FFFF] * 8
    for kind in wanted:
        words[kind // 32] &= ~(1 << kind % 32)
    opened.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, struct.pack("=8I", *words))
