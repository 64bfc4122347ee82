"""The families of the line that several of its probes fill, and what they sum up between runs."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from probes.model import Distribution, Metric

if TYPE_CHECKING:
    from collections.abc import Iterable

_DIRECTED = ("vantage", "method", "class", "dir")
RTT_BOUNDS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.3, 0.6, 1.0)

PATH_LOSS = Metric(
    "wardops_path_loss_ratio", "gauge", "Share of the last burst that was lost.", _DIRECTED, "ratio"
)
PATH_JITTER = Metric(
    "wardops_path_jitter_seconds",
    "gauge",
    "Jitter of the last burst by the filter of RFC 3550.",
    _DIRECTED,
    "seconds",
)
PATH_RTT = Metric(
    "wardops_path_rtt_seconds",
    "histogram",
    "Round trips over the line since the agent started.",
    ("vantage", "method", "class"),
    "seconds",
)
PATH_PACKETS = Metric(
    "wardops_path_packets_total", "counter", "Packets sent over the line.", _DIRECTED
)
PATH_LOST = Metric(
    "wardops_path_packets_lost_total", "counter", "Packets that the line lost.", _DIRECTED
)


@dataclass(frozen=True, slots=True)
class RoundTrips:
    """All round trips of one class since the start: how many fell into each bucket, their sum.

    `sent` and `lost` are packets; the last bucket is of those beyond every bound.
    """

    sent: int = 0
    lost: int = 0
    buckets: tuple[int, ...] = (0,) * (len(RTT_BOUNDS_S) + 1)
    sum_s: float = 0.0

    def plus(self, sent: int, rtts_s: Iterable[float]) -> RoundTrips:
        """With one burst more; what did not come back is lost."""
        buckets, found = list(self.buckets), list(rtts_s)
        for rtt_s in found:
            buckets[bisect_left(RTT_BOUNDS_S, rtt_s)] += 1
        return RoundTrips(
            self.sent + sent,
            self.lost + sent - len(found),
            tuple(buckets),
            self.sum_s + sum(found),
        )

    def distribution(self, labels: tuple[str, ...]) -> Distribution:
        """The same as a series of `wardops_path_rtt_seconds`."""
        *below, count = accumulate(self.buckets)
        bounds = tuple(zip(RTT_BOUNDS_S, below, strict=True))
        return Distribution(PATH_RTT, labels, bounds, count, self.sum_s)
