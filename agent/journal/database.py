"""The journal's file: opened, brought to the right schema, put aside when damaged.

The only door to sqlite3: its errors become StoreError here. What the tables mean is the store's.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from agent.errors import OtherRealm, SchemaTooNew
from agent.ids import INCIDENT_ID
from agent.journal.migrations import MIGRATIONS
from inventory.errors import InputError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from agent.journal.migrations import Migration

FILE_NAME = "wardops.db"
_COMPANIONS = ("", "-wal", "-shm")
# Opening may wait for another program to end; at work a poll must never wait for the disk.
_OPEN_PATIENCE_MS = 5000
_WORK_PATIENCE_MS = 100


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


class Database:
    """The open file. Every method raises StoreError when it cannot be used."""

    def __init__(self, connection: sqlite3.Connection, path: Path, aside: Path | None) -> None:
        self._connection = connection
        self.path = path
        self.aside = aside

    def close(self) -> None:
        """Close the file; nothing is lost by not calling it."""
        with _mapped(self.path):
            self._connection.close()

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[None]:
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

    def execute(self, sql: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        """One statement; inside `transaction` a part of it, else one of its own."""
        with _mapped(self.path):
            return self._connection.execute(sql, values)

    def rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        with _mapped(self.path):
            return self._connection.execute(sql, values).fetchall()

    def stream(self, sql: str, values: tuple[Any, ...] = ()) -> Iterator[sqlite3.Row]:
        """The rows of a long query, one by one."""
        with _mapped(self.path):
            yield from self._connection.execute(sql, values)

    def insert(self, table: str, values: tuple[Any, ...], *, replace: bool = False) -> int:
        """Put one row in; returns its number where the table counts."""
        verb = "INSERT OR REPLACE" if replace else "INSERT"
        places = ",".join("?" * len(values))
        return self.execute(f"{verb} INTO {table} VALUES ({places})", values).lastrowid or 0

    def meta(self, key: str) -> str | None:
        """A value that the file keeps about itself."""
        with _mapped(self.path):
            return _meta(self._connection, key)

    def set_meta(self, key: str, value: str) -> None:
        """Note a value about the file itself."""
        with _mapped(self.path):
            _set_meta(self._connection, key, value)


def make_folder(folder: Path) -> None:
    """Make a state folder, so that what the agent puts beside the journal finds it.

    Raises StoreError when it cannot be made or nothing can be written into it.
    """
    with _mapped(folder / FILE_NAME):
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()


def open_database(
    folder: Path, opening: Opening, migrations: Sequence[Migration] = MIGRATIONS
) -> Database:
    """Open the file of a state folder, made or brought up to date when needed.

    A damaged one is put aside as `wardops.db.bad-<time>` and a new one begun, which goes on
    numbering incidents where the old one ended; `Database.aside` then names it. Raises
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
            connection.execute(f"PRAGMA busy_timeout = {_WORK_PATIENCE_MS}")
        except BaseException:
            connection.close()
            raise
        return Database(connection, path, aside)


def open_beside(
    folder: Path, name: str, opening: Opening, migrations: Sequence[Migration]
) -> Database:
    """Open another file of a state folder, with a schema of its own, made when it is not there.

    Only a file that is no database at all is put aside: such a file may be large, and what it holds
    is not worth a start that takes minutes. Raises SchemaTooNew, OtherRealm, StoreError.
    """
    path = folder / name
    with _mapped(path):
        folder.mkdir(parents=True, exist_ok=True)
        aside = _put_aside(path, opening.now) if _is_damaged(path, "schema_version") else None
        connection = _connect(path)
        try:
            migrate(connection, path, migrations, migrations[-1].number, is_copied=False)
            _settle_meta(connection, path, opening, {})
            connection.execute(f"PRAGMA busy_timeout = {_WORK_PATIENCE_MS}")
        except BaseException:
            connection.close()
            raise
        return Database(connection, path, aside)


def read_database(folder: Path, name: str = FILE_NAME) -> Database:
    """A file of a state folder for reading alone, also beside a running agent.

    Raises InputError when there is none, StoreError when it cannot be read.
    """
    path = folder / name
    if not path.is_file():
        raise InputError("store.absent", path=path)
    with _mapped(path):
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)
        _spell(connection)
        return Database(connection, path, None)


def damaged_files(folder: Path) -> tuple[str, ...]:
    """The names of the damaged files that were put aside in a state folder and still lie there."""
    found = (path.name for path in folder.glob(f"{FILE_NAME}.bad-*"))
    return tuple(sorted(name for name in found if not name.endswith(_COMPANIONS[1:])))


def migrate(
    connection: sqlite3.Connection,
    path: Path,
    migrations: Sequence[Migration],
    to: int,
    *,
    is_copied: bool = True,
) -> None:
    """Lead the schema up or down to `to` in one transaction, after a copy of a file with data.

    The copy is `<file>.schema-<number>`, made unless the file may be too large for it. Raises
    SchemaTooNew for a schema that no step leads to.
    """
    connection.execute("CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL)")
    found = int(_meta(connection, "schema_version") or 0)
    known = max((step.number for step in migrations), default=0)
    if found > known:
        raise SchemaTooNew("store.too_new", path=path, found=found, known=known)
    if found == to:
        return
    if found and is_copied:
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
    # Opened in a thread, since a large file takes a while, and then used by the loop's alone.
    connection = sqlite3.connect(
        path, isolation_level=None, timeout=_OPEN_PATIENCE_MS / 1000, check_same_thread=False
    )
    _spell(connection)
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _spell(connection: sqlite3.Connection) -> None:
    connection.row_factory = sqlite3.Row
    # A damaged text must reach the audit check, not stop it.
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")


@contextmanager
def _all_or_nothing(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")  # here a full disk shows itself; nothing may stay open
    except BaseException:
        if connection.in_transaction:  # a full disk makes SQLite roll back by itself
            connection.execute("ROLLBACK")
        raise


_PRIMARY_CODE = 0xFF  # the low byte of an extended result code names the kind of error
_KEYS = {
    sqlite3.SQLITE_FULL: "store.full",
    sqlite3.SQLITE_BUSY: "store.locked",
    sqlite3.SQLITE_LOCKED: "store.locked",
    sqlite3.SQLITE_CORRUPT: "store.damaged",
    sqlite3.SQLITE_NOTADB: "store.damaged",
    sqlite3.SQLITE_READONLY: "store.read_only",
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


def _is_damaged(path: Path, check: str = "quick_check(1)") -> bool:
    """Whether a file is no database, or one that the check finds broken."""
    if not path.exists():
        return False
    connection = None
    try:
        connection = _connect(path)
        found = connection.execute(f"PRAGMA {check}").fetchone()
        return check.startswith("quick_check") and str(found[0]) != "ok"
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
            _set_meta(connection, number_key(year), str(number))


def _copy(connection: sqlite3.Connection, to: Path) -> None:
    to.unlink(missing_ok=True)
    connection.execute("VACUUM INTO ?", (str(to),))


def number_key(year: int) -> str:
    """Under which the last incident number of a year is noted."""
    return f"incident_number.{year}"


def _meta(connection: sqlite3.Connection, key: str) -> str | None:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else None


def _set_meta(connection: sqlite3.Connection, key: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
