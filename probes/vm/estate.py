"""What a hypervisor says of the machines on it, in one vocabulary for all makers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from probes.model import Metric

if TYPE_CHECKING:
    from datetime import datetime

Power: TypeAlias = Literal["on", "off", "suspended"]
Tools: TypeAlias = Literal["running", "stopped", "absent"]

STORE_FREE = Metric(
    "wardops_datastore_free_ratio",
    "gauge",
    "Free share of a hypervisor's store; shared ones stand once, with an empty host.",
    ("store", "host"),
    "ratio",
)


@dataclass(frozen=True, slots=True)
class Guest:
    """One machine as its hypervisor sees it; bytes, ratios 0..1, seconds. None is unknown.

    `id` is the hypervisor's own, `host` which of its hosts it runs on. `cpu_cores`, `memory_bytes`
    and `disk_bytes` are what it was given, also while it is off. `tools` is its guest agent.
    `snapshots` counts those that people made, `oldest_snapshot_at` is of the oldest; `backed_up_at`
    is when the newest backup that is still there began, `is_in_backup` whether any job saves it.
    `ballooned_bytes` is what its host took back of its memory while it runs.
    """

    id: str
    kind: Literal["machine", "container"] = "machine"
    name: str | None = None
    host: str | None = None
    power: Power | None = None
    cpu_ratio: float | None = None
    memory_bytes: int | None = None
    memory_used_ratio: float | None = None
    disk_bytes: int | None = None
    uptime_s: float | None = None
    tools: Tools | None = None
    snapshots: int | None = None
    oldest_snapshot_at: datetime | None = None
    backed_up_at: datetime | None = None
    is_in_backup: bool | None = None
    cpu_cores: float | None = None
    ballooned_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Store:
    """One store of disks or backups; a store that several hosts share stands once, without host."""

    name: str
    host: str | None
    total_bytes: int
    free_ratio: float


@dataclass(frozen=True, slots=True)
class HostState:
    """One host of a hypervisor: whether it is there, how busy, and how large its memory is.

    `swap_used_bytes` is what lies on disk because that memory did not suffice.
    """

    name: str
    is_online: bool | None = None
    cpu_ratio: float | None = None
    memory_used_ratio: float | None = None
    uptime_s: float | None = None
    memory_bytes: int | None = None
    swap_used_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Estate:
    """Everything one account may see of a hypervisor. `quorate` is None where it is no cluster."""

    hosts: tuple[HostState, ...] = ()
    guests: tuple[Guest, ...] = ()
    stores: tuple[Store, ...] = ()
    quorate: bool | None = None
