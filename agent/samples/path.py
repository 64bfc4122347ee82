"""From one run of echoes to its part of a slot. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.samples.model import PathSlot, slot_of
from agent.verdict.echoes import burst_of
from probes.path.quality import jitter_s

if TYPE_CHECKING:
    from probes.model import Observation


def path_part(seen: Observation, at_s: float) -> PathSlot | None:
    """What one run of echoes adds to its slot; None for a run that sent none.

    A run without any answer counts all of its echoes as lost. Single echoes have no jitter.
    """
    burst = burst_of(seen)
    if burst is None or burst.sent == 0:
        return None
    rtts_s = seen.reading.echo.rtts_s if seen.reading.echo is not None else ()
    jitter = jitter_s(rtts_s)
    return PathSlot(
        ward=seen.target.ward,
        target=seen.target.name,
        slot=slot_of(at_s),
        sent=burst.sent,
        lost=burst.lost,
        rtt_sum_s=sum(rtts_s),
        rtt_min_s=min(rtts_s, default=None),
        rtt_max_s=max(rtts_s, default=None),
        jitter_count=int(jitter is not None),
        jitter_sum_s=jitter or 0.0,
    )
