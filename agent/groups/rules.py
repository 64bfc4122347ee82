"""Wards that fall together: what they share, when that is hit, and what each may say of it. Pure.

The hub sees many wards. When enough wards of one carrier edge, carrier or region lose their line at
once, the fault is what they share, not nine lines.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from agent.duty import ICT
from playbooks.verdict.facts import UNKNOWN, Fact, Facts, Truth

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from inventory.model import Unit, Ward

GroupKind: TypeAlias = Literal["pe", "carrier", "region", "all"]

# A group is hit when at least 3 wards and 30 % of the members with fresh data (of two wards, both)
# lost the same segment within 2 minutes; it is free again when less than half of those hit have
# been down for 5 minutes.
HIT_WITHIN_S = 120.0
HIT_WARDS = 3
HIT_SHARE = 0.30
FREE_SHARE = 0.5
FREE_AFTER_S = 300.0
# Others are noticed up to this much later than the first; before that nobody is called fine.
NOTICED_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True)
class Group:
    """Wards that share something: `name` is what people call it, `members` ward codes."""

    kind: GroupKind
    name: str
    members: tuple[str, ...]

    @property
    def key(self) -> str:
        """Kind and name in one word."""
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True)
class Standing:
    """How one ward stands as the hub sees it, on fresh data only.

    `segment` is what its own facts alone blame for a lost line, empty while it has one; `since` is
    when that began (monotonic seconds).
    """

    segment: str = ""
    since: float = 0.0

    @property
    def is_lost(self) -> bool:
        """Whether the line is lost."""
        return self.segment != ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A group that is hit: the wards that fell with it, since when (wall time), and its number.

    `calm_since` is since when (monotonic) less than half of them are down.
    """

    group: Group
    wards: frozenset[str]
    since: datetime
    number: int
    calm_since: float | None = None

    @property
    def id(self) -> str:
        """What the group incident is called."""
        return f"GỘP-{self.since.astimezone(ICT):%Y}-{self.number:04d}"


@dataclass(frozen=True, slots=True)
class Hits:
    """All groups that are hit, by key, and how many there ever were."""

    now: Mapping[str, Hit] = field(default_factory=dict)
    count: int = 0

    def of(self, ward: str) -> Hit | None:
        """The group incident that a ward belongs to: the one that explains most."""
        mine = [hit for hit in self.now.values() if ward in hit.wards]
        return max(mine, key=lambda hit: len(hit.wards), default=None)


def number_of(group: str) -> int:
    """The number in what a group incident is called (`Hit.id`); 0 for any other text."""
    head, _, number = group.rpartition("-")
    return int(number) if head.startswith("GỘP-") and number.isdecimal() else 0


def groups_of(wards: Mapping[str, Ward], units: Mapping[str, Unit]) -> tuple[Group, ...]:
    """What the wards of an inventory share, by edge, carrier, region and all of them.

    A group has two members at least; one that is the same as a wider one is left out.
    """
    shared: dict[tuple[GroupKind, str], list[str]] = {}
    for code, ward in wards.items():
        link = ward.primary_link
        if ward.path is not None and ward.path.pe is not None:
            shared.setdefault(("pe", str(ward.path.pe.address)), []).append(code)
        if link is not None:
            shared.setdefault(("carrier", link.carrier), []).append(code)
        if code in units:
            shared.setdefault(("region", units[code].area), []).append(code)
        shared.setdefault(("all", "*"), []).append(code)
    everybody = len(wards)
    return tuple(
        Group(kind, name, tuple(members))
        for (kind, name), members in shared.items()
        if len(members) >= 2 and (kind == "all" or len(members) < everybody or kind == "pe")
    )


def advanced(
    hits: Hits,
    groups: Iterable[Group],
    standings: Mapping[str, Standing],
    now: datetime,
    mono: float,
) -> Hits:
    """The groups that are hit after one look at all wards; wards without fresh data are absent."""
    found: dict[str, Hit] = {}
    for group in sorted(groups, key=lambda group: len(group.members)):
        old = hits.now.get(group.key)
        kept = _kept(old, standings, mono) if old is not None else None
        fallen = _fallen(group, standings)
        if kept is not None:
            found[group.key] = replace(kept, wards=kept.wards | fallen)
        elif fallen:
            found[group.key] = Hit(group, fallen, now, 0)
    return _numbered(_told_apart(found), hits.count)


