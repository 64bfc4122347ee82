"""Faults of the machines in the data centre, by name; some are what somebody did or left undone.

What a hypervisor alone tells (snapshots, backups) is broken at the machine that it is about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drills import fault_places as places
from drills.fault import Change, fault
from inventory.errors import InputError

if TYPE_CHECKING:
    from drills.fault import Params
    from drills.world import World

_DAY_S = 86_400.0


def _one(world: World, on: str, kind: str, value: object) -> tuple[Change, ...]:
    return (Change(kind, places.machine(world, on).name, value),)


def _number(params: Params, name: str) -> float:
    value = params[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError("fault.param_value", name=name, value=value)
    return float(value)


@fault("snmp", "node_exporter", "shell", "proxmox", ratio=0.985)
def disk_full(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A file system of a machine (`vm:/var`; without a word that one) is full to this share."""
    return (Change("disk_used", places.disk(world, on), params["ratio"]),)


@fault("snmp", "node_exporter", "shell", "proxmox", ratio=0.98)
def cpu_high(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """Every processor of a machine is busy to this share at least."""
    return _one(world, on, "busy", params["ratio"])


@fault("node_exporter", "shell", seconds=90.0)
def ntp_skew(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A machine's clock is so many seconds fast and follows no time server."""
    name = places.machine(world, on).name
    return (Change("time", name, "unsynchronised"), Change("time_off_s", name, params["seconds"]))


@fault("shell", port="tcp/3306")
def port_exposed(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A machine listens on a port that it should not, for everybody."""
    return _one(world, on, "exposed", params["port"])


@fault("node_exporter", "shell", unit="hoso-app.service")
def unit_failed(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A service of a machine has failed, and listens no more."""
    return _one(world, on, "unit_failed", params["unit"])


@fault("node_exporter", "shell", count=7, restart=True)
def updates_due(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """Security updates wait on a machine; with `restart` it also waits to be started anew."""
    name = places.machine(world, on).name
    return (
        Change("updates", name, params["count"]),
        Change("restart_due", name, params["restart"]),
    )


@fault("shell")
def sshd_weak(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """A machine's SSH server lets root and passwords in."""
    return _one(world, on, "sshd", "weak")


@fault("reach", "snmp", "node_exporter", "shell", "proxmox")
def vm_off(world: World, on: str, _params: Params) -> tuple[Change, ...]:
    """A machine is switched off at its hypervisor."""
    return _one(world, on, "power", False)


@fault("proxmox", days=20.0, count=3)
def vm_snapshot_full(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """Snapshots of a machine were forgotten: each grows with what is written, and fills the store.

    The oldest was made so many days ago, the others evenly since then.
    """
    count, days = int(_number(params, "count")), _number(params, "days")
    made = [world.time() - days * _DAY_S * (count - n) / max(1, count) for n in range(count)]
    return _one(world, on, "snapshots", made)


@fault("proxmox", days=12.0)
def backup_silent_fail(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """The nightly backup of a machine says OK, and for so many days nothing of it was kept."""
    return _one(world, on, "backups_until", world.time() - _number(params, "days") * _DAY_S)


@fault("proxmox", state="stopped")
def guest_agent_off(world: World, on: str, params: Params) -> tuple[Change, ...]:
    """A machine's guest agent does not answer its hypervisor, or was never set up (`absent`)."""
    return _one(world, on, "guest_agent", params["state"])


MACHINE_FAULTS = (
    *(disk_full, cpu_high, ntp_skew, port_exposed, unit_failed, updates_due, sshd_weak),
    *(vm_off, vm_snapshot_full, backup_silent_fail, guest_agent_off),
)
