"""What an audit sees of machines from where it stands: ports that answer, TLS."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from agent.machines.judging import merged
from probes.vm.reach import ports_of, reach_of
from probes.vm.seals import seal_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.machines.judging import Asked
    from inventory.model import Device, Inventory
    from probes.clock import Clock
    from probes.transports.model import Transports
    from probes.vm.outside import PortSeal, Reach

_AT_ONCE = 8


async def looked_at(
    rows: Sequence[Asked], inventory: Inventory, transports: Transports, clock: Clock
) -> list[Asked]:
    """The same, each with what was seen of it; only own machines, at their ports alone."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def looked(one: Asked) -> Asked:
        device = inventory.wards[one.target.ward].device(one.target.name)
        async with gate:
            base = replace(
                one.base,
                reach=await _reach(one, device, transports, clock),
                seals=await _seals(one, device, transports),
            )
        return replace(one, base=base)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(looked(one)) for one in rows]
    return [task.result() for task in tasks]


async def _reach(
    one: Asked, device: Device | None, transports: Transports, clock: Clock
) -> Reach | None:
    """The ports that answer, where the inventory asks for that; None where it does not."""
    care = device.machine if device is not None else None
    if care is None or not care.look_outside or one.is_hypervisor:
        return None
    inside = merged(one.runs).listening or ()
    ports = ports_of(
        care.allow_ports or (), (each.port for each in inside if each.protocol == "tcp")
    )
    target = one.target
    return await reach_of(target.host, ports, target.vantage, transports.tcp, clock)


async def _seals(one: Asked, device: Device | None, transports: Transports) -> tuple[PortSeal, ...]:
    """TLS of its API and of the ports that are written, where any answers."""
    wire = transports.wire
    if device is None or wire is None or not wire.has_streams:
        return ()
    written = device.machine.tls_ports if device.machine is not None else ()
    ports = dict.fromkeys((*((device.https.port,) if device.https else ()), *written))
    found = [await seal_at(one.target.host, port, wire) for port in ports]
    return tuple(seal for seal in found if seal is not None)
