"""What was seen of a ward's machines, as the facts of group `vm`. Pure.

A run is about one machine: the one that it was begun for, else the one in most trouble when it
first looked. It stays with that one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, TypeVar

from inventory.model import Role
from inventory.text import one_line
from playbooks.conditions import RunFact
from playbooks.known import MEASURED
from playbooks.silence import SAYS_NOTHING
from playbooks.verdict.render import LOCAL
from probes.errors import HOST_KEY_CHANGED
from probes.registry import device_type
from probes.vm.hygiene.access import waiting
from probes.vm.trend import Forecast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from inventory.model import Device, Ward
    from playbooks.conditions import Value
    from probes.model import Observation
    from probes.vm.estate import Estate, Guest
    from probes.vm.status import Filesystem, VmStatus
    from probes.vm.trend import Room

T = TypeVar("T")

# Where two tell the same, the first that knows it counts.
SOURCES = ("vm-ssh", "node-exporter", "snmp-host")
FULL_PCT = 85.0
_BUSY_PCT = 90.0
_SNAPSHOT_DAYS = 3.0
_SOON_DAYS = 14
_BACKUP_HOURS = 26.0
_PORTS_SHOWN = 4
_ROLES = frozenset({Role.VM, Role.SERVER})
_NOT_APPLICABLE, _NOT_MEASURED = "not_applicable", "not_measured"


@dataclass(frozen=True, slots=True)
class MachineSight:
    """One machine as it was seen last.

    `reachable` says whether it answers anything, `line_ok` whether the way to it stands. `seen` are
    the newest runs of its own sources, good or not; `hypervisor` is the run that told of `guest`.
    `rooms` are what its history says of its disks.
    """

    device: Device
    reachable: RunFact
    line_ok: RunFact
    seen: tuple[Observation, ...] = ()
    guest: Guest | None = None
    hypervisor: Observation | None = None
    rooms: tuple[Room, ...] = ()


def machines_in(ward: Ward) -> tuple[Device, ...]:
    """The machines that a ward was given: by their role, by what is written of them, by place."""
    return tuple(one for one in ward.devices if _is_machine(one))


def hypervisors_in(ward: Ward) -> tuple[Device, ...]:
    """The hosts of machines that can be asked about them."""
    return tuple(one for one in ward.devices if _device_class(one) == "hypervisor")


def own_sources(device: Device) -> tuple[str, ...]:
    """The probes by which a machine tells of itself, where its access is given."""
    return tuple(name for name in device_type(device.kind).probes if name in SOURCES)


def guest_of(
    name: str, told: Iterable[Observation]
) -> tuple[Guest, Observation] | tuple[None, None]:
    """The guest of exactly that name, else of that number; two of one name are nobody's."""
    every = [(guest, one) for one in told for guest in _guests(one.reading.estate)]
    named = [pair for pair in every if pair[0].name == name]
    numbered = [pair for pair in every if pair[0].id == name]
    found = named if len(named) == 1 else numbered
    return found[0] if len(found) == 1 else (None, None)


def machine_facts(
    sights: Sequence[MachineSight], pinned: str | None, now: datetime
) -> dict[str, RunFact]:
    """Every fact of group `vm` but those that nobody told, by field."""
    if not sights:
        return dict.fromkeys(MEASURED["vm"], RunFact(reason=_NOT_APPLICABLE))
    every = [(machine_values(one, now), one.device) for one in sights]
    mine = next((one for one in every if one[1].name == pinned), None)
    chosen, _ = mine or max(every, key=lambda one: _trouble(*one))
    silent = sum(_is_silent(*one) for one in every)
    return {**chosen, "silent": RunFact(silent, source="inventory", at=now)}


def machine_values(sight: MachineSight, now: datetime) -> dict[str, RunFact]:
    """What is known of one machine; percentages 0..100, hours and days as they passed."""
    fullest = _told(sight, _fullest)
    return {
        "name": RunFact(sight.device.name, source="inventory", at=now),
        "reachable": sight.reachable,
        "line_ok": sight.line_ok,
        "answers": _answers(sight),
        "host_key_ok": _host_key(sight),
        "power": _of_guest(sight, lambda guest: guest.power),
        "disk_used_pct": _each(fullest, lambda disk: _used_pct(disk.avail_ratio)),
        "disk_mount": _each(fullest, lambda disk: one_line(disk.mount, 24)),
        "disk_free_gb": _each(fullest, lambda disk: round(disk.avail_bytes / 1e9, 1)),
        "inodes_used_pct": _each(_told(sight, _fewest_inodes), _used_pct),
        "memory_used_pct": _share(sight, lambda one: one.memory_used_ratio),
        "cpu_pct": _share(sight, lambda one: one.cpu_ratio),
        "failed_units": _each(_told(sight, lambda vm: vm.failed_units), int),
        **_outlook(sight, now),
        **_kept(sight, now),
        **_ports(sight),
    }


