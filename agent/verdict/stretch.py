"""Is the ward's own stretch of the way clean, while the whole way is not? Pure.

Compares what the near devices (the switch, the terminal device) answer with what the far end does,
over the same time: lost echoes, and how long they take.
"""

from __future__ import annotations

from itertools import pairwise
from math import comb
from statistics import fmean, median
from typing import TYPE_CHECKING

from agent.verdict.doubt import CHANCE
from playbooks.verdict.facts import Truth

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent.verdict.echoes import Burst
    from agent.verdict.line_quality import Beyond
    from agent.verdict.sight import Sight

# Echoes needed before two loss shares are compared, and what the near share is of the far one when
# the loss surely happens beyond, or surely before, the near device. The same for times.
COMPARED_ECHOES = 20
COMPARED_BURSTS = 12
BEYOND_SHARE = 0.15
BEFORE_SHARE = 0.5


def stretch_is_good(sight: Sight) -> bool | None:
    """Whether the way up to the terminal device is clean while the whole way is not.

    Up to the switch where the ward has no terminal device; None when it cannot be told. Where a
    reflector names what is poor, that is what is compared, else the echoes that were lost.
    """
    if sight.line.judged(sight.mono) is Truth.FALSE:
        return _all_of(_has_no_part(sight, one) for one in sight.line.poor)
    sent, lost = sight.far_end.totals()
    if not sent or not lost:
        return None
    return _loses_nothing(sight, sight.far_end.bursts[0].mono, (sent, lost))


def _all_of(found: Iterable[bool | None]) -> bool | None:
    """True when all are, false when one is false."""
    every = list(found)
    if False in every:
        return False
    return None if None in every or not every else True


def _has_no_part(sight: Sight, poor: Beyond) -> bool | None:
    """Whether the near devices show nothing of what makes the line poor."""
    if poor.term == "loss":
        return _loses_nothing(sight, poor.since, (poor.sent, poor.lost))
    near = sight.ward.ce or sight.ward.core
    if near is None:
        return None
    bursts = [b for b in sight.near.get(near.name, ()) if b.mono >= poor.since]
    rtts_s = [b.rtt_s for b in bursts if b.rtt_s is not None]
    if len(rtts_s) < COMPARED_BURSTS or 2 * len(rtts_s) < len(bursts):
        return None
    shown_s = median(rtts_s)
    if poor.term == "jitter":
        shown_s = fmean(abs(later - earlier) for earlier, later in pairwise(rtts_s))
    if shown_s >= BEFORE_SHARE * poor.value:
        return False
    return True if shown_s <= BEYOND_SHARE * poor.value else None


def _loses_nothing(sight: Sight, start: float, whole: tuple[int, int]) -> bool | None:
    """Compares lost echoes since a moment; that so few fell on the near device must be no luck."""
    sent, lost = whole
    share = lost / sent
    core, ce = (sight.ward.core, sight.ward.ce)
    counts = {
        device.name: count
        for device in (core, ce)
        if device and (count := _counted(sight.near.get(device.name, ()), start)) is not None
    }
    if any(bad >= BEFORE_SHARE * share * asked for asked, bad in counts.values()):
        return False
    end = ce or core
    near = counts.get(end.name) if end else None
    if near is None or near[1] > BEYOND_SHARE * share * near[0]:
        return None
    return True if _luck(near, (sent, lost)) < CHANCE else None


def _counted(bursts: tuple[Burst, ...], start: float) -> tuple[int, int] | None:
    """Echoes sent and lost since a moment; None for too few, or where none ever came back."""
    chosen = [b for b in bursts if b.mono >= start]
    sent, lost = sum(b.sent for b in chosen), sum(b.lost for b in chosen)
    return None if sent < COMPARED_ECHOES or sent == lost else (sent, lost)


def _luck(near: tuple[int, int], far: tuple[int, int]) -> float:
    """How likely at most so many of all lost echoes fall on the near ones if all are alike.

    The lower tail of the hypergeometric distribution (Fisher's exact test); each pair is echoes
    sent and lost.
    """
    (near_sent, near_lost), (far_sent, far_lost) = near, far
    lost, sent = near_lost + far_lost, near_sent + far_sent
    ways = sum(comb(near_sent, n) * comb(far_sent, lost - n) for n in range(near_lost + 1))
    return ways / comb(sent, lost)
