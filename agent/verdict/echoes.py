"""The newest echoes to the far end of the line, and what they say: is it there, is it clean.

A failed burst counts as all of its echoes lost. Losses while the far end was gone say nothing about
the quality of the line, so the quality window starts anew when the far end returns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agent.checks import State, state_of
from playbooks.verdict.facts import Truth

if TYPE_CHECKING:
    from probes.model import Observation

# The far end is judged on at least 5 packets of the last 15 s, the quality of an
# ICMP-only line on the last 10 minutes.
PRESENCE_WINDOW_S = 15.0
PRESENCE_PACKETS = 5
QUALITY_WINDOW_S = 600.0
QUALITY_PACKETS = 100
QUALITY_LOST = 10


# Echoes that one run of a probe sends: a run without any answer carries no counts of its own.
ECHOES = {"watch": 1, "icmp": 5}


@dataclass(frozen=True, slots=True)
class Burst:
    """Echoes sent together: when (monotonic seconds), how many, how many lost, median RTT (s)."""

    mono: float
    sent: int
    lost: int
    rtt_s: float | None = None


@dataclass(frozen=True, slots=True)
class EchoWindow:
    """Bursts to one far end, oldest first, with the two truths they led to so far."""

    bursts: tuple[Burst, ...] = ()
    present: Truth = Truth.UNKNOWN
    clean: Truth = Truth.UNKNOWN

    def add(self, burst: Burst) -> EchoWindow:
        """The window with one more burst, old ones dropped and both truths judged again."""
        kept = tuple(b for b in self.bursts if burst.mono - b.mono <= QUALITY_WINDOW_S)
        grown = replace(self, bursts=(*kept, burst))
        present = _presence(grown)
        if present is Truth.TRUE and self.present is not Truth.TRUE:
            answered = tuple(b for b in grown.bursts[-1:] if b.lost < b.sent)
            return EchoWindow(answered, present, Truth.UNKNOWN)
        return replace(grown, present=present, clean=_quality(grown, present))

    def totals(self) -> tuple[int, int]:
        """Echoes sent and lost over the whole window."""
        return sum(b.sent for b in self.bursts), sum(b.lost for b in self.bursts)


def newest(window: EchoWindow) -> tuple[Burst, ...]:
    """The newest bursts that together hold at least five echoes, none older than 15 s."""
    chosen: list[Burst] = []
    for burst in reversed(window.bursts):
        if sum(b.sent for b in chosen) >= PRESENCE_PACKETS:
            break
        if chosen and chosen[0].mono - burst.mono > PRESENCE_WINDOW_S:
            break
        chosen.append(burst)
    return tuple(chosen)


def _presence(window: EchoWindow) -> Truth:
    """True below 50 % loss, false when all were lost; between the two the truth before stays."""
    bursts = newest(window)
    sent = sum(b.sent for b in bursts)
    lost = sum(b.lost for b in bursts)
    if sent < PRESENCE_PACKETS:
        # One answered echo proves presence; a few lost ones prove nothing yet.
        return Truth.TRUE if lost == 0 and sent else window.present
    if lost == sent:
        return Truth.FALSE
    return Truth.TRUE if 2 * lost < sent else window.present


def _quality(window: EchoWindow, present: Truth) -> Truth:
    """False at 10 lost echoes, true at 100 sent with at most 1 % (or 2) lost; else as before."""
    if present is not Truth.TRUE:
        return Truth.UNKNOWN
    sent, lost = window.totals()
    if lost >= QUALITY_LOST:
        return Truth.FALSE
    if sent >= QUALITY_PACKETS and lost <= max(2, sent // 100):
        return Truth.TRUE
    return window.clean


def burst_of(seen: Observation) -> Burst | None:
    """The echoes of one run; None for a run that sent none."""
    count, echo = ECHOES.get(seen.probe), seen.reading.echo
    if count is None or (echo is None and state_of(seen.reason) is not State.CRIT):
        return None
    sent, lost = (echo.sent, echo.lost) if echo else (count, count)
    rtt = sorted(echo.rtts_s)[len(echo.rtts_s) // 2] if echo and echo.rtts_s else None
    return Burst(seen.mono, sent, lost, rtt)
