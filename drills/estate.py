"""What a hypervisor knows of its machines: numbers, snapshots, backups, how full its stores are.

Derived from the world alone, so that every face of a hypervisor tells the same. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drills.machine import machine_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drills.model import Node
    from drills.world import World

FIRST_NUMBER = 101
KEPT_BACKUPS = 3
BACKUP_TOOK_S = 600.0

_DAY_S = 86_400.0
_BACKUP_AT_S = 18.5 * 3600  # of the day in universal time: half past one at night in Viet Nam
_GROWTH_A_DAY = 0.03  # of a machine's disks is written anew, and kept in every snapshot
_BACKUP_RATIO = 0.5  # what compression leaves of a machine's used octets
_GIB = 1024**3
_IMAGES, _BACKUPS, _OTHERS = 320 * _GIB, 400 * _GIB, 180 * _GIB  # for each ward


class Store(NamedTuple):
    """One store of a hypervisor, in octets; `content` in Proxmox' words."""

    name: str
    kind: str
    content: str
    is_shared: bool
    size_bytes: int
    used_bytes: int


def hypervisor(world: World) -> Node:
    """The host that the wards share."""
    return next(node for node in world.topology.by_ward[""] if node.role == "hypervisor")


def guests(world: World) -> tuple[Node, ...]:
    """The machines on it, those of all wards in their order."""
    by_ward = world.topology.by_ward
    return tuple(node for code in world.topology.codes for node in by_ward[code] if node.machine)


def numbers(world: World) -> Mapping[str, int]:
    """The number that the hypervisor calls each machine by."""
    return {node.name: number for number, node in enumerate(guests(world), start=FIRST_NUMBER)}


def disk_bytes(world: World, node: Node) -> int:
    """The size of all of a machine's disks."""
    return sum(disk.size_bytes for disk in machine_at(world, node).disks)


def snapshots(world: World, node: Node, t: float) -> tuple[float, ...]:
    """When its snapshots were made, in seconds of the world, the oldest first."""
    return tuple(sorted(at for at in world.fact("snapshots", node.name) or () if at <= t))


def backups(world: World, node: Node, t: float) -> tuple[float, ...]:
    """When the backups that are kept of it began, the newest first."""
    until = world.fact("backups_until", node.name)
    return nights(world, t if until is None else min(t, until), KEPT_BACKUPS)


def nights(world: World, t: float, count: int) -> tuple[float, ...]:
    """When the last nightly backups that are over by then began, the newest first."""
    began_s = world.started_at.timestamp()
    over_s = began_s + t - BACKUP_TOOK_S - _BACKUP_AT_S
    newest_s = over_s // _DAY_S * _DAY_S + _BACKUP_AT_S - began_s
    return tuple(newest_s - n * _DAY_S for n in range(count))


def backup_bytes(world: World, node: Node) -> int:
    """The size of one backup of it."""
    return int(_used_bytes(world, node) * _BACKUP_RATIO)


def stores(world: World, t: float) -> tuple[Store, ...]:
    """The stores: one for disks, which snapshots fill, and one for backups."""
    wards, all_guests = len(world.topology.codes), guests(world)
    images = _OTHERS * wards + sum(
        _used_bytes(world, node) + _snapshot_bytes(world, node, t) for node in all_guests
    )
    kept = sum(backup_bytes(world, node) * len(backups(world, node, t)) for node in all_guests)
    return (
        Store("images-1", "dir", "images", False, _IMAGES * wards, min(images, _IMAGES * wards)),
        Store("backup-1", "nfs", "backup", True, _BACKUPS * wards, min(kept, _BACKUPS * wards)),
    )


def _used_bytes(world: World, node: Node) -> int:
    return sum(disk.used_bytes for disk in machine_at(world, node).disks)


def _snapshot_bytes(world: World, node: Node, t: float) -> int:
    """What its snapshots hold: each grows with what is written, up to the disks' whole size."""
    whole = disk_bytes(world, node)
    ages_days = ((t - at) / _DAY_S for at in snapshots(world, node, t))
    return sum(int(whole * min(1.0, _GROWTH_A_DAY * age)) for age in ages_days)
