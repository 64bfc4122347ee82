"""What a machine says of itself, in one vocabulary for all sources."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Filesystem:
    """One file system that people fill; ratios 0..1 of what users can still take.

    `avail_inodes_ratio` is None where there are none to count or nobody says.
    """

    mount: str
    avail_ratio: float
    avail_bytes: float
    avail_inodes_ratio: float | None = None


@dataclass(frozen=True, slots=True)
class VmStatus:
    """A machine at one moment; bytes, ratios, seconds, counts. None is unknown.

    `cpu_ratio` is of the time between two looks, so the first has none. `time_offset_s` is the
    machine's clock minus the agent's, `clock_synced` its own word on its time server.
    """

    memory_available_bytes: int | None = None
    memory_used_ratio: float | None = None
    load1: float | None = None
    cpu_ratio: float | None = None
    uptime_s: float | None = None
    filesystems: tuple[Filesystem, ...] = ()
    time_offset_s: float | None = None
    clock_synced: bool | None = None
    failed_units: int | None = None
    pending_security_updates: int | None = None
    reboot_required: bool | None = None
