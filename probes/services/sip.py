"""Asks a SIP server for its OPTIONS (RFC 3261 section 11): alive, ill, or silent.

Any final answer of the server itself proves it alive, also one that refuses: only 5xx and 6xx say
that it is ill, and 408 that what stands behind it is silent.
"""

from __future__ import annotations

import secrets as chance
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from probes.errors import NotConfigured, ParseFailed, ProtocolBroken, TimedOut, TlsUntrusted
from probes.model import Probe, Reading
from probes.services.model import SIP_CODE, SIP_RTT, SIP_UP
from probes.services.parts import (
    COMMON,
    OF_TLS,
    SILENCE,
    advised,
    check_samples,
    endpoint,
    sample,
    streams_of,
    tls_samples,
    trust_of,
    wire_of,
    wish,
)
from probes.services.tls import BAD_CERTIFICATE, with_end
from probes.transports.own_name import own_name
from probes.transports.tls import as_leaves, fingerprint, seal_of, shared_context
from probes.wire import Course

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import ProbeContext, Sample, Target
    from probes.transports.tls import Seal
    from probes.wire import Stream

_T1_S, _T2_S = 0.5, 4.0  # RFC 3261 section 17.1.2.2: doubled from T1, at most T2
_MOST_OCTETS = 65_535


class _Question(NamedTuple):
    """One OPTIONS request, and what marks its answers."""

    octets: bytes
    call_id: str


@dataclass(slots=True)
class _Talk:
    """What one OPTIONS saw on its way."""

    course: Course = field(default_factory=Course)
    seal: Seal | None = None


async def run(target: Target, context: ProbeContext) -> Reading:
    """OPTIONS to the server of the service's URL: by UDP, TCP (`?transport=tcp`) or TLS (`sips:`).

    Raises ProtocolBroken for 5xx and 6xx, TimedOut for 408 and silence, ParseFailed for other
    talk, NotConfigured for another transport, what handshakes and sockets raise.
    """
    url = target.url or ""
    ways = {"udp": _by_udp, "tcp": _by_stream, "tls": _by_stream}
    transport = _transport(url)
    if transport not in ways:
        raise NotConfigured("sip_transport", transport=transport[:16])
    begun, talk = context.clock.monotonic(), _Talk()
    try:
        with as_leaves(url):
            status = await ways[transport](target, context, talk)
    except BAD_CERTIFICATE as error:
        error.with_samples(tls_samples(target, talk.seal))
        raise await with_end(error, target, context) from error
    _refuse_ill(status)
    took_s = context.clock.monotonic() - begun
    samples = tuple(_samples(target, status, took_s, talk))
    return Reading(samples=samples, method=f"sip {transport}")


def _transport(url: str) -> str:
    return "tls" if url.startswith("sips:") else wish(url, "transport", "udp")


async def _by_udp(target: Target, context: ProbeContext, talk: _Talk) -> int:
    """Ask until a final answer comes, again after T1 doubled; the caller's deadline ends it."""
    url = target.url or ""
    way = wire_of(context).post(*endpoint(url), family=target.family, course=talk.course)
    async with way as post:
        question = _question(url, "UDP", post.local)
        wait_s = _T1_S
        while True:
            post.send(question.octets)
            ends = context.clock.monotonic() + wait_s
            while (left_s := ends - context.clock.monotonic()) > 0:
                octets = await post.receive(left_s)
                status = _status(octets, question) if octets is not None else None
                if status is not None:
                    return status
            wait_s = min(2 * wait_s, _T2_S)


async def _by_stream(target: Target, context: ProbeContext, talk: _Talk) -> int:
    """One question over TCP, or over TLS after its handshake (RFC 3261 section 26.2.1)."""
    url = target.url or ""
    trust = trust_of(target)
    tls = shared_context(trust) if _transport(url) == "tls" else None
    way = streams_of(context).stream(
        *endpoint(url), tls=tls, family=target.family, course=talk.course
    )
    async with way as stream:
        if tls is not None:
            talk.seal = seal_of(stream.writer.get_extra_info("ssl_object"), trust)
            if talk.seal.pin_match is False:
                raise TlsUntrusted("tls_pin", seen=fingerprint(talk.seal.leaf))
        local = stream.writer.get_extra_info("sockname")[:2]
        question = _question(url, _transport(url).upper(), local)
        stream.writer.write(question.octets)
        return await _answered(stream, question)


async def _answered(stream: Stream, question: _Question) -> int:
    heard = b""
    while len(heard) < _MOST_OCTETS:
        more = await stream.reader.read(_MOST_OCTETS)
        heard += more
        *whole, heard = heard.split(b"\r\n\r\n") if more else (heard, b"")
        for head in whole:
            status = _status(head, question)
            if status is not None:
                return status
        if not more:
            raise ProtocolBroken("reset")
    raise ParseFailed("sip_talk")


def _question(url: str, transport: str, local: tuple[str, int]) -> _Question:
    """RFC 3261 section 11.1, with rport (RFC 3581); no name of a person or room is in it."""
    host, port = endpoint(url)
    here, there = f"{_bracketed(local[0])}:{local[1]}", f"{_bracketed(host)}:{port}"
    call_id, tag, branch = (chance.token_hex(8) for _ in range(3))
    lines = (
        f"OPTIONS sip:{there} SIP/2.0",
        f"Via: SIP/2.0/{transport} {here};branch=z9hG4bK{branch};rport",
        "Max-Forwards: 70",
        f"From: <sip:wardops@{here}>;tag={tag}",
        f"To: <sip:{there}>",
        f"Call-ID: {call_id}",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:wardops@{here}>",
        "Accept: application/sdp",
        f"User-Agent: {own_name()}",
        "Content-Length: 0",
    )
    return _Question(("\r\n".join(lines) + "\r\n\r\n").encode(), call_id)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _status(octets: bytes, question: _Question) -> int | None:
    """The final status of an answer to this question; None for others and for 1xx.

    Raises ParseFailed for what is no SIP at all.
    """
    first, _, rest = octets.decode("utf-8", "replace").lstrip("\r\n").partition("\r\n")
    if not first:
        return None
    words = first.split(" ", 2)
    if words[0] != "SIP/2.0" or len(words) < 2 or not words[1].isdecimal():
        raise ParseFailed("sip_talk")
    named = (line.partition(":") for line in rest.split("\r\n"))
    ids = [value.strip() for name, _, value in named if name.strip().lower() in ("call-id", "i")]
    status = int(words[1])
    return status if ids == [question.call_id] and status >= 200 else None


def _refuse_ill(status: int) -> None:
    if status == 408:
        raise TimedOut("sip_408")
    if status >= 500:
        raise ProtocolBroken("sip_ill", status=status)


def _samples(target: Target, status: int, took_s: float, talk: _Talk) -> Iterator[Sample]:
    yield from check_samples(target, took_s, talk.course)
    yield sample(SIP_UP, 1, target)
    yield sample(SIP_CODE, status, target)
    yield sample(SIP_RTT, took_s, target)
    yield from tls_samples(target, talk.seal)


PROBE = Probe(
    name="sip-options",
    period_s=60,
    timeout_s=5,
    run=advised(run),
    silence=SILENCE,
    metrics=(*COMMON, SIP_UP, SIP_CODE, SIP_RTT, *OF_TLS),
)
