"""Puts the faces on loopback: one wildcard socket per protocol, the device is the address asked.

UDP answers leave from the address that was asked (IP_PKTINFO); what was not sent to 127/8 is
dropped. A device that cannot be reached from the vantage still accepts TCP, as the kernel does that
for it, but never answers.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from drills import control, httpd, views
from drills.faces import reach
from drills.listen_shell import ShellDoor
from drills.listen_socket import converse_by_socket
from drills.listen_stamp import StampDoor
from inventory.errors import InputError

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Coroutine

    from drills.certificates import Certificate
    from drills.model import Ask, Page
    from drills.world import World
    from inventory.language import Language

LOOPBACK = "127.0.0.1"

# What answers a datagram to an address, and how many seconds late; None for silence.
_Answer: TypeAlias = "Callable[[World, str, str, bytes], tuple[bytes, float] | None]"

_IP_PKTINFO = 8  # linux/in.h; Python 3.11 has no name for it
_PKTINFO = struct.Struct("=i4s4s")
_DRAIN = 64
_RECEIVE_OCTETS = 4 << 20
_BACKLOG = 512
_MOST_HELD = 256
_HANDSHAKE_S = 10.0


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the simulation listens; 0 asks for any free port. `control` None: no control API.

    An inventory names the reflector, the resolvers and the time server only with a port of theirs.
    """

    snmp: int = 0
    https: int = 0
    http: int = 0
    reach: int = 0
    control: int | None = None
    stamp: int = 0
    dns: int = 0
    ntp: int = 0
    ssh: int = 0
    sip: int = 0


@asynccontextmanager
async def listening(
    world: World,
    asker: str,
    certificate: Certificate,
    ports: Ports,
    *,
    control_host: str = LOOPBACK,
    language: Language = "en",
) -> AsyncIterator[Ports]:
    """Listen while the block runs and say on which ports; nothing stays open behind it.

    Raises InputError when a port is taken.
    """
    listener = _Listener(world, asker, certificate)
    try:
        yield Ports(
            snmp=listener.open_datagrams(ports.snmp, views.snmp_answer),
            https=listener.open_web(ports.https, is_tls=True),
            http=listener.open_web(ports.http, is_tls=False),
            reach=listener.open_reach(ports.reach),
            control=None
            if ports.control is None
            else listener.open_control(control_host, ports.control, language),
            stamp=listener.open_stamp(ports.stamp),
            dns=listener.open_datagrams(ports.dns, views.datagram_answer),
            ntp=listener.open_datagrams(ports.ntp, views.datagram_answer),
            ssh=listener.open_shell(ports.ssh),
            sip=listener.open_datagrams(ports.sip, views.sip_answer),
        )
    finally:
        await listener.close()


