"""One GET over one connection of its own, by h11, with the time of every step.

A service check looks at the service as a new visitor does: the name is looked up, the connection
and the handshake are made for it, and what it took is told apart. Redirects are not followed here.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

import h11

from probes.errors import LimitExceeded, NotConfigured, ProtocolBroken, TlsUntrusted
from probes.transports.own_name import own_name
from probes.transports.tls import as_leaves, fingerprint, seal_of, shared_context
from probes.wire import Course

if TYPE_CHECKING:
    from datetime import datetime

    from probes.transports.tls import Seal, Trust
    from probes.wire import Family, Stream, Wire

_AT_ONCE = 65_536
_KEPT_AS_WRITTEN = "/?#[]@!$&'()*+,;=%~:"
_PORTS = {"http": 80, "https": 443}


@dataclass(slots=True)
class Visit:
    """How far one GET has come, written down as it goes.

    `status` is 0 and `seal` None until they are known; `length` is the length that the server
    gives, None without one. `processing_s` is from the question to the answer's head,
    `transfer_s` from there to its end.
    """

    course: Course = field(default_factory=Course)
    seal: Seal | None = None
    is_open: bool = False
    status: int = 0
    http_version: float = 0.0
    location: str = ""
    content_type: str = ""
    length: int | None = None
    modified: datetime | None = None
    body: bytes = b""
    processing_s: float | None = None
    transfer_s: float | None = None


class Ask(NamedTuple):
    """What is asked for, and how: a plain GET, or with a body of JSON and an account's token."""

    method: str = "GET"
    body: bytes = b""
    token: str = ""


PLAIN = Ask()


async def visit(
    wire: Wire,
    url: str,
    trust: Trust,
    *,
    max_bytes: int,
    family: Family | None = None,
    seen: Visit | None = None,
    ask: Ask = PLAIN,
) -> Visit:
    """Ask a URL and read the answer to its end; `seen` is filled as it goes, also on failure.

    Raises NotConfigured for what is no http:// or https:// URL, LimitExceeded for a longer body,
    TlsUntrusted for a pin that does not match, ProtocolBroken for what is no HTTP, and the leaves
    of sockets and handshakes. The caller's deadline ends it.
    """
    seen = seen or Visit()
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError) as error:
        raise NotConfigured("url", url=url) from error
    tls = shared_context(trust) if parts.scheme == "https" else None
    with as_leaves(url):
        async with wire.stream(host, port, tls=tls, family=family, course=seen.course) as stream:
            if tls is not None:
                seen.seal = seal_of(stream.writer.get_extra_info("ssl_object"), trust)
                _refuse_other(seen.seal)
            seen.is_open = True
            await _exchange(stream, _request(url, ask), ask.body, max_bytes, seen)
    return seen


def _refuse_other(seal: Seal) -> None:
    """Nothing is sent to a server whose certificate is not the pinned one."""
    if seal.pin_match is False:
        raise TlsUntrusted("tls_pin", seen=fingerprint(seal.leaf))


async def _exchange(
    stream: Stream, request: h11.Request, said: bytes, max_bytes: int, seen: Visit
) -> None:
    loop = asyncio.get_running_loop()
    talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=_AT_ONCE)
    begun = loop.time()
    try:
        stream.writer.write(talk.send(request) or b"")
        if said:
            stream.writer.write(talk.send(h11.Data(data=said)) or b"")
        stream.writer.write(talk.send(h11.EndOfMessage()) or b"")
        head = await _head(stream, talk)
        answered = loop.time()
        seen.processing_s = answered - begun
        _keep_head(head, seen)
        seen.body = await _body(stream, talk, max_bytes)
        seen.transfer_s = loop.time() - answered
    except h11.RemoteProtocolError as error:
        raise ProtocolBroken from error


def _request(url: str, ask: Ask) -> h11.Request:
    parts = urlsplit(url)
    target = quote(parts.path or "/", safe=_KEPT_AS_WRITTEN)
    if parts.query:
        target += "?" + quote(parts.query, safe=_KEPT_AS_WRITTEN)
    headers = [
        ("Host", parts.netloc.rpartition("@")[2].encode("idna").decode()),
        ("User-Agent", own_name()),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    ]
    if ask.body:
        headers += [("Content-Type", "application/json"), ("Content-Length", str(len(ask.body)))]
    if ask.token:
        headers.append(("Authorization", f"Bearer {ask.token}"))
    try:
        return h11.Request(method=ask.method, target=target, headers=headers)
    except h11.LocalProtocolError as error:
        raise NotConfigured("url", url=url) from error


async def _next(stream: Stream, talk: h11.Connection) -> h11.Event:
    while (event := talk.next_event()) is h11.NEED_DATA:
        talk.receive_data(await stream.reader.read(_AT_ONCE))
    if not isinstance(event, h11.Event) or isinstance(event, h11.ConnectionClosed):
        raise ProtocolBroken
    return event


async def _head(stream: Stream, talk: h11.Connection) -> h11.Response:
    while not isinstance(event := await _next(stream, talk), h11.Response):
        pass  # 1xx before it
    return event


def _keep_head(head: h11.Response, seen: Visit) -> None:
    told = {bytes(name): bytes(value).decode("latin-1") for name, value in head.headers}
    seen.status = head.status_code
    seen.http_version = float(head.http_version)
    seen.location = told.get(b"location", "")
    seen.content_type = told.get(b"content-type", "")
    length = told.get(b"content-length", "")
    seen.length = int(length) if length.isdecimal() else None
    seen.modified = _date(told.get(b"last-modified", ""))
    encoding = told.get(b"content-encoding", "identity").lower()
    if encoding != "identity":  # we asked for none; unpacking a stranger's could be endless
        raise ProtocolBroken("http_encoding", encoding=encoding[:32])


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None


async def _body(stream: Stream, talk: h11.Connection, max_bytes: int) -> bytes:
    body = bytearray()
    while not isinstance(event := await _next(stream, talk), h11.EndOfMessage):
        if isinstance(event, h11.Data):
            body += event.data
        if len(body) > max_bytes:
            raise LimitExceeded("body_too_big", limit=max_bytes)
    return bytes(body)
