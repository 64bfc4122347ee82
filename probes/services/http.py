"""Asks a web service for its page: is it there, how fast, until when is its certificate good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.errors import ProtocolBroken
from probes.model import Probe, Reading, Sample
from probes.services.model import (
    PROBE_CERT_EXPIRY,
    PROBE_DURATION,
    PROBE_HTTP_DURATION,
    PROBE_HTTP_LENGTH,
    PROBE_HTTP_SSL,
    PROBE_HTTP_STATUS,
    PROBE_SUCCESS,
)
from probes.transports.page import page_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import HttpAnswer, ProbeContext, Target

MAX_BYTES = 1_000_000


async def run(target: Target, context: ProbeContext) -> Reading:
    """GET the service's URL and expect a status of 200 to 399.

    Raises ProtocolBroken with the status for any other, and what the HTTP client raises. A page
    that redirects to another host is there: the redirect is not followed.
    """
    begun = context.clock.monotonic()
    answer = await page_of(target, context, MAX_BYTES)
    took_s = context.clock.monotonic() - begun
    if not 200 <= answer.status < 400:
        raise ProtocolBroken("http_status", status=answer.status)
    return Reading(samples=tuple(_samples(target, answer, took_s)), method="http get")


def _samples(target: Target, answer: HttpAnswer, took_s: float) -> Iterator[Sample]:
    own = (target.name, target.vantage)
    is_tls = (target.url or "").startswith("https:")
    yield Sample(PROBE_SUCCESS, 1, own)
    yield Sample(PROBE_DURATION, took_s, own)
    yield Sample(PROBE_HTTP_STATUS, answer.status, own)
    yield Sample(PROBE_HTTP_SSL, float(is_tls), own)
    yield Sample(PROBE_HTTP_LENGTH, len(answer.body), own)
    for phase, seconds in answer.phases.items():
        yield Sample(PROBE_HTTP_DURATION, seconds, (*own, phase))
    if answer.expires_at is not None:
        yield Sample(PROBE_CERT_EXPIRY, answer.expires_at.timestamp(), own)


PROBE = Probe(
    name="http",
    period_s=60,
    timeout_s=10,
    run=run,
    metrics=(
        PROBE_SUCCESS,
        PROBE_DURATION,
        PROBE_HTTP_STATUS,
        PROBE_HTTP_SSL,
        PROBE_HTTP_LENGTH,
        PROBE_HTTP_DURATION,
        PROBE_CERT_EXPIRY,
    ),
)
