"""Where incidents are entered: numbered, dressed, written, told to everybody."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from agent.incidents.record import event_of

if TYPE_CHECKING:
    from datetime import datetime

    from agent.events import EventBus
    from agent.incidents.intake import Intake
    from agent.incidents.record import Event, Incident
    from agent.journal.store import Store
    from agent.journal.writer import Journal
    from agent.ward_case import WardCase
    from probes.clock import Clock

_log = logging.getLogger(__name__)


class Home(Protocol):
    """Where incidents live while the program runs, by uid: a ward, or what belongs to several."""

    incidents: dict[str, Incident]


class IncidentBook:
    """Writes incidents now or raises StoreError; `intake` is what every new one gets."""

    def __init__(
        self, store: Store, bus: EventBus, journal: Journal, clock: Clock, intake: Intake | None
    ) -> None:
        self._store = store
        self._bus = bus
        self._journal = journal
        self._clock = clock
        self._intake = intake

    def open(self, case: WardCase, incident: Incident, event: Event) -> Incident:
        """Give a new incident number and clocks, write it, tell everybody, put its evidence aside.

        Raises StoreError.
        """
        intake, store = self._intake, self._store
        dressed = intake.dressed(incident, case.watch.ward) if intake else incident
        numbered = store.open_incident(dressed, event)
        self._keep(case, numbered, event)
        shown = case.settled.shown
        if intake is None or shown is None:
            return numbered
        if self._journal.disk_is_low():
            return self._without_evidence(case, numbered, event.at)
        mono = self._clock.monotonic()
        proven = intake.frozen(numbered, case.watch, shown, event.at, mono, store)
        if proven.evidence:
            pieces = {one.name: one.sha256 for one in proven.evidence}
            said = event_of("incident.evidence", proven, event.at, pieces=pieces)
            self.save(case, proven, said)
        return proven

    def open_common(self, home: Home, incident: Incident, event: Event) -> Incident:
        """Write a new group incident with its clocks and tell everybody; evidence has each ward.

        Raises StoreError.
        """
        dressed = self._intake.dressed_common(incident) if self._intake else incident
        opened = self._store.open_incident(dressed, event)
        self._keep(home, opened, event)
        return opened

    def save(self, case: Home, incident: Incident, event: Event) -> None:
        """Write what became of an incident and tell everybody. Raises StoreError."""
        self._store.update_incident(incident, event)
        self._keep(case, incident, event)

    def _without_evidence(self, case: WardCase, incident: Incident, at: datetime) -> Incident:
        """What room is left belongs to the journal; the incident says why nothing is there."""
        said = event_of("incident.evidence", incident, at, pieces={}, reason="disk_low")
        self.save(case, incident, said)
        return incident

    def _keep(self, case: Home, incident: Incident, event: Event) -> None:
        case.incidents[incident.uid] = incident
        _log.info("%s id=%s ward=%s", event.kind, incident.id, incident.ward)
        patch = {"id": incident.id, "what": event.kind, "state": incident.state}
        ward = incident.ward or None
        self._bus.publish("incident", f"incidents/{incident.id}", patch, ward=ward)


class WillingKeeper:
    """Keeps what the machine decides; what the journal refuses is decided, and so said, again."""

    def __init__(self, book: IncidentBook, journal: Journal) -> None:
        self._book = book
        self._journal = journal

    def open(self, case: WardCase, incident: Incident, event: Event) -> None:
        """Give a new incident its number and keep it."""
        self._journal.write(lambda: self._book.open(case, incident, event))

    def open_common(self, home: Home, incident: Incident, event: Event) -> None:
        """Keep a new group incident."""
        self._journal.write(lambda: self._book.open_common(home, incident, event))

    def keep(self, case: Home, incident: Incident, event: Event) -> None:
        """Keep what became of an incident."""
        self._journal.write(lambda: self._book.save(case, incident, event))
