"""The edge: UDP sockets that traps and syslog lines come in by."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import TYPE_CHECKING, Any

from inventory.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

_DRAIN_DATAGRAMS = 64  # in one turn of the loop: polls must get their turn in a flood
_RECEIVE_OCTETS = 1 << 20
_MAX_DATAGRAM = 65_535
_MAX_PORT = 65_535
# Linux (asm-generic/socket.h, linux/sock_diag.h): nine counters of a socket's memory, the last of
# which, SK_MEMINFO_DROPS, is how many datagrams found no room. 32 bits wide, so it wraps.
_SO_MEMINFO, _MEMINFO_OCTETS, _DROPS_AT, _DROPS_WRAP = 55, 36, 32, 1 << 32


class Receiver:
    """One listening UDP socket; `on_datagram(data, host, mono)` may return an answer to send.

    `on_lost(count, mono)` hears of datagrams that came faster than they were read and that the
    kernel therefore dropped, where the kernel says so (Linux); who sent them nobody knows.
    `address` is the `HOST:PORT` it really listens on (port 0 takes any free one). Opening raises
    InputError when that cannot be.
    """

    def __init__(
        self,
        listen: str,
        on_datagram: Callable[[bytes, str, float], bytes | None],
        on_lost: Callable[[int, float], None],
    ) -> None:
        host, port = host_and_port(listen)
        self._on_datagram = on_datagram
        self._on_lost = on_lost
        self._dropped = 0
        self._loop = asyncio.get_running_loop()
        self._socket = _opened(host, port, listen)
        bound = self._socket.getsockname()
        self.host, self.port = str(bound[0]), int(bound[1])
        self._loop.add_reader(self._socket, self._read)

    @property
    def address(self) -> str:
        """Where it listens, as text."""
        return written(self.host, self.port)

    def close(self) -> None:
        """Stop listening."""
        if not self._loop.is_closed():
            self._loop.remove_reader(self._socket)
        self._socket.close()

    def _read(self) -> None:
        mono = self._loop.time()
        self._note_drops(mono)
        for _ in range(_DRAIN_DATAGRAMS):
            try:
                data, peer = self._socket.recvfrom(_MAX_DATAGRAM)
            except OSError:  # nothing more, or an ICMP error about an answer of ours
                return
            answer = self._on_datagram(data, str(peer[0]), mono)
            if answer is not None:
                self._answer(answer, peer)

    def _note_drops(self, mono: float) -> None:
        """Say what was dropped since last asked. A full buffer is always followed by a reading."""
        dropped = _dropped_by(self._socket)
        lost, self._dropped = (dropped - self._dropped) % _DROPS_WRAP, dropped
        if lost:
            self._on_lost(lost, mono)

    def _answer(self, data: bytes, peer: tuple[Any, ...]) -> None:
        try:
            self._socket.sendto(data, peer)
        except OSError:  # whoever informs us asks again
            return


def written(host: str, port: int) -> str:
    """An address and a port as people write them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def host_and_port(listen: str) -> tuple[str, int]:
    """The two parts of `HOST:PORT`; raises InputError for anything else."""
    host, colon, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not (port.isascii() and port.isdecimal()):
        raise InputError("hints.listen_form", listen=listen)
    if int(port) > _MAX_PORT:
        raise InputError("hints.listen_form", listen=listen)
    return host, int(port)


def _dropped_by(opened: socket.socket) -> int:
    """How many datagrams of this socket the kernel has dropped; 0 where it does not say."""
    try:
        told = opened.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO_OCTETS)
    except OSError:  # no Linux, or one older than 4.12
        return 0
    return int.from_bytes(told[_DROPS_AT:], sys.byteorder)


def _opened(host: str, port: int, listen: str) -> socket.socket:
    opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_OCTETS)
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        problem = error.strerror or error
        raise InputError("hints.cannot_listen", listen=listen, problem=problem) from error
    return opened
