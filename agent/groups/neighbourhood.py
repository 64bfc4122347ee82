"""What the hub knows of all its wards together: who lost the line when, and which groups are hit.

The one mutable home of that; what is decided is decided by `agent.groups.rules`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agent.groups.rules import (
    Hit,
    Hits,
    Standing,
    advanced,
    groups_of,
    neighbours,
    number_of,
    with_neighbours,
)
from playbooks.verdict.facts import Truth
from playbooks.verdict.rootcause import judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from agent.groups.rules import Group
    from agent.incidents.record import Incident
    from inventory.model import Unit, Ward
    from playbooks.verdict.facts import Facts

# What a lost line may be called by a ward's own facts; a ward without power lost no line.
_LINE_SEGMENTS = frozenset({"metronet", "unknown"})


class Neighbourhood:
    """All wards of one hub; `hits` are the groups that are hit now."""

    def __init__(self, wards: Mapping[str, Ward], units: Mapping[str, Unit]) -> None:
        self.hits = Hits()
        self._groups = groups_of(wards, units)
        self._standings: dict[str, Standing] = {}

    def remember(self, names: Iterable[str]) -> None:
        """Take over what group incidents were called so far, so that no name is given twice."""
        count = max(map(number_of, names), default=0)
        self.hits = replace(self.hits, count=max(self.hits.count, count))

    def go_on(self, common: Iterable[Incident]) -> None:
        """Take over the group incidents that were open when the program ended.

        Their wards count as fallen until something fresh is known of them.
        """
        by_key = {group.key: group for group in self._groups}
        found = {
            one.shared: Hit(
                by_key[one.shared], frozenset(one.sites), one.t0_detected, number_of(one.id)
            )
            for one in common
            if one.is_open and one.shared in by_key
        }
        self.hits = replace(self.hits, now={**self.hits.now, **found})

    def unseen(self, group: Group) -> int:
        """How many members of a group nothing fresh is known of."""
        return sum(1 for code in group.members if code not in self._standings)

    def lost(self) -> frozenset[str]:
        """The wards that have lost the line, as far as fresh data tell."""
        return frozenset(code for code, one in self._standings.items() if one.is_lost)

    def take(self, ward: str, facts: Facts, now: datetime, mono: float) -> Facts:
        """Take in one ward's own facts; the same with what is known of its neighbours."""
        self._stand(ward, facts, mono)
        # Where nobody has lost anything no group can be hit.
        if self.hits.now or any(one.is_lost for one in self._standings.values()):
            self.hits = advanced(self.hits, self._groups, self._standings, now, mono)
        found = neighbours(ward, self.hits, self._groups, self._standings, mono)
        return with_neighbours(facts, found)

    def _stand(self, ward: str, facts: Facts, mono: float) -> None:
        truth = facts.truth("gw")
        if truth is Truth.TRUE:
            self._standings[ward] = Standing()
        elif truth is Truth.UNKNOWN or truth is Truth.NA:
            self._standings.pop(ward, None)
        else:
            self._standings[ward] = self._lost(ward, facts, mono)

    def _lost(self, ward: str, facts: Facts, mono: float) -> Standing:
        before = self._standings.get(ward, Standing())
        alone = judge(facts, "hub")
        if alone.segment not in _LINE_SEGMENTS or alone.part == "hub_blind":
            self._standings.pop(ward, None)
            return Standing()
        # A line that may be a power cut as well is one and the same loss when it is known better.
        return Standing("line", before.since if before.is_lost else mono)
