"""Is the uplink port still in the VLAN in which the line worked? Pure.

A port in another VLAN has link and passes nothing on, so its neighbour looks dead. It is blamed
only on two readings: one from while the far end answered, and another one from after the loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from playbooks.verdict.facts import Truth

if TYPE_CHECKING:
    from agent.verdict.doubt import Loss
    from probes.model import PortVlans, Reading

_SPANS = 4


@dataclass(frozen=True, slots=True)
class Span:
    """VLANs that a port told without a change: first and last told at (monotonic seconds)."""

    vlans: PortVlans
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class VlanMemory:
    """What one port told of its VLANs lately, oldest first."""

    spans: tuple[Span, ...] = ()

    def add(self, vlans: PortVlans, mono: float) -> VlanMemory:
        """With one more reading."""
        newest = self.spans[-1] if self.spans else None
        if newest is not None and newest.vlans == vlans:
            return VlanMemory((*self.spans[:-1], Span(vlans, newest.first, mono)))
        return VlanMemory((*self.spans, Span(vlans, mono, mono))[-_SPANS:])

    def judged(self, loss: Loss | None) -> tuple[Truth, dict[str, object]]:
        """Whether the port is in the VLANs of the time before the loss, and how it is not.

        Not applicable when nothing was told while the far end answered. `loss` is None while it
        answers: then the port is right as it is.
        """
        if loss is None:
            return (Truth.TRUE if self.spans else Truth.NA), {}
        known = [one for one in self.spans if loss.last_ok is not None and one.first < loss.last_ok]
        if not known:
            return Truth.NA, {}
        if self.spans[-1].last < loss.since:
            return Truth.UNKNOWN, {}
        return difference(known[-1].vlans, self.spans[-1].vlans)


def difference(before: PortVlans, now: PortVlans) -> tuple[Truth, dict[str, object]]:
    """Whether a port is still in every VLAN in which it was, and what to say when it is not.

    VLANs that came are no fault; what is not told now is not known to be gone.
    """
    if before.untagged is not None and now.untagged not in (None, before.untagged):
        return Truth.FALSE, {"before": before.untagged, "after": now.untagged}
    if before.tagged and now.tagged is not None:
        lost = sorted(set(before.tagged) - {*now.tagged, now.untagged})
        if lost:
            return Truth.FALSE, {"lost": ", ".join(map(str, lost))}
    is_told = now.untagged is not None or before.untagged is None
    return (Truth.TRUE if is_told else Truth.UNKNOWN), {}


def vlans_of(name: str, reading: Reading) -> PortVlans | None:
    """What one reading tells of the port of that ifName (or ifDescr)."""
    return next((one for one in reading.vlans or () if name in (one.name, one.descr)), None)
