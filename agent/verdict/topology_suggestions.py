"""What the network itself says of who hangs on whom: proposals for a person, never applied. Pure.

Sightings come as values from wherever they were read; the inventory wins whatever they say. Whoever
reads them gives one `Sighting` per source and pair of devices, by their names in the inventory:

- `lldp`, `cdp`: two devices see each other on a cable; the one nearer to the core is the parent;
- `fdb+arp`: a device's MAC address (from ARP) is learned on a port behind which no other device of
  the inventory is learned; the switch with that port is the parent;
- `route`: a device's default route leads to an address of the parent; it names no port;
- `trace`: the last hop before a device that answered.

Sources that say the same pair make one suggestion and are counted; two sightings of one source
count once.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from inventory.model import Ward

SightingSource: TypeAlias = Literal["lldp", "cdp", "fdb+arp", "route", "trace"]

# So many topology polls in a row must disagree with the accepted tree before it is said.
DISAGREEING_POLLS = 3


@dataclass(frozen=True, slots=True)
class Sighting:
    """One source saw `child` behind `parent` (on its port, where the source names one)."""

    source: SightingSource
    child: str
    parent: str
    at: datetime
    port: str | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A parent to be approved: who says so, and when it was seen last.

    `accepted` are the parents in the inventory, none when it names none.
    """

    child: str
    parent: str
    port: str | None
    sources: tuple[SightingSource, ...]
    seen_at: datetime
    accepted: tuple[str, ...] = ()

    @property
    def agreeing(self) -> int:
        """How many independent sources say it."""
        return len(self.sources)


@dataclass(frozen=True, slots=True)
class Moved:
    """A neighbour that LLDP has seen elsewhere than the inventory says, for several polls."""

    child: str
    accepted: tuple[str, ...]
    seen: str
    polls: int
    at: datetime


def suggestions(ward: Ward, sightings: Iterable[Sighting]) -> tuple[Suggestion, ...]:
    """What could be entered as `behind`, best founded first; what is accepted already is left out.

    Names that the ward does not have, and things seen behind themselves, are no suggestions.
    """
    known = {device.name for device in ward.devices}
    accepted = {device.name: device.above for device in ward.devices}
    seen: defaultdict[tuple[str, str], list[Sighting]] = defaultdict(list)
    for one in sightings:
        if {one.child, one.parent} <= known and one.child != one.parent:
            seen[one.child, one.parent].append(one)
    found = [
        _suggestion(child, parent, each, accepted[child])
        for (child, parent), each in seen.items()
        if parent not in accepted[child]
    ]
    return tuple(sorted(found, key=lambda one: (-one.agreeing, one.child, one.parent)))


def moved(ward: Ward, polls: Iterable[Iterable[Sighting]]) -> tuple[Moved, ...]:
    """Devices whose LLDP neighbour was another than the accepted one in the last three polls.

    `polls` are the topology polls, oldest first. A poll in which the device was not seen, or was
    seen where it belongs, ends the count; one steady other neighbour is asked for.
    """
    newest = [tuple(poll) for poll in polls][-DISAGREEING_POLLS:]
    if len(newest) < DISAGREEING_POLLS:
        return ()
    found = []
    for device in ward.devices:
        if not device.above:
            continue
        seen = [_lldp_of(device.name, poll) for poll in newest]
        places = {one.parent for one in seen if one is not None}
        last = seen[-1]
        if None in seen or len(places) != 1 or last is None or last.parent in device.above:
            continue
        found.append(Moved(device.name, device.above, last.parent, len(newest), last.at))
    return tuple(found)


def _lldp_of(name: str, poll: tuple[Sighting, ...]) -> Sighting | None:
    return next((one for one in poll if one.source == "lldp" and one.child == name), None)


def _suggestion(
    child: str, parent: str, sightings: list[Sighting], accepted: tuple[str, ...]
) -> Suggestion:
    newest = max(sightings, key=lambda one: one.at)
    named = (one.port for one in sorted(sightings, key=lambda one: one.at, reverse=True))
    port = next((port for port in named if port is not None), None)
    sources = tuple(sorted({one.source for one in sightings}))
    return Suggestion(child, parent, port, sources, newest.at, accepted)
