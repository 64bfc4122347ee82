"""Connects to a service's port: open, closed, silent, unroutable and wrong talk are told apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from inventory.text import one_line
from probes.errors import ProtocolBroken
from probes.model import Probe, Reading
from probes.services.model import PROBE_REGEX
from probes.services.parts import (
    COMMON,
    SILENCE,
    advised,
    check_samples,
    endpoint,
    has_streams,
    sample,
    streams_of,
)
from probes.transports.tls import as_leaves
from probes.wire import Course

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import ProbeContext, Sample, Target
    from probes.wire import Stream

_MOST_BANNER = 4096
_SHOWN = 60


async def run(target: Target, context: ProbeContext) -> Reading:
    """Connect to the host and port of the service's URL and say how long it took.

    With `expect`, what the service says first must match it. Raises NotConfigured for a URL
    without a port, ProtocolBroken for other talk, and what the TCP client raises.
    """
    host, port = endpoint(target.url or "")
    if not has_streams(context) and target.expect is None:
        took_s = await context.transports.tcp.connect(host, port, deadline=context.deadline)
        return Reading(samples=tuple(check_samples(target, took_s)), method="tcp connect")
    begun, course = context.clock.monotonic(), Course()
    with as_leaves(target.url or ""):
        async with streams_of(context).stream(
            host, port, family=target.family, course=course
        ) as stream:
            if target.expect is not None:
                await greeted(stream, target.expect)
    took_s = context.clock.monotonic() - begun
    samples = tuple(_samples(target, took_s, course))
    return Reading(samples=samples, method="tcp banner" if target.expect else "tcp connect")


def _samples(target: Target, took_s: float, course: Course) -> Iterator[Sample]:
    yield from check_samples(target, took_s, course)
    if target.expect is not None:
        yield sample(PROBE_REGEX, 0, target)


async def greeted(stream: Stream, expect: str) -> None:
    """Read until the banner matches; a banner that ends without raises ProtocolBroken."""
    wanted, banner = re.compile(expect.encode()), b""
    while not wanted.search(banner):
        more = await stream.reader.read(_MOST_BANNER)
        if not more or len(banner) > _MOST_BANNER:
            seen = one_line(banner.decode("utf-8", "replace"))[:_SHOWN]
            raise ProtocolBroken("banner", seen=seen or "-", expect=expect)
        banner += more


PROBE = Probe(
    name="tcp",
    period_s=60,
    timeout_s=5,
    run=advised(run),
    silence=SILENCE,
    metrics=(*COMMON, PROBE_REGEX),
)
