"""Availability from spans: what was up, down, announced, and what nobody knows. Pure.

T is the window, O the time off duty, M announced work, U time of which nothing is known (the agent
off, behind a break, too old), D downtime. Availability is (T-O-M-U-D) / (T-O-M-U), printed with
its coverage (T-O-U) / (T-O): missing time is neither up nor down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from agent.samples.model import Span

ENOUGH_COVERAGE = 0.95
# Segments whose outage cuts a ward off; a service that fails has its own figure.
WARD_SEGMENTS = frozenset({"power", "lan", "switch", "metronet", "dc", "unknown"})
Counted: TypeAlias = Literal["up", "down", "maintenance", "off", "unknown"]


@dataclass(frozen=True, slots=True)
class Availability:
    """The times of one thing over a window in seconds, and its outages."""

    total_s: float
    off_s: float
    maintenance_s: float
    unknown_s: float
    down_s: float
    outages: int
    longest_s: float

    @property
    def up_s(self) -> float:
        """What is left: known, expected, and not down."""
        rest = self.total_s - self.off_s - self.maintenance_s - self.unknown_s - self.down_s
        return max(0.0, rest)

    @property
    def ratio(self) -> float | None:
        """The availability; None when nothing is known of any expected second."""
        known_s = self.up_s + self.down_s
        return self.up_s / known_s if known_s > 0 else None

    @property
    def coverage(self) -> float | None:
        """The known share of the expected time; None when nothing was expected."""
        expected_s = self.total_s - self.off_s
        return max(0.0, expected_s - self.unknown_s) / expected_s if expected_s > 0 else None

    @property
    def is_enough(self) -> bool:
        """Whether the figure may be compared with a target."""
        return self.coverage is not None and self.coverage >= ENOUGH_COVERAGE

    @property
    def mtbf_s(self) -> float | None:
        """Mean time between outages; None without any."""
        return self.up_s / self.outages if self.outages else None


def as_seen(span: Span) -> Counted:
    """How a device's or service's span counts."""
    if span.state in ("good", "degraded"):
        return "up"
    return "down" if span.state == "down" else "maintenance" if span.state != "off" else "off"


def as_ward(span: Span) -> Counted:
    """How a span of a ward's verdict counts for the ward."""
    if span.state == "down" and segment_of(span) not in WARD_SEGMENTS:
        return "up"
    return as_seen(span)


def as_line(span: Span) -> Counted:
    """How a span of a ward's verdict counts for its line.

    While the ward is dark or its switch is down nobody can say how the line is.
    """
    if span.state != "down":
        return as_seen(span)
    segment = segment_of(span)
    if segment == "metronet":
        return "down"
    return "unknown" if segment in WARD_SEGMENTS else "up"


def segment_of(span: Span) -> str:
    """The segment of a ward's span."""
    return span.why.partition("/")[0]


def availability(
    spans: Iterable[Span], begin_ms: int, end_ms: int, counts: Callable[[Span], Counted] = as_seen
) -> Availability:
    """The times of one thing from `begin_ms` to `end_ms`; no second is counted twice."""
    times = dict.fromkeys(("up", "down", "maintenance", "off", "unknown"), 0.0)
    outages: list[tuple[int, int]] = []
    reached = begin_ms
    for span in sorted(spans, key=lambda one: one.begin_ms):
        begin, end = max(reached, span.begin_ms), min(end_ms, span.end_ms)
        if end <= begin:
            continue
        counted = counts(span)
        times[counted] += (end - begin) / 1000
        if counted == "down":
            outages = _grown(outages, begin, end)
        reached = end
    total_s = (end_ms - begin_ms) / 1000
    known_s = times["up"] + times["down"] + times["maintenance"] + times["off"]
    return Availability(
        total_s, times["off"], times["maintenance"], max(0.0, total_s - known_s), times["down"],
        len(outages), max(((end - begin) / 1000 for begin, end in outages), default=0.0),
    )  # fmt: skip


def down_by_segment(spans: Iterable[Span], begin_ms: int, end_ms: int) -> dict[str, float]:
    """A ward's downtime in seconds by the segment that was at fault, worst first."""
    found: dict[str, float] = {}
    for span in spans:
        if as_ward(span) == "down":
            seconds = (min(end_ms, span.end_ms) - max(begin_ms, span.begin_ms)) / 1000
            if seconds > 0:
                segment = segment_of(span)
                found[segment] = found.get(segment, 0.0) + seconds
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _grown(outages: Sequence[tuple[int, int]], begin: int, end: int) -> list[tuple[int, int]]:
    """One more piece of downtime; what goes on without a break is one outage."""
    if outages and outages[-1][1] == begin:
        return [*outages[:-1], (outages[-1][0], end)]
    return [*outages, (begin, end)]
