"""What service probes share: the parts of a URL, the way out, the samples that each check has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from probes.errors import NotConfigured, ProbeError, Unsupported
from probes.model import Sample
from probes.services.model import (
    PROBE_CERT_EXPIRY,
    PROBE_CHAIN_EXPIRY,
    PROBE_DURATION,
    PROBE_IP_PROTOCOL,
    PROBE_LOOKUP,
    PROBE_SUCCESS,
    PROBE_TLS,
    TLS_PIN_MATCH,
)
from probes.transports.tls import Trust, version_name

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from probes.model import Metric, ProbeContext, Reading, Target
    from probes.transports.tls import Seal
    from probes.wire import Course, Wire

_PORT_OF_SCHEME = {
    "https": 443,
    "http": 80,
    "tls": 443,
    "dns": 53,
    "ntp": 123,
    "sip": 5060,
    "sips": 5061,
}
COMMON = (PROBE_SUCCESS, PROBE_DURATION, PROBE_LOOKUP, PROBE_IP_PROTOCOL)
OF_TLS = (PROBE_CERT_EXPIRY, PROBE_CHAIN_EXPIRY, PROBE_TLS, TLS_PIN_MATCH)

# Outcomes of any socket, which for a service mean something that a person can do.
_ADVISED = frozenset(
    {
        *("dns", "unreachable", "refused", "timeout", "reset", "protocol"),
        *("tls_expired", "tls_untrusted", "tls_name", "tls", "tls_pin"),
        *("http_status", "http_encoding", "body_too_big"),
    }
)
SILENCE = "service_timeout"


def advised(
    run: Callable[[Target, ProbeContext], Awaitable[Reading]],
) -> Callable[[Target, ProbeContext], Awaitable[Reading]]:
    """The same probe, whose plain failures say what to do about a service: `service_<detail>`."""

    async def asked(target: Target, context: ProbeContext) -> Reading:
        try:
            return await run(target, context)
        except ProbeError as error:
            if error.detail_code not in _ADVISED:
                raise
            if error.detail_code == "dns" and target.family is not None:
                family = f"IPv{target.family}"
                raise type(error)("service_dns_family", family=family) from error
            told = type(error)(f"service_{error.detail_code}", **error.values)
            raise told.with_samples(error.samples) from error

    return asked


def endpoint(url: str) -> tuple[str, int]:
    """Host and port of a service's URL, else the port of its scheme; raises NotConfigured."""
    try:
        parts = urlsplit(url)
        scheme = (
            "sips" if (parts.scheme, wish(url, "transport", "")) == ("sip", "tls") else parts.scheme
        )
        port = parts.port or _PORT_OF_SCHEME.get(scheme)
    except ValueError as error:
        raise NotConfigured("url", url=url) from error
    if not parts.hostname or port is None:
        raise NotConfigured("url", url=url)
    return parts.hostname, port


def asked_name(url: str) -> str:
    """What stands behind the host: the name that a `dns:` URL asks for."""
    return unquote(urlsplit(url).path.strip("/"))


def wish(url: str, key: str, default: str) -> str:
    """One word of the URL's query, in lower case."""
    return parse_qs(urlsplit(url).query).get(key, [default])[0].lower()


def wire_of(context: ProbeContext) -> Wire:
    """The sockets; raises Unsupported in the simulated world, which has none."""
    if context.transports.wire is None:
        raise Unsupported("no_wire")
    return context.transports.wire


def has_streams(context: ProbeContext) -> bool:
    """Whether there are connections; a simulated world may have pages and datagrams alone."""
    return context.transports.wire is not None and context.transports.wire.has_streams


def streams_of(context: ProbeContext) -> Wire:
    """The sockets for connections; raises Unsupported in a world that has none."""
    if not has_streams(context):
        raise Unsupported("no_wire")
    return wire_of(context)


def trust_of(target: Target) -> Trust:
    """Whom the target's certificate is checked against."""
    ca = str(Path(target.folder) / target.ca) if target.ca else None
    return Trust(ca, target.pin, target.insecure)


def check_samples(target: Target, took_s: float, course: Course | None = None) -> Iterator[Sample]:
    """That the check was good, how long it took, and where the service was found."""
    yield sample(PROBE_SUCCESS, 1, target)
    yield sample(PROBE_DURATION, took_s, target)
    if course is not None and course.place is not None and course.resolve_s is not None:
        yield sample(PROBE_LOOKUP, course.resolve_s, target)
        yield sample(PROBE_IP_PROTOCOL, course.place.family, target)


def tls_samples(target: Target, seal: Seal | None) -> Iterator[Sample]:
    """Until when the certificates are good, and the TLS version; those that are known."""
    if seal is None:
        return
    for metric, until in (
        (PROBE_CERT_EXPIRY, seal.earliest),
        (PROBE_CHAIN_EXPIRY, seal.chain_until),
    ):
        if until is not None:
            yield sample(metric, until.timestamp(), target)
    if seal.version is not None:
        yield sample(PROBE_TLS, 1, target, version_name(seal.version))
    if seal.pin_match is not None:
        yield sample(TLS_PIN_MATCH, int(seal.pin_match), target)


def sample(metric: Metric, value: float, target: Target, *labels: str) -> Sample:
    """A sample of a service's family, whose first labels are `service` and `vantage`."""
    return Sample(metric, value, (target.name, target.vantage, *labels))
