"""The edge of the fast engine: two shared UDP sockets, and the seam that stories replace."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

_DRAIN_DATAGRAMS = 64
_LONGEST_DATAGRAM = 65535
_RECEIVE_OCTETS = 4 << 20
_IP_RECVERR, _IPV6_RECVERR = 11, 25  # linux/in.h, linux/in6.h; Python has no names for them
_MSG_ERRQUEUE = 0x2000
_ERROR_KINDS = frozenset({(socket.IPPROTO_IP, _IP_RECVERR), (socket.IPPROTO_IPV6, _IPV6_RECVERR)})
_SO_TIMESTAMPNS = 35  # asm-generic/socket.h
_STAMP = struct.Struct("@ll")  # timespec
_STAMP_SPACE = socket.CMSG_SPACE(_STAMP.size)
_MAX_WAITED_S = 60.0
_SEND_TRIES = 8


class Datagrams(Protocol):
    """Carries datagrams to (host, port) pairs, hosts as numeric text.

    `listen` is called once, on the running loop: `on_datagram(data, host, port, rx_time)` with loop
    seconds, `on_error(host, port, errno)` for what the network says of a destination.
    """

    def send(self, data: bytes, host: str, port: int) -> None: ...

    def listen(
        self,
        on_datagram: Callable[[bytes, str, int, float], None],
        on_error: Callable[[str, int, int], None],
    ) -> None: ...

    def close(self) -> None: ...


class UdpDatagrams:
    """One socket for IPv4 and one for IPv6, shared by all devices."""

    def __init__(self) -> None:
        self._sockets: dict[bool, socket.socket] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._on_datagram: Callable[[bytes, str, int, float], None] | None = None
        self._on_error: Callable[[str, int, int], None] | None = None

    def send(self, data: bytes, host: str, port: int) -> None:
        """Send one datagram; a failure comes back through `on_error`, on the next loop turn."""
        try:
            self._send(self._socket(is_ipv6=":" in host), data, host, port)
        except OSError as error:
            number = error.errno or errno.EIO
            asyncio.get_running_loop().call_soon(self._tell_error, host, port, number)

    def listen(
        self,
        on_datagram: Callable[[bytes, str, int, float], None],
        on_error: Callable[[str, int, int], None],
    ) -> None:
        """Say who takes what comes in; sockets are opened at the first send."""
        self._on_datagram, self._on_error = on_datagram, on_error

    def close(self) -> None:
        """Close both sockets; also after the loop has ended."""
        for opened in self._sockets.values():
            if self._loop and not self._loop.is_closed():
                self._loop.remove_reader(opened)
            opened.close()
        self._sockets.clear()

    def _send(self, opened: socket.socket, data: bytes, host: str, port: int) -> None:
        # With IP_RECVERR the kernel hands an earlier peer's ICMP error to whoever sends next, and
        # does not send: read the queue and try again, the error is not about this peer.
        for _ in range(_SEND_TRIES):
            try:
                opened.sendto(data, (host, port))
            except OSError:
                if not self._read_errors(opened):
                    raise
            else:
                return

    def _socket(self, *, is_ipv6: bool) -> socket.socket:
        if is_ipv6 not in self._sockets:
            opened = _open_socket(is_ipv6=is_ipv6)
            self._sockets[is_ipv6] = opened
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(opened, self._read, opened)
        return self._sockets[is_ipv6]

    def _read(self, opened: socket.socket) -> None:
        now, wall_ns = asyncio.get_running_loop().time(), _wall_ns()
        is_plain = False
        for _ in range(_DRAIN_DATAGRAMS):
            try:
                data, extra, _, address = opened.recvmsg(_LONGEST_DATAGRAM, _STAMP_SPACE)
            except BlockingIOError:
                break
            except OSError:  # an ICMP error of some peer: the queue says whose
                is_plain = False
                break
            is_plain = True
            if self._on_datagram:
                waited_s = (wall_ns - _stamp_ns(extra, wall_ns)) / 1e9
                # A step of the wall clock meanwhile must not make it come from elsewhere in time.
                came_at = now - waited_s if 0 <= waited_s < _MAX_WAITED_S else now
                self._on_datagram(data, _host(address), address[1], came_at)
        if not is_plain:  # an error wakes the reader up like a datagram and is told before any
            self._read_errors(opened)

    def _read_errors(self, opened: socket.socket) -> bool:
        """Tell who is unreachable; whether there was anything in the error queue."""
        seen = False
        for _ in range(_DRAIN_DATAGRAMS):
            try:
                _, ancillary, _, address = opened.recvmsg(512, 512, _MSG_ERRQUEUE)
            except OSError:
                break
            seen = True
            for level, kind, content in ancillary:
                if address and (level, kind) in _ERROR_KINDS and len(content) >= 4:
                    number: int = struct.unpack("=I", content[:4])[0]
                    self._tell_error(_host(address), address[1], number)
        return seen

    def _tell_error(self, host: str, port: int, number: int) -> None:
        if self._on_error:
            self._on_error(host, port, number)


def _open_socket(*, is_ipv6: bool) -> socket.socket:
    opened = socket.socket(socket.AF_INET6 if is_ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
    opened.setblocking(False)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_OCTETS)
    opened.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    if is_ipv6:
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
    else:
        opened.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
    return opened


def _host(address: tuple[str | int, ...]) -> str:
    """The address as text; a link-local one with the interface that it belongs to."""
    host = str(address[0])
    scope = address[3] if len(address) > 3 else 0
    if not isinstance(scope, int) or not scope or "%" in host:
        return host
    return f"{host}%{socket.if_indextoname(scope)}"


def _wall_ns() -> int:
    # The kernel stamps what it receives in this clock; Clock.now() is a Clock's, and too coarse.
    return time.clock_gettime_ns(time.CLOCK_REALTIME)


def _stamp_ns(extra: list[tuple[int, int, bytes]], default: int) -> int:
    """When the kernel received a datagram; `default` where it does not say."""
    for level, kind, value in extra:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(value) >= _STAMP.size:
            seconds, nanoseconds = _STAMP.unpack_from(value)
            return int(seconds * 1_000_000_000 + nanoseconds)
    return default
