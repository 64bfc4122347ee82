"""TLS of a machine by real handshakes: until when it is good, whether old versions are taken."""

from __future__ import annotations

import asyncio
import socket
import ssl
import warnings
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from probes.vm.outside import PortSeal
from probes.vm.seals import old_context, seal_at
from probes.wire import Wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.probes.conftest import Authority

UNTIL = datetime(2030, 5, 1, tzinfo=UTC)
OLD, NEW = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_2


@asynccontextmanager
async def server(tls: ssl.SSLContext | None) -> AsyncIterator[int]:
    """A server on loopback that says nothing; its port."""

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            assert await reader.read() == b"" or tls is None
        except (ConnectionError, ssl.SSLError):  # its peer let go
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(hear, "127.0.0.1", 0, ssl=tls)
    async with listening:
        yield listening.sockets[0].getsockname()[1]


def speaks(
    authority: Authority, least: ssl.TLSVersion, most: ssl.TLSVersion | None = None
) -> ssl.SSLContext:
    """A server's context for these versions."""
    context, _leaf = authority.server(until=UNTIL)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = least
        if most is not None:
            context.maximum_version = most
    return context


async def test_a_server_of_today_shows_its_certificate_and_takes_no_old_tls(
    authority: Authority,
) -> None:
    async with server(speaks(authority, NEW)) as port:
        assert await seal_at("127.0.0.1", port, Wire()) == PortSeal(port, "TLSv1.3", UNTIL, False)


@pytest.mark.skipif(old_context() is None, reason="this OpenSSL was built without TLS 1.0 and 1.1")
async def test_a_server_that_still_takes_old_tls_is_told(authority: Authority) -> None:
    async with server(speaks(authority, OLD)) as port:
        assert await seal_at("127.0.0.1", port, Wire()) == PortSeal(port, "TLSv1.3", UNTIL, True)
    async with server(speaks(authority, OLD, ssl.TLSVersion.TLSv1_1)) as port:
        assert await seal_at("127.0.0.1", port, Wire()) == PortSeal(port, "TLSv1.1", UNTIL, True)


async def test_a_port_that_is_closed_or_speaks_no_tls_shows_nothing() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        assert await seal_at("127.0.0.1", taken.getsockname()[1], Wire()) is None

    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()
        writer.close()

    plain = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with plain:
        assert await seal_at("127.0.0.1", plain.sockets[0].getsockname()[1], Wire()) is None
