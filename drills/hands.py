"""A trainee's eyes and hands in the world: what the lights show, what a reset or a pull does.

Every touch is a mutation by the trainee, so that harm can be read from the world's own log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drills.states import named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drills.world import World

WHO = "trainee"
_LIGHTS = {"ce": ("power", "los", "lan"), "switch": ("power", "uplink", "trunk")}
_BOOT_S = {"ce": 90.0, "switch": 180.0}
# A fibre that was pulled and put back is dirty or bent: some of what passes gets lost.
_DIRTY_LOSS = 0.08


@dataclass
class Hands:
    """What one trainee does on site; `tick` finishes what takes time."""

    world: World
    _later: list[tuple[float, str]] = field(default_factory=list)

    def lights(self, thing: str) -> Mapping[str, str]:
        """What the lights of the CE or the core switch show: `on`, `off` or `red`.

        The CE's LOS light (loss of signal) is red without light from the carrier, else off.
        """
        t, topology = self.world.time(), self.world.topology
        node = named(topology, thing)
        if not self.world.powered(node, t):
            return dict.fromkeys(_LIGHTS[thing], "off")
        if thing == "ce":
            los = "off" if self.world.oper(f"{node}:wan", t) else "red"
            return {"power": "on", "los": los, "lan": self._link(f"{node}:lan")}
        uplink = next(port.name for port in topology.nodes[node].ports if port.alias == "uplink")
        trunk = topology.at_port[f"{named(topology, 'access')}:24"].a
        return {"power": "on", "uplink": self._link(f"{node}:{uplink}"), "trunk": self._link(trunk)}

    def _link(self, port: str) -> str:
        return "on" if self.world.oper(port, self.world.time()) else "off"

    def reset(self, thing: str) -> None:
        """Cut its power; it comes back after its boot time."""
        node = named(self.world.topology, thing)
        self.world.change("power", node, False, who=WHO, source="trainee")
        self._later.append((self.world.time() + _BOOT_S[thing], node))

    def pull(self) -> None:
        """Pull the carrier's fibre out of the CE and put it back."""
        cable = self.world.topology.at_port[named(self.world.topology, "ce:wan")]
        self.world.change("loss", cable.id, _DIRTY_LOSS, who=WHO, source="trainee")

    def tick(self) -> None:
        """Bring back what has booted by now."""
        now = self.world.time()
        for when, node in [one for one in self._later if one[0] <= now]:
            self._later.remove((when, node))
            self.world.change("power", node, True, who=WHO, source="trainee")
