"""How full a circuit is: the 95th percentile of five-minute averages over seven days. Pure.

Circular 06/2026/TT-BKHCN, article 5(6): per direction, the 95th percentile of the traffic sampled
every 5 minutes must not exceed 90 % of the circuit's capacity over 7 consecutive days. The numbers
come from the dated rule (`agent/data/law.yaml`). A slot without enough readings is no slot of zero.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from agent.samples.model import SLOT_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from agent.incidents.law import LawItem
    from agent.samples.model import LoadSlot

Direction: TypeAlias = Literal["in", "out"]
DIRECTIONS: tuple[Direction, Direction] = ("in", "out")
Compliance: TypeAlias = Literal["ok", "near", "breach", "not_enough"]
_COVERED_PERCENT = 80  # of a slot's seconds, for its average to count
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class LoadRule:
    """The figures of the rule: percent as whole numbers, slots in minutes."""

    percentile: int = 95
    slot_min: int = 5
    days: int = 7
    limit_percent: int = 90
    warn_percent: int = 80
    coverage_percent: int = 90

    @property
    def slots(self) -> int:
        """How many slots a window has."""
        return self.days * 24 * 60 // self.slot_min


@dataclass(frozen=True, slots=True, order=True)
class Average:
    """One valid slot of one direction; ordered by its share of the capacity, then by time."""

    share: float
    slot: int
    bps: float
    capacity_bps: float


@dataclass(frozen=True, slots=True)
class CircuitLoad:
    """What the rule says of one window: `end` (Unix seconds) is where its last slot ends.

    `p95` is None without any valid slot; a state of `not_enough` is no verdict.
    """

    end: int
    valid: int
    slots: int
    p95: Average | None
    state: Compliance

    @property
    def coverage(self) -> float:
        """Valid slots over all slots of the window."""
        return self.valid / self.slots if self.slots else 0.0


def rule_of(item: LawItem) -> LoadRule:
    """The rule as the dated entry has it."""
    known = LoadRule.__dataclass_fields__
    return LoadRule(**{name: int(value) for name, value in item.values.items() if name in known})


def averages(loads: Iterable[LoadSlot], direction: Direction) -> Iterator[Average]:
    """The valid slots of one direction: bit/s over the covered seconds."""
    for one in loads:
        octets, covered_s = (
            (one.in_octets, one.in_covered_s)
            if direction == "in"
            else (one.out_octets, one.out_covered_s)
        )
        if covered_s * 100 >= _COVERED_PERCENT * SLOT_S:
            bps = octets * 8 / covered_s
            yield Average(bps / one.capacity_bps, one.slot, bps, one.capacity_bps)


def nearest_rank(count: int, percent: int) -> int:
    """The place (from 1) of a percentile among so many sorted values: no interpolation."""
    return max(1, (percent * count + 99) // 100)


def judge(ordered: Sequence[Average], slots: int, end: int, rule: LoadRule) -> CircuitLoad:
    """What the rule says of the valid slots of one window, given in ascending order."""
    count = len(ordered)
    if not count:
        return CircuitLoad(end, 0, slots, None, "not_enough")
    p95 = ordered[nearest_rank(count, rule.percentile) - 1]
    if count * 100 < rule.coverage_percent * slots:
        state: Compliance = "not_enough"
    elif p95.bps * 100 > rule.limit_percent * p95.capacity_bps:
        state = "breach"
    else:
        state = "near" if p95.bps * 100 > rule.warn_percent * p95.capacity_bps else "ok"
    return CircuitLoad(end, count, slots, p95, state)


def window_load(found: Iterable[Average], end: int, rule: LoadRule) -> CircuitLoad:
    """The rule over the window that ends at `end` (Unix seconds, the end of a slot)."""
    begin = end - rule.slots * SLOT_S
    return judge(sorted(one for one in found if begin <= one.slot < end), rule.slots, end, rule)


def worst_load(found: Iterable[Average], begin: int, end: int, rule: LoadRule) -> CircuitLoad:
    """The fullest of all windows that end within a time, after `begin` up to `end`.

    Where none has enough slots, the best covered one.
    """
    by_slot = {one.slot: one for one in found}
    ordered: list[Average] = []
    worst = CircuitLoad(end, 0, rule.slots, None, "not_enough")
    length_s = rule.slots * SLOT_S
    for slot in range(begin + SLOT_S - length_s, end, SLOT_S):
        gone, came = by_slot.get(slot - length_s), by_slot.get(slot)
        if gone is not None and ordered:
            place = bisect_left(ordered, gone)
            if place < len(ordered) and ordered[place] == gone:
                del ordered[place]
        if came is not None:
            insort(ordered, came)
        if slot + SLOT_S > begin:
            worst = _worse(worst, judge(ordered, rule.slots, slot + SLOT_S, rule))
    return worst


def daily_loads(
    found: Iterable[Average], days: Iterable[tuple[int, int]], rule: LoadRule
) -> tuple[CircuitLoad, ...]:
    """The same percentile of each day by itself, since the rule can also be read per day.

    `days` are (begin, end) in Unix seconds.
    """
    by_day: Mapping[tuple[int, int], list[Average]] = {day: [] for day in days}
    spans = sorted(by_day)
    for one in found:
        for day in spans:
            if day[0] <= one.slot < day[1]:
                by_day[day].append(one)
                break
    return tuple(
        judge(sorted(by_day[day]), (day[1] - day[0]) // SLOT_S, day[1], rule) for day in spans
    )


def _worse(one: CircuitLoad, other: CircuitLoad) -> CircuitLoad:
    """The one with a verdict, then the fuller, then the better covered, then the earlier."""

    def rank(load: CircuitLoad) -> tuple[bool, float, int]:
        said = load.state != "not_enough"
        return said, load.p95.share if said and load.p95 else 0.0, load.valid

    return other if rank(other) > rank(one) else one