def neighbours(
    ward: str,
    hits: Hits,
    groups: Iterable[Group],
    standings: Mapping[str, Standing],
    mono: float,
) -> dict[str, Fact]:
    """`nb_pe` and `nb_all` of one ward, with the numbers that the sentences print.

    A region shares its mains as well as its lines: that it fell together leaves `nb_pe` open.
    """
    mine = [group for group in groups if ward in group.members]
    own = standings.get(ward)
    is_early = own is not None and own.is_lost and mono - own.since < NOTICED_WITHIN_S

    def fact(kinds: tuple[GroupKind, ...]) -> Fact:
        chosen = [group for group in mine if group.kind in kinds]
        for group in chosen:
            hit = hits.now.get(group.key)
            if hit is not None and ward in hit.wards:
                return _shared(group, hit, standings)
        if "pe" in kinds and any(ward in hit.wards for hit in hits.now.values()):
            return UNKNOWN
        others = {code for group in chosen for code in group.members if code != ward}
        fine = sum(1 for code in others if code in standings and not standings[code].is_lost)
        if is_early or fine == 0:
            return UNKNOWN
        return Fact(Truth.FALSE, source="hub", values={"m": fine}, promised=False)

    return {"nb_pe": fact(("pe", "carrier")), "nb_all": fact(("all",))}


def with_neighbours(facts: Facts, found: Mapping[str, Fact]) -> Facts:
    """A ward's facts with what the hub knows of its neighbours.

    While the hub is not sure to see anything itself, that many fell at once says nothing. All of
    them lost, and the centre gateway there: then it may be what the wards share, or their power.
    """
    hub = facts.fact("hub_ok")
    is_blind = hub.truth is not Truth.TRUE and "gw" in hub.values
    sure = {
        name: UNKNOWN if fact.truth is Truth.TRUE and is_blind else fact
        for name, fact in found.items()
    }
    if sure["nb_all"].truth is Truth.TRUE and hub.values.get("gw") is not False and hub.values:
        sure["nb_all"] = UNKNOWN
    return replace(facts, named={**facts.named, **sure})


def _told_apart(found: Mapping[str, Hit]) -> dict[str, Hit]:
    """One incident for one cause: the narrowest group that holds all who fell.

    A wider group whose fallen are those of narrower ones is not hit itself; one that has lost more
    than they explain takes them in. `found` goes from narrow to wide.
    """
    chosen: dict[str, Hit] = {}
    for key, hit in found.items():
        explained = frozenset[str]().union(*(one.wards for one in chosen.values()))
        if hit.wards <= explained:
            continue
        chosen = {other: one for other, one in chosen.items() if not one.wards <= hit.wards}
        chosen[key] = hit
    return chosen


def _numbered(found: Mapping[str, Hit], count: int) -> Hits:
    now = {}
    for key, hit in found.items():
        count += hit.number == 0
        now[key] = hit if hit.number else replace(hit, number=count)
    return Hits(now, count)


def _shared(group: Group, hit: Hit, standings: Mapping[str, Standing]) -> Fact:
    lost = sum(1 for code in hit.wards if code in standings and standings[code].is_lost)
    unseen = sum(1 for code in group.members if code not in standings)
    name = group.name if group.kind != "all" else hit.id
    values = {"n": lost, "m": len(group.members), "g": name, "unknown": unseen}
    return Fact(Truth.TRUE, source="hub", values=values, at=hit.since, promised=False)


def _fallen(group: Group, standings: Mapping[str, Standing]) -> frozenset[str]:
    """The members that lost the same segment within two minutes, if they are enough."""
    fresh = [code for code in group.members if code in standings]
    best: frozenset[str] = frozenset()
    for segment in {standings[code].segment for code in fresh} - {""}:
        lost = [code for code in fresh if standings[code].segment == segment]
        together = _largest_within(lost, standings)
        if len(together) > len(best) and _is_enough(len(together), len(fresh), group):
            best = frozenset(together)
    return best


def _is_enough(fallen: int, fresh: int, group: Group) -> bool:
    if len(group.members) == 2:
        return fallen == 2
    return fallen >= HIT_WARDS and fallen >= HIT_SHARE * fresh


def _largest_within(lost: list[str], standings: Mapping[str, Standing]) -> list[str]:
    spans = (
        [
            code
            for code in lost
            if 0 <= standings[code].since - standings[first].since <= HIT_WITHIN_S
        ]
        for first in lost
    )
    return max(spans, key=len, default=[])


def _kept(hit: Hit, standings: Mapping[str, Standing], mono: float) -> Hit | None:
    """The hit as it goes on; None once it is over. Wards without fresh data count as before."""
    back = sum(1 for code in hit.wards if code in standings and not standings[code].is_lost)
    is_calm = len(hit.wards) - back < FREE_SHARE * len(hit.wards)
    if not is_calm:
        return replace(hit, calm_since=None)
    since = mono if hit.calm_since is None else hit.calm_since
    return None if mono - since >= FREE_AFTER_S else replace(hit, calm_since=since)
