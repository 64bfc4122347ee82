"""A way to a SIP server, by UDP, TCP or TLS: one question at a time, each with its final answer."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from probes.errors import NotConfigured, ParseFailed, ProtocolBroken, TimedOut, TlsUntrusted
from probes.services.parts import endpoint, streams_of, tls_samples, trust_of, wire_of, wish
from probes.services.sip_message import read_answer, split_stream
from probes.services.tls import BAD_CERTIFICATE, with_end
from probes.transports.tls import as_leaves, fingerprint, seal_of, shared_context
from probes.wire import Course

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from probes.clock import Clock
    from probes.model import ProbeContext, Target
    from probes.services.sip_message import Answer, Place, Request
    from probes.transports.tls import Seal
    from probes.wire import Post, Stream

_T1_S, _T2_S = 0.5, 4.0  # RFC 3261 section 17.1.2.2: doubled from T1, at most T2
_MOST_OCTETS = 65_535
TRANSPORTS = ("udp", "tcp", "tls")


@dataclass(slots=True)
class Seen:
    """What a conversation saw on its way to the server."""

    course: Course = field(default_factory=Course)
    seal: Seal | None = None


class Talk(Protocol):
    """An open way; `local` is the own end of it."""

    @property
    def transport(self) -> str:
        """As it stands in Via."""

    @property
    def local(self) -> Place:
        """The own address and port."""

    async def ask(self, request: Request) -> Answer:
        """The final answer to a request; the caller's deadline ends the waiting."""


@asynccontextmanager
async def open_talk(target: Target, context: ProbeContext, seen: Seen) -> AsyncIterator[Talk]:
    """A way to the server of the target's URL; `seen` is filled as it goes.

    Raises NotConfigured for another transport than UDP, TCP (`?transport=tcp`) and TLS (`sips:`),
    what sockets and handshakes raise, ParseFailed for what is no SIP.
    """
    url = target.url or ""
    if transport_of(url) not in TRANSPORTS:
        raise NotConfigured("sip_transport", transport=transport_of(url)[:16])
    opener = _by_post if transport_of(url) == "udp" else _by_stream
    try:
        with as_leaves(url):
            async with opener(target, context, seen) as talk:
                yield talk
    except BAD_CERTIFICATE as error:
        error.with_samples((*error.samples, *tls_samples(target, seen.seal)))
        raise await with_end(error, target, context) from error


def transport_of(url: str) -> str:
    """By what a SIP URL is asked, in lower case."""
    return "tls" if url.startswith("sips:") else wish(url, "transport", "udp")


def refuse_ill(answer: Answer) -> None:
    """Raise TimedOut for 408, ProtocolBroken for 5xx and 6xx: the server itself is ill."""
    if answer.status == 408:
        raise TimedOut("sip_408")
    if answer.status >= 500:
        raise ProtocolBroken("sip_ill", status=answer.status)


@asynccontextmanager
async def _by_post(target: Target, context: ProbeContext, seen: Seen) -> AsyncIterator[Talk]:
    place = endpoint(target.url or "")
    way = wire_of(context).post(*place, family=target.family, course=seen.course)
    async with way as post:
        yield _PostTalk(post, context.clock)


@asynccontextmanager
async def _by_stream(target: Target, context: ProbeContext, seen: Seen) -> AsyncIterator[Talk]:
    """Over TCP, or over TLS after its handshake (RFC 3261 section 26.2.1)."""
    url, trust = target.url or "", trust_of(target)
    transport = transport_of(url)
    tls = shared_context(trust) if transport == "tls" else None
    place = endpoint(url)
    way = streams_of(context).stream(*place, tls=tls, family=target.family, course=seen.course)
    async with way as stream:
        if tls is not None:
            seen.seal = seal_of(stream.writer.get_extra_info("ssl_object"), trust)
            if seen.seal.pin_match is False:
                raise TlsUntrusted("tls_pin", seen=fingerprint(seen.seal.leaf))
        yield _StreamTalk(stream, transport.upper())


@dataclass(slots=True)
class _PostTalk:
    """By datagrams: a question is asked again after T1 doubled, until an answer comes."""

    post: Post
    clock: Clock
    transport: str = "UDP"

    @property
    def local(self) -> Place:
        return self.post.local

    async def ask(self, request: Request) -> Answer:
        octets, wait_s = request.octets(self.transport, self.local), _T1_S
        while True:
            self.post.send(octets)
            answer = await self._answered(request, wait_s)
            if answer is not None:
                return answer
            wait_s = min(2 * wait_s, _T2_S)

    async def _answered(self, request: Request, within_s: float) -> Answer | None:
        ends = self.clock.monotonic() + within_s
        while (left_s := ends - self.clock.monotonic()) > 0:
            octets = await self.post.receive(left_s)
            answer = read_answer(octets) if octets is not None else None
            if answer is not None and answer.is_final_to(request):
                return answer
        return None


@dataclass(slots=True)
class _StreamTalk:
    """By a connection, which repairs losses by itself."""

    stream: Stream
    transport: str
    heard: bytes = b""

    @property
    def local(self) -> Place:
        host, port = self.stream.writer.get_extra_info("sockname")[:2]
        return host, port

    async def ask(self, request: Request) -> Answer:
        self.stream.writer.write(request.octets(self.transport, self.local))
        while len(self.heard) < _MOST_OCTETS:
            more = await self.stream.reader.read(_MOST_OCTETS)
            self.heard += more
            heads, self.heard = split_stream(self.heard) if more else ((self.heard,), b"")
            for head in heads:
                answer = read_answer(head)
                if answer is not None and answer.is_final_to(request):
                    return answer
            if not more:
                raise ProtocolBroken("reset")
        raise ParseFailed("sip_talk")
