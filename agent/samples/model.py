"""Raw samples as values: what one line carried or lost in five minutes, and how a thing stood.

Every figure of a report is made of these and of incidents, and of nothing else. What is not here
was not measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable

SLOT_S = 300  # minutes 00, 05, … of an hour: the same in Viet Nam (UTC+7) as in UTC

# `degraded` is a ward's alone; `off` is silence out of working hours, which nobody expects away.
Standing: TypeAlias = Literal["good", "degraded", "down", "maintenance", "off"]
STANDINGS: tuple[Standing, ...] = get_args(Standing)
WARD: Literal["ward"] = "ward"  # the kind of span that is the ward's own verdict
SpanKind: TypeAlias = Literal["ward", "device", "service"]


@dataclass(frozen=True, slots=True)
class Expected:
    """Something that samples should exist of: of what never answered a report says so."""

    ward: str
    kind: Literal["device", "service", "link", "path"]
    thing: str


@dataclass(frozen=True, slots=True)
class LoadSlot:
    """What one uplink port carried in one slot, per direction, as seen from the ward.

    `slot` is its beginning (Unix seconds), `covered_s` how many of its seconds lie between readings
    of the counters that belong together; the octets are those of the covered seconds. A reading
    that spans two slots is shared out by time. `capacity_bps` is the contract's rate.
    """

    ward: str
    link: str
    slot: int
    in_octets: float
    in_covered_s: float
    out_octets: float
    out_covered_s: float
    capacity_bps: float


@dataclass(frozen=True, slots=True)
class PathSlot:
    """The echoes to the far end of one ward's line in one slot.

    Round trips are of the answered echoes; jitter is by burst (RFC 3550), so it has a count of its
    own. Times in seconds; None where nothing came back.
    """

    ward: str
    target: str
    slot: int
    sent: int
    lost: int
    rtt_sum_s: float = 0.0
    rtt_min_s: float | None = None
    rtt_max_s: float | None = None
    jitter_count: int = 0
    jitter_sum_s: float = 0.0

    @property
    def answered(self) -> int:
        """How many echoes came back."""
        return self.sent - self.lost


@dataclass(frozen=True, slots=True)
class Span:
    """How a thing stood from `begin_ms` to `end_ms` (Unix milliseconds; not included).

    `why` says more of a ward that is not well: `metronet/line`. Between spans nothing is known.
    """

    ward: str
    kind: SpanKind
    thing: str
    state: Standing
    why: str
    begin_ms: int
    end_ms: int


def slot_of(at_s: float) -> int:
    """The beginning of the slot that a moment lies in, both in Unix seconds."""
    return int(at_s // SLOT_S) * SLOT_S


def load_sum(older: LoadSlot, newer: LoadSlot) -> LoadSlot:
    """Two parts of one slot together; the newer one says the capacity."""
    return LoadSlot(
        older.ward, older.link, older.slot,
        older.in_octets + newer.in_octets, older.in_covered_s + newer.in_covered_s,
        older.out_octets + newer.out_octets, older.out_covered_s + newer.out_covered_s,
        newer.capacity_bps,
    )  # fmt: skip


def path_sum(older: PathSlot, newer: PathSlot) -> PathSlot:
    """Two parts of one slot together."""
    return PathSlot(
        older.ward, older.target, older.slot,
        older.sent + newer.sent, older.lost + newer.lost,
        older.rtt_sum_s + newer.rtt_sum_s,
        _least((older.rtt_min_s, newer.rtt_min_s)), _most((older.rtt_max_s, newer.rtt_max_s)),
        older.jitter_count + newer.jitter_count, older.jitter_sum_s + newer.jitter_sum_s,
    )  # fmt: skip


def _least(values: Iterable[float | None]) -> float | None:
    return min((one for one in values if one is not None), default=None)


def _most(values: Iterable[float | None]) -> float | None:
    return max((one for one in values if one is not None), default=None)
