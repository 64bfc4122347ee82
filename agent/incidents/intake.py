"""What an incident gets when it begins: what it touches, its clocks, and its evidence."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.incidents.deadlines import acknowledgement, legal
from agent.incidents.evidence import FOLDER, JOURNAL_LINES, exhibits_of, put_aside
from agent.incidents.law import read_law, read_targets
from agent.incidents.record import changed
from agent.incidents.severity import WHOLE_WARD
from inventory.errors import StoreError
from inventory.language import LANGUAGES, say
from inventory.values import Words
from playbooks.escalation import FILE, chain

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from agent.incidents.law import Law, Targets
    from agent.incidents.record import Incident
    from agent.journal.store import Store
    from agent.watching import WardWatch
    from inventory.model import Ward
    from playbooks.escalation import Escalation
    from playbooks.verdict.model import Verdict

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Intake:
    """The rules and the folder that every incident of this agent begins with."""

    law: Law
    targets: Targets
    escalation: Escalation
    evidence: Path

    def dressed(self, incident: Incident, ward: Ward) -> Incident:
        """The incident with what it touches and its clocks. Pure."""
        ack = chain(self.escalation, ward.ward)[0].ack_min
        clocks = (
            *acknowledgement(incident, ack, self._source()),
            *legal(self.law.items, incident),
        )
        services = touched(incident, ward)
        impact = True if services else _impact(incident)
        return changed(incident, services=services, public_service_impact=impact, deadlines=clocks)

    def dressed_common(self, incident: Incident) -> Incident:
        """A group incident with its clocks: the one to take it on is that of who stands above."""
        levels = chain(self.escalation, incident.sites[0])[1:2]
        ack = levels[0].ack_min if levels else None
        clocks = (
            *acknowledgement(incident, ack, self._source()),
            *legal(self.law.items, incident),
        )
        return changed(incident, deadlines=clocks)

    def _source(self) -> Words:
        """Where the time to take an incident on comes from: the city's file, or the sample."""
        if not self.escalation.sample:
            return Words(vi=FILE, en=FILE)
        return Words(**{one: say("incident.source.sample", one) for one in LANGUAGES})

    def frozen(
        self, incident: Incident, watch: WardWatch, verdict: Verdict, at: datetime, mono: float,
        store: Store,
    ) -> Incident:  # fmt: skip
        """The incident with the evidence of this moment put aside and entered into the audit.

        A disk that refuses costs the evidence, not the incident: the list then stays as it was.
        """
        try:
            since = max(0, store.last_seq() - JOURNAL_LINES)
            lines = store.events(since, ward=watch.ward.ward, limit=JOURNAL_LINES)
            found = exhibits_of(watch, verdict, at, mono, lines)
            pieces = put_aside(self.evidence, found, at)
            store.append_audit(
                at, actor="machine", role="machine", source="machine", action="evidence",
                target=incident.id, data={one.name: one.sha256 for one in pieces},
            )  # fmt: skip
        except StoreError as error:
            _log.warning("evidence lost incident=%s problem=%s", incident.id, error)
            return incident
        return changed(incident, evidence=(*incident.evidence, *pieces))


def intake_of(escalation: Escalation, state: Path) -> Intake:
    """With the shipped rules. Raises InventoryError when their files have a mistake."""
    return Intake(read_law(), read_targets(), escalation, state / FOLDER)


def touched(incident: Incident, ward: Ward) -> tuple[str, ...]:
    """The services that cannot be used because of it: all of them behind a whole cut."""
    fact = incident.root.fact
    if fact.startswith("svc["):
        return (fact.removeprefix("svc[").removesuffix("]"),)
    cut = incident.root.segment in WHOLE_WARD and incident.severity_rule == "S1"
    return tuple(service.id for service in ward.services) if cut else ()


def _impact(incident: Incident) -> bool | None:
    """Whether the public is touched where no service is named: not by one device, else unknown."""
    return False if incident.root.part == "device" and incident.severity == "S4" else None
