"""Asks a web service for its page: is it there, how fast, until when is its certificate good."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from probes.errors import ProtocolBroken
from probes.model import Probe, Reading
from probes.services.model import (
    PROBE_HTTP_BODY,
    PROBE_HTTP_DURATION,
    PROBE_HTTP_LENGTH,
    PROBE_HTTP_REDIRECTS,
    PROBE_HTTP_SSL,
    PROBE_HTTP_STATUS,
    PROBE_HTTP_VERSION,
    PROBE_REGEX,
)
from probes.services.parts import (
    COMMON,
    OF_TLS,
    SILENCE,
    advised,
    check_samples,
    has_streams,
    sample,
    streams_of,
    tls_samples,
    trust_of,
)
from probes.services.tls import BAD_CERTIFICATE, with_end
from probes.transports.page import page_of
from probes.transports.tls import Seal
from probes.transports.visit import Visit, visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import ProbeContext, Sample, Target
    from probes.transports.model import HttpAnswer

MAX_BYTES = 1_000_000
_MOST_REDIRECTS = 10  # as blackbox_exporter has it


@dataclass(slots=True)
class Tour:
    """The visits of one check, the last one last: a page, and the redirects that led there."""

    url: str
    visits: list[Visit] = field(default_factory=list)
    redirects: int = 0

    @property
    def last(self) -> Visit:
        """The visit that counts; an empty one before the first."""
        return self.visits[-1] if self.visits else Visit()

    @property
    def is_tls(self) -> bool:
        """Whether the last page came over TLS."""
        return self.last.seal is not None

    def phases(self) -> dict[str, float]:
        """Seconds by phase, all visits together; a phase that never ended is left out."""
        found: dict[str, float] = {}
        for seen in self.visits:
            course = seen.course
            for phase, seconds in (
                ("resolve", course.resolve_s),
                ("connect", course.connect_s if seen.is_open else None),
                ("tls", course.tls_s if seen.is_open else None),
                ("processing", seen.processing_s),
                ("transfer", seen.transfer_s),
            ):
                if seconds is not None:
                    found[phase] = found.get(phase, 0.0) + seconds
        return found


async def run(target: Target, context: ProbeContext) -> Reading:
    """GET the service's URL and expect a status of 200 to 399 and, with `expect`, a matching body.

    Redirects within the host, and to the hosts that the inventory allows, are followed; a page that
    redirects elsewhere is there. Raises ProtocolBroken for another status, other text or endless
    redirects, and what the connection raises; a refused certificate's error names the date on which
    it ends.
    """
    begun = context.clock.monotonic()
    tour = Tour(target.url or "")
    try:
        await travel(target, context, tour)
    except BAD_CERTIFICATE as error:
        # Of a pinned certificate this handshake has told all; of another one, nothing.
        error.with_samples(tls_samples(target, tour.last.seal))
        raise await with_end(error, replace(target, url=tour.url), context) from error
    took_s = context.clock.monotonic() - begun
    if (wrong := _wrong(target, tour.last)) is not None:
        raise wrong.with_samples(tls_samples(target, tour.last.seal))
    return Reading(samples=tuple(_samples(target, tour, took_s)), method="http get")


def _wrong(target: Target, seen: Visit) -> ProtocolBroken | None:
    if not 200 <= seen.status < 400:
        return ProtocolBroken("http_status", status=seen.status)
    return None if matches(target, seen) else ProtocolBroken("http_regex", expect=target.expect)


def matches(target: Target, seen: Visit) -> bool:
    """Whether the page has what the inventory expects; nothing expected is had."""
    return not target.expect or re.search(target.expect.encode(), seen.body) is not None


async def travel(target: Target, context: ProbeContext, tour: Tour) -> None:
    """Visit the service's URL and where it redirects to; the tour is filled as it goes."""
    while True:
        await _visit(replace(target, url=tour.url), context, tour)
        onward = _onward(tour.url, tour.last, target.allow_hosts)
        if onward is None:
            return
        tour.redirects += 1
        if tour.redirects > _MOST_REDIRECTS:
            raise ProtocolBroken("http_redirects", limit=_MOST_REDIRECTS)
        tour.url = onward


async def _visit(target: Target, context: ProbeContext, tour: Tour) -> None:
    if not has_streams(context):  # a simulated world without them has pages all the same
        tour.visits.append(_as_visit(await page_of(target, context, MAX_BYTES)))
        return
    seen = Visit()
    tour.visits.append(seen)
    await visit(
        streams_of(context),
        target.url or "",
        trust_of(target),
        max_bytes=MAX_BYTES,
        family=target.family,
        seen=seen,
    )


def _as_visit(answer: HttpAnswer) -> Visit:
    seal = Seal(answer.tls_version, answer.expires_at, None, None)
    return Visit(
        seal=seal if answer.expires_at else None,
        status=answer.status,
        location=answer.location,
        length=len(answer.body),
        body=answer.body,
    )


def _onward(url: str, seen: Visit, allowed: tuple[str, ...]) -> str | None:
    """Where a redirect leads, when that may be asked: the same place, or an allowed host."""
    if seen.status not in (301, 302, 303, 307, 308) or not seen.location:
        return None
    try:
        there = urljoin(url, seen.location)
        (scheme, host), (other, elsewhere) = (urlsplit(one)[:2] for one in (url, there))
        name = (urlsplit(there).hostname or "").lower()
    except ValueError:
        return None
    is_same = (scheme, host.lower()) == (other, elsewhere.lower())
    is_allowed = name in allowed and other in ("http", "https")
    return there if is_same or is_allowed else None


def _samples(target: Target, tour: Tour, took_s: float) -> Iterator[Sample]:
    seen = tour.last
    yield from check_samples(target, took_s, seen.course)
    yield sample(PROBE_HTTP_STATUS, seen.status, target)
    yield sample(PROBE_HTTP_SSL, int(tour.is_tls), target)
    yield sample(PROBE_HTTP_BODY, len(seen.body), target)
    yield sample(PROBE_HTTP_REDIRECTS, tour.redirects, target)
    if seen.length is not None:
        yield sample(PROBE_HTTP_LENGTH, seen.length, target)
    if seen.http_version:
        yield sample(PROBE_HTTP_VERSION, seen.http_version, target)
    if target.expect:
        yield sample(PROBE_REGEX, 0, target)
    for phase, seconds in tour.phases().items():
        yield sample(PROBE_HTTP_DURATION, seconds, target, phase)
    yield from tls_samples(target, seen.seal)


PROBE = Probe(
    name="http",
    period_s=60,
    timeout_s=10,
    run=advised(run),
    silence=SILENCE,
    metrics=(
        *COMMON,
        PROBE_HTTP_STATUS,
        PROBE_HTTP_SSL,
        PROBE_HTTP_LENGTH,
        PROBE_HTTP_BODY,
        PROBE_HTTP_VERSION,
        PROBE_HTTP_REDIRECTS,
        PROBE_REGEX,
        PROBE_HTTP_DURATION,
        *OF_TLS,
    ),
)
