"""Arithmetic of a path's quality over one burst of packets. Pure."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def loss_ratio(sent: int, lost: int) -> float | None:
    """Lost packets over sent ones; None when nothing was sent."""
    return lost / sent if sent else None


def jitter_s(delays_s: Sequence[float]) -> float | None:
    """Jitter by the filter of RFC 3550 section 6.4.1 over delays in order of arrival, in seconds.

    The filter starts at the first difference instead of 0: one burst is too short for it to climb.
    None for fewer than two delays.
    """
    differences = [abs(later - earlier) for earlier, later in pairwise(delays_s)]
    if not differences:
        return None
    jitter = differences[0]
    for difference in differences[1:]:
        jitter += (difference - jitter) / 16
    return jitter
