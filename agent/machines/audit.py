"""Asks the machines of an inventory once and judges them by the rules of hygiene."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.duty import ICT
from inventory.credentials import resolve
from probes.registry import device_type, probes_for
from probes.run import observe
from probes.target import targets_of
from probes.vm.end_of_life import end_table
from probes.vm.finding import Facts
from probes.vm.hygiene.judge import judge_machine, judge_stores
from probes.vm.status import VmStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from inventory.model import Device, Inventory
    from probes.clock import Clock
    from probes.model import Observation, Probe, Target
    from probes.transports.model import Transports
    from probes.vm.estate import Guest
    from probes.vm.finding import Finding

# Where two tell the same, the first that knows it counts.
_SOURCES = ("vm-ssh", "node-exporter", "snmp-host")
_ROLES = frozenset({"vm", "server"})
_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Audited:
    """One machine, or a hypervisor with its stores: what was found, worst first.

    `failed` are the questions without a good answer; `is_measured` says that there was any.
    """

    ward: str
    name: str
    findings: tuple[Finding, ...]
    failed: tuple[Observation, ...] = ()
    is_measured: bool = True


def audited_targets(inventory: Inventory, ward: str) -> tuple[Target, ...]:
    """The machines and hypervisors of a ward, in the inventory's order."""
    listed = inventory.wards[ward]
    devices = {device.name: device for device in listed.devices}
    targets = targets_of(listed, inventory)
    return tuple(one for one in targets if one.name in devices and _is_meant(one, devices))


def _is_meant(target: Target, devices: Mapping[str, Device]) -> bool:
    kind = device_type(target.kind)
    if kind.device_class == "hypervisor":
        return True
    is_kept = target.role in _ROLES or devices[target.name].machine is not None
    return is_kept and not set(_SOURCES).isdisjoint(kind.probes)


async def audit(
    inventory: Inventory, wards: Sequence[str], transports: Transports, clock: Clock
) -> tuple[Audited, ...]:
    """Ask every machine and hypervisor of these wards once, all together, and judge them."""
    gate = asyncio.Semaphore(_AT_ONCE)
    folder = Path(inventory.folder)

    async def asked(target: Target, probe: Probe) -> Observation:
        async with gate:
            end = clock.monotonic() + probe.timeout_s
            return await observe(
                target, probe, transports, clock, end, lambda ref: resolve(ref, folder)
            )

    async with asyncio.TaskGroup() as group:
        tasks = {
            ward: [
                (target, [group.create_task(asked(target, probe)) for probe in _probes(target)])
                for target in audited_targets(inventory, ward)
            ]
            for ward in wards
        }
    return tuple(
        one
        for ward, rows in tasks.items()
        for one in _ward(inventory, ward, [(to, [t.result() for t in of]) for to, of in rows],
                         clock)
    )  # fmt: skip


def _probes(target: Target) -> Iterator[Probe]:
    """Those that tell of a machine or of machines."""
    is_hypervisor = device_type(target.kind).device_class == "hypervisor"
    for probe in probes_for(target):
        if probe.name in _SOURCES or (is_hypervisor and probe.name not in {"icmp", "watch"}):
            yield probe


def _ward(
    inventory: Inventory,
    ward: str,
    rows: Sequence[tuple[Target, list[Observation]]],
    clock: Clock,
) -> Iterator[Audited]:
    """Machines with their guests, stores, then the guests that no device is named after."""
    now, ends = clock.now().astimezone(ICT), end_table()
    hypervisors = [row for row in rows if device_type(row[0].kind).device_class == "hypervisor"]
    guests = [guest for _, seen in hypervisors for guest in _guests(seen)]
    machines = [row for row in rows if row not in hypervisors]
    mine = matched([target.name for target, _ in machines], guests)
    for target, seen in machines:
        device = inventory.wards[ward].device(target.name)
        facts = Facts(
            vm=merged(seen), guest=mine.get(target.name), care=device.machine if device else None
        )
        found = judge_machine(facts, device.accepted if device else (), now, ends)
        is_measured = target.name in mine or any(one.reading.vm is not None for one in seen)
        yield Audited(ward, target.name, found, _failed(seen), is_measured)
    for target, seen in hypervisors:
        device = inventory.wards[ward].device(target.name)
        estates = [one.reading.estate for one in seen if one.reading.estate is not None]
        stores = tuple(store for estate in estates for store in estate.stores) if estates else None
        found = judge_stores(Facts(stores=stores), device.accepted if device else (), now, ends)
        yield Audited(ward, target.name, found, _failed(seen), bool(estates))
    for guest in guests:
        if all(guest is not one for one in mine.values()):
            found = judge_machine(Facts(guest=guest, is_listed=False), (), now, ends)
            yield Audited(ward, guest.name or guest.id, found)


def _guests(seen: Iterable[Observation]) -> Iterator[Guest]:
    for one in seen:
        if one.reading.estate is not None:
            yield from one.reading.estate.guests


def matched(names: Sequence[str], guests: Sequence[Guest]) -> Mapping[str, Guest]:
    """The guest of each device: that of its name, else of its id; two of one name are neither's."""
    by_name = Counter(guest.name for guest in guests)
    by_id = Counter(guest.id for guest in guests)
    found = {guest.id: guest for guest in guests if by_id[guest.id] == 1}
    found |= {guest.name: guest for guest in guests if guest.name and by_name[guest.name] == 1}
    return {name: found[name] for name in names if name in found}


def _failed(seen: Iterable[Observation]) -> tuple[Observation, ...]:
    return tuple(one for one in seen if not one.ok)


def merged(seen: Iterable[Observation]) -> VmStatus:
    """What all of them say of one machine, field by field."""
    told = {one.probe: one.reading.vm for one in seen if one.reading.vm is not None}
    known: dict[str, Any] = {}
    for source in reversed(_SOURCES):
        vm = told.get(source)
        if vm is not None:
            values = {field.name: getattr(vm, field.name) for field in fields(vm)}
            known |= {name: value for name, value in values.items() if value not in (None, ())}
    return replace(VmStatus(), **known)
