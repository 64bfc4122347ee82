"""Plain sockets for protocols that need no client of their own: one stream, or datagrams."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable

Family: TypeAlias = Literal[4, 6]  # of addresses: IPv4 or IPv6

_MOST_WAITING = 64  # datagrams of one peer that nobody has read yet; more are a flood
_FAMILIES: dict[Family | None, socket.AddressFamily] = {
    None: socket.AF_UNSPEC,
    4: socket.AF_INET,
    6: socket.AF_INET6,
}


class Place(NamedTuple):
    """An address and port that can be connected to."""

    address: str
    port: int
    family: Family


@dataclass(slots=True)
class Course:
    """How far one asking has come, written down as it goes: one that fails half-way still tells.

    `place` is where it went; `resolve_s`, `connect_s`, `tls_s` are the seconds that each step
    took, None for a step that was not finished.
    """

    place: Place | None = None
    resolve_s: float | None = None
    connect_s: float | None = None
    tls_s: float | None = None


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

    @property
    def has_streams(self) -> bool:
        """Whether it opens connections; a simulated world in memory has datagrams alone."""
        return True

    async def places(
        self, host: str, port: int, *, family: Family | None = None, course: Course | None = None
    ) -> tuple[Place, ...]:
        """Where a host is, in the system's order; with `family` only there.

        Raises socket.gaierror when the name has no such address, or the address is of the other
        family, and OverflowError for a port that no socket takes.
        """
        if not 0 < port < 1 << 16:
            msg = f"port {port}"
            raise OverflowError(msg)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        found = _literal(host, port, family) or tuple(
            Place(str(address[0]), port, 6 if kind == socket.AF_INET6 else 4)
            for kind, _type, _protocol, _name, address in await loop.getaddrinfo(
                host, port, family=_FAMILIES[family], type=socket.SOCK_STREAM
            )
        )
        course = course or Course()
        course.resolve_s, course.place = loop.time() - begun, found[0]
        return found

    @asynccontextmanager
    async def stream(
        self,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        family: Family | None = None,
        course: Course | None = None,
    ) -> AsyncIterator[Stream]:
        """A TCP connection, with `tls` after its handshake; closed at the end without waiting.

        A host with several addresses is tried at each, one after the other.
        """
        self.told(f"{'TLS' if tls else 'TCP'} {host} port {port}")
        course = course or Course()
        places = await self.places(host, port, family=family, course=course)
        opened = await _opened(places, host, tls, course)
        try:
            yield opened
        finally:
            # A peer that keeps silent must not hold the closing up: nothing is left to be said.
            opened.writer.transport.abort()

    @asynccontextmanager
    async def post(
        self, host: str, port: int, *, family: Family | None = None, course: Course | None = None
    ) -> AsyncIterator[Post]:
        """UDP to and from one peer."""
        self.told(f"UDP {host} port {port}")
        loop = asyncio.get_running_loop()
        course = course or Course()
        place, *_ = await self.places(host, port, family=family, course=course)
        begun = loop.time()
        way, inbox = await loop.create_datagram_endpoint(
            _Inbox, remote_addr=(place.address, place.port), family=_FAMILIES[place.family]
        )
        course.connect_s = loop.time() - begun
        try:
            yield Post(way, inbox)
        finally:
            way.close()


def _literal(host: str, port: int, family: Family | None) -> tuple[Place, ...]:
    """The place of a written address, at once; nothing for a name."""
    try:
        address = ip_address(host)
    except ValueError:
        return ()
    written: Family = 4 if address.version == 4 else 6
    if family not in (None, written):
        raise socket.gaierror(socket.EAI_FAMILY, f"{host} is of the other address family")
    return (Place(host, port, written),)


async def _opened(
    places: tuple[Place, ...], host: str, tls: ssl.SSLContext | None, course: Course
) -> Stream:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    reached = await _connected(places, course)
    course.connect_s = loop.time() - begun
    begun = loop.time()
    # From here on the stream owns the socket, also when the handshake fails or is cut short.
    stream = Stream(
        *await asyncio.open_connection(sock=reached, ssl=tls, server_hostname=host if tls else None)
    )
    if tls is not None:
        course.tls_s = loop.time() - begun
    return stream


async def _connected(places: tuple[Place, ...], course: Course) -> socket.socket:
    """A connected socket to the first place that accepts; raises the last one's error."""
    *others, last = places
    for place in others:
        with suppress(OSError):
            return await _connect(place, course)
    return await _connect(last, course)


async def _connect(place: Place, course: Course) -> socket.socket:
    course.place = place
    tried = socket.socket(_FAMILIES[place.family], socket.SOCK_STREAM)
    try:
        tried.setblocking(False)
        tried.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(tried, (place.address, place.port))
    except BaseException:
        tried.close()
        raise
    return tried
