"""What a scenario may ask of the world's state, by name; the nodes that its words mean. Pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from drills.machine import machine_at
from drills.topology import GATEWAY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drills.model import Topology
    from drills.scenario import StateName
    from drills.world import World

_CLEAN_LOSS = 0.01
_MOST_USED = 0.85
_ROLES: Mapping[str, str] = MappingProxyType({"switch": "core", "cpe": "ce"})


def holds(world: World, states: Mapping[StateName, bool], t: float) -> bool:
    """Whether the world (of one ward) is in all of these states at that time."""
    code = world.topology.codes[0]
    return all(STATES[name](world, code, t) == wanted for name, wanted in states.items())


def named(topology: Topology, on: str) -> str:
    """`ce` or `ce:wan` as the world calls it: `ce-26740:wan`; unchanged for what it does not know.

    Good for a world of one ward.
    """
    thing, colon, port = on.partition(":")
    node = topology.of_role(topology.codes[0], _ROLES.get(thing, thing))
    return f"{node.name if node else thing}{colon}{port}"


def _line(world: World, code: str, t: float) -> bool:
    return world.line_carries(code, t)


def _line_clean(world: World, code: str, t: float) -> bool:
    """The line carries, and loses no more than one packet in a hundred."""
    core = world.topology.device(code, "core").name
    quality = world.quality(core, GATEWAY, t)
    return quality is not None and quality.loss <= _CLEAN_LOSS


def _vc_registered(world: World, code: str, t: float) -> bool:
    return world.registered(world.topology.device(code, "vc").name, t)


def _ce_power(world: World, code: str, t: float) -> bool:
    return world.powered(world.topology.device(code, "ce").name, t)


def _switch_power(world: World, code: str, t: float) -> bool:
    return world.powered(world.topology.device(code, "core").name, t)


def _vm_room(world: World, code: str, _t: float) -> bool:
    """No file system of the machine is fuller than people shall let it become."""
    disks = machine_at(world, world.topology.device(code, "vm")).disks
    return all(disk.used_bytes <= _MOST_USED * disk.size_bytes for disk in disks)


STATES: Mapping[StateName, Callable[[World, str, float], bool]] = MappingProxyType(
    {
        "line": _line,
        "line_clean": _line_clean,
        "vc_registered": _vc_registered,
        "ce_power": _ce_power,
        "switch_power": _switch_power,
        "vm_room": _vm_room,
    }
)
