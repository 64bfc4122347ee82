"""Judges the machines and hypervisors of a ward by what was seen of them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from agent.machines.guests import lodged_in
from probes.errors import HOST_KEY_CHANGED
from probes.model import Reason
from probes.registry import device_type
from probes.vm.finding import Facts, HostKey
from probes.vm.hygiene.judge import judge_machine, judge_storage, judge_stores, judge_stray
from probes.vm.status import VmStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from agent.machines.guests import Claim, Claims, Lodged
    from inventory.machine import Acceptance
    from inventory.model import Device, Ward
    from probes.model import Observation, Target
    from probes.vm.finding import Finding, Moment, SshWay
    from probes.vm.trend import Trends

# Where two tell the same, the first that knows it counts.
SOURCES = ("vm-ssh", "node-exporter", "snmp-host")
NO_FACTS = Facts()
_NO_TRENDS: Mapping[str, Trends] = MappingProxyType({})
_ROLES = frozenset({"vm", "server"})
_SHARES = "shares"
_SSH = "vm-ssh"
_KEY_SEEN = frozenset({Reason.AUTH, Reason.FORBIDDEN})  # the key is looked at before these
_OF_STORAGE = frozenset({"snmp-health", _SHARES})
_PARTS = frozenset({"disk", "raid"})  # sensors of storage that are good or bad


@dataclass(frozen=True, slots=True)
class Asked:
    """A machine or hypervisor, and what is to be judged by: good runs, and those that failed.

    `base` is what is known of it beside them: its accounts, and what was seen from elsewhere.
    """

    target: Target
    runs: tuple[Observation, ...] = ()
    base: Facts = NO_FACTS

    @property
    def is_hypervisor(self) -> bool:
        """Whether it is a host of machines."""
        return device_type(self.target.kind).device_class == "hypervisor"

    @property
    def is_storage(self) -> bool:
        """Whether it stores files for others."""
        return device_type(self.target.kind).device_class == "storage"

    @property
    def is_machine(self) -> bool:
        """Whether it is neither."""
        return not (self.is_hypervisor or self.is_storage)

    @property
    def told(self) -> Observation | None:
        """The newest run in which a hypervisor told of its machines."""
        runs = (one for one in self.runs if one.reading.estate is not None)
        return max(runs, key=lambda one: one.mono, default=None)

    @property
    def failed(self) -> tuple[Observation, ...]:
        """The questions without a good answer."""
        return tuple(one for one in self.runs if not one.ok)


@dataclass(frozen=True, slots=True)
class Audited:
    """One machine, hypervisor, storage, guest that is no device (`stray`), or a ward.

    What was found comes worst first, by these `facts`. `failed` are the questions without a good
    answer; `is_measured` says that there was any. `lodged` is the machine at its hypervisor.
    """

    ward: str
    name: str
    findings: tuple[Finding, ...]
    failed: tuple[Observation, ...] = ()
    is_measured: bool = True
    kind: Literal["machine", "hypervisor", "stray", "storage", "ward"] = "machine"
    facts: Facts = NO_FACTS
    lodged: Lodged | None = None


def tells(target: Target, probe: str) -> bool:
    """Whether that probe tells of a machine, of a hypervisor's, or of storage."""
    match device_type(target.kind).device_class:
        case "hypervisor":
            return probe not in {"icmp", "watch"}
        case "storage":
            return probe in _OF_STORAGE
    return probe in SOURCES or probe == _SHARES


def is_judged(target: Target, device: Device) -> bool:
    """Whether a device is a hypervisor, or a machine or storage that somebody can tell of."""
    kind = device_type(target.kind)
    if kind.device_class == "hypervisor":
        return True
    if kind.device_class == "storage":
        return target.snmp is not None or target.shares is not None
    is_kept = target.role in _ROLES or device.machine is not None
    is_claimer = device.machine is not None and device.machine.guest is not None
    is_told = target.shares is not None or not set(SOURCES).isdisjoint(kind.probes)
    return is_claimer or (is_kept and is_told)


def seen_from(ward: str, rows: Iterable[Asked], claims: Claims) -> list[Asked]:
    """The ward's own machines and hypervisors, and the others' that its machines name."""
    named = {hypervisor for hypervisor, _number in claims.by_ward.get(ward, {}).values()}
    return [
        one
        for one in rows
        if one.target.ward == ward or (one.is_hypervisor and one.target.name in named)
    ]


def judge_ward(
    ward: Ward,
    asked: Sequence[Asked],
    claims: Claims,
    day: Moment,
    is_live: Callable[[Observation], bool] = lambda _seen: True,
    trends: Mapping[str, Trends] = _NO_TRENDS,
) -> Iterator[Audited]:
    """Machines with their guests, hypervisors' stores, storage, then guests that are no device.

    `asked` are the ward's own, and the hypervisors of other wards that its machines name. What is
    not live counts for nothing, but to tell apart whose a guest is. `trends` are by device.
    """
    hypervisors = [one for one in asked if one.is_hypervisor]
    machines = [one for one in asked if one.is_machine]
    told = [seen for one in hypervisors if (seen := one.told) is not None]
    mine, strays = lodged_in(ward.ward, [one.target.name for one in machines], told, claims)
    hosts = {one.target.name: one for one in hypervisors}
    claimed = claims.by_ward.get(ward.ward, {})
    for one in machines:
        name = one.target.name
        lodged, live = mine.get(name), _live(one, is_live)
        is_lodged = lodged is not None and is_live(lodged.seen)
        device = ward.device(name)
        facts = replace(
            one.base,
            vm=merged(live.runs),
            guest=lodged.guest if lodged is not None and is_lodged else None,
            care=device.machine if device is not None else None,
            trends=trends.get(name),
            host_key=_host_key(one, live),
            ssh=_ssh_way(live),
            amiss=_amiss(claimed.get(name), hosts, is_live) if lodged is None else None,
            **_sharing(live),
        )
        host = hosts.get(claimed[name][0]) if name in claimed else None
        is_elsewhere = host is not None and host.target.ward != ward.ward
        yield Audited(
            ward.ward, name, judge_machine(facts, _accepted(device), day.now, day.ends),
            failed=(*one.failed, *(host.failed if host is not None and is_elsewhere else ())),
            is_measured=is_lodged or any(_is_measure(seen) for seen in live.runs),
            facts=facts, lodged=lodged,
        )  # fmt: skip
    for one in hypervisors:
        if one.target.ward == ward.ward:
            yield _hypervisor(ward, _live(one, is_live), one.failed, day)
    for one in asked:
        if one.is_storage:
            yield _storage(ward, _live(one, is_live), one.failed, day)
    for stray in strays:
        if is_live(stray.seen):
            yield _stray(ward, stray, day)


