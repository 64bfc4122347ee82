"""The small HTTP server: strict about what it reads, silent when it is told to be."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from drills import httpd
from drills.model import Ask, Page

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def _echo(ask: Ask) -> Page | None:
    if ask.path == "/silence":
        return None
    return Page(200, "text/plain", f"{ask.method} {ask.target} ".encode() + ask.body)


@asynccontextmanager
async def _connected() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await httpd.serve(reader, writer, _echo)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=httpd.MAX_HEAD)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        try:
            yield reader, writer
        finally:
            writer.close()
            await writer.wait_closed()


async def _exchange(octets: bytes) -> bytes:
    async with _connected() as (reader, writer):
        writer.write(octets)
        writer.write_eof()
        return await reader.read()


async def test_requests_follow_each_other_on_one_connection() -> None:
    first = b"GET /a?b=1 HTTP/1.1\r\nHost: x\r\n\r\n"
    second = b"POST /c HTTP/1.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"
    answer = await _exchange(first + second)
    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert b"GET /a?b=1 " in answer
    assert answer.endswith(b"POST /c hi")
    assert b"Connection: close" in answer


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET a HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/2.0\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nBad Header: x\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nA: 1\r\nA: 2\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"501"),
        (b"PUT / HTTP/1.1\r\n\r\n", b"501"),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"GET / HTTP/1.1\r\nA: " + b"x" * 20_000 + b"\r\n\r\n", b"431"),
    ],
)
async def test_what_it_does_not_read_is_refused_and_ends_the_connection(
    octets: bytes, status: bytes
) -> None:
    answer = await _exchange(octets)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"Connection: close" in answer


@pytest.mark.parametrize(
    "octets", [b"", b"GET / HT", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nx"]
)
async def test_a_client_that_leaves_early_gets_nothing(octets: bytes) -> None:
    assert await _exchange(octets) == b""


async def test_silence_lasts_until_the_client_gives_up() -> None:
    assert await _exchange(b"GET /silence HTTP/1.1\r\n\r\n") == b""
