"""Every group incident follows the groups that are hit, and takes the wards' incidents in.

Called after each judgement. What is decided comes from pure functions; a group that is hit has its
incident once enough of its wards have one of their own, so that three short gaps make none.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from agent.groups.incidents import begun, is_enough, joined, left_alone, summary, widened
from agent.incidents.life import resolve, summarise, take_over

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from agent.groups.neighbourhood import Neighbourhood
    from agent.groups.rules import Hit
    from agent.incidents.book import Home
    from agent.incidents.record import Event, Incident
    from agent.ward_case import WardCase

FOLLOWS_WITHIN = timedelta(hours=24)


class Commons:
    """The home of incidents that belong to no single ward."""

    def __init__(self) -> None:
        self.incidents: dict[str, Incident] = {}

    def called(self, name: str) -> Incident | None:
        """The group incident of that number."""
        return next((one for one in self.incidents.values() if one.id == name), None)


class Keeper(Protocol):
    """Where group incidents and their children go."""

    def open_common(self, home: Home, incident: Incident, event: Event) -> None:
        """Keep a new group incident."""

    def keep(self, home: Home, incident: Incident, event: Event) -> None:
        """Keep what became of an incident."""


class GroupFollowing:
    """Moves group incidents; the only one that opens and ends them."""

    def __init__(
        self,
        commons: Commons,
        neighbourhood: Neighbourhood,
        keeper: Keeper,
        cases: Mapping[str, WardCase],
        fresh_uid: Callable[[], str],
    ) -> None:
        self._commons = commons
        self._hood = neighbourhood
        self._keeper = keeper
        self._cases = cases
        self._fresh_uid = fresh_uid

    def follow(self, at: datetime) -> None:
        """Bring group incidents to what is hit at this moment."""
        hits = {hit.id: hit for hit in self._hood.hits.now.values()}
        for hit in hits.values():
            self._follow_hit(hit, at)
        for incident in tuple(self._commons.incidents.values()):
            if incident.is_open and incident.id not in hits:
                self._end(incident, hits, at)

    def join(self, ward: str, at: datetime) -> None:
        """The incident of a ward's lost line becomes a child of the group incident that is open."""
        hit = self._hood.hits.of(ward)
        common = self._commons.called(hit.id) if hit else None
        if common is None or not common.is_open:
            return
        for incident in tuple(self._cases[ward].incidents.values()):
            step = joined(incident, common.id, at) if incident.root.whole_way else None
            if step is not None:
                self._keeper.keep(self._cases[ward], *step)

    def _follow_hit(self, hit: Hit, at: datetime) -> None:
        known = self._commons.called(hit.id)
        if known is not None and set(hit.wards) <= set(known.sites):
            return
        children = tuple(self._lines_lost(hit))
        unseen = self._hood.unseen(hit.group)
        if known is not None:
            step = widened(known, hit, children, unseen, at)
            if step is not None:
                self._keeper.keep(self._commons, *step)
        elif is_enough(children, hit.group):
            self._open(hit, children, unseen, at)

    def _open(self, hit: Hit, children: tuple[Incident, ...], unseen: int, at: datetime) -> None:
        before = self._ended_lately(hit, at)
        step = begun(hit, children, unseen, uid=self._fresh_uid(), now=at, follows=before)
        self._keeper.open_common(self._commons, *step)
        for code in sorted(hit.wards):
            self.join(code, at)

    def _end(self, incident: Incident, hits: Mapping[str, Hit], at: datetime) -> None:
        """Over; or explained by a wider group that has taken all of its wards in."""
        wider = (hit for hit in hits.values() if set(incident.sites) <= hit.wards)
        causes = (found for hit in wider if (found := self._commons.called(hit.id)))
        cause = next(causes, None)
        if cause is not None:
            self._keeper.keep(self._commons, *take_over(incident, cause, at))
            return
        ended, event = resolve(incident, at)
        self._keeper.keep(self._commons, ended, event)
        said = summary(ended, self._hood.lost(), at)
        self._keeper.keep(self._commons, *summarise(ended, said, at))
        for case, child in self._children(incident.id):
            step = left_alone(child, at)
            if step is not None:
                self._keeper.keep(case, *step)

    def _children(self, group: str) -> Iterator[tuple[WardCase, Incident]]:
        for case in self._cases.values():
            for child in tuple(case.incidents.values()):
                if child.group == group:
                    yield case, child

    def _lines_lost(self, hit: Hit) -> Iterator[Incident]:
        for code in sorted(hit.wards):
            mine = self._cases[code].incidents.values()
            yield from (one for one in mine if one.is_open and one.root.whole_way)

    def _ended_lately(self, hit: Hit, at: datetime) -> str | None:
        ended = [
            one for one in self._commons.incidents.values()
            if one.shared == hit.group.key and one.t_resolved is not None
            and at - one.t_resolved <= FOLLOWS_WITHIN
        ]  # fmt: skip
        return max(ended, key=lambda one: one.t0_detected).id if ended else None
