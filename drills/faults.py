"""Faults by name: each says which root facts it changes, and clearing it undoes just that.

A fact that several active faults hold keeps the value of the newest; when the last of them is
cleared it takes the value that people gave it meanwhile, else its default.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from drills import fault_places as places
from drills import faults_machine, faults_room
from drills.facts import KINDS
from drills.fault import Change, fault
from drills.topology import RESOLVER, TIME_SERVER
from inventory.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drills.fault import Fault, Params
    from drills.model import Source, Value
    from drills.world import World


# ---- the faults ----


@fault("reach", "snmp", "xapi", "services", "node_exporter", "shell", "proxmox", "room")
def power_off(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """A device is switched off or its power supply is dead."""
    return (Change("power", places.device(world, on).name, False),)


@fault("snmp", "reach", "xapi", "room", runtime_s=None)
def mains_off(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A ward loses mains; its UPS carries switches and CE until the battery is empty."""
    code = places.ward(world, on)
    off = Change("mains", code, False)
    ups = world.topology.of_role(code, "ups")
    if params["runtime_s"] is None or ups is None:
        return (off,)
    return (Change("runtime_s", ups.name, params["runtime_s"]), off)


@fault("reach", "snmp", "xapi", "services", "node_exporter", "shell", "proxmox")
def cable_cut(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """The cable at a port is broken or unplugged."""
    return (Change("cable", places.cable(world, on).id, False),)


@fault("reach", "snmp", "xapi", "services", "node_exporter", "shell", "proxmox")
def if_admin_down(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """Somebody shut a port down."""
    return (Change("admin", places.port(world, on), False),)


@fault("reach", "snmp", "xapi", "services", "node_exporter", "shell", "proxmox", vlan=99)
def vlan_wrong_access(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A port is put into another VLAN: it has link, and what hangs on it is cut off."""
    return (Change("vlan", places.wired(world, on), params["vlan"]),)


@fault("reach", "snmp", "xapi", "services", "node_exporter", "shell", "proxmox")
def converter_dead(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """The media converter in a cable passes nothing, while both ends keep link."""
    return (Change("passes", places.cable(world, on or "ce:wan").id, False),)


@fault("reach", "snmp", "xapi", "services", "node_exporter", "proxmox", loss=0.3)
def one_way_loss(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A share of the packets that leave by a port gets lost; what comes in by it does not."""
    return (Change("out_loss", places.wired(world, on or "ce:wan"), params["loss"]),)


@fault("reach", ms=200.0)
def one_way_delay(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """Packets that leave by a port take longer; what comes in by it does not."""
    return (Change("out_delay_ms", places.wired(world, on or "ce:wan"), params["ms"]),)


@fault("reach", ms=120.0)
def one_way_jitter(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """Packets that leave by a port take up to so much longer, each as chance will have it."""
    return (Change("out_jitter_ms", places.wired(world, on or "ce:wan"), params["ms"]),)


@fault("reach", octets=1300)
def mtu_hole(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """Packets above a size vanish on a cable without a word."""
    return (Change("largest", places.cable(world, on or "ce:wan").id, int(params["octets"])),)


@fault("services", answer="wrong")
def dns_wrong(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A resolver (the city's, or a ward's CE) answers wrongly, or otherwise than it should."""
    node = places.device(world, on) if on else world.topology.nodes[RESOLVER]
    return (Change("names", node.name, params["answer"]),)


@fault("services", seconds=None)
def ntp_off(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """The time server has lost its source and says so; with `seconds` its clock is off instead."""
    node = places.device(world, on or TIME_SERVER)
    if params["seconds"] is not None:
        return (Change("time_off_s", node.name, params["seconds"]),)
    return (Change("time", node.name, "unsynchronised"),)


@fault("reach", "snmp", "services", ratio=0.04)
def sfp_dirty(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A share of the packets that come into a port is broken: its error counter rises."""
    return (Change("error_ratio", places.wired(world, on or "core:uplink"), params["ratio"]),)


@fault("reach", "snmp", "services", "node_exporter", "proxmox", load=1.3)
def line_full(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """The ward itself asks so much of its line: from 0.95 on it queues, above 1 it drops."""
    return (Change("line_load", places.ward(world, on), params["load"]),)


@fault("reach", "snmp", "xapi", "services", "proxmox")
def loop_storm(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """A loop at a switch: it floods all of its ports, and little else comes through."""
    return (Change("storm", places.device(world, on).name, True),)


@fault("services")
def service_failing(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """A shared service answers 500."""
    return (Change("service", places.service(world, on).name, "failing"),)


@fault("services", seconds=30.0)
def service_slow(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A shared service takes that long to answer."""
    return (Change("service_delay_s", places.service(world, on).name, params["seconds"]),)


@fault("services")
def cert_expired(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """The certificate of a shared service is out of date."""
    return (Change("certificate", places.service(world, on).name, "expired"),)


@fault("services", degraded=False)
def service_stopped(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A shared service is stopped, or with `degraded` answers 503."""
    state = "degraded" if params["degraded"] else "stopped"
    return (Change("service", places.service(world, on).name, state),)


@fault("reach", "snmp", "xapi", "services", "node_exporter", "proxmox", loss=0.05)
def path_loss(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A share of round trips over a cable gets lost."""
    return (Change("loss", places.cable(world, on or "ce:wan").id, params["loss"]),)


@fault("reach", ms=80.0)
def path_latency(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """Round trips over a cable take longer."""
    return (Change("delay_ms", places.cable(world, on or "ce:wan").id, params["ms"]),)


@fault("reach")
def ce_mute(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """The CE (or another device) does not answer ping; traffic still passes."""
    return (Change("ping", places.device(world, on or "ce").name, False),)


@fault("snmp")
def snmp_silent(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """A device does not answer SNMP."""
    return (Change("snmp", places.device(world, on).name, False),)


@fault("snmp", seconds=30.0)
def snmp_slow(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A device answers SNMP late."""
    return (Change("snmp_delay_s", places.device(world, on).name, params["seconds"]),)


FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        known.name: known
        for known in (
            *(power_off, mains_off, cable_cut, if_admin_down, service_stopped),
            *(path_loss, path_latency, ce_mute, snmp_silent, snmp_slow),
            *(vlan_wrong_access, converter_dead, one_way_loss, sfp_dirty, line_full, loop_storm),
            *(service_failing, service_slow, cert_expired),
            *(one_way_delay, one_way_jitter, mtu_hole, dns_wrong, ntp_off),
            *faults_room.ROOM_FAULTS,
            *faults_machine.MACHINE_FAULTS,
        )
    }
)


# ---- applying and clearing ----


class Active(NamedTuple):
    """A fault that is in force."""

    id: str
    fault: str
    on: str
    params: Params
    changes: tuple[Change, ...]


def apply(
    world: World,
    name: str,
    on: str = "",
    params: Params | None = None,
    who: str = "control",
    *,
    source: Source = "inject",
) -> str:
    """Break something; the fault's id. Raises InputError and changes nothing when it cannot be."""
    known = FAULTS.get(name)
    if known is None:
        raise InputError("fault.unknown", name=name, known=", ".join(sorted(FAULTS)))
    filled = _filled(known, params or {})
    changes = known.build(world, on, filled)
    for change in changes:
        if not KINDS[change.kind].fits(change.value):
            raise InputError("fault.param_value", name=name, value=change.value)
    count = sum(mutation.kind == "fault" for mutation in world.mutations)
    id_ = f"F{count + 1}"
    told = {
        "fault": name,
        "on": on,
        "params": dict(filled),
        "changes": [list(change) for change in changes],
    }
    world.change("fault", id_, told, who=who, source=source, cause=id_)
    for change in changes:
        world.change(*change, who=who, source=source, cause=id_)
    return id_


def clear(world: World, fault_id: str, who: str = "control", *, source: Source = "inject") -> None:
    """Mend what a fault broke. Raises InputError for an id that is not in force."""
    ended = next((found for found in active(world) if found.id == fault_id), None)
    if ended is None:
        known = ", ".join(found.id for found in active(world)) or "-"
        raise InputError("fault.not_active", id=fault_id, known=known)
    world.change("fault", fault_id, None, who=who, source=source, cause=fault_id)
    held = {(c.kind, c.on): c.value for found in active(world) for c in found.changes}
    for change in reversed(ended.changes):
        key = (change.kind, change.on)
        value = held[key] if key in held else _value_of_people(world, *key)
        if value != world.fact(*key):
            world.change(*key, value, who=who, source=source, cause=fault_id)


def active(world: World) -> tuple[Active, ...]:
    """The faults in force, oldest first."""
    found = {m.on: m.params["value"] for m in world.mutations if m.kind == "fault"}
    return tuple(
        Active(
            id_,
            told["fault"],
            told["on"],
            told["params"],
            tuple(Change(*c) for c in told["changes"]),
        )
        for id_, told in found.items()
        if told is not None
    )


def _value_of_people(world: World, kind: str, on: str) -> Value:
    given = [
        m.params["value"] for m in world.mutations if (m.kind, m.on) == (kind, on) and not m.cause
    ]
    return given[-1] if given else KINDS[kind].default


def _filled(known: Fault, params: Params) -> Params:
    foreign = sorted(set(params) - set(known.params))
    if foreign:
        takes = ", ".join(known.params) or "-"
        raise InputError("fault.param", name=known.name, param=foreign[0], known=takes)
    return {**known.params, **params}
