"""Faults by name: each says which root facts it changes, and clearing it undoes just that.

A fact that several active faults hold keeps the value of the newest; when the last of them is
cleared it takes the value that people gave it meanwhile, else its default.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from drills.facts import KINDS
from drills.model import node_of
from drills.topology import RESOLVER, TIME_SERVER
from inventory.errors import InputError

if TYPE_CHECKING:
    from drills.model import Cable, Node, Source, Value
    from drills.world import World

Params: TypeAlias = Mapping[str, "Value"]
Face: TypeAlias = Literal["reach", "snmp", "xapi", "services", "node_exporter"]

# What people call a device; good where the world has one ward, else its own name is asked for.
_ROLES: Mapping[str, str] = MappingProxyType(
    {
        **{role: role for role in ("core", "access", "ce", "ups", "vc", "vm", "ap", "host")},
        "switch": "core",
        "cpe": "ce",
    }
)


class Change(NamedTuple):
    """One fact that a fault sets."""

    kind: str
    on: str
    value: Value


_Build: TypeAlias = Callable[["World", str, Params], tuple[Change, ...]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: its name, the parameters it takes with their defaults, the faces that show it."""

    name: str
    build: _Build
    params: Params
    shown_by: tuple[Face, ...]


def fault(*shown_by: Face, **params: Value) -> Callable[[_Build], Fault]:
    """Make a function (world, on, params) -> changes into the fault of its name."""

    def made(build: _Build) -> Fault:
        return Fault(getattr(build, "__name__", ""), build, MappingProxyType(params), shown_by)

    return made


# ---- the faults ----


