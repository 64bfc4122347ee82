"""vSphere's properties as values. Pure; any may be missing, which leaves a value unknown.

Sources: the vSphere Web Services API Reference, of VirtualMachine, HostSystem and Datastore. Of a
host or machine that vCenter is not connected to, the properties are those of the last time it was:
what may have changed since is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from probes.vm.estate import Estate, Guest, HostState, Power, Store, Tools

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_MIB = 1024 * 1024
_CONNECTED = "connected"
_POWER: Mapping[str, Power] = {"poweredOn": "on", "poweredOff": "off", "suspended": "suspended"}
_TOOLS: Mapping[str, Tools] = {
    "guestToolsRunning": "running",
    "guestToolsExecutingScripts": "running",
    "guestToolsNotRunning": "stopped",
}
_NO_TOOLS = "guestToolsNotInstalled"
_MOST_SNAPSHOTS = 10_000

MACHINE, HOST, STORE = "VirtualMachine", "HostSystem", "Datastore"
CHANGED = "config.changeVersion"
ASKED: Mapping[str, tuple[str, ...]] = {
    MACHINE: (
        "name",
        "runtime.connectionState",
        "runtime.powerState",
        "runtime.host",
        "runtime.maxCpuUsage",
        "config.template",
        "config.hardware.memoryMB",
        "config.hardware.numCPU",
        CHANGED,
        "summary.quickStats",
        "guest.toolsRunningStatus",
        "guest.toolsVersionStatus2",
        "snapshot",
    ),
    HOST: ("name", "runtime.connectionState", "summary.quickStats", "summary.hardware"),
    STORE: ("summary", "host"),
}
DEVICES = "config.hardware.device"


@dataclass(frozen=True, slots=True)
class Row:
    """One object: its kind, its id at the service, and the properties that it has.

    `withheld` are those that the account may not read. What stands in neither is not set.
    """

    kind: str
    id: str
    told: Mapping[str, Any] = field(default_factory=dict)
    withheld: frozenset[str] = frozenset()


def row_of(content: Any) -> Row:
    """One `ObjectContent` of the property collector."""
    return Row(
        kind=type(content.obj).__name__.rpartition(".")[2],
        id=content.obj._GetMoId(),
        told={one.name: one.val for one in content.propSet},
        withheld=frozenset(
            one.path
            for one in content.missingSet
            if "NoPermission" in {kind.__name__.rpartition(".")[2] for kind in _kinds(one.fault)}
        ),
    )


def _kinds(fault: Any) -> Sequence[type]:
    """A fault's kinds, also of one that is wrapped with its words in a language."""
    inner = getattr(fault, "fault", None)
    return type(fault if inner is None else inner).__mro__


def estate_of(rows: Sequence[Row], disks: Mapping[str, int | None]) -> Estate:
    """Hosts, machines and stores; templates are no machines. `disks` are octets by machine."""
    names = {one.id: name for one in rows if one.kind == HOST and (name := _text(one, "name"))}
    machines = machines_of(rows)
    return Estate(
        hosts=tuple(_host(one, machines) for one in rows if one.kind == HOST and one.id in names),
        guests=tuple(_guest(one, names, disks) for one in machines),
        stores=tuple(_stores(rows, names)),
    )