def _amiss(
    claim: Claim | None, hosts: Mapping[str, Asked], is_live: Callable[[Observation], bool]
) -> Claim | None:
    """A claim whose hypervisor tells of its guests, which that one is not among."""
    host = hosts.get(claim[0]) if claim is not None else None
    told = host.told if host is not None else None
    return claim if told is not None and told.tells and is_live(told) else None


def _live(one: Asked, is_live: Callable[[Observation], bool]) -> Asked:
    return replace(one, runs=tuple(seen for seen in one.runs if is_live(seen)))


def _accepted(device: Device | None) -> tuple[Acceptance, ...]:
    return device.accepted if device is not None else ()


def _hypervisor(ward: Ward, one: Asked, failed: tuple[Observation, ...], day: Moment) -> Audited:
    estates = [seen.reading.estate for seen in one.runs if seen.reading.estate is not None]
    facts = replace(
        one.base,
        stores=tuple(store for estate in estates for store in estate.stores) if estates else None,
        hosts=tuple(host for estate in estates for host in estate.hosts) if estates else None,
        guests=tuple(guest for estate in estates for guest in estate.guests),
    )
    accepted = _accepted(ward.device(one.target.name))
    found = judge_stores(facts, accepted, day.now, day.ends)
    return Audited(
        ward.ward, one.target.name, found, failed, bool(estates), kind="hypervisor", facts=facts
    )


def _storage(ward: Ward, one: Asked, failed: tuple[Observation, ...], day: Moment) -> Audited:
    readings = [seen.reading for seen in one.runs]
    stores = [store for reading in readings for store in reading.stores or ()]
    parts = [
        (sensor.name, sensor.state == "ok")
        for reading in readings
        for sensor in reading.sensors
        if sensor.device_class in _PARTS and sensor.state is not None
    ]
    facts = replace(one.base, stores=tuple(stores), parts=tuple(parts), **_sharing(one))
    accepted = _accepted(ward.device(one.target.name))
    found = judge_storage(facts, accepted, day.now, day.ends)
    is_measured = any(seen.ok for seen in one.runs)
    return Audited(
        ward.ward, one.target.name, found, failed, is_measured, kind="storage", facts=facts
    )


def _host_key(one: Asked, live: Asked) -> HostKey | None:
    """What the newest run over SSH says of the server's key; who logs in has seen the right one.

    A run that met another key measured nothing, and so is never live: it counts all the same.
    """
    if one.target.ssh is None:
        return None
    runs = (seen for seen in one.runs if seen.probe == _SSH)
    newest = max(runs, key=lambda seen: seen.mono, default=None)
    if newest is not None and newest.detail == HOST_KEY_CHANGED:
        return HostKey(is_written_one=False, shown=str(newest.detail_values.get("seen", "")))
    if newest is None or newest not in live.runs:
        return HostKey()
    return HostKey(True if newest.ok or newest.reason in _KEY_SEEN else None)


def _ssh_way(one: Asked) -> SshWay | None:
    """How far it was read over SSH."""
    access = one.target.ssh
    if access is None:
        return None
    if not any(seen.probe == _SSH and seen.reading.vm is not None for seen in one.runs):
        return "silent"
    return "sudo" if access.sudo else "plain"


def _sharing(one: Asked) -> dict[str, Any]:
    """What it opens to everybody, as facts have it: the newest word of it."""
    told = [seen for seen in one.runs if seen.reading.shares is not None]
    newest = max(told, key=lambda seen: seen.mono, default=None)
    shares = newest.reading.shares if newest is not None else None
    return {"asks_shares": one.target.shares is not None, "shares": shares}


def _is_measure(seen: Observation) -> bool:
    return seen.reading.vm is not None or seen.reading.shares is not None


def _stray(ward: Ward, lodged: Lodged, day: Moment) -> Audited:
    facts = Facts(guest=lodged.guest, is_listed=False)
    found = judge_stray(facts, day.now, day.ends)
    name = lodged.guest.name or lodged.guest.id
    return Audited(ward.ward, name, found, kind="stray", facts=facts, lodged=lodged)


def merged(seen: Iterable[Observation]) -> VmStatus:
    """What all of them say of one machine, field by field."""
    told = told_by(seen)
    known: dict[str, Any] = {}
    for source in reversed(SOURCES):
        vm = told.get(source)
        if vm is not None:
            values = {field.name: getattr(vm, field.name) for field in fields(vm)}
            known |= {name: value for name, value in values.items() if value not in (None, ())}
    return replace(VmStatus(), **known)


def told_by(seen: Iterable[Observation]) -> Mapping[str, VmStatus]:
    """What each source says of one machine."""
    return {one.probe: one.reading.vm for one in seen if one.reading.vm is not None}
