"""The journal: events, check states, incidents, notices and the audit chain in one SQLite file.

One writer. What belongs together is written in one transaction; incidents, notices and audit rows
reach the disk before the call returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent import store_rows as rows
from agent.audit import Deed, Head, anchor, canonical, chained, first_bad
from agent.database import number_key, open_database
from agent.ids import incident_id, incident_year
from agent.incidents import Event
from agent.migrations import MIGRATIONS
from inventory.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from agent.audit import AuditRow
    from agent.checks import CheckState, Transition
    from agent.database import Database, Opening
    from agent.incidents import Incident
    from agent.migrations import Migration
    from agent.store_rows import CheckKey, Kept, Recorded, RecordTable


def open_store(
    folder: Path, opening: Opening, migrations: Sequence[Migration] = MIGRATIONS
) -> Store:
    """Open the journal of a state folder. Raises SchemaTooNew, OtherRealm, StoreError."""
    return Store(open_database(folder, opening, migrations), opening)


class Store:
    """The open journal. All methods raise StoreError when the file cannot be used."""

    def __init__(self, database: Database, opening: Opening) -> None:
        self._database = database
        self._mono = opening.mono
        self._boot = opening.boot
        self.path = database.path
        self.put_aside = database.aside
        self.agent_id = database.meta("agent_id") or opening.agent_id
        self.realm = opening.realm

    def close(self) -> None:
        """Close the file; nothing is lost by not calling it."""
        self._database.close()

    def record_events(self, events: Iterable[Event]) -> int:
        """Write some journal lines in one transaction; returns the number of the last line."""
        with self._database.transaction():
            for event in events:
                self._insert_event(event)
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
        with self._database.transaction():
            self._insert_event(Event("check", transition.at, ward, name, device, data))
            self._save_check(key, state, None)

    def save_check_states(
        self, states: Mapping[CheckKey, CheckState], held_by: Mapping[CheckKey, str] | None = None
    ) -> None:
        """Write the states of some checks, with the ancestor that holds each, if any."""
        with self._database.transaction():
            for key, state in states.items():
                self._save_check(key, state, (held_by or {}).get(key))

    def check_states(self, now: datetime, mono: float) -> dict[CheckKey, CheckState]:
        """The states as last written, their times moved onto this run's monotonic seconds.

        Nothing of it counts as measured: a value is current only once it was read again.
        """
        found = self._database.rows("SELECT * FROM check_state")
        return {
            (row["ward"], row["device"], row["name"]): rows.to_check(row, now, mono)
            for row in found
        }

    def open_incident(self, incident: Incident, event: Event) -> Incident:
        """Give a new incident its number and write it with its opening, in one transaction.

        Returns it with its id. One that is there already (same uid) is returned as stored and
        nothing is written.
        """
        with self._database.transaction(durable=True):
            known = self._incident_where("uid = ?", incident.uid)
            if known is not None:
                return known
            number = self._next_number(incident_year(incident.t0_detected))
            numbered = incident.model_copy(update={"id": number})
            self._write_incident(numbered)
            self._insert_event(rows.named(event, numbered.id))
        return numbered

    def update_incident(self, incident: Incident, event: Event) -> None:
        """Write what became of an incident, with the journal line that says it."""
        with self._database.transaction(durable=True):
            if self._incident_where("uid = ?", incident.uid) is None:
                raise StoreError("store.no_incident", id=incident.id or incident.uid)
            self._write_incident(incident)
            self._insert_event(rows.named(event, incident.id))

    def incident(self, name: str) -> Incident | None:
        """One incident by its number or uid."""
        return self._incident_where("id = ?1 OR uid = ?1", name)

    def incidents(
        self, ward: str | None = None, *, open_only: bool = False
    ) -> tuple[Incident, ...]:
        """Incidents, oldest first; of one ward, or only those that still hurt."""
        found = self._database.rows(
            "SELECT record FROM incident WHERE (?1 IS NULL OR ward = ?1)"
            " AND (NOT ?2 OR state NOT IN ('resolved', 'closed')) ORDER BY t0_ms, id",
            (ward, open_only),
        )
        return tuple(rows.to_incident(row) for row in found)

    def last_seq(self) -> int:
        """The number of the newest journal line, 0 when there is none."""
        return int(self._database.rows("SELECT coalesce(max(seq), 0) FROM event")[0][0])

    def events(
        self, since: int = 0, *, ward: str | None = None, key: str | None = None, limit: int = 1000
    ) -> tuple[Recorded, ...]:
        """Journal lines after number `since`, in order; of one ward, or about one key."""
        found = self._database.rows(
            "SELECT * FROM event WHERE seq > ?1 AND (?2 IS NULL OR ward = ?2)"
            " AND (?3 IS NULL OR key = ?3) ORDER BY seq LIMIT ?4",
            (since, ward, key, limit),
        )
        return tuple(rows.to_recorded(row) for row in found)

    def keep(self, table: RecordTable, records: Iterable[Kept], event: Event | None = None) -> None:
        """Write records (new ones and in place of old ones), with the journal line that says it."""
        with self._database.transaction(durable=event is not None):
            for record in records:
                self._database.insert(table, rows.from_kept(record), replace=True)
            if event is not None:
                self._insert_event(event)

    def drop(self, table: RecordTable, key: str, event: Event | None = None) -> None:
        """Remove one record, with the journal line that says it; nothing when it is not there."""
        with self._database.transaction(durable=event is not None):
            self._database.execute(
                f"DELETE FROM {table} WHERE key = ?",  # noqa: S608 - one of two names
                (key,),
            )
            if event is not None:
                self._insert_event(event)

    def kept(self, table: RecordTable) -> tuple[Kept, ...]:
        """All records of a table by key."""
        found = self._database.rows(
            f"SELECT * FROM {table} ORDER BY key"  # noqa: S608 - one of two names
        )
        return tuple(rows.to_kept(row) for row in found)

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
        with self._database.transaction(durable=True):
            row = chained(self._head(), deed)
            self._database.insert("audit", rows.from_audit(row))
            self._database.set_meta("audit_head", f"{row.seq}:{row.sha.hex()}")
        return row

    def audit_rows(self, since: int = 0, limit: int = 1000) -> tuple[AuditRow, ...]:
        """Rows of the audit chain after number `since`, in order."""
        found = self._database.rows(
            "SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?", (since, limit)
        )
        return tuple(rows.to_audit(row) for row in found)

    def verify_audit(self) -> int | None:
        """Number of the first row of the audit chain that is not what was written, else None."""
        found = self._database.stream("SELECT * FROM audit ORDER BY seq")
        return first_bad(map(rows.to_audit, found), anchor(self.agent_id), self._head())

    def _insert_event(self, event: Event) -> None:
        mono_ns = int(self._mono() * 1e9)
        self._database.insert("event", (None, *rows.from_event(event, mono_ns, self._boot)))

    def _save_check(self, key: CheckKey, state: CheckState, held_by: str | None) -> None:
        self._database.insert("check_state", (*key, *rows.from_check(state, held_by)), replace=True)

    def _incident_where(self, condition: str, value: str) -> Incident | None:
        found = self._database.rows(
            f"SELECT record FROM incident WHERE {condition}",  # noqa: S608 - our own two conditions
            (value,),
        )
        return rows.to_incident(found[0]) if found else None

    def _write_incident(self, incident: Incident) -> None:
        self._database.insert("incident", rows.from_incident(incident), replace=True)

    def _next_number(self, year: int) -> str:
        key = number_key(year)
        number = int(self._database.meta(key) or 0) + 1
        self._database.set_meta(key, str(number))
        return incident_id(year, number)

    def _head(self) -> Head:
        noted = self._database.meta("audit_head")
        if noted is None:
            return anchor(self.agent_id)
        seq, _colon, sha = noted.partition(":")
        return Head(int(seq), bytes.fromhex(sha))
