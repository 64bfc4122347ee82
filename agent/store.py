"""The journal: events, check states, incidents and the audit chain in one SQLite file.

One writer. What belongs together is written in one transaction; incidents and audit rows reach the
disk before the call returns. sqlite3's errors become StoreError here and nowhere else, which is why
this module is longer than most: it is the only door to sqlite3.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from agent import store_rows as rows
from agent.audit import Deed, Head, anchor, canonical, chained, first_bad
from agent.errors import OtherRealm, SchemaTooNew
from agent.ids import INCIDENT_ID, incident_id, incident_year
from agent.incidents import Event
from agent.migrations import MIGRATIONS
from inventory.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from agent.audit import AuditRow
    from agent.checks import CheckState, Transition
    from agent.incidents import Incident
    from agent.migrations import Migration
    from agent.store_rows import CheckKey, Kept, Recorded, RecordTable

FILE_NAME = "wardops.db"
_COMPANIONS = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Opening:
    """What a journal must fit to, and what it is told on opening.

    `agent_id` is used for a new file; an old one keeps its own. `boot` names this run of the
    program. `now` stamps a damaged file that is put aside; `mono` gives monotonic seconds.
    """

    agent_id: str
    realm: str
    boot: str
    now: datetime
    mono: Callable[[], float]


def open_store(
    folder: Path, opening: Opening, migrations: Sequence[Migration] = MIGRATIONS
) -> Store:
    """Open the journal of a state folder, made or brought up to date when needed.

    A damaged file is put aside as `wardops.db.bad-<time>` and a new one begun, which goes on
    numbering incidents where the old one ended; `Store.put_aside` then names it. Raises
    SchemaTooNew, OtherRealm, StoreError.
    """
    path = folder / FILE_NAME
    with _mapped(path):
        folder.mkdir(parents=True, exist_ok=True)
        aside = _put_aside(path, opening.now) if _is_damaged(path) else None
        connection = _connect(path)
        try:
            migrate(connection, path, migrations, migrations[-1].number)
            _settle_meta(connection, path, opening, _numbers_used(aside))
        except BaseException:
            connection.close()
            raise
        return Store(connection, path, opening, aside)


class Store:
    """The open journal. All methods raise StoreError when the file cannot be used."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, opening: Opening, aside: Path | None
    ) -> None:
        self._connection = connection
        self._mono = opening.mono
        self._boot = opening.boot
        self.path = path
        self.put_aside = aside
        self.agent_id = _meta(connection, "agent_id") or opening.agent_id
        self.realm = opening.realm

    def close(self) -> None:
        """Close the file; nothing is lost by not calling it."""
        with _mapped(self.path):
            self._connection.close()

    def record_events(self, events: Iterable[Event]) -> int:
        """Write some journal lines in one transaction; returns the number of the last line."""
        with self._transaction():
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
        with self._transaction():
            self._insert_event(Event("check", transition.at, ward, name, device, data))
            self._save_check(key, state, None)

    def save_check_states(
        self, states: Mapping[CheckKey, CheckState], held_by: Mapping[CheckKey, str] | None = None
    ) -> None:
        """Write the states of some checks, with the ancestor that holds each, if any."""
        with self._transaction():
            for key, state in states.items():
                self._save_check(key, state, (held_by or {}).get(key))

    def check_states(self, now: datetime, mono: float) -> dict[CheckKey, CheckState]:
        """The states as last written, their times moved onto this run's monotonic seconds.

        Nothing of it counts as measured: a value is current only once it was read again.
        """
        with _mapped(self.path):
            found = self._connection.execute("SELECT * FROM check_state").fetchall()
        return {
            (row["ward"], row["device"], row["name"]): rows.to_check(row, now, mono)
            for row in found
        }

    def open_incident(self, incident: Incident, event: Event) -> Incident:
        """Give a new incident its number and write it with its opening, in one transaction.

        Returns it with its id. One that is there already (same uid) is returned as stored and
        nothing is written.
        """
        with self._transaction(durable=True):
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
        with self._transaction(durable=True):
            if self._incident_where("uid = ?", incident.uid) is None:
                raise StoreError("store.no_incident", id=incident.id or incident.uid)
            self._write_incident(incident)
            self._insert_event(rows.named(event, incident.id))

    def incident(self, name: str) -> Incident | None:
        """One incident by its number or uid."""
        with _mapped(self.path):
            return self._incident_where("id = ?1 OR uid = ?1", name)

    def incidents(
        self, ward: str | None = None, *, open_only: bool = False
    ) -> tuple[Incident, ...]:
        """Incidents, oldest first; of one ward, or only those that still hurt."""
        with _mapped(self.path):
            found = self._connection.execute(
                "SELECT record FROM incident WHERE (?1 IS NULL OR ward = ?1)"
                " AND (NOT ?2 OR state IN ('open', 'acked')) ORDER BY t0_ms, id",
                (ward, open_only),
            ).fetchall()
        return tuple(rows.to_incident(row) for row in found)

    def last_seq(self) -> int:
        """The number of the newest journal line, 0 when there is none."""
        with _mapped(self.path):
            row = self._connection.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()
        return int(row[0])

    def events(
        self, since: int = 0, *, ward: str | None = None, key: str | None = None, limit: int = 1000
    ) -> tuple[Recorded, ...]:
        """Journal lines after number `since`, in order; of one ward, or about one key."""
        with _mapped(self.path):
            found = self._connection.execute(
                "SELECT * FROM event WHERE seq > ?1 AND (?2 IS NULL OR ward = ?2)"
                " AND (?3 IS NULL OR key = ?3) ORDER BY seq LIMIT ?4",
                (since, ward, key, limit),
            ).fetchall()
        return tuple(rows.to_recorded(row) for row in found)

    def keep(self, table: RecordTable, records: Iterable[Kept], event: Event | None = None) -> None:
        """Write records (new ones and in place of old ones), with the journal line that says it."""
        with self._transaction(durable=event is not None):
            for record in records:
                self._insert(table, rows.from_kept(record), replace=True)
            if event is not None:
                self._insert_event(event)

    def drop(self, table: RecordTable, key: str, event: Event | None = None) -> None:
        """Remove one record, with the journal line that says it; nothing when it is not there."""
        with self._transaction(durable=event is not None):
            self._connection.execute(
                f"DELETE FROM {table} WHERE key = ?",  # noqa: S608 - one of two names
                (key,),
            )
            if event is not None:
                self._insert_event(event)

    def kept(self, table: RecordTable) -> tuple[Kept, ...]:
        """All records of a table by key."""
        with _mapped(self.path):
            found = self._connection.execute(
                f"SELECT * FROM {table} ORDER BY key"  # noqa: S608 - one of two names
            ).fetchall()
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
        with self._transaction(durable=True):
            row = chained(self._head(), deed)
            self._insert("audit", rows.from_audit(row))
            _set_meta(self._connection, "audit_head", f"{row.seq}:{row.sha.hex()}")
        return row

    def audit_rows(self, since: int = 0, limit: int = 1000) -> tuple[AuditRow, ...]:
        """Rows of the audit chain after number `since`, in order."""
        with _mapped(self.path):
            found = self._connection.execute(
                "SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?", (since, limit)
            ).fetchall()
        return tuple(rows.to_audit(row) for row in found)

    def verify_audit(self) -> int | None:
        """Number of the first row of the audit chain that is not what was written, else None."""
        with _mapped(self.path):
            found = self._connection.execute("SELECT * FROM audit ORDER BY seq")
            return first_bad(map(rows.to_audit, found), anchor(self.agent_id), self._head())

    @contextmanager
    def _transaction(self, *, durable: bool = False) -> Iterator[None]:
        """All or nothing. `durable` waits until the disk has it."""
        with _mapped(self.path):
            if durable:
                self._connection.execute("PRAGMA synchronous = FULL")
            try:
                with _all_or_nothing(self._connection):
                    yield
            finally:
                if durable:
                    self._connection.execute("PRAGMA synchronous = NORMAL")

    def _insert_event(self, event: Event) -> None:
        mono_ns = int(self._mono() * 1e9)
        self._insert("event", (None, *rows.from_event(event, mono_ns, self._boot)))

    def _save_check(self, key: CheckKey, state: CheckState, held_by: str | None) -> None:
        self._insert("check_state", (*key, *rows.from_check(state, held_by)), replace=True)

    def _insert(self, table: str, values: tuple[Any, ...], *, replace: bool = False) -> None:
        verb = "INSERT OR REPLACE" if replace else "INSERT"
        places = ",".join("?" * len(values))
        self._connection.execute(
            f"{verb} INTO {table} VALUES ({places})",
            values,
        )

    def _incident_where(self, condition: str, value: str) -> Incident | None:
        row = self._connection.execute(
            f"SELECT record FROM incident WHERE {condition}",  # noqa: S608 - our own two conditions
            (value,),
        ).fetchone()
        return rows.to_incident(row) if row else None

    def _write_incident(self, incident: Incident) -> None:
        self._insert("incident", rows.from_incident(incident), replace=True)

    def _next_number(self, year: int) -> str:
        key = _number_key(year)
        number = int(_meta(self._connection, key) or 0) + 1
        _set_meta(self._connection, key, str(number))
        return incident_id(year, number)

    def _head(self) -> Head:
        noted = _meta(self._connection, "audit_head")
        if noted is None:
            return anchor(self.agent_id)
        seq, _colon, sha = noted.partition(":")
        return Head(int(seq), bytes.fromhex(sha))


