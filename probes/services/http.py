"""Asks a web service for its page: is it there, how fast, until when is its certificate good."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin, urlsplit

from probes.errors import ProtocolBroken, TlsExpired, TlsUntrusted, TlsWrongName
from probes.model import Probe, Reading
from probes.services.model import (
    PROBE_CERT_EXPIRY,
    PROBE_DURATION,
    PROBE_HTTP_DURATION,
    PROBE_HTTP_LENGTH,
    PROBE_HTTP_REDIRECTS,
    PROBE_HTTP_SSL,
    PROBE_HTTP_STATUS,
    PROBE_REGEX,
    PROBE_SUCCESS,
    PROBE_TLS,
)
from probes.services.parts import advised, check_samples, sample, tls_samples
from probes.services.tls import with_end
from probes.transports.page import page_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import ProbeContext, Sample, Target
    from probes.transports.model import HttpAnswer

MAX_BYTES = 1_000_000
_MOST_REDIRECTS = 10  # as blackbox_exporter has it


class _Page(NamedTuple):
    """The last answer, and what it took to come there."""

    answer: HttpAnswer
    url: str
    redirects: int
    phases: dict[str, float]


async def run(target: Target, context: ProbeContext) -> Reading:
    """GET the service's URL and expect a status of 200 to 399 and, with `expect`, a matching body.

    Redirects within the host are followed; a page that redirects to another host is there.
    Raises ProtocolBroken for another status, other text or endless redirects, and what the HTTP
    client raises; a refused certificate's error names the date on which it ends.
    """
    begun = context.clock.monotonic()
    try:
        page = await _visit(target, context)
    except (TlsExpired, TlsUntrusted, TlsWrongName) as error:
        raise await with_end(error, target.url or "", context) from error
    took_s = context.clock.monotonic() - begun
    if not 200 <= page.answer.status < 400:
        raise ProtocolBroken("http_status", status=page.answer.status)
    if target.expect and not re.search(target.expect.encode(), page.answer.body):
        raise ProtocolBroken("http_regex", expect=target.expect)
    return Reading(samples=tuple(_samples(target, page, took_s)), method="http get")


async def _visit(target: Target, context: ProbeContext) -> _Page:
    url, phases = target.url or "", dict[str, float]()
    for redirects in range(_MOST_REDIRECTS + 1):
        # Plain `target` first: a target without a URL has its own refusal.
        here = replace(target, url=url) if redirects else target
        answer = await page_of(here, context, MAX_BYTES)
        for phase, seconds in answer.phases.items():
            phases[phase] = phases.get(phase, 0.0) + seconds
        onward = _onward(url, answer)
        if onward is None:
            return _Page(answer, url, redirects, phases)
        url = onward
    raise ProtocolBroken("http_redirects", limit=_MOST_REDIRECTS)


def _onward(url: str, answer: HttpAnswer) -> str | None:
    """Where a redirect leads, when that is the same scheme, host and port; else None."""
    if answer.status not in (301, 302, 303, 307, 308) or not answer.location:
        return None
    try:
        there = urljoin(url, answer.location)
        (scheme, host), (other, elsewhere) = (urlsplit(one)[:2] for one in (url, there))
    except ValueError:
        return None
    return there if (scheme, host.lower()) == (other, elsewhere.lower()) else None


def _samples(target: Target, page: _Page, took_s: float) -> Iterator[Sample]:
    answer = page.answer
    yield from check_samples(target, took_s)
    yield sample(PROBE_HTTP_STATUS, answer.status, target)
    yield sample(PROBE_HTTP_SSL, float(page.url.startswith("https:")), target)
    yield sample(PROBE_HTTP_LENGTH, len(answer.body), target)
    yield sample(PROBE_HTTP_REDIRECTS, page.redirects, target)
    if target.expect:
        yield sample(PROBE_REGEX, 0, target)
    for phase, seconds in page.phases.items():
        yield sample(PROBE_HTTP_DURATION, seconds, target, phase)
    yield from tls_samples(target, answer.expires_at, answer.tls_version)


PROBE = Probe(
    name="http",
    period_s=60,
    timeout_s=10,
    run=advised(run),
    metrics=(
        PROBE_SUCCESS,
        PROBE_DURATION,
        PROBE_HTTP_STATUS,
        PROBE_HTTP_SSL,
        PROBE_HTTP_LENGTH,
        PROBE_HTTP_REDIRECTS,
        PROBE_REGEX,
        PROBE_HTTP_DURATION,
        PROBE_CERT_EXPIRY,
        PROBE_TLS,
    ),
)
