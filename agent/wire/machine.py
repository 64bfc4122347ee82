"""Machines of a ward and the hypervisors they run on, as the API sends them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import BeforeValidator, Field

from agent.wire.base import DeviceState, Power, Stamp, Text, Wire

ToolsName: TypeAlias = Literal["running", "stopped", "absent", "unknown"]
Severity: TypeAlias = Literal["crit", "warn", "note"]
Resource: TypeAlias = Literal["cpu", "memory", "disk"]
_TOOLS = frozenset(get_args(ToolsName))
Tools = Annotated[ToolsName, BeforeValidator(lambda one: one if one in _TOOLS else "unknown")]


class Gauge(Wire):
    """One value, who said it, and how old it is; `value` is null when nobody says.

    `source` is a probe's name (`node-exporter`, `vm-ssh`, `snmp-host`) or the hypervisor's device
    name. What is not `fresh` is older than its time to live: shown as old, never as good.
    """

    value: float | None = None
    source: str = ""
    as_of: Stamp | None = None
    age_s: float | None = None
    fresh: bool = False


class Forecast(Wire):
    """When a disk will be full, from `days` of data; with `not_before` and `not_after` around it.

    `not_after` is null where the data does not bound it.
    """

    mount: str
    full_at: Stamp
    not_before: Stamp
    not_after: Stamp | None = None
    days: float


class MachineDisk(Wire):
    """One file system, as the machine says it: used share 0..1, bytes left, used share of inodes.

    `forecast` is null where too little is known or it does not fill up.
    """

    mount: str
    used: Gauge
    avail_bytes: float | None = None
    used_inodes_ratio: float | None = None
    forecast: Forecast | None = None


class GuestRef(Wire):
    """The machine as its hypervisor knows it, and when that spoke last.

    `hypervisor` is the hypervisor's device name, `host` which of its hosts runs the machine. While
    `fresh` is false, all that comes from there is unknown.
    """

    hypervisor: str
    id: str
    name: str | None = None
    kind: str = "machine"
    host: str | None = None
    as_of: Stamp | None = None
    age_s: float | None = None
    fresh: bool = False


class Accepted(Wire):
    """Until which day a failure is accepted, and why."""

    until: date
    reason: str


class MachineFinding(Wire):
    """What one rule of hygiene says.

    `counts` is a failure that nobody accepted. `accepted` is in force; `lapsed` is one that is
    over, so that the failure counts again. `advice` is what to do, null unless it fails; `playbook`
    leads through it.
    """

    rule: str
    name: Text
    severity: Severity
    result: Literal["fail", "unknown", "pass"]
    counts: bool = False
    evidence: Text
    advice: Text | None = None
    playbook: str | None = None
    accepted: Accepted | None = None
    lapsed: Accepted | None = None


class NotRead(Wire):
    """A question that had no good answer the last time: by which probe, why, in words.

    `partly` says that all but a part was answered, and that the values of it stand.
    """

    probe: str
    reason: str
    text: Text
    partly: bool = False


class QuotaShare(Wire):
    """How much of one resource of the ward's quota is given to machines.

    `used` and `limit` are cores, or bytes. `used` and `ratio` (1 is all of it) are null while the
    size of one machine is unknown. `forecast` says when it will be given out; its `mount` is the
    resource.
    """

    resource: Resource
    limit: float
    used: float | None = None
    ratio: float | None = None
    forecast: Forecast | None = None


class Machine(Wire):
    """One machine: what it is given, how it is, and how well it is kept. Null is unknown.

    `device` is its name in the inventory, null for a guest that is not listed there (`name` is then
    the hypervisor's). `state` is the device's. `power`, `tools`, `snapshots`, `oldest_snapshot` are
    its hypervisor's word: `guest` says whose and how old; `is_in_backup` is whether any job saves
    it. `backup` is the newest that is known, by hypervisor or by hand. `cpu` and `memory` are used
    shares 0..1, `uptime` seconds, from the machine itself where it says them. `cpu_cores`,
    `memory_bytes`, `disk_bytes` are its size, `quota` its part of the ward's (share by resource,
    absent when either is unknown). `findings` come worst first: all of them where one ward is asked
    for, else those that fail; `worst` is of those that count. `measured` is false while nobody
    says anything of it; `not_read` says why.
    """

    ward: str
    name: str
    device: str | None = None
    state: DeviceState = "unknown"
    hosting: Literal["onsite", "dc", "cloud"] | None = None
    guest: GuestRef | None = None
    power: Power = "unknown"
    tools: Tools = "unknown"
    cpu: Gauge = Gauge()
    memory: Gauge = Gauge()
    uptime: Gauge = Gauge()
    disks: tuple[MachineDisk, ...] = ()
    cpu_cores: float | None = None
    memory_bytes: int | None = None
    disk_bytes: int | None = None
    quota: dict[Resource, float] = Field(default_factory=dict)
    snapshots: int | None = None
    oldest_snapshot: Stamp | None = None
    backup: Stamp | None = None
    is_in_backup: bool | None = None
    restore_tested: date | None = None
    system: str | None = None
    end_of_life: date | None = None
    findings: tuple[MachineFinding, ...] = ()
    worst: Severity | None = None
    measured: bool = False
    not_read: tuple[NotRead, ...] = ()


class HypervisorHost(Wire):
    """One host of a hypervisor; shares 0..1, null when it does not say."""

    name: str
    is_online: bool | None = None
    cpu_ratio: float | None = None
    memory_used_ratio: float | None = None
    uptime_s: float | None = None


class MachineStore(Wire):
    """One store of disks or backups; `host` is null for one that several hosts share."""

    name: str
    host: str | None = None
    total_bytes: int
    free_ratio: float


class Hypervisor(Wire):
    """A hypervisor of the ward's own inventory, what it said last and when.

    Hosts and stores of one that is not `fresh` are what it said then. `guests` counts all machines
    that its account sees, whosoever they are; null when it never answered. `quorate` is null where
    it is no cluster.
    """

    ward: str
    name: str
    state: DeviceState = "unknown"
    as_of: Stamp | None = None
    age_s: float | None = None
    fresh: bool = False
    hosts: tuple[HypervisorHost, ...] = ()
    stores: tuple[MachineStore, ...] = ()
    guests: int | None = None
    quorate: bool | None = None
    findings: tuple[MachineFinding, ...] = ()
    worst: Severity | None = None
    measured: bool = False
    not_read: tuple[NotRead, ...] = ()


class Storage(Wire):
    """A device that stores files for others: its volumes, disks and what it opens to everybody.

    `stores` are what was judged: fresh then, empty when nobody said.
    """

    ward: str
    name: str
    state: DeviceState = "unknown"
    stores: tuple[MachineStore, ...] = ()
    findings: tuple[MachineFinding, ...] = ()
    worst: Severity | None = None
    measured: bool = False
    not_read: tuple[NotRead, ...] = ()


class WardQuota(Wire):
    """What one ward was given, and how much of it its machines take; only what is written.

    `findings` are on the ward as a whole: its quota, and how its machines grow in number.
    """

    ward: str
    shares: tuple[QuotaShare, ...] = ()
    findings: tuple[MachineFinding, ...] = ()


class Machines(Wire):
    """`GET /machines?ward=`: machines worst first, then by name; hosts, storage, wards' quotas.

    Of several wards the list comes in parts: `next` is the cursor of the following one, null at the
    end. `judged` is when the oldest of these judgements was made, null before the first.
    """

    machines: tuple[Machine, ...] = ()
    hypervisors: tuple[Hypervisor, ...] = ()
    storages: tuple[Storage, ...] = ()
    quotas: tuple[WardQuota, ...] = ()
    judged: Stamp | None = None
    next: str | None = None
    seq: int
