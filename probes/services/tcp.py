"""Connects to a service's port: open, closed, silent and unroutable are told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from probes.errors import NotConfigured
from probes.model import Probe, Reading, Sample
from probes.services.model import PROBE_DURATION, PROBE_SUCCESS

if TYPE_CHECKING:
    from probes.model import ProbeContext, Target

_PORT_OF_SCHEME = {"https": 443, "http": 80}


async def run(target: Target, context: ProbeContext) -> Reading:
    """Connect to the host and port of the service's URL and say how long it took.

    Raises NotConfigured for a URL without a port, and what the TCP client raises.
    """
    host, port = endpoint(target.url or "")
    took_s = await context.transports.tcp.connect(host, port, deadline=context.deadline)
    own = (target.name, target.vantage)
    samples = (Sample(PROBE_SUCCESS, 1, own), Sample(PROBE_DURATION, took_s, own))
    return Reading(samples=samples, method="tcp connect")


def endpoint(url: str) -> tuple[str, int]:
    """Host and port of `tcp://host:port` or of an http(s) URL; raises NotConfigured otherwise."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORT_OF_SCHEME.get(parts.scheme)
    except ValueError as error:
        raise NotConfigured("url", url=url) from error
    if not parts.hostname or port is None:
        raise NotConfigured("url", url=url)
    return parts.hostname, port


PROBE = Probe(
    name="tcp", period_s=60, timeout_s=5, run=run, metrics=(PROBE_SUCCESS, PROBE_DURATION)
)