class _Listener:
    """The open sockets and connections of one simulation."""

    def __init__(self, world: World, asker: str, certificate: Certificate) -> None:
        self._world = world
        self._asker = asker
        self._tls = {expired: certificate.context(expired=expired) for expired in (False, True)}
        self._loop = asyncio.get_running_loop()
        self._sockets: list[socket.socket] = []
        self._held: deque[socket.socket] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._late: set[asyncio.TimerHandle] = set()
        self._stamp: StampDoor | None = None
        self._shell = ShellDoor(world, asker)

    # -- opening and closing --

    def open_datagrams(self, port: int, answer: _Answer) -> int:
        opened = self._bind(socket.SOCK_DGRAM, "0.0.0.0", port)  # noqa: S104 - loopback only, below
        _keep_to_loopback(opened)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_OCTETS)
        opened.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        self._loop.add_reader(opened, self._read, opened, answer)
        return _port_of(opened)

    def open_stamp(self, port: int) -> int:
        self._stamp = StampDoor(self._world, self._asker, port)
        _keep_to_loopback(self._stamp.socket)
        return _port_of(self._stamp.socket)

    def open_reach(self, port: int) -> int:
        opened = self._bind(socket.SOCK_DGRAM, LOOPBACK, port)
        self._loop.add_reader(opened, self._read_reach, opened)
        return _port_of(opened)

    def open_web(self, port: int, *, is_tls: bool) -> int:
        opened = self._bind(socket.SOCK_STREAM, "0.0.0.0", port)  # noqa: S104 - loopback only, below
        _keep_to_loopback(opened)
        answer = views.https_answer if is_tls else views.http_answer

        def accepted(connection: socket.socket, address: str) -> None:
            is_expired = views.is_expired(self._world, address)

            def respond(ask: Ask) -> Page | None:
                page = answer(self._world, self._asker, address, ask)
                # A server that is given another certificate lets go of the connections it has.
                swapped = page and is_tls and views.is_expired(self._world, address) != is_expired
                return replace(page, closes=True) if page and swapped else page

            if views.listens(self._world, self._asker, address):
                tls = self._tls[is_expired] if is_tls else None
                self._serve(connection, tls, respond, self._upgrade_at(address))
            else:
                self._hold(connection)

        self._accept(opened, accepted)
        return _port_of(opened)

    def open_shell(self, port: int) -> int:
        """Where the video endpoints and the machines take SSH."""
        opened = self._bind(socket.SOCK_STREAM, "0.0.0.0", port)  # noqa: S104 - loopback only, below
        _keep_to_loopback(opened)

        def accepted(connection: socket.socket, address: str) -> None:
            node = views.shell_at(self._world, address)
            if not views.listens(self._world, self._asker, address):
                self._hold(connection)
            elif node is None:
                connection.close()
            else:
                self._shell.take(connection, node)

        self._accept(opened, accepted)
        return _port_of(opened)

    def open_control(self, host: str, port: int, language: Language) -> int:
        opened = self._bind(socket.SOCK_STREAM, host, port)

        def accepted(connection: socket.socket, _address: str) -> None:
            respond = control.respond
            self._serve(connection, None, lambda ask: respond(self._world, ask, language))

        self._accept(opened, accepted)
        return _port_of(opened)

    async def close(self) -> None:
        """Close every socket and connection."""
        for timer in self._late:
            timer.cancel()
        for opened in self._sockets:
            self._loop.remove_reader(opened)
            opened.close()
        if self._stamp is not None:
            self._stamp.close()
        while self._held:
            self._held.popleft().close()
        await self._shell.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _bind(self, kind: socket.SocketKind, host: str, port: int) -> socket.socket:
        opened = socket.socket(socket.AF_INET, kind)
        opened.setblocking(False)
        self._sockets.append(opened)
        if kind == socket.SOCK_STREAM:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind((host, port))
            if kind == socket.SOCK_STREAM:
                opened.listen(_BACKLOG)
        except OSError as error:
            problem = error.strerror or type(error).__name__
            raise InputError("sim.port_taken", host=host, port=port, problem=problem) from error
        return opened

    # -- UDP --

    def _read(self, opened: socket.socket, answer: _Answer) -> None:
        for _ in range(_DRAIN):
            try:
                data, ancillary, _, peer = opened.recvmsg(65535, socket.CMSG_SPACE(_PKTINFO.size))
            except OSError:
                return
            local = _address_asked(ancillary)
            if local is None or not _is_loopback(local):
                continue
            found = answer(self._world, self._asker, socket.inet_ntoa(local), data)
            if found is not None:
                self._later(found[1], _send_from, opened, found[0], local, peer)

    def _read_reach(self, opened: socket.socket) -> None:
        for _ in range(_DRAIN):
            try:
                data, peer = opened.recvfrom(65535)
            except OSError:
                return
            answer = reach.respond(self._world, data, self._world.time())
            if answer is not None:
                with suppress(OSError):  # who asked is gone
                    opened.sendto(answer, peer)

    def _later(self, delay_s: float, send: Callable[..., None], *arguments: Any) -> None:
        if not delay_s:
            send(*arguments)
            return

        def sent() -> None:
            self._late.discard(timer)
            send(*arguments)

        timer = self._loop.call_later(delay_s, sent)
        self._late.add(timer)

    # -- TCP --

    def _accept(
        self, opened: socket.socket, accepted: Callable[[socket.socket, str], None]
    ) -> None:
        def ready() -> None:
            for _ in range(_DRAIN):
                try:
                    connection, peer = opened.accept()
                except OSError:
                    return
                address = connection.getsockname()[0]
                ends = (socket.inet_aton(address), socket.inet_aton(peer[0]))
                if not all(map(_is_loopback, ends)):
                    connection.close()
                    continue
                connection.setblocking(False)
                accepted(connection, address)

        self._loop.add_reader(opened, ready)

    def _hold(self, connection: socket.socket) -> None:
        """Keep a connection open without a word; the oldest goes when there are too many."""
        self._held.append(connection)
        if len(self._held) > _MOST_HELD:
            self._held.popleft().close()

    def _upgrade_at(self, address: str) -> httpd.Upgrade:
        node = self._world.topology.by_address.get(address)

        async def upgraded(
            ask: Ask, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            if node is not None:
                hears = partial(views.listens, self._world, self._asker, address)
                await converse_by_socket(self._world, node, ask, reader, writer, hears)

        return upgraded

    def _serve(
        self,
        connection: socket.socket,
        tls: ssl.SSLContext | None,
        respond: httpd.Respond,
        upgrade: httpd.Upgrade | None = None,
    ) -> None:
        task = self._loop.create_task(_conversation(connection, tls, respond, upgrade))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _conversation(
    connection: socket.socket,
    tls: ssl.SSLContext | None,
    respond: httpd.Respond,
    upgrade: httpd.Upgrade | None,
) -> Coroutine[Any, Any, None]:
    async def converse() -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=httpd.MAX_HEAD, loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        try:
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol,
                connection,
                ssl=tls,
                ssl_handshake_timeout=_HANDSHAKE_S if tls else None,
            )
        except OSError:  # a failed handshake is the client's to report
            connection.close()
            return
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        await httpd.serve(reader, writer, respond, upgrade)

    return converse()


def _keep_to_loopback(opened: socket.socket) -> None:
    """Let the kernel drop what comes over other interfaces, where it lets us ask for that."""
    with suppress(OSError):
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")


def _port_of(opened: socket.socket) -> int:
    return int(opened.getsockname()[1])


def _is_loopback(address: bytes) -> bool:
    return address[0] == 127


def _address_asked(ancillary: list[tuple[int, int, bytes]]) -> bytes | None:
    """Where a datagram was sent to: `ipi_addr` of struct in_pktinfo, `man 7 ip`."""
    for level, kind, content in ancillary:
        if (level, kind) == (socket.IPPROTO_IP, _IP_PKTINFO) and len(content) == _PKTINFO.size:
            address: bytes = _PKTINFO.unpack(content)[2]
            return address
    return None


def _send_from(opened: socket.socket, data: bytes, local: bytes, peer: tuple[str, int]) -> None:
    info = _PKTINFO.pack(0, local, b"\0\0\0\0")
    with suppress(OSError):  # who asked is gone, or the socket is closed by now
        opened.sendmsg([data], [(socket.IPPROTO_IP, _IP_PKTINFO, info)], 0, peer)
