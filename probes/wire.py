"""Plain sockets for protocols that need no client of their own: one stream, or datagrams."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable

_MOST_WAITING = 64  # datagrams of one peer that nobody has read yet; more are a flood


class Stream(NamedTuple):
    """Both directions of one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class _Inbox(asyncio.DatagramProtocol):
    """Keeps what comes until somebody reads it."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[bytes | OSError] = asyncio.Queue(_MOST_WAITING)

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - one peer
        """Keep a datagram, as long as there is room."""
        with suppress(asyncio.QueueFull):
            self.came.put_nowait(data)

    def error_received(self, exc: Exception) -> None:
        """An ICMP error of the way, such as a closed port, reaches the one who waits."""
        if isinstance(exc, OSError):
            with suppress(asyncio.QueueFull):
                self.came.put_nowait(exc)


class Post:
    """Datagrams to and from one peer; the kernel drops what others send."""

    def __init__(self, way: asyncio.DatagramTransport, inbox: _Inbox) -> None:
        self._way, self._inbox = way, inbox

    @property
    def local(self) -> tuple[str, int]:
        """The own address and port, as the kernel chose them."""
        host, port = self._way.get_extra_info("sockname")[:2]
        return host, port

    def send(self, octets: bytes) -> None:
        """Send one datagram."""
        self._way.sendto(octets)

    async def receive(self, within_s: float) -> bytes | None:
        """The next datagram, None when none comes in time. Raises OSError for the way's errors."""
        try:
            async with asyncio.timeout(within_s):
                came = await self._inbox.came.get()
        except TimeoutError:
            return None
        if isinstance(came, OSError):
            raise came
        return came


def _unheard(_line: str) -> None:
    """Where lines go that nobody asked for."""


@dataclass(frozen=True, slots=True)
class Wire:
    """Opens sockets; `told` hears of each, in a line without secrets. Errors are the system's."""

    told: Callable[[str], None] = _unheard

    @asynccontextmanager
    async def stream(
        self, host: str, port: int, *, tls: ssl.SSLContext | None = None
    ) -> AsyncIterator[Stream]:
        """A TCP connection, with `tls` after its handshake; closed at the end without waiting."""
        self.told(f"{'TLS' if tls else 'TCP'} {host} port {port}")
        name = host if tls else None
        opened = await asyncio.open_connection(host, port, ssl=tls, server_hostname=name)
        try:
            yield Stream(*opened)
        finally:
            # A peer that keeps silent must not hold the closing up: nothing is left to be said.
            opened[1].transport.abort()

    @asynccontextmanager
    async def post(self, host: str, port: int) -> AsyncIterator[Post]:
        """UDP to and from one peer."""
        self.told(f"UDP {host} port {port}")
        loop = asyncio.get_running_loop()
        way, inbox = await loop.create_datagram_endpoint(_Inbox, remote_addr=(host, port))
        try:
            yield Post(way, inbox)
        finally:
            way.close()
