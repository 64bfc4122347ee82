"""Shakes hands over TLS and lets go: trusted, how new, until when the certificate is good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.errors import TlsExpired, TlsUntrusted, TlsWrongName
from probes.model import Probe, Reading
from probes.services.parts import (
    COMMON,
    OF_TLS,
    SILENCE,
    advised,
    check_samples,
    endpoint,
    has_streams,
    streams_of,
    tls_samples,
    trust_of,
)
from probes.transports.tls import Trust, as_leaves, fingerprint, seal_of, shared_context
from probes.wire import Course

if TYPE_CHECKING:
    from probes.errors import ProbeError
    from probes.model import ProbeContext, Target
    from probes.transports.tls import Seal

_ALPN = ("h2", "http/1.1")
BAD_CERTIFICATE = (TlsExpired, TlsUntrusted, TlsWrongName)


async def run(target: Target, context: ProbeContext) -> Reading:
    """Shake hands with the host and port of the service's URL; nothing is sent after it.

    Raises TlsExpired, TlsUntrusted or TlsWrongName with the certificate's end where it can be
    read, ProtocolBroken for a port without TLS or with old TLS only, and what sockets raise.
    """
    begun = context.clock.monotonic()
    course = Course()
    try:
        seal = await _shake(target, trust_of(target), context, course)
    except BAD_CERTIFICATE as error:
        raise await with_end(error, target, context) from error
    if seal.pin_match is False:
        told = TlsUntrusted("tls_pin", seen=fingerprint(seal.leaf))
        raise told.with_samples(tls_samples(target, seal))
    took_s = context.clock.monotonic() - begun
    samples = (*check_samples(target, took_s, course), *tls_samples(target, seal))
    return Reading(samples=samples, method="tls handshake")


async def with_end(error: ProbeError, target: Target, context: ProbeContext) -> ProbeError:
    """The same error, with the end and SHA-256 of the refused certificate, where it can be read.

    It is read by a second handshake that trusts everybody and sends nothing. A pin's error stays
    as it is: it names the certificate already.
    """
    if not has_streams(context) or error.detail_code != error.reason.value:
        return error
    try:
        seal = await _shake(target, Trust(insecure=True), context, Course())
    except (*BAD_CERTIFICATE, OSError):
        return error
    if seal.earliest is None:
        return error
    until, seen = f"{seal.earliest:%Y-%m-%d}", fingerprint(seal.leaf)
    told = type(error)(f"{error.reason.value}_until", until=until, seen=seen)
    return told.with_samples(tls_samples(target, seal))


async def _shake(target: Target, trust: Trust, context: ProbeContext, course: Course) -> Seal:
    url = target.url or ""
    host, port = endpoint(url)
    with as_leaves(url):
        tls = shared_context(trust, _ALPN)
        async with streams_of(context).stream(
            host, port, tls=tls, family=target.family, course=course
        ) as stream:
            return seal_of(stream.writer.get_extra_info("ssl_object"), trust)


PROBE = Probe(
    name="tls",
    period_s=300,
    timeout_s=8,
    run=advised(run),
    silence=SILENCE,
    metrics=(*COMMON, *OF_TLS),
)
