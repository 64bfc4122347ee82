"""Does what neighbours say of each other disagree with the inventory? A finding, never a change.

Two devices that see each other by LLDP hang on one cable, so that one of them should be written
behind the other. The one mutable home of the last topology polls; what they come to is decided by
`agent.verdict.topology_suggestions`.
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING

from agent.incidents.record import Event
from agent.verdict.topology_suggestions import DISAGREEING_POLLS, Sighting, moved
from probes.snmp.topology import known_device

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from agent.verdict.topology import Topology
    from inventory.model import Ward
    from probes.model import Observation


class Cabling:
    """Remembers what the last topology polls of one ward's devices saw."""

    def __init__(self, ward: Ward, topology: Topology) -> None:
        self._ward = ward
        self._topology = topology
        self._polls: defaultdict[str, deque[tuple[Sighting, ...]]] = defaultdict(
            lambda: deque(maxlen=DISAGREEING_POLLS)
        )
        self._told: defaultdict[str, frozenset[tuple[str, str]]] = defaultdict(frozenset)

    def take(self, seen: Observation, at: datetime) -> tuple[Event, ...]:
        """Take in one observation; a line for every device that has begun to be seen elsewhere."""
        if not seen.ok or seen.reading.neighbours is None:
            return ()
        name = seen.target.name
        self._polls[name].append(tuple(self._sightings(seen, at)))
        found = moved(self._ward, self._polls[name])
        new = [one for one in found if (one.child, one.seen) not in self._told[name]]
        self._told[name] = frozenset((one.child, one.seen) for one in found)
        return tuple(
            Event(
                "cabling-differs", at, self._ward.ward, one.child, one.child,
                {"seen_at": one.seen, "written": list(one.accepted), "polls": one.polls},
            )
            for one in new
        )  # fmt: skip

    def _sightings(self, seen: Observation, at: datetime) -> Iterator[Sighting]:
        """Who hangs on whom by one poll; what agrees with the inventory comes first."""
        found = [
            (self._pair(seen.target.name, other), one)
            for one in seen.reading.neighbours or ()
            if (other := known_device(seen.target, one)) not in {None, seen.target.name}
        ]
        for (child, parent), one in sorted(found, key=lambda pair: not self._agrees(*pair[0])):
            port = one.local_port if parent == seen.target.name else one.port
            yield Sighting(one.source, child, parent, at, port)

    def _pair(self, here: str, there: str) -> tuple[str, str]:
        """Child and parent of a cable: as it is written, else the one farther off is the child."""
        if self._agrees(here, there):
            return here, there
        if self._agrees(there, here):
            return there, here
        depth = {name: len(self._topology.ancestors(name)) for name in (here, there)}
        return (here, there) if depth[here] > depth[there] else (there, here)

    def _agrees(self, child: str, parent: str) -> bool:
        device = self._ward.device(child)
        return device is not None and parent in device.above
