"""libvirt's answers as values. Pure; any key may be missing, which leaves a value unknown.

Sources: virConnectGetAllDomainStats, virDomainInfo, the domain and snapshot XML formats
(libvirt.org/formatdomain.html, formatsnapshot.html).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from probes.errors import ProbeError
from probes.transports.xml_tree import tree_of
from probes.vm.estate import Estate, Guest, HostState, Power, Store, Tools
from probes.vm.status import CpuTimes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from xml.etree.ElementTree import Element

    from probes.vm.libvirt_session import Machine, Told

_KIB = 1024
_NS = 1e9
_AGENT = "org.qemu.guest_agent.0"
_WITH_AGENT = frozenset({"kvm", "qemu"})
_POWER: Mapping[int, Power] = {  # virDomainState; one that blocks or shuts down still runs
    1: "on", 2: "on", 3: "suspended", 4: "on", 5: "off", 6: "off", 7: "suspended",
}  # fmt: skip
_TOOLS: Mapping[str | None, Tools] = {"connected": "running", "disconnected": "stopped"}


@dataclass(frozen=True, slots=True)
class Look:
    """Counters of one look, for shares of the time until the next; `mono` in seconds."""

    mono: float
    host: CpuTimes | None = None
    busy_s: Mapping[str, float] = field(default_factory=dict)


def estate_of(told: Told, mono: float, before: Look | None) -> Estate:
    """Host, machines and stores; processor shares are of the time since the look before."""
    host = HostState(
        name=told.host,
        is_online=True,
        cpu_ratio=_busy(cpu_times_of(told.processors), before),
        memory_used_ratio=_host_memory(told.memory),
        memory_bytes=told.memory["total"] * _KIB
        if told.memory and "total" in told.memory
        else None,
    )
    return Estate(
        hosts=(host,),
        guests=tuple(_guest(one, told, mono, before) for one in told.machines),
        stores=stores_of(told.pools or (), told.host),
    )


def look_of(told: Told, mono: float) -> Look:
    """What the next look compares with."""
    found = {one.uuid: _busy_s(one) for one in told.machines}
    spent = {uuid: seconds for uuid, seconds in found.items() if seconds is not None}
    return Look(mono, cpu_times_of(told.processors), spent)


def release_of(number: int) -> str | None:
    """A version as people write it: 1 000 000 × major + 1 000 × minor + release."""
    if number <= 0:
        return None
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"


def cpu_times_of(spent: Mapping[str, int] | None) -> CpuTimes | None:
    """The host's processor times; one that waits for its disks is idle."""
    if not spent or "idle" not in spent:
        return None
    idle_ns = spent["idle"] + spent.get("iowait", 0)
    whole_ns = sum(spent.get(key, 0) for key in ("kernel", "user", "idle", "iowait", "intr"))
    return CpuTimes(whole_ns / _NS, idle_ns / _NS)


def stores_of(pools: Sequence[tuple[str, Sequence[int]]], host: str) -> tuple[Store, ...]:
    """The stores that say how large they are: state, capacity, allocation, available octets."""
    return tuple(
        Store(name, host, capacity, min(1.0, available / capacity))
        for name, (_state, capacity, _taken, available) in pools
        if capacity > 0 and available >= 0
    )


def snapshots_of(definitions: Sequence[str]) -> tuple[int, datetime | None]:
    """How many snapshots there are, and when the oldest that tells its time was made."""
    times = [at for one in definitions if (at := _made_at(one)) is not None]
    return len(definitions), min(times, default=None)


def tools_of(definition: Element, power: Power | None) -> Tools | None:
    """The state of the guest agent's channel; None where libvirt cannot tell.

    That is so of other hypervisors than QEMU, and of a machine that is off.
    """
    if definition.get("type") not in _WITH_AGENT:
        return None
    for found in definition.iterfind("./devices/channel/target"):
        if found.get("name") == _AGENT:
            return _TOOLS.get(found.get("state")) if power == "on" else None
    return "absent"


