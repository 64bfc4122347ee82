"""One ward under judgement. The mutable home of what is believed of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from agent.verdict.settle import Settled

if TYPE_CHECKING:
    from datetime import datetime

    from agent.incidents.record import Incident
    from agent.ward_checks import CheckKey
    from agent.watching import WardWatch
    from inventory.model import Unit
    from playbooks.verdict.facts import Facts
    from playbooks.verdict.model import Verdict


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

    def incident_on(self, key: CheckKey) -> str | None:
        """The uid of the open incident that hangs on this check."""
        mine = (one for one in self.incidents.values() if one.is_open)
        return next((one.uid for one in mine if self.watch.root_key(one.root.fact) == key), None)
