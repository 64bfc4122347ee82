"""The machines' node_exporter face: `/metrics` in Prometheus' text format 0.0.4."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drills import machine as state
from drills.machine import RELEASE, UNITS, machine_at
from drills.model import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drills.model import Ask, Disk, Machine, Node
    from drills.world import World

_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_FILE_SYSTEM = "ext4"
_UNIT_STATES = ("activating", "active", "deactivating", "failed", "inactive")


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
    return Page(200, _TEXT, "".join(_lines(world, node, t)).encode())


def _lines(world: World, node: Node, t: float) -> Iterator[str]:
    machine = machine_at(world, node)
    told = (
        *_waiting(world, node), *_cpu(world, node, t), *_disks(machine), *_load(machine),
        *_memory(machine), *_system(), *_units(world, node), *_clock(world, node, t),
    )  # fmt: skip
    for family in told:
        yield f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.type}\n"
        yield from (f"{family.name}{labels} {value!r}\n" for labels, value in family.samples)


def _gauge(name: str, text: str, value: float) -> _Family:
    return _Family(name, "gauge", text, (("", value),))


def _labels(**told: object) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in told.items()) + "}"


def _waiting(world: World, node: Node) -> tuple[_Family, ...]:
    """What Debian's collectors write beside the exporter; where nothing waits, so they say."""
    count = world.fact("updates", node.name)
    labels = _labels(arch="all", origin="Debian-Security:12/stable-security") if count else (
        _labels(arch="", origin="")
    )  # fmt: skip
    due = float(world.fact("restart_due", node.name))
    return (
        _Family("apt_upgrades_pending", "gauge", "Apt packages pending updates by origin.",
                ((labels, float(count)),)),
        _gauge("node_reboot_required", "Node reboot is required for software updates.", due),
    )  # fmt: skip


def _cpu(world: World, node: Node, t: float) -> tuple[_Family, ...]:
    samples = tuple(
        (_labels(cpu=number, mode=mode), seconds)
        for number, spent in enumerate(state.cpu_seconds(world, node, t))
        for mode, seconds in sorted(spent.items())
    )
    text = "Seconds the CPUs spent in each mode."
    return (_Family("node_cpu_seconds_total", "counter", text, samples),)


def _clock(world: World, node: Node, t: float) -> tuple[_Family, ...]:
    now_s = state.unix_s(world, node, t)
    boot_s = now_s - state.uptime_s(world, node, t)
    is_synced = float(state.is_synced(world, node))
    release = _labels(
        domainname="(none)", machine="x86_64", nodename=node.name, release=state.KERNEL,
        sysname="Linux", version="#1 SMP simulated by wardops",
    )  # fmt: skip
    return (
        _gauge("node_boot_time_seconds", "Node boot time, in unixtime.", boot_s),
        _gauge("node_time_seconds", "System time in seconds since epoch (1970).", now_s),
        _gauge("node_timex_sync_status",
               "Is clock synchronized to a reliable server (1 = yes, 0 = no).", is_synced),
        _Family("node_uname_info", "gauge", "What the machine says of itself.", ((release, 1.0),)),
    )  # fmt: skip


def _system() -> tuple[_Family, ...]:
    name, pretty = (RELEASE[word].strip('"') for word in ("NAME", "PRETTY_NAME"))
    told = _labels(
        build_id="", id=RELEASE["ID"], id_like="", image_id="", image_version="", name=name,
        pretty_name=pretty, variant="", variant_id="", version=RELEASE["VERSION"].strip('"'),
        version_codename=RELEASE["VERSION_CODENAME"], version_id=RELEASE["VERSION_ID"].strip('"'),
    )  # fmt: skip
    return (_Family("node_os_info", "gauge", "What its release file says.", ((told, 1.0),)),)


def _units(world: World, node: Node) -> tuple[_Family, ...]:
    failed = state.failed_units(world, node)
    samples = tuple(
        (
            _labels(name=unit.name, state=one, type="simple"),
            float(one == ("failed" if unit.name in failed else "active")),
        )
        for unit in UNITS
        for one in _UNIT_STATES
    )
    return (_Family("node_systemd_unit_state", "gauge", "Systemd unit", samples),)


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
        ("device_error", "Whether its figures could not be read.", lambda _disk: 0.0),
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
    return tuple(
        _gauge(f"node_load{minutes}", f"{minutes}m load average.", machine.load1)
        for minutes in (1, 5, 15)
    )