def _guests(estate: Estate | None) -> tuple[Guest, ...]:
    return estate.guests if estate else ()


def _is_machine(device: Device) -> bool:
    if _device_class(device) == "hypervisor":
        return False
    is_server = device.role is Role.OTHER and _device_class(device) == "server"
    return device.role in _ROLES or device.machine is not None or is_server


def _device_class(device: Device) -> str:
    return device_type(device.kind).device_class


# ---- whether it is there ----


def _answers(sight: MachineSight) -> RunFact:
    """Whether it tells of itself; one that nobody can ask so has only its echo."""
    for one in sight.seen:
        if one.tells:
            return RunFact(value=True, source=one.probe, at=one.started)
    told = [one for one in sight.seen if one.reason not in SAYS_NOTHING]
    if not sight.seen:
        has_source = bool(own_sources(sight.device)) and _has_access(sight.device)
        return RunFact(reason=_NOT_MEASURED) if has_source else sight.reachable
    if not told:
        last = sight.seen[0]
        return RunFact(None, str(last.reason), last.probe, last.started)
    return RunFact(value=False, source=told[0].probe, at=told[0].started)


def _has_access(device: Device) -> bool:
    return bool(device.ssh or device.node_exporter or device.snmp)


def _host_key(sight: MachineSight) -> RunFact:
    for one in sight.seen:
        if one.probe == "vm-ssh" and (one.tells or one.detail == HOST_KEY_CHANGED):
            return RunFact(one.tells, source=one.probe, at=one.started)
    return RunFact(reason=_NOT_MEASURED)


def _is_silent(values: Mapping[str, RunFact], device: Device) -> bool:
    """Whether it should answer and does not.

    Behind a line that is down nothing is known of it; one that people switched off may be silent.
    """
    if values["line_ok"].value is False or (device.machine and device.machine.off_since):
        return False
    return values["reachable"].value is False or values["answers"].value is False


def _trouble(values: Mapping[str, RunFact], device: Device) -> tuple[float, ...]:
    """How urgent a machine is: a changed key, silence, room, load, ports, upkeep, in this order."""

    def over(name: str, limit: float) -> float:
        value = values[name].value
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if is_number and value > limit else 0.0  # type: ignore[arg-type, operator]

    ends = values["full_in_days"].value
    return (
        values["host_key_ok"].value is False,
        _is_silent(values, device),
        values["power"].value == "suspended",
        max(over("disk_used_pct", FULL_PCT), over("inodes_used_pct", FULL_PCT)),
        max(over("memory_used_pct", _BUSY_PCT), over("cpu_pct", _BUSY_PCT)),
        isinstance(ends, int) and ends <= _SOON_DAYS,
        over("ports_beyond", 0),
        over("backup_hours", _BACKUP_HOURS),
        over("snapshot_days", _SNAPSHOT_DAYS),
        over("failed_units", 0),
    )


# ---- what it says of itself ----


def _told(
    sight: MachineSight, pick: Callable[[VmStatus], T | None]
) -> tuple[T, Observation] | None:
    """What the first source says that knows it, with the run that said it."""
    for source in SOURCES:
        for one in sight.seen:
            if one.probe == source and one.reading.vm is not None:
                value = pick(one.reading.vm)
                if value is not None:
                    return value, one
    return None


def _each(told: tuple[T, Observation] | None, form: Callable[[T], Value]) -> RunFact:
    if told is None:
        return RunFact(reason=_NOT_MEASURED)
    value, one = told
    return RunFact(form(value), source=one.probe, at=one.started)


def _fullest(vm: VmStatus) -> Filesystem | None:
    return min(vm.filesystems, key=lambda disk: disk.avail_ratio, default=None)


def _fewest_inodes(vm: VmStatus) -> float | None:
    counted = [disk.avail_inodes_ratio for disk in vm.filesystems]
    return min((ratio for ratio in counted if ratio is not None), default=None)


def _used_pct(free_ratio: float) -> float:
    return round(100 * (1 - free_ratio), 1)


