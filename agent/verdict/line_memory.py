"""What one agent remembers of a ward's line: echoes, bursts to the reflector, the port it uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.verdict.doubt import kept
from agent.verdict.echoes import EchoWindow, burst_of
from agent.verdict.line_quality import LineQuality, window_of
from agent.verdict.port_vlans import VlanMemory, vlans_of
from agent.verdict.sight import port_named
from agent.verdict.topology import PE, REFLECTOR
from agent.verdict.uplink import PortUse
from agent.ward_checks import ends_here
from probes.model import TTL_PERIODS
from probes.path.quality import PROFILES

if TYPE_CHECKING:
    from agent.verdict.echoes import Burst
    from inventory.model import Ward
    from probes.model import Observation


class LineMemory:
    """The line as it was measured lately.

    `far_end` holds the echoes of the far end, `near` those of what stands before it by name,
    `use` how the port that leads to the line was used, `vlans` in which VLANs it was, `quality` the
    bursts to the reflector.
    """

    def __init__(self, ward: Ward, far_end_name: str) -> None:
        self.far_end = EchoWindow()
        self.near: dict[str, tuple[Burst, ...]] = {}
        self.use = PortUse()
        self.vlans = VlanMemory()
        self.quality = LineQuality(PROFILES[ward.path.profile].fair) if ward.path else LineQuality()
        self._far_end_name = far_end_name
        self._near_names = (*ends_here(ward), PE)
        link = ward.primary_link
        self._port = (ward.core.name if ward.core else None, link.near_port if link else None)

    def take(self, seen: Observation) -> None:
        """Take in what an observation tells of the line, if it tells anything."""
        name, burst = seen.target.name, burst_of(seen)
        if burst is not None and name == self._far_end_name:
            self.far_end = self.far_end.add(burst)
        if burst is not None and name in self._near_names:
            self.near[name] = kept(self.near.get(name, ()), burst)
        window = window_of(seen) if name == REFLECTOR else None
        if window is not None:
            self.quality = self.quality.add(window)
        core, near_port = self._port
        if name != core or not near_port:
            return
        if (port := port_named(near_port, seen.reading)) is not None:
            self.use = self.use.add(port, seen, seen.ttl_s / TTL_PERIODS)
        if (vlans := vlans_of(near_port, seen.reading)) is not None:
            self.vlans = self.vlans.add(vlans, seen.mono)
