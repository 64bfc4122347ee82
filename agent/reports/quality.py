"""How good a line is: loss, delay and jitter of five-minute slots, and their percentiles. Pure.

A slot in which nothing came back is an outage and counted there; it has no delay, and its loss is
not the line's quality. Slots with few echoes do not count either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.reports.circuit import nearest_rank

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agent.samples.model import PathSlot

FEWEST_ECHOES = 20
PERCENTILE = 95


@dataclass(frozen=True, slots=True)
class SlotQuality:
    """One valid slot: lost over sent, mean round trip and mean jitter (s), None where unknown."""

    slot: int
    loss: float
    rtt_s: float
    jitter_s: float | None


@dataclass(frozen=True, slots=True)
class Spread:
    """How the slots lie: the middle one, the 95th percentile (nearest rank), the worst."""

    median: float
    p95: float
    most: float


@dataclass(frozen=True, slots=True)
class LineQuality:
    """The echoes of one line over a window; a spread of None has no slot at all.

    `valid` of `slots` slots count, in `silent` nothing came back.
    """

    target: str
    slots: int
    valid: int
    silent: int
    sent: int
    lost: int
    loss: Spread | None
    rtt_s: Spread | None
    jitter_s: Spread | None

    @property
    def coverage(self) -> float:
        """Slots with echoes, answered or not, over all slots of the window."""
        return (self.valid + self.silent) / self.slots if self.slots else 0.0


def slot_qualities(paths: Iterable[PathSlot]) -> tuple[SlotQuality, ...]:
    """The slots that count."""
    return tuple(
        SlotQuality(
            one.slot,
            one.lost / one.sent,
            one.rtt_sum_s / one.answered,
            one.jitter_sum_s / one.jitter_count if one.jitter_count else None,
        )
        for one in paths
        if one.sent >= FEWEST_ECHOES and one.answered
    )


def line_quality(target: str, paths: Sequence[PathSlot], slots: int) -> LineQuality:
    """The quality of one line over a window of so many slots."""
    enough = [one for one in paths if one.sent >= FEWEST_ECHOES]
    good = slot_qualities(enough)
    counted = [one for one in enough if one.answered]
    return LineQuality(
        target=target,
        slots=slots,
        valid=len(good),
        silent=len(enough) - len(good),
        sent=sum(one.sent for one in counted),
        lost=sum(one.lost for one in counted),
        loss=spread(one.loss for one in good),
        rtt_s=spread(one.rtt_s for one in good),
        jitter_s=spread(one.jitter_s for one in good if one.jitter_s is not None),
    )


def spread(values: Iterable[float]) -> Spread | None:
    """Median and 95th percentile by nearest rank, and the greatest; None without any value."""
    ordered = sorted(values)
    if not ordered:
        return None
    count = len(ordered)
    return Spread(
        ordered[nearest_rank(count, 50) - 1],
        ordered[nearest_rank(count, PERCENTILE) - 1],
        ordered[-1],
    )
