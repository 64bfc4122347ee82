"""What a machine says of itself, in one vocabulary for all sources."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class CpuTimes:
    """Seconds that all processors together have counted, and how many of them were idle."""

    total_s: float
    idle_s: float

    def busy_since(self, before: CpuTimes | None) -> float | None:
        """The busy share of the time between two looks.

        None at the first, and after a restart, which sets counters back.
        """
        if before is None:
            return None
        passed_s, idle_s = self.total_s - before.total_s, self.idle_s - before.idle_s
        if passed_s <= 0 or not 0 <= idle_s <= passed_s:
            return None
        return 1 - idle_s / passed_s


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket that waits for others: `tcp` or `udp`, its own address (`*` for any), its port."""

    protocol: str
    address: str
    port: int


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
    machine's clock minus the agent's, `clock_synced` its own word on its time server. `release` is
    its system's name and number (`debian 12`), `release_ends` until when its maker mends that, as
    the system itself says; `sshd` the settings of its SSH server as it says them itself, `services`
    the names of those that run (`clamav-daemon`, `windefend`), in small letters.
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
    release: str | None = None
    listening: tuple[Listener, ...] | None = None
    sshd: tuple[tuple[str, str], ...] | None = None
    release_ends: date | None = None
    services: tuple[str, ...] | None = None

    def with_updates(self, count: int | None, restart: bool | None = None) -> VmStatus:
        """The same with an earlier look's count, and its word on a restart where none is here."""
        told = self.reboot_required
        return replace(
            self,
            pending_security_updates=count,
            reboot_required=restart if told is None else told,
        )
