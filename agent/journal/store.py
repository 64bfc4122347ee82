"""The journal: events, check states, incidents, notices and the audit chain in one SQLite file.

One writer. What belongs together is written in one transaction; incidents, notices and audit rows
reach the disk before the call returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from agent.ids import incident_id, incident_year
from agent.incidents.record import Event
from agent.journal import rows
from agent.journal.audit import Deed, canonical
from agent.journal.audit_shelf import AuditShelf
from agent.journal.database import number_key, open_database
from agent.journal.migrations import MIGRATIONS
from agent.notices.desk import FLAPPING, SETTLED, subject_of
from agent.notices.shelf import NoticeShelf
from inventory.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from agent.checks import CheckState, Transition
    from agent.incidents.record import Incident
    from agent.journal.audit import AuditRow
    from agent.journal.database import Database, Opening
    from agent.journal.migrations import Migration
    from agent.journal.rows import CheckKey, Kept, Recorded, RecordTable
    from agent.notices.model import Notice


def open_store(
    folder: Path, opening: Opening, migrations: Sequence[Migration] = MIGRATIONS
) -> Store:
    """Open the journal of a state folder. Raises SchemaTooNew, OtherRealm, StoreError."""
    return Store(open_database(folder, opening, migrations), opening)


# Not the highest number in the table: old lines are deleted, and no number is given twice.
_LAST_SEQ = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'event'"


EVENTS_OF_A_RUN = 10**11


class Planner(Protocol):
    """Says which notices are written with what is recorded; see `agent.notices.desk`."""

    def of_incident(
        self,
        before: Incident | None,
        after: Incident,
        event: Event,
        transition: int,
        rows: Sequence[Notice],
    ) -> Sequence[Notice]:
        """The rows for a transition of an incident; `rows` are those about it so far."""

    def of_event(self, event: Event, transition: int, rows: Sequence[Notice]) -> Sequence[Notice]:
        """The rows for a check that flaps or has settled."""


class Store:
    """The open journal. All methods raise StoreError when the file cannot be used."""

    def __init__(self, database: Database, opening: Opening) -> None:
        self.database = database
        self.audit = AuditShelf(database)
        self.notices = NoticeShelf(database)
        self._planner: Planner | None = None
        self._mono = opening.mono
        self._boot = opening.boot
        self.path = database.path
        self.put_aside = database.aside
        self.agent_id = database.meta("agent_id") or opening.agent_id
        self.realm = opening.realm

    def close(self) -> None:
        """Close the file; nothing is lost by not calling it."""
        self.database.close()

    def begin_run(self) -> int:
        """Where this run of the program starts to number live events: above all earlier runs.

        Most live events never reach the journal, so their numbers cannot go on from it: a screen
        that asks for what came after a number of an earlier run must not get another run's events.
        """
        with self.database.transaction():
            run = int(self.database.meta("runs") or 0) + 1
            self.database.set_meta("runs", str(run))
        return run * EVENTS_OF_A_RUN

    def plan_notices_with(self, planner: Planner) -> None:
        """From now on what is recorded is written together with the notices that it causes."""
        self._planner = planner

    def record_events(self, events: Iterable[Event]) -> int:
        """Write some journal lines in one transaction; returns the number of the last line."""
        with self.database.transaction():
            for event in events:
                self._plan_event(event, self._insert_event(event))
        return self.last_seq()

    def record_transition(self, key: CheckKey, state: CheckState, transition: Transition) -> None:
        """Write what changed in a check together with the state it led to."""
        ward, device, name = key
        data = {
            "check": name,
            "change": transition.change,
            "before": transition.before,
            "after": transition.after,
            "hard": transition.hard,
        }
        with self.database.transaction():
            self._insert_event(Event("check", transition.at, ward, name, device, data))
            self._save_check(key, state, None)

    def save_check_states(
        self, states: Mapping[CheckKey, CheckState], held_by: Mapping[CheckKey, str] | None = None
    ) -> None:
        """Write the states of some checks, with the ancestor that holds each, if any."""
        with self.database.transaction():
            for key, state in states.items():
                self._save_check(key, state, (held_by or {}).get(key))

    def check_states(self, now: datetime, mono: float) -> dict[CheckKey, CheckState]:
        """The states as last written, their times moved onto this run's monotonic seconds.

        Nothing of it counts as measured: a value is current only once it was read again.
        """
        found = self.database.rows("SELECT * FROM check_state")
        return {
            (row["ward"], row["device"], row["name"]): rows.to_check(row, now, mono)
            for row in found
        }

    def open_incident(self, incident: Incident, event: Event) -> Incident:
        """Give a new incident its number and write it with its opening, in one transaction.

        A group incident brings its own number. Returns it with its id. One that is there already
        (same uid) is returned as stored and nothing is written.
        """
        with self.database.transaction(durable=True):
            known = self._incident_where("uid = ?", incident.uid)
            if known is not None:
                return known
            number = incident.id or self._next_number(incident_year(incident.t0_detected))
            numbered = incident.model_copy(update={"id": number})
            self._write_incident(numbered)
            seq = self._insert_event(rows.named(event, numbered.id))
            self._plan_incident(None, numbered, event, seq)
        return numbered

    def update_incident(self, incident: Incident, event: Event) -> None:
        """Write what became of an incident, with the journal line that says it."""
        with self.database.transaction(durable=True):
            before = self._incident_where("uid = ?", incident.uid)
            if before is None:
                raise StoreError("store.no_incident", id=incident.id or incident.uid)
            self._write_incident(incident)
            seq = self._insert_event(rows.named(event, incident.id))
            self._plan_incident(before, incident, event, seq)

    def incident(self, name: str) -> Incident | None:
        """One incident by its number or uid."""
        return self._incident_where("id = ?1 OR uid = ?1", name)

    def incidents(
        self, ward: str | None = None, *, open_only: bool = False
    ) -> tuple[Incident, ...]:
        """Incidents, oldest first; of one ward, or only those that still hurt."""
        return incidents_in(self.database, ward, open_only=open_only)

    def resolved_before(self, at: datetime) -> tuple[Incident, ...]:
        """Incidents that are over since before a moment and that nobody has closed."""
        found = self.database.rows(
            "SELECT record FROM incident WHERE state = 'resolved' AND t_resolved_ms <= ?",
            (rows.ms(at),),
        )
        return tuple(rows.to_incident(row) for row in found)

    def last_seq(self) -> int:
        """The number of the newest journal line, 0 when there is none."""
        return int(self.database.rows(_LAST_SEQ)[0][0])

    def events(
        self, since: int = 0, *, ward: str | None = None, key: str | None = None, limit: int = 1000
    ) -> tuple[Recorded, ...]:
        """Journal lines after number `since`, in order; of one ward, or about one key."""
        found = self.database.rows(
            "SELECT * FROM event WHERE seq > ?1 AND (?2 IS NULL OR ward = ?2)"
            " AND (?3 IS NULL OR key = ?3) ORDER BY seq LIMIT ?4",
            (since, ward, key, limit),
        )
        return tuple(rows.to_recorded(row) for row in found)

    def keep(self, table: RecordTable, records: Iterable[Kept], event: Event | None = None) -> None:
        """Write records (new ones and in place of old ones), with the journal line that says it."""
        with self.database.transaction(durable=event is not None):
            for record in records:
                self.database.insert(table, rows.from_kept(record), replace=True)
            if event is not None:
                self._insert_event(event)

    def drop(self, table: RecordTable, key: str, event: Event | None = None) -> None:
        """Remove one record, with the journal line that says it; nothing when it is not there."""
        with self.database.transaction(durable=event is not None):
            self.database.execute(
                f"DELETE FROM {table} WHERE key = ?",  # noqa: S608 - one of our own names
                (key,),
            )
            if event is not None:
                self._insert_event(event)

    def kept(self, table: RecordTable) -> tuple[Kept, ...]:
        """All records of a table by key."""
        found = self.database.rows(
            f"SELECT * FROM {table} ORDER BY key"  # noqa: S608 - one of our own names
        )
        return tuple(rows.to_kept(row) for row in found)

    def kept_under(self, table: RecordTable, prefix: str) -> tuple[Kept, ...]:
        """The records of a table whose key begins like that, by key."""
        found = self.database.rows(
            f"SELECT * FROM {table} WHERE key >= ?1 AND key < ?2 ORDER BY key",  # noqa: S608 - own
            (prefix, f"{prefix}\U0010ffff"),
        )
        return tuple(rows.to_kept(row) for row in found)

    def minutes_kept(self) -> tuple[tuple[str, str, int, int], ...]:
        """By ward and room: how many minutes of meetings are kept, and how many were good."""
        found = self.database.rows(
            "SELECT ward, device, count(*) AS minutes, coalesce(sum("
            "json_extract(record, '$.grade') = 'good'), 0) AS good FROM meeting_minute"
            " GROUP BY ward, device"
        )
        return tuple(
            (one["ward"], one["device"] or "", one["minutes"], one["good"]) for one in found
        )

    def drop_under(self, table: RecordTable, prefix: str) -> None:
        """Remove the records of a table whose key begins like that."""
        self.database.execute(
            f"DELETE FROM {table} WHERE key >= ?1 AND key < ?2",  # noqa: S608 - one of our own
            (prefix, f"{prefix}\U0010ffff"),
        )

    def append_audit(
        self,
        at: datetime,
        *,
        actor: str,
        role: str,
        source: str,
        action: str,
        target: str,
        reason: str | None = None,
        result: str = "ok",
        data: Mapping[str, Any] | None = None,
    ) -> AuditRow:
        """Write one deed at the end of the audit chain; it is on disk when this returns."""
        texts = {"actor": actor, "role": role, "source": source, "action": action}
        deed = Deed(
            rows.ms(at), self.realm, **texts, target=target, reason=reason, result=result,
            data=canonical(data or {}),
        )  # fmt: skip
        return self.audit.append(deed)

    def audit_rows(self, since: int = 0, limit: int = 1000) -> tuple[AuditRow, ...]:
        """Rows of the audit chain after number `since`, in order."""
        return self.audit.rows(since, limit)

    def verify_audit(self) -> int | None:
        """Number of the first row of the audit chain that is not what was written, else None."""
        return self.audit.first_bad()

    def _insert_event(self, event: Event) -> int:
        mono_ns = int(self._mono() * 1e9)
        return self.database.insert("event", (None, *rows.from_event(event, mono_ns, self._boot)))

    def _plan_incident(
        self, before: Incident | None, after: Incident, event: Event, seq: int
    ) -> None:
        if self._planner is not None:
            known = self.notices.of_subject(after.uid)
            self.notices.put(self._planner.of_incident(before, after, event, seq, known))

    def _plan_event(self, event: Event, seq: int) -> None:
        if self._planner is not None and event.kind in (FLAPPING, SETTLED):
            incident = event.data.get("incident")
            known = [
                *self.notices.of_subject(subject_of(event)),
                *(self.notices.of_subject(incident) if incident else ()),
            ]
            self.notices.put(self._planner.of_event(event, seq, known))

    def _save_check(self, key: CheckKey, state: CheckState, held_by: str | None) -> None:
        self.database.insert("check_state", (*key, *rows.from_check(state, held_by)), replace=True)

    def _incident_where(self, condition: str, value: str) -> Incident | None:
        found = self.database.rows(
            f"SELECT record FROM incident WHERE {condition}",  # noqa: S608 - our own two conditions
            (value,),
        )
        return rows.to_incident(found[0]) if found else None

    def _write_incident(self, incident: Incident) -> None:
        self.database.insert("incident", rows.from_incident(incident), replace=True)

    def _next_number(self, year: int) -> str:
        key = number_key(year)
        number = int(self.database.meta(key) or 0) + 1
        self.database.set_meta(key, str(number))
        return incident_id(year, number)


def incident_in(database: Database, name: str) -> Incident | None:
    """One incident by its number or uid, from a journal that nobody need have open."""
    found = database.rows("SELECT record FROM incident WHERE id = ?1 OR uid = ?1", (name,))
    return rows.to_incident(found[0]) if found else None


def incidents_in(
    database: Database, ward: str | None = None, *, open_only: bool = False
) -> tuple[Incident, ...]:
    """Incidents of a journal, oldest first; of one ward, or only those that still hurt."""
    found = database.rows(
        "SELECT record FROM incident WHERE (?1 IS NULL OR ward = ?1)"
        " AND (NOT ?2 OR state NOT IN ('resolved', 'closed')) ORDER BY t0_ms, id",
        (ward, open_only),
    )
    return tuple(rows.to_incident(row) for row in found)
