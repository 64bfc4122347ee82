"""How full each ward's circuit is now, for scrapes: the last slot and the rule's seven days.

The same slots and the same rule as in the reports. They are kept in memory, since to read a week of
168 wards from the disk every five minutes would cost a tenth of a core.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, overload

from agent.incidents.law import read_law
from agent.reports.circuit import DIRECTIONS, Average, averages, judge
from agent.reports.source import rule_in
from agent.samples.model import SLOT_S, load_sum, slot_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agent.reports.circuit import CircuitLoad, Direction, LoadRule
    from agent.samples.model import LoadSlot
    from agent.samples.shelf import Shelf
    from inventory.model import Inventory

_STILL_OPEN = 2  # slots behind the newest that a late reading may still add to
_A_TURN = 150  # circuits, for each that is computed in one turn


@dataclass(frozen=True, slots=True)
class UplinkUse:
    """One circuit by direction, as seen from the ward: `used` and the rule's figures.

    `used` is the share of the capacity in the last slot that is over, absent where too little of it
    was read.
    """

    capacity_bps: float
    used: Mapping[Direction, float]
    loads: Mapping[Direction, CircuitLoad]


@dataclass(slots=True)
class _Week:
    """One circuit's slots as a ring: bit/s per direction, below zero where too little was read."""

    slots: array[int]
    bps: Mapping[Direction, array[float]]
    capacity: array[float]
    still_open: dict[int, LoadSlot] = field(default_factory=dict)


class UplinkLoads:
    """The week of every ward's primary circuit. `uses` is what was computed last, by ward."""

    def __init__(self, links: Mapping[str, str], rule: LoadRule) -> None:
        """`links` names each ward's circuit."""
        self.uses: dict[str, UplinkUse] = {}
        self._links = dict(links)
        self._rule = rule
        self._weeks: dict[str, _Week] = {}
        self._end = 0
        self._waiting: list[str] = []

    def take(self, loads: Iterable[LoadSlot]) -> None:
        """Take in slots or parts of them, older ones first."""
        for one in loads:
            if self._links.get(one.ward) == one.link:
                self._put(self._weeks.setdefault(one.ward, self._new_week()), one)

    def turn(self, now_s: float) -> None:
        """Called every second: compute some circuits anew once a slot is over and written."""
        end = slot_of(now_s - SLOT_S / 10)
        if end != self._end:
            self._end, self._waiting = end, sorted(self._weeks)
        for _ in range(min(len(self._waiting), 1 + len(self._weeks) // _A_TURN)):
            ward = self._waiting.pop(0)
            self.uses[ward] = self._use(self._weeks[ward])

    def _new_week(self) -> _Week:
        count = self._rule.slots
        bps = {way: array("d", [-1.0]) * count for way in DIRECTIONS}
        return _Week(array("q", [-1]) * count, bps, array("d", [0.0]) * count)

    def _put(self, week: _Week, part: LoadSlot) -> None:
        known = week.still_open.get(part.slot)
        whole = load_sum(known, part) if known is not None else part
        week.still_open[part.slot] = whole
        oldest = max(week.still_open) - _STILL_OPEN * SLOT_S
        for slot in [slot for slot in week.still_open if slot < oldest]:
            del week.still_open[slot]
        place = (part.slot // SLOT_S) % self._rule.slots
        week.slots[place], week.capacity[place] = part.slot, part.capacity_bps
        for way in DIRECTIONS:
            found = next(averages([whole], way), None)
            week.bps[way][place] = found.bps if found is not None else -1.0

    def _use(self, week: _Week) -> UplinkUse:
        begin, last = self._end - self._rule.slots * SLOT_S, self._end - SLOT_S
        used: dict[Direction, float] = {}
        loads: dict[Direction, CircuitLoad] = {}
        for way in DIRECTIONS:
            found = sorted(
                (bps / capacity, slot, bps, capacity)
                for slot, bps, capacity in zip(
                    week.slots, week.bps[way], week.capacity, strict=True
                )
                if begin <= slot < self._end and bps >= 0
            )
            loads[way] = judge(_Averages(found), self._rule.slots, self._end, self._rule)
            shares = [share for share, slot, _bps, _capacity in found if slot == last]
            if shares:
                used[way] = shares[0]
        newest = max(range(len(week.slots)), key=lambda place: week.slots[place])
        return UplinkUse(week.capacity[newest], used, loads)


class _Averages(Sequence[Average]):
    """Sorted slots of which the rule looks at one: that one alone is made."""

    def __init__(self, found: list[tuple[float, int, float, float]]) -> None:
        self._found = found

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, place: int) -> Average: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Average]: ...
    def __getitem__(self, place: int | slice) -> Average | Sequence[Average]:
        if isinstance(place, slice):
            return _Averages(self._found[place])
        return Average(*self._found[place])


def week_of(inventory: Inventory, shelf: Shelf, now_s: float) -> UplinkLoads:
    """The circuits of an inventory, with what is kept of their last seven days."""
    links = {code: ward.primary_link for code, ward in inventory.wards.items()}
    rule = rule_in(read_law())
    found = UplinkLoads({code: link.id for code, link in links.items() if link}, rule)
    found.take(shelf.loads_since(slot_of(now_s) - rule.slots * SLOT_S))
    return found
