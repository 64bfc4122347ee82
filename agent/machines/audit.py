"""Asks the machines of an inventory once and judges them by the rules of hygiene."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from agent.duty import ICT
from agent.machines.accounts import written_facts
from agent.machines.guests import claims_of
from agent.machines.judging import NO_FACTS, Asked, is_judged, judge_ward, seen_from, tells
from agent.machines.outside import looked_at
from agent.machines.ward_growth import judge_growth
from inventory.credentials import resolve
from probes.registry import probes_for
from probes.run import observe
from probes.target import targets_of
from probes.vm.end_of_life import end_table
from probes.vm.finding import Moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from agent.machines.guests import Claims
    from agent.machines.judging import Audited
    from inventory.model import Inventory
    from probes.clock import Clock
    from probes.model import Observation, Probe, Target
    from probes.transports.model import Transports
    from probes.vm.trend import Trends

_AT_ONCE = 32


def audited_targets(inventory: Inventory, ward: str) -> tuple[Target, ...]:
    """The machines and hypervisors of a ward, in the inventory's order."""
    listed = inventory.wards[ward]
    devices = {device.name: device for device in listed.devices}
    targets = targets_of(listed, inventory)
    return tuple(
        one for one in targets if one.name in devices and is_judged(one, devices[one.name])
    )


async def audit(
    inventory: Inventory,
    wards: Sequence[str],
    transports: Transports,
    clock: Clock,
    trends: Callable[[str], Mapping[str, Trends]] = lambda _ward: {},
) -> tuple[Audited, ...]:
    """Ask every machine and hypervisor of these wards once, all together, and judge them.

    So are the hypervisors of other wards that their machines name. `trends` gives what the history
    of a ward says, by machine.
    """
    gate = asyncio.Semaphore(_AT_ONCE)
    folder = Path(inventory.folder)

    async def asked(target: Target, probe: Probe) -> Observation:
        async with gate:
            end = clock.monotonic() + probe.timeout_s
            return await observe(
                target, probe, transports, clock, end, lambda ref: resolve(ref, folder)
            )

    claims = claims_of(inventory)
    every = (target for code in inventory.wards for target in audited_targets(inventory, code))
    written = written_facts(inventory, every)
    targets = [target for ward in wards for target in audited_targets(inventory, ward)]
    targets += _foreign(inventory, wards, claims)
    async with asyncio.TaskGroup() as group:
        tasks = [
            (target, [group.create_task(asked(target, probe)) for probe in _probes(target)])
            for target in targets
        ]
    rows = await looked_at(
        [
            Asked(
                target,
                tuple(task.result() for task in of),
                written.get((target.ward, target.name), NO_FACTS),
            )
            for target, of in tasks
        ],
        inventory, transports, clock,
    )  # fmt: skip
    day = Moment(clock.now().astimezone(ICT), end_table())
    found: list[Audited] = []
    for code in wards:
        ward, known = inventory.wards[code], trends(code)
        judged = list(judge_ward(ward, seen_from(code, rows, claims), claims, day, trends=known))
        whole = judge_growth(ward, judged, known, day)
        found += [*judged, *([whole] if whole is not None else [])]
    return tuple(found)


def _foreign(inventory: Inventory, wards: Sequence[str], claims: Claims) -> Iterator[Target]:
    """The hypervisors of wards that are not audited that machines of these wards name."""
    named = {claim[0] for ward in wards for claim in claims.by_ward.get(ward, {}).values()}
    for code in inventory.wards if named else ():
        for target in audited_targets(inventory, code) if code not in wards else ():
            if target.name in named:
                yield target


def _probes(target: Target) -> Iterator[Probe]:
    """Those that tell of a machine or of machines."""
    return (probe for probe in probes_for(target) if tells(target, probe.name))