def _guest(one: Machine, told: Told, mono: float, before: Look | None) -> Guest:
    tree = _tree(one.definition)
    state = _whole(one.stats.get("state.state"), _at(one.info, 0))
    power = None if state is None else _POWER.get(state)
    is_on = power == "on"
    count, oldest = (None, None) if one.snapshots is None else snapshots_of(one.snapshots)
    most = _whole(one.stats.get("balloon.maximum"), _at(one.info, 1))
    return Guest(
        id=one.uuid,
        kind="container" if told.driver.lower() == "lxc" else "machine",
        name=one.name,
        host=told.host,
        power=power,
        cpu_ratio=_cpu_ratio(one, mono, before) if is_on else None,
        cpu_cores=_cores(one),
        memory_bytes=most * _KIB if most else None,
        memory_used_ratio=_memory_used(one.stats) if is_on else None,
        ballooned_bytes=_ballooned(one.stats) if is_on else None,
        disk_bytes=_disk_bytes(one.stats, tree),
        tools=None if tree is None else tools_of(tree, power),
        snapshots=count,
        oldest_snapshot_at=oldest,
    )


def _tree(definition: str | None) -> Element | None:
    try:
        return None if definition is None else tree_of(definition.encode())
    except ProbeError:
        return None


def _made_at(snapshot: str) -> datetime | None:
    try:
        told = tree_of(snapshot.encode(), kept=("creationTime",)).findtext("creationTime") or ""
    except ProbeError:
        return None
    seconds = int(told) if told.isascii() and told.isdecimal() and len(told) <= 10 else 0
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _cpu_ratio(one: Machine, mono: float, before: Look | None) -> float | None:
    """The busy share of all its processors since the look before; None after a restart."""
    spent_s = _busy_s(one)
    count = _cores(one)
    earlier_s = None if before is None else before.busy_s.get(one.uuid)
    if before is None or spent_s is None or earlier_s is None or not count:
        return None
    passed_s = (mono - before.mono) * count
    if passed_s <= 0 or spent_s < earlier_s:
        return None
    return min(1.0, (spent_s - earlier_s) / passed_s)


def _cores(one: Machine) -> int | None:
    return _whole(one.stats.get("vcpu.current"), _at(one.info, 3)) or None


def _busy_s(one: Machine) -> float | None:
    spent_ns = _whole(one.stats.get("cpu.time"), _at(one.info, 4))
    return None if spent_ns is None else spent_ns / _NS


def _busy(now: CpuTimes | None, before: Look | None) -> float | None:
    return None if now is None or before is None else now.busy_since(before.host)


def _host_memory(kib: Mapping[str, int] | None) -> float | None:
    """What programs hold: buffers and cache are free to be taken."""
    if not kib or not kib.get("total") or "free" not in kib:
        return None
    free = kib["free"] + kib.get("buffers", 0) + kib.get("cached", 0)
    return max(0.0, 1 - free / kib["total"])


def _memory_used(stats: Mapping[str, Any]) -> float | None:
    """By the balloon's own figures, which the machine's system gives: else unknown."""
    whole = _whole(stats.get("balloon.available"))
    free = _whole(stats.get("balloon.usable"), stats.get("balloon.unused"))
    if not whole or free is None or not 0 <= free <= whole:
        return None
    return 1 - free / whole


def _ballooned(stats: Mapping[str, Any]) -> int | None:
    """How much less the machine has now than it was given."""
    most, now = _whole(stats.get("balloon.maximum")), _whole(stats.get("balloon.current"))
    return None if most is None or now is None else max(0, most - now) * _KIB


def _disk_bytes(stats: Mapping[str, Any], tree: Element | None) -> int | None:
    """All disks together; None when one does not tell. A CD drive is no disk."""
    count = _whole(stats.get("block.count"))
    if count is None or tree is None:
        return None
    drives = {
        target.get("dev")
        for disk in tree.iterfind("./devices/disk")
        if disk.get("device", "disk") != "disk"
        for target in disk.iterfind("target")
    }
    sizes = [
        _whole(stats.get(f"block.{number}.capacity"))
        for number in range(min(count, 1000))
        if stats.get(f"block.{number}.name") not in drives
    ]
    known = [size for size in sizes if size is not None]
    return sum(known) if known and len(known) == len(sizes) else None


def _at(values: Sequence[int] | None, place: int) -> int | None:
    return values[place] if values is not None and len(values) > place else None


def _whole(*values: object) -> int | None:
    """The first that is a whole number."""
    return next((one for one in values if isinstance(one, int)), None)