def _outlook(sight: MachineSight, now: datetime) -> dict[str, RunFact]:
    """Which disk is full the soonest, and in how many days, as its last week went.

    Nothing of a machine that does not say how full it is now.
    """
    ends = [(one.week.full_at, one.name) for one in sight.rooms if isinstance(one.week, Forecast)]
    if not ends or _told(sight, _fullest) is None:
        return {"full_in_days": RunFact(reason=_NOT_MEASURED)}
    full_at, mount = min(ends)
    days = max(0, math.floor((full_at - now) / timedelta(days=1)))
    return {
        "full_in_days": RunFact(days, source="forecast", at=now),
        "full_mount": RunFact(one_line(mount, 24), source="forecast", at=now),
    }


def _share(sight: MachineSight, pick: Callable[[VmStatus | Guest], float | None]) -> RunFact:
    """A busy share in percent: the machine's own word, else its hypervisor's."""
    own = _told(sight, pick)
    if own is not None:
        return _each(own, lambda ratio: round(100 * ratio, 1))
    return _of_guest(sight, lambda guest: _percent(pick(guest)))


def _percent(ratio: float | None) -> float | None:
    return None if ratio is None else round(100 * ratio, 1)


def _ports(sight: MachineSight) -> dict[str, RunFact]:
    """What it listens on beyond what it may; unknown where nobody wrote what it may."""
    allowed = sight.device.machine.allow_ports if sight.device.machine else None
    told = _told(sight, lambda vm: vm.listening)
    if told is None or allowed is None:
        return {"ports_beyond": RunFact(reason=_NOT_MEASURED)}
    beyond = [port for port in waiting(told[0]) if port not in allowed]
    more = f" +{len(beyond) - _PORTS_SHOWN}" if len(beyond) > _PORTS_SHOWN else ""
    found = {"ports_beyond": _each(told, lambda _all: len(beyond))}
    if beyond:
        found["ports"] = _each(told, lambda _all: ", ".join(beyond[:_PORTS_SHOWN]) + more)
    return found


# ---- what its hypervisor and people say ----


def _of_guest(sight: MachineSight, pick: Callable[[Guest], Value | None]) -> RunFact:
    value = pick(sight.guest) if sight.guest else None
    if value is None or sight.hypervisor is None:
        return RunFact(reason=_NOT_MEASURED)
    return RunFact(value, source=sight.hypervisor.probe, at=sight.hypervisor.started)


def _kept(sight: MachineSight, now: datetime) -> dict[str, RunFact]:
    """How it is kept: snapshots, backup, restore test, room in the stores of its host."""
    oldest = sight.guest.oldest_snapshot_at if sight.guest else None
    return {
        "snapshots": _of_guest(sight, lambda guest: guest.snapshots),
        "snapshot_days": _of_guest(sight, lambda _guest: _passed(oldest, now, hours=24)),
        "backup_hours": _backup(sight, now),
        "restore_days": _restore(sight, now),
        "store_free_pct": _of_guest(sight, lambda guest: _store(sight, guest)),
    }


def _passed(since: datetime | None, now: datetime, *, hours: float) -> int | None:
    """Whole units of so many hours that passed; a moment that is to come proves nothing."""
    if since is None or since > now:
        return None
    return math.floor((now - since) / timedelta(hours=hours))


def _backup(sight: MachineSight, now: datetime) -> RunFact:
    """The newest of what the hypervisor has and what was written; a written day counts whole."""
    seen = sight.guest.backed_up_at if sight.guest else None
    day = sight.device.machine.backed_up if sight.device.machine else None
    today = now.astimezone(LOCAL).date()
    if day is not None and day <= today:
        written = min(datetime.combine(day + timedelta(days=1), time(), LOCAL), now)
        if seen is None or written > seen:
            return RunFact(_passed(written, now, hours=1), source="inventory", at=now)
    return _of_guest(sight, lambda _guest: _passed(seen, now, hours=1))


def _restore(sight: MachineSight, now: datetime) -> RunFact:
    day = sight.device.machine.restore_tested if sight.device.machine else None
    today = now.astimezone(LOCAL).date()
    if day is None or day > today:
        return RunFact(reason=_NOT_MEASURED)
    return RunFact((today - day).days, source="inventory", at=now)


def _store(sight: MachineSight, guest: Guest) -> float | None:
    """Free percent of the fullest store that the guest's host uses."""
    estate = sight.hypervisor.reading.estate if sight.hypervisor else None
    free = list(_free_of(estate, guest.host)) if estate else []
    return round(100 * min(free), 1) if free else None


def _free_of(estate: Estate, host: str | None) -> Iterator[float]:
    for store in estate.stores:
        if store.host in (None, host):
            yield store.free_ratio
