"""Is a port in another VLAN than before? A line in the journal; what it breaks is another matter.

The one mutable home of what ports last told of their VLANs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.board import subject
from agent.incidents.record import Event

if TYPE_CHECKING:
    from datetime import datetime

    from agent.board import Subject
    from probes.model import Observation, PortVlans

CHANGED = "port-vlan-changed"


class VlanChanges:
    """Remembers the VLANs of the ports that the inventory names."""

    def __init__(self) -> None:
        self._last: dict[tuple[Subject, str], PortVlans] = {}

    def take(self, seen: Observation, at: datetime) -> tuple[Event, ...]:
        """Take in one observation; a line for every port whose VLANs are others than before."""
        if not seen.ok:
            return ()
        found = []
        for port in seen.reading.vlans or ():
            key = (subject(seen.target), port.name)
            before = self._last.get(key)
            self._last[key] = port
            if before is not None and before != port:
                found.append(_event(seen, at, before, port))
        return tuple(found)


def _event(seen: Observation, at: datetime, before: PortVlans, now: PortVlans) -> Event:
    told = {"port": now.name, "before": _shown(before), "after": _shown(now)}
    return Event(CHANGED, at, seen.target.ward, seen.target.name, seen.target.name, told)


def _shown(port: PortVlans) -> dict[str, object]:
    tagged = None if port.tagged is None else list(port.tagged)
    return {"untagged": port.untagged, "tagged": tagged}
