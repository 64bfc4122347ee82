"""The lab's line for those who may not build networks: relays on loopback, same Impairment.

A relay stands before a server. Datagrams, or the octets of a connection, take the way out and back
through the arithmetic that the line between namespaces uses.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from drills.impairment import CLEAR, Passage

if TYPE_CHECKING:
    from collections.abc import Callable

    from drills.impairment import Impairment

Where: TypeAlias = tuple[str, int]
_LOOPBACK = ("127.0.0.1", 0)
_HEADERS = 28  # IPv4 and UDP, which sizes and rates count
_CHUNK = 1448


@dataclass
class UdpRelay:
    """Passes datagrams between whoever asks `address` and the server `target`, both ways impaired.

    A context manager of the running loop; every asker has a socket of its own towards the server.
    """

    target: Where
    out: Passage = field(default_factory=Passage)
    back: Passage = field(default_factory=Passage)
    address: Where = _LOOPBACK
    _front: asyncio.DatagramTransport | None = None
    _behind: dict[Where, asyncio.DatagramTransport] = field(default_factory=dict)

    async def __aenter__(self) -> UdpRelay:
        loop = asyncio.get_running_loop()
        self._front, _ = await loop.create_datagram_endpoint(
            lambda: _Ear(self._from_asker), local_addr=_LOOPBACK
        )
        self.address = self._front.get_extra_info("sockname")
        return self

    async def __aexit__(self, *_: object) -> None:
        for transport in (*self._behind.values(), self._front):
            if transport is not None:
                transport.close()
        self._behind.clear()

    def _from_asker(self, octets: bytes, asker: Where) -> None:
        task = asyncio.ensure_future(self._towards(asker))
        task.add_done_callback(lambda done: self._carry(self.out, octets, done.result(), None))

    async def _towards(self, asker: Where) -> asyncio.DatagramTransport:
        if asker not in self._behind:
            loop = asyncio.get_running_loop()

            def returned(octets: bytes, _server: Where) -> None:
                if self._front is not None:
                    self._carry(self.back, octets, self._front, asker)

            made, _ = await loop.create_datagram_endpoint(
                lambda: _Ear(returned), remote_addr=self.target
            )
            if asker in self._behind:  # another datagram of the same asker was quicker
                made.close()
            else:
                self._behind[asker] = made
        return self._behind[asker]

    def _carry(
        self, passage: Passage, octets: bytes, exit_: asyncio.DatagramTransport, to: Where | None
    ) -> None:
        def deliver() -> None:
            if not exit_.is_closing():
                exit_.sendto(octets, to)

        loop = asyncio.get_running_loop()
        due = passage.due(loop.time(), len(octets) + _HEADERS)
        if due is not None:
            loop.call_at(due, deliver)


class _Ear(asyncio.DatagramProtocol):
    """Gives datagrams on; a server that is gone is silence, as on a line."""

    def __init__(self, heard: Callable[[bytes, Where], None]) -> None:
        self._heard = heard

    def datagram_received(self, data: bytes, addr: Where) -> None:
        self._heard(data, addr)


@dataclass
class TcpRelay:
    """Passes connections on to `target`, each direction late and no quicker than its Impairment.

    TCP repairs loss by itself: a lost piece is sent again one second later, and all behind it wait.
    """

    target: Where
    out: Impairment = CLEAR
    back: Impairment = CLEAR
    address: Where = _LOOPBACK
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> TcpRelay:
        self._server = await asyncio.start_server(self._accept, *_LOOPBACK)
        self.address = self._server.sockets[0].getsockname()[:2]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            far_reader, far_writer = await asyncio.open_connection(*self.target)
        except OSError:
            writer.close()
            return
        ways = (
            _pour(reader, far_writer, Passage(self.out)),
            _pour(far_reader, writer, Passage(self.back)),
        )
        try:
            await asyncio.gather(*ways)
        finally:
            for one in (writer, far_writer):
                one.close()


_RESENT_S = 1.0


async def _pour(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passage: Passage
) -> None:
    """Carry a stream on; pieces that are on their way do not hold up the reading of others."""
    loop = asyncio.get_running_loop()
    pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def write() -> None:
        while True:
            at, octets = await pieces.get()
            await _until(at)
            if not octets:
                with suppress(OSError):
                    writer.write_eof()
                return
            writer.write(octets)
            await writer.drain()

    writing = asyncio.ensure_future(write())
    try:
        last = loop.time()
        while octets := await reader.read(_CHUNK):
            last = max(last, _arrival(passage, loop.time(), len(octets)))
            pieces.put_nowait((last, octets))
        pieces.put_nowait((last, b""))
        await writing
    finally:
        writing.cancel()


def _arrival(passage: Passage, now: float, octets: int) -> float:
    while (due := passage.due(now, octets)) is None:
        now += _RESENT_S
    return due


async def _until(at: float) -> None:
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    timer = loop.call_at(at, done.set_result, None)
    try:
        await done
    finally:
        timer.cancel()
