"""The quick look at the ward's lifeline: one echo every few seconds to switch, CE and gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.errors import TimedOut
from probes.model import Probe, Reading

if TYPE_CHECKING:
    from probes.model import ProbeContext, Target

PACKET_TIMEOUT_S = 1.0


async def run(target: Target, context: ProbeContext) -> Reading:
    """Send one echo. Raises TimedOut when it is lost; what the echo client raises passes through.

    It exports nothing: bursts measure, the watch only notices.
    """
    left_s = context.deadline - context.clock.monotonic()
    stats = await context.transports.echo.burst(
        target.host, count=1, gap_s=0.0, timeout_s=max(0.05, min(PACKET_TIMEOUT_S, left_s))
    )
    if not stats.rtts_s:
        raise TimedOut("icmp_silent", sent=stats.sent)
    return Reading(echo=stats, method=stats.method)


PROBE = Probe(name="watch", period_s=5, timeout_s=2, run=run)
