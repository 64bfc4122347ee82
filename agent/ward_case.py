"""One ward under judgement. The mutable home of what is believed of it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from agent.settings import read_calendar
from agent.verdict.settle import Settled
from agent.verdict.topology import tree
from agent.watching import WardWatch
from inventory.units import units

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from agent.config import AgentConfig
    from agent.incidents.record import Incident
    from agent.ward_checks import CheckKey
    from inventory.model import Inventory, Unit
    from playbooks.verdict.facts import Facts
    from playbooks.verdict.model import Verdict
    from probes.model import Target


_CALM = frozenset({"none", "unknown"})


@dataclass(slots=True)
class WardCase:
    """One ward under judgement: what is known of it, what is believed, and its incidents."""

    watch: WardWatch
    unit: Unit
    settled: Settled = field(default_factory=Settled)
    judged: tuple[Facts, Verdict] | None = None
    since: datetime | None = None
    incidents: dict[str, Incident] = field(default_factory=dict)
    beside: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict | None:
        """The verdict that people see, with the independent faults of devices beside it."""
        shown = self.settled.shown
        if shown is None or not self.beside:
            return shown
        return replace(shown, also=(*shown.also, *self.beside))

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is wrong here, about to change, or open.

        A ward of which too little is known is quiet as well while nothing in it is bad: what is
        measured anew is news, and that is judged at once.
        """
        settled = self.settled
        shown = settled.shown
        if shown is None or shown.segment not in _CALM or settled.rival is not None:
            return False
        is_bad = any(check.is_bad for check in self.watch.checks.values())
        return not is_bad and not any(one.is_open for one in self.incidents.values())

    def incident_on(self, key: CheckKey) -> str | None:
        """The uid of the open incident that hangs on this check."""
        mine = (one for one in self.incidents.values() if one.is_open)
        return next((one.uid for one in mine if self.watch.root_key(one.root.fact) == key), None)


def ward_cases(
    inventory: Inventory, targets: Mapping[str, tuple[Target, ...]], config: AgentConfig
) -> dict[str, WardCase]:
    """One case per ward, nothing known yet."""
    folder = Path(inventory.folder)
    cases = {}
    for code, ward in inventory.wards.items():
        # Seeded by the ward: re-checks after a recovery spread alike in every run of a story.
        chance = random.Random(crc32(code.encode())).random  # noqa: S311 - spreads load, no secret
        topology = tree(ward, inventory.vantage)
        watch = WardWatch(
            ward, targets[code], topology, inventory.vantage, config.timing,
            read_calendar(folder, code), chance,
        )  # fmt: skip
        cases[code] = WardCase(watch, units()[code])
    return cases
