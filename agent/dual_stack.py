"""Is a service there at IPv4 and not at IPv6? A finding for people: the service itself is up.

A visitor whose machine prefers IPv6 waits before it falls back; nobody's verdict hangs on it. The
one mutable home of what the last checks of one ward's services came to, by kind of address.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from agent.checks import State, state_of
from agent.incidents.record import Event

if TYPE_CHECKING:
    from datetime import datetime

    from inventory.model import Ward
    from probes.model import Observation

BROKEN, BACK = "ipv6-broken", "ipv6-back"
_IN_A_ROW = 3  # one lost check is no finding


class DualStack:
    """Remembers how a ward's services did at IPv4 and at IPv6 of late."""

    def __init__(self, ward: Ward) -> None:
        self._ids = {one.names[1]: one.id for one in ward.services if len(one.names) > 1}
        self._ward = ward.ward
        self._good: dict[str, bool] = {}
        self._failed: defaultdict[str, int] = defaultdict(int)
        self._told: set[str] = set()

    def is_broken(self, name: str) -> bool:
        """Whether that is the IPv6 side of a service which fails there alone."""
        return name in self._told

    def take(self, seen: Observation, at: datetime) -> tuple[Event, ...]:
        """Take in one observation; a line when IPv6 alone begins to fail, and when it is back."""
        name, state = seen.target.name, state_of(seen.reason)
        if name in self._ids.values():
            self._good[name] = state is State.OK
        if name not in self._ids or state is State.UNKNOWN:
            return ()
        self._failed[name] = 0 if state is State.OK else self._failed[name] + 1
        is_broken = self._failed[name] >= _IN_A_ROW and self._good.get(self._ids[name], False)
        if is_broken and name not in self._told:
            self._told.add(name)
            return (self._event(BROKEN, name, seen, at),)
        if state is State.OK and name in self._told:
            self._told.discard(name)
            return (self._event(BACK, name, seen, at),)
        return ()

    def _event(self, kind: str, name: str, seen: Observation, at: datetime) -> Event:
        told = {"service": self._ids[name], "reason": seen.reason.value, "detail": seen.detail}
        return Event(kind, at, self._ward, name, name, told)
