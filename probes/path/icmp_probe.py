"""Pings a target: a burst of five echoes, and the path's loss and jitter where it is a path.

From the ward to the gateway the line's queues are asked one by one: the same burst in each class,
by the mark that its packets carry.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import TYPE_CHECKING

from probes.errors import ProbeError, TimedOut
from probes.icmp_wire import EchoPacket
from probes.model import EchoStats, Metric, Probe, Reading, Sample
from probes.path.metrics import (
    PATH_JITTER,
    PATH_LOSS,
    PATH_LOST,
    PATH_PACKETS,
    PATH_RTT,
    RoundTrips,
)
from probes.path.model import CLASSES, LineWay
from probes.path.quality import jitter_s

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from probes.model import ProbeContext, Target
    from probes.path.model import ClassName

ECHOES = 5
GAP_S = 0.02
PACKET_TIMEOUT_S = 1.0

# Targets beyond the ward: their echoes measure the line, not only the box that answers.
_PATH_ROLES = frozenset({"gateway", "pe", "reflector"})
# The plain burst is what presence is judged by: a busy machine must not lose it to the deadline.
_AFTER_S = 0.5

ICMP_DURATION = Metric(
    "probe_icmp_duration_seconds",
    "gauge",
    "Median round trip of the last burst of echoes.",
    ("vantage", "phase"),
    "seconds",
)


async def run(target: Target, context: ProbeContext) -> Reading:
    """Send five echoes 20 ms apart and read round trip, loss and jitter from the answers.

    Raises TimedOut when all are lost; some lost are a measurement. What the echo client raises
    (Unreachable, NotPermitted, …) passes through.
    """
    stats = await context.transports.echo.burst(
        target.host, count=ECHOES, gap_s=GAP_S, timeout_s=_timeout_s(context)
    )
    is_path = target.role in _PATH_ROLES
    sums = _sums(context)
    if is_path:
        sums["be"] = sums.get("be", RoundTrips()).plus(stats.sent, stats.rtts_s)
        context.memory.kept = sums
    if not stats.rtts_s:
        raise TimedOut("icmp_silent", sent=stats.sent)
    duration = Sample(ICMP_DURATION, median(stats.rtts_s), (target.vantage, "rtt"))
    if not is_path:
        return Reading(samples=(duration,), echo=stats, method=stats.method)
    marked = await _marked(target, context)
    for kind, burst in marked.items():
        sums[kind] = sums.get(kind, RoundTrips()).plus(burst.sent, burst.rtts_s)
    bursts: dict[ClassName, EchoStats] = {"be": stats, **marked}
    ways = tuple(_way(kind, burst) for kind, burst in bursts.items())
    return Reading(
        samples=(duration, *_samples(target.vantage, ways, sums)),
        echo=stats,
        method=stats.method,
        ways=ways,
        distributions=(sums["be"].distribution((target.vantage, ways[0].method, "be")),),
    )


def _timeout_s(context: ProbeContext) -> float:
    left_s = context.deadline - context.clock.monotonic() - ECHOES * GAP_S
    return max(0.05, min(PACKET_TIMEOUT_S, left_s))


def _sums(context: ProbeContext) -> dict[ClassName, RoundTrips]:
    """What earlier runs left, by class."""
    kept = context.memory.kept
    return dict(kept) if isinstance(kept, Mapping) else {}


async def _marked(target: Target, context: ProbeContext) -> dict[ClassName, EchoStats]:
    """The same burst in the other classes; none where such packets cannot be sent."""
    line = context.transports.line
    if line is None or (target.role, target.vantage) != ("gateway", "ward"):
        return {}
    found: dict[ClassName, EchoStats] = {}
    others = [kind for kind in CLASSES if kind.dscp]
    for left, kind in zip(range(len(others), 0, -1), others, strict=True):
        left_s = context.deadline - context.clock.monotonic() - _AFTER_S
        wait_s = left_s / left - ECHOES * GAP_S
        if wait_s <= 0:
            break
        packets = (EchoPacket(dscp=kind.dscp),) * ECHOES
        try:
            ends = await line.echoes(
                target.host, packets, gap_s=GAP_S, timeout_s=min(PACKET_TIMEOUT_S, wait_s)
            )
        except ProbeError:  # the plain burst is what was asked for
            break
        rtts_s = tuple(end.rtt_s for end in ends if end.rtt_s is not None and not end.error)
        found[kind.name] = EchoStats(ECHOES, ECHOES - len(rtts_s), rtts_s, "icmp")
    return found


def _way(kind: ClassName, burst: EchoStats) -> LineWay:
    return LineWay(
        method="tcp" if burst.method == "tcp" else "icmp",
        kind=kind,
        direction="round",
        sent=burst.sent,
        lost=burst.lost,
        delay_s=median(burst.rtts_s) if burst.rtts_s else None,
        jitter_s=jitter_s(burst.rtts_s),
    )


def _samples(
    vantage: str, ways: Iterable[LineWay], sums: Mapping[ClassName, RoundTrips]
) -> Iterator[Sample]:
    for way in ways:
        labels = (vantage, way.method, way.kind, way.direction)
        if way.loss_ratio is not None:
            yield Sample(PATH_LOSS, way.loss_ratio, labels)
        if way.jitter_s is not None:
            yield Sample(PATH_JITTER, way.jitter_s, labels)
        yield Sample(PATH_PACKETS, sums[way.kind].sent, labels)
        yield Sample(PATH_LOST, sums[way.kind].lost, labels)


PROBE = Probe(
    name="icmp",
    period_s=30,
    timeout_s=3,
    run=run,
    metrics=(ICMP_DURATION, PATH_LOSS, PATH_JITTER, PATH_RTT, PATH_PACKETS, PATH_LOST),
)
