"""What a machine is like now: what the template says, and what the facts of the world changed.

Every face reads a machine through here, so that all of them tell the same. Pure.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drills.model import Disk, Machine, Node
    from drills.world import World

BLOCK = 4096
KERNEL = "6.1.0-simulated"
ZONE_S = 7 * 3600
"""The machines' clocks show Viet Nam's time."""


# How busy time is spent, as shares of it.
_BUSY_MODES = MappingProxyType(
    {"user": 0.7, "nice": 0.0, "system": 0.24, "iowait": 0.04, "irq": 0.0, "softirq": 0.02,
     "steal": 0.0}
)  # fmt: skip


class Unit(NamedTuple):
    """A service of a machine: what it is called, says of itself, and listens on (`tcp/22`)."""

    name: str
    says: str
    listens: tuple[str, ...] = ()


UNITS: tuple[Unit, ...] = (
    Unit("cron.service", "Regular background program processing daemon"),
    Unit("hoso-app.service", "Simulated application of the ward", ("tcp/443",)),
    Unit("prometheus-node-exporter.service", "Prometheus exporter for machine metrics",
         ("tcp/9100",)),
    Unit("snmpd.service", "Simple Network Management Protocol Daemon", ("udp/161",)),
    Unit("ssh.service", "OpenBSD Secure Shell server", ("tcp/22",)),
    Unit("systemd-journald.service", "Journal Service"),
    Unit("systemd-timesyncd.service", "Network Time Synchronization"),
)  # fmt: skip

ALLOWED = tuple(sorted(door for unit in UNITS for door in unit.listens))
"""What such a machine may listen on."""

RELEASE: Mapping[str, str] = MappingProxyType(
    {
        "PRETTY_NAME": '"Debian GNU/Linux 12 (bookworm)"',
        "NAME": '"Debian GNU/Linux"',
        "VERSION_ID": '"12"',
        "VERSION": '"12 (bookworm)"',
        "VERSION_CODENAME": "bookworm",
        "ID": "debian",
    }
)

_STRICT = {
    "port": "22",
    "permitrootlogin": "no",
    "passwordauthentication": "no",
    "pubkeyauthentication": "yes",
    "maxauthtries": "4",
    "x11forwarding": "no",
    "ciphers": "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com",
    "macs": "hmac-sha2-256-etm@openssh.com",
    "kexalgorithms": "curve25519-sha256",
}
_WEAK = {"permitrootlogin": "yes", "passwordauthentication": "yes"}


def machine_at(world: World, node: Node) -> Machine:
    """The machine's resources as they are now. ValueError for what is no machine."""
    machine = node.machine
    if machine is None:
        raise ValueError(f"{node.name}: no machine")
    busy = world.fact("busy", node.name)
    full = {disk.mount: world.fact("disk_used", f"{node.name}:{disk.mount}")
            for disk in machine.disks}  # fmt: skip
    if busy is None and not any(share is not None for share in full.values()):
        return machine
    return replace(
        machine,
        busy=shares_of(world, node),
        # Each processor that is kept busy is one program that runs.
        load1=machine.load1 if busy is None else round(machine.load1 + busy * len(machine.busy), 2),
        disks=tuple(_filled(disk, full[disk.mount]) for disk in machine.disks),
    )


def shares_of(world: World, node: Node) -> tuple[float, ...]:
    """The busy share of each of the machine's processors now."""
    usual = node.machine.busy if node.machine else ()
    told = world.fact("busy", node.name)
    return usual if told is None else tuple(max(share, told) for share in usual)


def _filled(disk: Disk, share: float | None) -> Disk:
    if share is None:
        return disk
    used = int(disk.size_bytes * share) // BLOCK * BLOCK
    return replace(disk, used_bytes=used)


def unix_s(world: World, node: Node, t: float) -> float:
    """What the machine's clock says, in seconds since 1970."""
    return float(world.started_at.timestamp() + t + world.fact("time_off_s", node.name))


def uptime_s(world: World, node: Node, t: float) -> float:
    """Seconds since the machine started."""
    return max(0.0, t - world.booted_at(node.name))


def cpu_seconds(world: World, node: Node, t: float) -> tuple[dict[str, float], ...]:
    """Seconds that each processor spent in each mode since the machine started."""
    whole_s = uptime_s(world, node, t)
    return tuple(
        {
            "idle": max(0.0, whole_s - busy_s),
            **{mode: busy_s * part for mode, part in _BUSY_MODES.items()},
        }
        for busy_s in world.work.busy_s(node.name, t)
    )


def is_synced(world: World, node: Node) -> bool:
    """Whether its clock follows a time server."""
    return bool(world.fact("time", node.name) == "right")


def failed_units(world: World, node: Node) -> tuple[str, ...]:
    """The services that failed."""
    failed = world.fact("unit_failed", node.name)
    return (failed,) if failed else ()


def listening(world: World, node: Node) -> tuple[str, ...]:
    """What it listens on, as `tcp/22`, sorted; a service that failed listens no more."""
    failed, exposed = failed_units(world, node), world.fact("exposed", node.name)
    found = {door for unit in UNITS if unit.name not in failed for door in unit.listens}
    return tuple(sorted(found | ({exposed} if exposed else set())))


def sshd_settings(world: World, node: Node) -> Mapping[str, str]:
    """What the SSH server says of its settings."""
    return {**_STRICT, **(_WEAK if world.fact("sshd", node.name) == "weak" else {})}
