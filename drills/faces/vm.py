"""The machines' node_exporter face: `/metrics` in Prometheus' text format 0.0.4."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drills.model import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drills.model import Ask, Disk, Machine, Node
    from drills.world import World

_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_FILE_SYSTEM = "ext4"


class _Family(NamedTuple):
    """One metric family: name, type, help, and its samples as (labels, value)."""

    name: str
    type: str
    help: str
    samples: tuple[tuple[str, float], ...]


def respond(world: World, asker: str, node: Node, request: Ask, t: float) -> Page | None:
    """The machine's answer, None for silence: no power, or no way there from the asker."""
    if node.machine is None or not world.hears(asker, node.name, t):
        return None
    if request.method != "GET":
        return Page(405, "text/plain", b"", (("Allow", "GET"),))
    if request.path != "/metrics":
        return Page(404, "text/plain", b"")
    return Page(200, _TEXT, "".join(_lines(world, node, node.machine, t)).encode())


def _lines(world: World, node: Node, machine: Machine, t: float) -> Iterator[str]:
    for family in (*_clock(world, node, t), *_memory(machine), *_disks(machine), *_load(machine)):
        yield f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.type}\n"
        yield from (f"{family.name}{labels} {value!r}\n" for labels, value in family.samples)


def _gauge(name: str, text: str, value: float) -> _Family:
    return _Family(name, "gauge", text, (("", value),))


def _clock(world: World, node: Node, t: float) -> tuple[_Family, ...]:
    began = world.started_at.timestamp()
    boot = began + world.booted_at(node.name)
    release = (f'{{nodename="{node.name}",release="6.1.0-simulated",sysname="Linux"}}', 1.0)
    return (
        _gauge("node_boot_time_seconds", "Node boot time, in unixtime.", boot),
        _gauge("node_time_seconds", "System time in seconds since epoch (1970).", began + t),
        _Family("node_uname_info", "gauge", "What the machine says of itself.", (release,)),
    )


def _memory(machine: Machine) -> tuple[_Family, ...]:
    free = machine.available_bytes - machine.buffers_bytes - machine.cached_bytes
    values = (
        ("MemTotal", machine.memory_bytes),
        ("MemFree", free),
        ("MemAvailable", machine.available_bytes),
        ("Buffers", machine.buffers_bytes),
        ("Cached", machine.cached_bytes),
        ("SwapTotal", machine.swap_bytes),
        ("SwapFree", machine.swap_bytes - machine.swap_used_bytes),
    )
    return tuple(
        _gauge(f"node_memory_{name}_bytes", f"Memory information field {name}_bytes.", float(value))
        for name, value in values
    )


def _disks(machine: Machine) -> tuple[_Family, ...]:
    columns = (
        ("avail_bytes", "Space available to non-root users in bytes.", _free),
        ("free_bytes", "Free space in bytes.", _free),
        ("size_bytes", "Size in bytes.", lambda disk: float(disk.size_bytes)),
        ("files", "Total file nodes.", lambda disk: float(disk.files)),
        ("files_free", "Free file nodes.", lambda disk: float(disk.files_free)),
        ("readonly", "Read-only status.", lambda _disk: 0.0),
    )
    return tuple(
        _Family(
            f"node_filesystem_{name}",
            "gauge",
            f"Filesystem: {text}",
            tuple((_disk_labels(disk), read(disk)) for disk in machine.disks),
        )
        for name, text, read in columns
    )


def _free(disk: Disk) -> float:
    return float(disk.size_bytes - disk.used_bytes)


def _disk_labels(disk: Disk) -> str:
    return f'{{device="{disk.device}",fstype="{_FILE_SYSTEM}",mountpoint="{disk.mount}"}}'


def _load(machine: Machine) -> tuple[_Family, ...]:
    return (_gauge("node_load1", "1m load average.", machine.load1),)
