"""Which thing of a world the words of a fault mean: `core`, `ce:wan`, `vc-26740-a`, a ward's code.

All raise InputError for what is not there. Roles are for a world of one ward; where it has several,
a device's own name is asked for.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from drills.model import node_of
from inventory.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drills.model import Cable, Node
    from drills.world import World

_ROLES: Mapping[str, str] = MappingProxyType(
    {
        **{role: role for role in ("core", "access", "ce", "ups", "vc", "vm", "ap", "host")},
        "switch": "core",
        "cpe": "ce",
    }
)


def device(world: World, on: str) -> Node:
    """The device of that name or role."""
    found = world.topology.nodes.get(on)
    if found is None and on in _ROLES and len(world.topology.codes) == 1:
        found = world.topology.of_role(world.topology.codes[0], _ROLES[on])
    if found is None:
        raise InputError("fault.no_device", on=on or "-", example=_example(world))
    return found


def ward(world: World, on: str) -> str:
    """The code of the ward."""
    codes = world.topology.codes
    code = codes[0] if on in ("", "ward") and len(codes) == 1 else on
    if code not in codes:
        raise InputError("fault.no_ward", on=on or "-", example=codes[0])
    return code


def port(world: World, on: str) -> str:
    """The port, as `node:port`; `uplink` is the one that leads to the line."""
    thing, _, name = on.partition(":")
    node = device(world, thing)
    names = [known.name for known in node.ports]
    if name == "uplink":
        name = next((known.name for known in node.ports if known.alias == "uplink"), name)
    if name not in names:
        raise InputError("fault.no_port", on=on, known=", ".join(names[:4]) + ", …")
    return f"{node.name}:{name}"


def cable(world: World, on: str) -> Cable:
    """The cable that hangs on a port."""
    ref = port(world, on)
    found = world.topology.at_port.get(ref)
    if found is None:
        used = [r for r in world.topology.at_port if node_of(r) == node_of(ref)]
        raise InputError("fault.no_cable", on=on, known=", ".join(used[:4]))
    return found


def wired(world: World, on: str) -> str:
    """A port that a cable hangs on."""
    cable(world, on)
    return port(world, on)


def service(world: World, on: str) -> Node:
    """The node that runs the shared service of that id."""
    services = {node.service: node for node in world.topology.by_ward[""] if node.service}
    if on not in services:
        raise InputError("fault.no_service", on=on or "-", known=", ".join(services))
    return services[on]


def endpoint(world: World, on: str) -> Node:
    """The video endpoint; without a word the ward's first one."""
    found = device(world, on or "vc")
    if found.role != "vc":
        known = [node.name for node in world.topology.nodes.values() if node.role == "vc"]
        raise InputError("fault.no_endpoint", on=on, example=", ".join(known[:4]))
    return found


def machine(world: World, on: str) -> Node:
    """The machine; without a word the ward's first one."""
    found = device(world, on or "vm")
    if found.machine is None:
        known = [node.name for node in world.topology.nodes.values() if node.machine]
        raise InputError("fault.no_machine", on=on, example=", ".join(known[:4]))
    return found


def disk(world: World, on: str) -> str:
    """The file system, as `node:mount`; without a mount the last of the machine's."""
    thing, _, mount = on.partition(":")
    node = machine(world, thing)
    mounts = [one.mount for one in node.machine.disks] if node.machine else []
    if mount and mount not in mounts:
        raise InputError("fault.no_disk", on=on, known=", ".join(mounts))
    return f"{node.name}:{mount or mounts[-1]}"


def _example(world: World) -> str:
    ward = world.topology.codes[0]
    return ", ".join(node.name for node in world.topology.by_ward[ward] if node.address)
