"""Measures a ward for a run while no agent does: the same probes, asked at once, side by side."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from inventory.model import Role
from playbooks.known import groups_of
from playbooks.machine_facts import SOURCES, hypervisors_in, machines_in
from playbooks.pins import Pins
from playbooks.share_facts import PROBE as SHARES
from playbooks.share_facts import sharers_in
from playbooks.sight import Round, far_end, of_role, run_facts
from probes.model import Memory
from probes.registry import endpoint_probe, probes_for
from probes.run import observe
from probes.target import targets_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from inventory.credentials import Secret
    from inventory.model import Inventory, Unit, Ward
    from playbooks.conditions import RunFact
    from probes.clock import Clock
    from probes.model import Observation, Probe, Target
    from probes.transports.model import Transports

_SPARE_S = 0.5  # of the budget, so that what has not answered is said before the caller cuts
_APART = ("vc", "vm", "share", "cert")  # the verdict does not need them


class WardProber:
    """Asks one ward over the network; implements `playbooks.seams.Prober`."""

    def __init__(
        self,
        ward: Ward,
        unit: Unit,
        inventory: Inventory,
        transports: Transports,
        clock: Clock,
        secret: Callable[[str], Secret],
        pins: Pins | None = None,
    ) -> None:
        self._ward = ward
        self._unit = unit
        self._inventory = inventory
        self._transports = transports
        self._clock = clock
        self._secret = secret
        self._pins = pins or Pins()
        self._memories: dict[tuple[str, str], Memory] = {}

    async def facts(self, names: Collection[str], budget_s: float) -> Mapping[str, RunFact]:
        """Ask what these facts need and read them from the answers; see `Prober`."""
        deadline = self._clock.monotonic() + max(0.1, budget_s - _SPARE_S)
        wanted = self._wanted(set(groups_of(names)))
        link = await self._transports.echo.host_link()
        jobs = [self._one(target, probe, deadline) for target, probe in wanted]
        found = await asyncio.gather(*jobs)
        seen = {(o.target.name, o.probe): o for o in found}
        vantage = self._inventory.vantage
        now = self._clock.now()
        facts = run_facts(Round(self._ward, self._unit, vantage, now, seen, link, self._pins))
        asked = {name: facts[name] for name in names if name in facts}
        self._pins = self._pins.joined(asked)
        return asked

    async def _one(self, target: Target, probe: Probe, deadline: float) -> Observation:
        own = min(deadline, self._clock.monotonic() + probe.timeout_s)
        memory = self._memories.setdefault((target.name, probe.name), Memory())
        return await observe(
            target, probe, self._transports, self._clock, own, self._secret, memory=memory
        )

    def _wanted(self, groups: Collection[str]) -> tuple[tuple[Target, Probe], ...]:
        """The targets and probes of these groups; the verdict needs those of the line."""
        pairs = set(self._pairs(groups))
        return tuple(
            (target, probe)
            for target in targets_of(self._ward, self._inventory)
            for probe in probes_for(target)
            if (target.name, probe.name) in pairs
        )

    def _services(self) -> Iterator[tuple[str, str]]:
        """Every service with whatever asks its kind."""
        ids = {service.id for service in self._ward.services}
        for target in targets_of(self._ward, self._inventory):
            if target.name in ids:
                yield from ((target.name, probe.name) for probe in probes_for(target))

    def _machines(self) -> Iterator[tuple[str, str]]:
        """The machine of this run, every one until it is chosen, and who hosts machines."""
        every = [one.name for one in machines_in(self._ward)]
        mine = [self._pins.machine] if self._pins.machine in every else every
        hosts = {one.name for one in hypervisors_in(self._ward)}
        for target in targets_of(self._ward, self._inventory):
            if target.name in hosts:
                yield from ((target.name, probe.name) for probe in probes_for(target))
            elif target.name in mine:
                yield from ((target.name, probe) for probe in ("icmp", *SOURCES))

    def _room(self) -> Iterator[tuple[str, str]]:
        """The room's endpoint with the probe that reads it."""
        name = of_role(self._ward, Role.VC)
        for target in targets_of(self._ward, self._inventory):
            if target.name == name and (probe := endpoint_probe(target)) is not None:
                yield name, probe.name

    def _pairs(self, groups: Collection[str]) -> Iterator[tuple[str | None, str]]:
        ward, everything = self._ward, "verdict" in groups
        core = ward.core.name if ward.core else None
        ce = ward.ce.name if ward.ce else None
        end = far_end(ward, self._inventory.vantage)
        wanted: Mapping[str, tuple[tuple[str | None, str], ...]] = {
            "sw": ((core, "icmp"), (core, "snmp-interfaces")),
            "uplink": ((core, "snmp-interfaces"),),
            "cpe": ((ce, "icmp"),),
            "pe": (("pe", "icmp"),),
            "dc": ((end, "icmp"),),
            "ups": ((of_role(ward, Role.UPS), "snmp-ups"),),
            "app": ((end, "icmp"), *self._services()),
            "vc": ((of_role(ward, Role.VC), "icmp"), *self._room()),
            "vm": ((end, "icmp"), *self._machines()),
            "share": tuple((one.name, SHARES) for one in sharers_in(ward)),
            "cert": tuple(self._services()),
        }
        for group, pairs in wanted.items():
            if group in groups or (everything and group not in _APART):
                yield from pairs
