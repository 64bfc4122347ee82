"""Shakes hands over TLS and lets go: trusted, how new, until when the certificate is good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.errors import TlsExpired, TlsUntrusted, TlsWrongName
from probes.model import Probe, Reading
from probes.services.model import PROBE_CERT_EXPIRY, PROBE_DURATION, PROBE_SUCCESS, PROBE_TLS
from probes.services.parts import advised, check_samples, endpoint, tls_samples, trust_of, wire_of
from probes.transports.tls import Trust, as_leaves, check_pin, context_of, expires_at

if TYPE_CHECKING:
    import ssl
    from datetime import datetime

    from probes.errors import ProbeError
    from probes.model import ProbeContext, Target
    from probes.wire import Wire

_ALPN = ["h2", "http/1.1"]
_BAD_CERTIFICATE = (TlsExpired, TlsUntrusted, TlsWrongName)


async def run(target: Target, context: ProbeContext) -> Reading:
    """Shake hands with the host and port of the service's URL; nothing is sent after it.

    Raises TlsExpired, TlsUntrusted or TlsWrongName with the certificate's end where it can be
    read, ProtocolBroken for a port without TLS or with old TLS only, and what sockets raise.
    """
    url = target.url or ""
    begun = context.clock.monotonic()
    try:
        until, version = await _shake(wire_of(context), url, trust_of(target))
    except _BAD_CERTIFICATE as error:
        raise await with_end(error, url, context) from error
    took_s = context.clock.monotonic() - begun
    samples = (*check_samples(target, took_s), *tls_samples(target, until, version))
    return Reading(samples=samples, method="tls handshake")


async def with_end(error: ProbeError, url: str, context: ProbeContext) -> ProbeError:
    """The same error, with the date on which the refused certificate ends, where it can be read.

    It is read by a second handshake that trusts everybody and sends nothing. A pin's error stays
    as it is: it names the certificate already.
    """
    if context.transports.wire is None or error.detail_code != error.reason.value:
        return error
    try:
        until, _ = await _shake(context.transports.wire, url, Trust(insecure=True))
    except (*_BAD_CERTIFICATE, OSError):
        return error
    if until is None:
        return error
    return type(error)(f"{error.reason.value}_until", until=f"{until:%Y-%m-%d}")


async def _shake(wire: Wire, url: str, trust: Trust) -> tuple[datetime | None, str | None]:
    host, port = endpoint(url)
    context = context_of(trust)
    context.set_alpn_protocols(_ALPN)
    with as_leaves(url):
        async with wire.stream(host, port, tls=context) as stream:
            tls = stream.writer.get_extra_info("ssl_object")
            return _seen(tls, trust)


def _seen(tls: ssl.SSLObject, trust: Trust) -> tuple[datetime | None, str | None]:
    certificate = tls.getpeercert(binary_form=True)
    check_pin(certificate, trust.pin)
    return expires_at(certificate), tls.version()


PROBE = Probe(
    name="tls",
    period_s=300,
    timeout_s=8,
    run=advised(run),
    metrics=(PROBE_SUCCESS, PROBE_DURATION, PROBE_CERT_EXPIRY, PROBE_TLS),
)