def machines_of(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The machines among them."""
    return tuple(
        one for one in rows if one.kind == MACHINE and one.told.get("config.template") is not True
    )


def is_withheld(rows: Iterable[Row]) -> bool:
    """Whether a part may not be read that an account with the role Read-only may."""
    return any(one.withheld for one in rows)


def disk_bytes(devices: Iterable[Any]) -> int | None:
    """All disks together, as large as their machine sees them; None when one does not tell."""
    sizes = [
        getattr(one, "capacityInBytes", None) or one.capacityInKB * 1024
        for one in devices
        if getattr(one, "capacityInKB", None) is not None
    ]
    return sum(sizes) if sizes and all(sizes) else None


def snapshots_of(tree: Any) -> tuple[int, datetime | None]:
    """How many snapshots there are below `snapshot.rootSnapshotList`, and when the oldest began."""
    waiting = list(getattr(tree, "rootSnapshotList", None) or ())
    times: list[datetime] = []
    count = 0
    while waiting and count < _MOST_SNAPSHOTS:
        one = waiting.pop()
        count += 1
        waiting += one.childSnapshotList or ()
        if isinstance(one.createTime, datetime):
            times.append(_in_utc(one.createTime))
    return count, min(times, default=None)


def _in_utc(at: datetime) -> datetime:
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _guest(one: Row, hosts: Mapping[str, str], disks: Mapping[str, int | None]) -> Guest:
    is_known = _text(one, "runtime.connectionState") == _CONNECTED
    power = _POWER.get(_text(one, "runtime.powerState") or "") if is_known else None
    stats = one.told.get("summary.quickStats") if power == "on" else None
    count, oldest = (None, None)
    if is_known and "snapshot" not in one.withheld:
        count, oldest = snapshots_of(one.told.get("snapshot"))
    uptime = _number(getattr(stats, "uptimeSeconds", None))
    return Guest(
        id=one.id,
        name=_text(one, "name"),
        host=hosts.get(_id_of(one.told.get("runtime.host"))),
        power=power,
        cpu_ratio=_share(
            getattr(stats, "overallCpuUsage", None), one.told.get("runtime.maxCpuUsage")
        ),
        cpu_cores=_number(one.told.get("config.hardware.numCPU")) or None,
        memory_bytes=_octets(one.told.get("config.hardware.memoryMB")) or None,
        disk_bytes=disks.get(one.id),
        uptime_s=uptime or None,
        tools=_tools(one, power),
        snapshots=count,
        oldest_snapshot_at=oldest,
        ballooned_bytes=_octets(getattr(stats, "balloonedMemory", None)),
    )


def _tools(one: Row, power: Power | None) -> Tools | None:
    """Of a machine that is off nothing can be told, but that there are none."""
    if power is not None and _text(one, "guest.toolsVersionStatus2") == _NO_TOOLS:
        return "absent"
    return _TOOLS.get(_text(one, "guest.toolsRunningStatus") or "") if power == "on" else None


def _host(one: Row, machines: Sequence[Row]) -> HostState:
    state = _text(one, "runtime.connectionState")
    is_online = None if state is None else state == _CONNECTED
    stats = one.told.get("summary.quickStats") if is_online else None
    hardware = one.told.get("summary.hardware")
    speed, cores = (_number(getattr(hardware, key, None)) for key in ("cpuMhz", "numCpuCores"))
    memory = _number(getattr(hardware, "memorySize", None))
    return HostState(
        name=_text(one, "name") or one.id,
        is_online=is_online,
        cpu_ratio=_share(getattr(stats, "overallCpuUsage", None), (speed or 0) * (cores or 0)),
        memory_used_ratio=_share(_octets(getattr(stats, "overallMemoryUsage", None)), memory),
        uptime_s=_number(getattr(stats, "uptime", None)) or None,
        memory_bytes=int(memory) if memory else None,
        swap_used_bytes=_swapped(one.id, machines) if is_online else None,
    )


def _swapped(host: str, machines: Iterable[Row]) -> int | None:
    """What the machines that run on a host have on disk; None when one of them does not tell."""
    told = [
        _octets(getattr(one.told.get("summary.quickStats"), "swappedMemory", None))
        for one in machines
        if _id_of(one.told.get("runtime.host")) == host
        and _text(one, "runtime.powerState") == "poweredOn"
    ]
    known = [size for size in told if size is not None]
    return sum(known) if known and len(known) == len(told) else None


def _stores(rows: Iterable[Row], hosts: Mapping[str, str]) -> Iterator[Store]:
    """The stores that are within reach; two of one name, of two data centres, are told apart."""
    taken: set[tuple[str, str | None]] = set()
    for one in rows:
        told = one.told.get("summary") if one.kind == STORE else None
        total, free = (_number(getattr(told, key, None)) for key in ("capacity", "freeSpace"))
        name = getattr(told, "name", None)
        if not total or free is None or not name or getattr(told, "accessible", None) is not True:
            continue
        host = _only_host(told, one.told.get("host"), hosts)
        name = f"{name} ({one.id})" if (name, host) in taken else name
        taken.add((name, host))
        yield Store(name, host, int(total), min(1.0, free / total))


def _only_host(summary: Any, mounts: Any, hosts: Mapping[str, str]) -> str | None:
    """The host of a store that no other host has; None for a shared one."""
    if getattr(summary, "multipleHostAccess", None) or len(mounts or ()) != 1:
        return None
    return hosts.get(_id_of(mounts[0].key))


def _id_of(reference: Any) -> str:
    return "" if reference is None else str(reference._GetMoId())


def _text(one: Row, path: str) -> str | None:
    told = one.told.get(path)
    return str(told) if isinstance(told, str) and told else None


def _octets(mebibytes: Any) -> int | None:
    told = _number(mebibytes)
    return None if told is None else int(told * _MIB)


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and value >= 0 else None


def _share(part: Any, whole: Any) -> float | None:
    used, most = _number(part), _number(whole)
    return None if used is None or not most else min(1.0, used / most)