def migrate(
    connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration], to: int
) -> None:
    """Lead the schema up or down to `to` in one transaction, after a copy of a file with data.

    The copy is `<file>.schema-<number>`. Raises SchemaTooNew for a schema that no step leads to.
    """
    connection.execute("CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL)")
    found = int(_meta(connection, "schema_version") or 0)
    known = max((step.number for step in migrations), default=0)
    if found > known:
        raise SchemaTooNew("store.too_new", path=path, found=found, known=known)
    if found == to:
        return
    if found:
        _copy(connection, path.with_name(f"{path.name}.schema-{found}"))
    upward = [step for step in migrations if found < step.number <= to]
    downward = [step for step in reversed(migrations) if to < step.number <= found]
    with _all_or_nothing(connection):
        for statement in [s for step in upward for s in step.up]:
            connection.execute(statement)
        for statement in [s for step in downward for s in step.down]:
            connection.execute(statement)
        _set_meta(connection, "schema_version", str(to))


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=5.0)
    connection.row_factory = sqlite3.Row
    # A damaged text must reach the audit check, not stop it.
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


@contextmanager
def _all_or_nothing(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # a full disk makes SQLite roll back by itself
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


_PRIMARY_CODE = 0xFF  # the low byte of an extended result code names the kind of error
_KEYS = {
    sqlite3.SQLITE_FULL: "store.full",
    sqlite3.SQLITE_BUSY: "store.locked",
    sqlite3.SQLITE_LOCKED: "store.locked",
    sqlite3.SQLITE_CORRUPT: "store.damaged",
    sqlite3.SQLITE_NOTADB: "store.damaged",
}


@contextmanager
def _mapped(path: Path) -> Iterator[None]:
    """sqlite3's and the file system's errors as StoreError."""
    try:
        yield
    except sqlite3.Error as error:
        key = _KEYS.get(_code(error), "store.failed")
        raise StoreError(key, path=path, problem=error) from error
    except OSError as error:
        raise StoreError("store.failed", path=path, problem=error.strerror or error) from error


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & _PRIMARY_CODE


def _is_damaged(path: Path) -> bool:
    if not path.exists():
        return False
    connection = None
    try:
        connection = _connect(path)
        found = connection.execute("PRAGMA quick_check(1)").fetchone()
        return str(found[0]) != "ok"
    except sqlite3.DatabaseError as error:
        if _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return True
        raise
    finally:
        if connection is not None:
            connection.close()


def _put_aside(path: Path, now: datetime) -> Path:
    aside = path.with_name(f"{path.name}.bad-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    for companion in _COMPANIONS:
        part = path.with_name(path.name + companion)
        if part.exists():
            part.rename(aside.with_name(aside.name + companion))
    return aside


def _numbers_used(aside: Path | None) -> dict[int, int]:
    """The highest incident number per year that stands anywhere in a damaged file.

    Read as plain bytes, since the file cannot be read as a database: a number given once must
    never be given again.
    """
    highest: dict[int, int] = {}
    if aside is None:
        return highest
    for companion in _COMPANIONS:
        part = aside.with_name(aside.name + companion)
        raw = part.read_bytes() if part.exists() else b""
        for year, number in INCIDENT_ID.findall(raw):
            highest[int(year)] = max(highest.get(int(year), 0), int(number))
    return highest


def _settle_meta(
    connection: sqlite3.Connection, path: Path, opening: Opening, used: Mapping[int, int]
) -> None:
    realm = _meta(connection, "realm")
    if realm is not None and realm != opening.realm:
        raise OtherRealm("store.other_realm", path=path, found=realm, wanted=opening.realm)
    with _all_or_nothing(connection):
        for key, value in (("agent_id", opening.agent_id), ("realm", opening.realm)):
            if _meta(connection, key) is None:
                _set_meta(connection, key, value)
        for year, number in used.items():
            _set_meta(connection, _number_key(year), str(number))


def _copy(connection: sqlite3.Connection, to: Path) -> None:
    to.unlink(missing_ok=True)
    connection.execute("VACUUM INTO ?", (str(to),))


def _number_key(year: int) -> str:
    return f"incident_number.{year}"


def _meta(connection: sqlite3.Connection, key: str) -> str | None:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else None


def _set_meta(connection: sqlite3.Connection, key: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