@fault("reach", "snmp", "xapi", "services", "node_exporter")
def power_off(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """A device is switched off or its power supply is dead."""
    return (Change("power", _node(world, on).name, False),)


@fault("snmp", "reach", "xapi", runtime_s=None)
def mains_off(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A ward loses mains; its UPS carries switches and CE until the battery is empty."""
    code = _ward(world, on)
    off = Change("mains", code, False)
    ups = world.topology.of_role(code, "ups")
    if params["runtime_s"] is None or ups is None:
        return (off,)
    return (Change("runtime_s", ups.name, params["runtime_s"]), off)


@fault("reach", "snmp", "xapi", "services", "node_exporter")
def cable_cut(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """The cable at a port is broken or unplugged."""
    return (Change("cable", _cable(world, on).id, False),)


@fault("reach", "snmp", "xapi", "services", "node_exporter")
def if_admin_down(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """Somebody shut a port down."""
    return (Change("admin", _port(world, on), False),)


@fault("reach", "snmp", "xapi", "services", "node_exporter", vlan=99)
def vlan_wrong_access(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A port is put into another VLAN: it has link, and what hangs on it is cut off."""
    return (Change("vlan", _wired(world, on), params["vlan"]),)


@fault("reach", "snmp", "xapi", "services", "node_exporter")
def converter_dead(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """The media converter in a cable passes nothing, while both ends keep link."""
    return (Change("passes", _cable(world, on or "ce:wan").id, False),)


@fault("reach", "snmp", "xapi", "services", "node_exporter", loss=0.3)
def one_way_loss(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A share of the packets that leave by a port gets lost; what comes in by it does not."""
    return (Change("out_loss", _wired(world, on or "ce:wan"), params["loss"]),)


@fault("reach", ms=200.0)
def one_way_delay(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """Packets that leave by a port take longer; what comes in by it does not."""
    return (Change("out_delay_ms", _wired(world, on or "ce:wan"), params["ms"]),)


@fault("reach", ms=120.0)
def one_way_jitter(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """Packets that leave by a port take up to so much longer, each as chance will have it."""
    return (Change("out_jitter_ms", _wired(world, on or "ce:wan"), params["ms"]),)


@fault("reach", octets=1300)
def mtu_hole(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """Packets above a size vanish on a cable without a word."""
    return (Change("largest", _cable(world, on or "ce:wan").id, int(params["octets"])),)


@fault("services", answer="wrong")
def dns_wrong(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A resolver (the city's, or a ward's CE) answers wrongly, or otherwise than it should."""
    node = _node(world, on) if on else world.topology.nodes[RESOLVER]
    return (Change("names", node.name, params["answer"]),)


@fault("services", seconds=None)
def ntp_off(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """The time server has lost its source and says so; with `seconds` its clock is off instead."""
    node = _node(world, on or TIME_SERVER)
    if params["seconds"] is not None:
        return (Change("time_off_s", node.name, params["seconds"]),)
    return (Change("time", node.name, "unsynchronised"),)


@fault("reach", "snmp", "services", ratio=0.04)
def sfp_dirty(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A share of the packets that come into a port is broken: its error counter rises."""
    return (Change("error_ratio", _wired(world, on or "core:uplink"), params["ratio"]),)


@fault("reach", "snmp", "services", "node_exporter", load=1.3)
def line_full(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """The ward itself asks so much of its line: from 0.95 on it queues, above 1 it drops."""
    return (Change("line_load", _ward(world, on), params["load"]),)


@fault("reach", "snmp", "xapi", "services")
def loop_storm(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """A loop at a switch: it floods all of its ports, and little else comes through."""
    return (Change("storm", _node(world, on).name, True),)


@fault("services")
def service_failing(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """A shared service answers 500."""
    return (Change("service", _service(world, on).name, "failing"),)


@fault("services", seconds=30.0)
def service_slow(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A shared service takes that long to answer."""
    return (Change("service_delay_s", _service(world, on).name, params["seconds"]),)


@fault("services")
def cert_expired(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """The certificate of a shared service is out of date."""
    return (Change("certificate", _service(world, on).name, "expired"),)


@fault("services", degraded=False)
def service_stopped(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A shared service is stopped, or with `degraded` answers 503."""
    state = "degraded" if params["degraded"] else "stopped"
    return (Change("service", _service(world, on).name, state),)


@fault("reach", "snmp", "xapi", "services", "node_exporter", loss=0.05)
def path_loss(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A share of round trips over a cable gets lost."""
    return (Change("loss", _cable(world, on or "ce:wan").id, params["loss"]),)


@fault("reach", ms=80.0)
def path_latency(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """Round trips over a cable take longer."""
    return (Change("delay_ms", _cable(world, on or "ce:wan").id, params["ms"]),)


@fault("reach")
def ce_mute(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """The CE (or another device) does not answer ping; traffic still passes."""
    return (Change("ping", _node(world, on or "ce").name, False),)


@fault("snmp")
def snmp_silent(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """A device does not answer SNMP."""
    return (Change("snmp", _node(world, on).name, False),)


@fault("snmp", seconds=30.0)
def snmp_slow(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A device answers SNMP late."""
    return (Change("snmp_delay_s", _node(world, on).name, params["seconds"]),)


FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        known.name: known
        for known in (
            *(power_off, mains_off, cable_cut, if_admin_down, service_stopped),
            *(path_loss, path_latency, ce_mute, snmp_silent, snmp_slow),
            *(vlan_wrong_access, converter_dead, one_way_loss, sfp_dirty, line_full, loop_storm),
            *(service_failing, service_slow, cert_expired),
            *(one_way_delay, one_way_jitter, mtu_hole, dns_wrong, ntp_off),
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


# ---- what a fault is on ----


def _node(world: World, on: str) -> Node:
    found = world.topology.nodes.get(on)
    if found is None and on in _ROLES and len(world.topology.codes) == 1:
        found = world.topology.of_role(world.topology.codes[0], _ROLES[on])
    if found is None:
        raise InputError("fault.no_device", on=on or "-", example=_example(world))
    return found


def _ward(world: World, on: str) -> str:
    codes = world.topology.codes
    code = codes[0] if on in ("", "ward") and len(codes) == 1 else on
    if code not in codes:
        raise InputError("fault.no_ward", on=on or "-", example=codes[0])
    return code


def _port(world: World, on: str) -> str:
    device, _, port = on.partition(":")
    node = _node(world, device)
    names = [known.name for known in node.ports]
    if port == "uplink":  # the port that leads to the line
        port = next((known.name for known in node.ports if known.alias == "uplink"), port)
    if port not in names:
        raise InputError("fault.no_port", on=on, known=", ".join(names[:4]) + ", …")
    return f"{node.name}:{port}"


def _cable(world: World, on: str) -> Cable:
    ref = _port(world, on)
    cable = world.topology.at_port.get(ref)
    if cable is None:
        used = [r for r in world.topology.at_port if node_of(r) == node_of(ref)]
        raise InputError("fault.no_cable", on=on, known=", ".join(used[:4]))
    return cable


def _wired(world: World, on: str) -> str:
    """A port that a cable hangs on."""
    _cable(world, on)
    return _port(world, on)


def _service(world: World, on: str) -> Node:
    services = {node.service: node for node in world.topology.by_ward[""] if node.service}
    if on not in services:
        raise InputError("fault.no_service", on=on or "-", known=", ".join(services))
    return services[on]


def _example(world: World) -> str:
    ward = world.topology.codes[0]
    return ", ".join(node.name for node in world.topology.by_ward[ward] if node.address)
