"""The edge: TCP connections that syslog lines come in by. Only the inventory's devices may connect.

A device keeps few connections: when it opens another, for instance after a restart that its peer
was never told of, the oldest of it is closed.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Protocol

from agent.hints.framing import BrokenStream, Framer
from agent.hints.receiver import host_and_port, written
from inventory.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_OF_ONE = 2
MOST_IN_ALL = 512
_BACKLOG = 64
_READ_OCTETS = 16_384  # in one turn of the loop: polls must get their turn in a flood


class LineDesk(Protocol):
    """Who takes the lines and says whose connection is kept."""

    def admits(self, host: str, mono: float) -> bool:
        """Whether a connection from that address is read; called once for each."""

    def syslog(self, data: bytes, host: str, mono: float) -> None:
        """Take one message."""


class StreamReceiver:
    """One listening TCP socket and its connections.

    `address` is the `HOST:PORT` it really listens on. Opening raises InputError when that cannot
    be.
    """

    def __init__(self, listen: str, desk: LineDesk) -> None:
        host, port = host_and_port(listen)
        self._desk = desk
        self._loop = asyncio.get_running_loop()
        self._open: dict[socket.socket, str] = {}  # in order of their coming
        self._socket = _listening(host, port, listen)
        bound = self._socket.getsockname()
        self.host, self.port = str(bound[0]), int(bound[1])
        self._loop.add_reader(self._socket, self._accept)

    @property
    def address(self) -> str:
        """Where it listens, as text."""
        return written(self.host, self.port)

    @property
    def connections(self) -> int:
        """How many are open now."""
        return len(self._open)

    def close(self) -> None:
        """Stop listening and end every connection."""
        for one in (*self._open, self._socket):
            if not self._loop.is_closed():
                self._loop.remove_reader(one)
            one.close()
        self._open.clear()

    def _accept(self) -> None:
        try:
            opened, peer = self._socket.accept()
        except OSError:  # gone again, or no file descriptor is left: the next turn tries again
            return
        host = str(peer[0])
        if len(self._open) >= MOST_IN_ALL or not self._desk.admits(host, self._loop.time()):
            opened.close()
            return
        own = [one for one, of in self._open.items() if of == host]
        if len(own) >= MOST_OF_ONE:
            self._end(own[0])
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._open[opened] = host
        self._loop.add_reader(opened, self._reading(opened, host))

    def _reading(self, opened: socket.socket, host: str) -> Callable[[], None]:
        framer = Framer()

        def read() -> None:
            try:
                data = opened.recv(_READ_OCTETS)
                lines = framer.feed(data) if data else framer.end()
            except BlockingIOError:
                return
            except (OSError, BrokenStream):
                self._end(opened)
                return
            if not data:
                self._end(opened)
            for line in lines:
                self._desk.syslog(line, host, self._loop.time())

        return read

    def _end(self, opened: socket.socket) -> None:
        self._loop.remove_reader(opened)
        opened.close()
        self._open.pop(opened, None)


def _listening(host: str, port: int, listen: str) -> socket.socket:
    opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
        opened.listen(_BACKLOG)
    except OSError as error:
        opened.close()
        problem = error.strerror or error
        raise InputError("hints.cannot_listen", listen=listen, problem=problem) from error
    return opened
