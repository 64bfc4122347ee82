"""HTTP/1.1 as the simulated devices speak it: GET, POST and DELETE, small, strict, kept alive."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

from drills.model import Ask, Page

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

MAX_HEAD = 16_384
MAX_BODY = 65_536
IDLE_S = 75.0

_METHODS = ("GET", "POST", "DELETE")
_REQUEST_LINE = re.compile(r"([A-Z]{1,16}) (/[!-~]{0,2000}) HTTP/1\.([01])")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}):[ \t]*([ -~\t\x80-\xff]{0,8000}?)[ \t]*")

Respond: TypeAlias = "Callable[[Ask], Page | None]"
Upgrade: TypeAlias = "Callable[[Ask, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]"


class _Refused(Exception):
    """The request is answered with a status and the connection ends."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def serve(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    respond: Respond,
    upgrade: Upgrade | None = None,
) -> None:
    """Answer requests of one connection until it ends, or until `respond` says None: silence.

    In silence the connection stays open without an answer until the other side gives up. What
    answers 101 leaves the connection to `upgrade`.
    """
    try:
        while await _serve_one(reader, writer, respond, upgrade):
            pass
    except _Refused as refused:
        writer.write(_octets(Page(refused.status, "text/plain", b""), keep=False))
        await writer.drain()
    except (asyncio.IncompleteReadError, OSError, TimeoutError):
        pass  # the other side went away, which is its right
    except asyncio.CancelledError:
        writer.transport.abort()  # the simulation ends: no farewell
        raise
    finally:
        writer.close()


async def _serve_one(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    respond: Respond,
    upgrade: Upgrade | None,
) -> bool:
    """Answer one request; whether another may follow on this connection."""
    async with asyncio.timeout(IDLE_S):
        ask, keep = await _request(reader)
    page = respond(ask)
    if page is None:
        while await reader.read(MAX_HEAD):  # read on, so that the client's leaving is seen
            pass
        return False
    if page.status == HTTPStatus.SWITCHING_PROTOCOLS:
        if upgrade is None:
            raise _Refused(HTTPStatus.NOT_IMPLEMENTED)
        await upgrade(ask, reader, writer)
        return False
    if page.late_s:
        with suppress(TimeoutError):
            async with asyncio.timeout(page.late_s):
                await asyncio.Event().wait()
    keep = keep and not page.closes
    writer.write(_octets(page, keep=keep))
    await writer.drain()
    return keep


async def _request(reader: asyncio.StreamReader) -> tuple[Ask, bool]:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise _Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE) from error
    first, *lines = head.decode("latin-1")[:-4].split("\r\n")
    found = _REQUEST_LINE.fullmatch(first)
    if found is None or len(head) > MAX_HEAD:
        raise _Refused(HTTPStatus.BAD_REQUEST)
    method, target, minor = found.groups()
    headers = _headers(lines)
    if method not in _METHODS:
        raise _Refused(HTTPStatus.NOT_IMPLEMENTED)
    length = _length(headers)
    body = await reader.readexactly(length) if length else b""
    keep = minor == "1" and headers.get("connection", "").lower() != "close"
    return Ask(method, target, headers, body), keep


def _headers(lines: list[str]) -> Mapping[str, str]:
    """Header fields by lower-case name; doubled ones and other forms are refused."""
    headers: dict[str, str] = {}
    for line in lines:
        found = _HEADER.fullmatch(line)
        if found is None or found[1].lower() in headers:
            raise _Refused(HTTPStatus.BAD_REQUEST)
        headers[found[1].lower()] = found[2]
    return headers


def _length(headers: Mapping[str, str]) -> int:
    if "transfer-encoding" in headers:
        raise _Refused(HTTPStatus.NOT_IMPLEMENTED)
    told = headers.get("content-length", "0")
    if not (told.isascii() and told.isdecimal()):
        raise _Refused(HTTPStatus.BAD_REQUEST)
    if len(told) > len(str(MAX_BODY)) or int(told) > MAX_BODY:
        raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return int(told)


def _octets(page: Page, *, keep: bool) -> bytes:
    headers = [
        *page.headers,
        *([("Content-Type", page.content_type)] if page.content_type else []),
        *(
            []
            if page.status == HTTPStatus.NO_CONTENT
            else [("Content-Length", str(len(page.body)))]
        ),
        ("Connection", "keep-alive" if keep else "close"),
    ]
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers)
    phrase = page.phrase or HTTPStatus(page.status).phrase
    head = f"HTTP/1.1 {page.status} {phrase}\r\n{fields}\r\n"
    return head.encode("latin-1") + page.body
