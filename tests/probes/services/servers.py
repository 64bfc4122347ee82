"""Servers on loopback, each ill in one way."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

LOOPBACK = {4: "127.0.0.1", 6: "::1"}


@asynccontextmanager
async def stream_server(
    talk: Talk, *, tls: ssl.SSLContext | None = None, family: int = 4
) -> AsyncIterator[int]:
    """A TCP server that talks so with everybody; its port."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with suppress(OSError, EOFError, asyncio.CancelledError):  # the test is over
                await talk(reader, writer)
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, LOOPBACK[family], 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Answering(asyncio.DatagramProtocol):
    def __init__(self, answer: Callable[[bytes], Sequence[bytes]]) -> None:
        self._answer = answer

    def connection_made(self, transport: Any) -> None:
        self._way = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        for octets in self._answer(data):
            self._way.sendto(octets, addr)


@asynccontextmanager
async def datagram_server(
    answer: Callable[[bytes], Sequence[bytes]], *, family: int = 4, port: int = 0
) -> AsyncIterator[int]:
    """A UDP server that sends these datagrams for each that comes; its port."""
    loop = asyncio.get_running_loop()
    way, _ = await loop.create_datagram_endpoint(
        lambda: _Answering(answer), local_addr=(LOOPBACK[family], port)
    )
    try:
        yield way.get_extra_info("sockname")[1]
    finally:
        way.close()


@asynccontextmanager
async def closed_port() -> AsyncIterator[int]:
    """A port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        yield free.getsockname()[1]


def says(*pieces: bytes, then: str = "close", after: bytes = b"") -> Talk:
    """Waits for `after` (nothing: does not wait), says the pieces and then closes or waits."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if after:
            await reader.readuntil(after)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if then == "half-close":
            writer.write_eof()
        if then != "close":
            await reader.read(-1)

    return talk


def endless(head: bytes, piece: bytes) -> Talk:
    """Says the head and then the same piece for ever."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()

    return talk


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Cuts the connection with RST as soon as it is asked."""
    await reader.read(1)
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


# What a server says to whom TLS 1.2 is the oldest (RFC 5246 sections 7.2.2 and 7.4.1.3): alert 70,
# protocol_version; or a ServerHello of TLS 1.1, with 32 octets of chance, no session, AES128-SHA.
OLD_TLS_ALERT = bytes.fromhex("15 0302 0002 02 46")
OLD_TLS_HELLO = bytes.fromhex(f"16 0302 002a 02 000026 0302 {'5a' * 32} 00 002f 00")


def ntp(
    *, leap: int = 0, stratum: int = 2, code: bytes = b"\x7f\0\0\1", ahead_s: float = 0.0
) -> Callable[[bytes], list[bytes]]:
    """Answers of a time server whose clock is `ahead_s` before 2026-01-01T00:00:00Z's."""
    when = struct.pack("!II", (2_208_988_800 + 1_767_225_600 + int(ahead_s)) % 2**32, 0)

    def answer(octets: bytes) -> list[bytes]:
        head = bytes([leap << 6 | 0b00_100_100, stratum, 6, 0xEC])
        return [head + bytes(8) + code + when + octets[40:48] + when + when]

    return answer


def sip(*lines: str) -> Callable[[bytes], list[bytes]]:
    """One SIP answer for each status line, in this order, with the request's own headers."""

    def answer(octets: bytes) -> list[bytes]:
        head = octets.decode().split("\r\n")
        copied = [
            line for line in head if line.startswith(("Via:", "From:", "To:", "Call-ID:", "CSeq:"))
        ]
        return ["\r\n".join([line, *copied, "", ""]).encode() for line in lines]

    return answer
