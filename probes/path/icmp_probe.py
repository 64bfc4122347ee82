"""Pings a target: a burst of five echoes, and the path's loss and jitter where it is a path."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from probes.errors import TimedOut
from probes.model import Metric, Probe, Reading, Sample
from probes.path.quality import jitter_s, loss_ratio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import EchoStats, ProbeContext, Target

ECHOES = 5
GAP_S = 0.02
PACKET_TIMEOUT_S = 1.0

# Targets beyond the ward: their echoes measure the line, not only the box that answers.
_PATH_ROLES = frozenset({"gateway", "pe", "reflector"})

_PATH = ("vantage", "method", "class", "dir")
ICMP_DURATION = Metric(
    "probe_icmp_duration_seconds",
    "gauge",
    "Median round trip of the last burst of echoes.",
    ("vantage", "phase"),
    "seconds",
)
PATH_LOSS = Metric(
    "wardops_path_loss_ratio", "gauge", "Share of the last burst that was lost.", _PATH, "ratio"
)
PATH_JITTER = Metric(
    "wardops_path_jitter_seconds",
    "gauge",
    "Jitter of the last burst by the filter of RFC 3550.",
    _PATH,
    "seconds",
)


async def run(target: Target, context: ProbeContext) -> Reading:
    """Send five echoes 20 ms apart and read round trip, loss and jitter from the answers.

    Raises TimedOut when all are lost; some lost are a measurement. What the echo client raises
    (Unreachable, NotPermitted, …) passes through.
    """
    left_s = context.deadline - context.clock.monotonic() - ECHOES * GAP_S
    stats = await context.transports.echo.burst(
        target.host, count=ECHOES, gap_s=GAP_S, timeout_s=max(0.05, min(PACKET_TIMEOUT_S, left_s))
    )
    if not stats.rtts_s:
        raise TimedOut("icmp_silent", sent=stats.sent)
    return Reading(samples=tuple(_samples(target, stats)), echo=stats, method=stats.method)


def _samples(target: Target, stats: EchoStats) -> Iterator[Sample]:
    yield Sample(ICMP_DURATION, median(stats.rtts_s), (target.vantage, "rtt"))
    if target.role not in _PATH_ROLES:
        return
    method = "tcp" if stats.method == "tcp" else "icmp"
    labels = (target.vantage, method, "be", "round")
    measured = (
        (PATH_LOSS, loss_ratio(stats.sent, stats.lost)),
        (PATH_JITTER, jitter_s(stats.rtts_s)),
    )
    for metric, value in measured:
        if value is not None:
            yield Sample(metric, value, labels)


PROBE = Probe(
    name="icmp",
    period_s=30,
    timeout_s=3,
    run=run,
    metrics=(ICMP_DURATION, PATH_LOSS, PATH_JITTER),
)
