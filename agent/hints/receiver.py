"""The edge: UDP sockets that traps and syslog lines come in by."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

from inventory.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

_DRAIN_DATAGRAMS = 64  # in one turn of the loop: polls must get their turn in a flood
_RECEIVE_OCTETS = 1 << 20
_MAX_DATAGRAM = 65_535
_MAX_PORT = 65_535


class Receiver:
    """One listening UDP socket; `on_datagram(data, host, mono)` may return an answer to send.

    `address` is the `HOST:PORT` it really listens on (port 0 takes any free one). Opening raises
    InputError when that cannot be.
    """

    def __init__(
        self, listen: str, on_datagram: Callable[[bytes, str, float], bytes | None]
    ) -> None:
        host, port = host_and_port(listen)
        self._on_datagram = on_datagram
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
        for _ in range(_DRAIN_DATAGRAMS):
            try:
                data, peer = self._socket.recvfrom(_MAX_DATAGRAM)
            except OSError:  # nothing more, or an ICMP error about an answer of ours
                return
            answer = self._on_datagram(data, str(peer[0]), mono)
            if answer is not None:
                self._answer(answer, peer)

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
