"""The raw samples on disk: `samples.db` of the state folder, in the order of time.

A file of its own beside the journal: it is by far larger, nobody's work depends on it, and its
damage or a full disk must not touch incidents. One writer, any number of readers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.journal.database import open_beside
from agent.journal.migrations import Migration
from agent.samples.model import Expected, LoadSlot, PathSlot, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from agent.journal.database import Database, Opening

FILE_NAME = "samples.db"
_ALIVE = "alive_ms"

# Keyed by time first: a write then touches the file's end alone, whatever the number of wards, and
# what is too old is one piece at its beginning.
SCHEMA = (
    Migration(
        number=1,
        up=(
            """CREATE TABLE load5(
                 slot INTEGER, ward TEXT, link TEXT, in_octets REAL NOT NULL,
                 in_covered_s REAL NOT NULL, out_octets REAL NOT NULL,
                 out_covered_s REAL NOT NULL, capacity_bps REAL NOT NULL,
                 PRIMARY KEY(slot, ward, link)) WITHOUT ROWID""",
            """CREATE TABLE path5(
                 slot INTEGER, ward TEXT, target TEXT, sent INTEGER NOT NULL,
                 lost INTEGER NOT NULL, rtt_sum_s REAL NOT NULL, rtt_min_s REAL, rtt_max_s REAL,
                 jitter_count INTEGER NOT NULL, jitter_sum_s REAL NOT NULL,
                 PRIMARY KEY(slot, ward, target)) WITHOUT ROWID""",
            """CREATE TABLE span(
                 begin_ms INTEGER, ward TEXT, kind TEXT, thing TEXT, end_ms INTEGER,
                 state TEXT NOT NULL, why TEXT NOT NULL,
                 PRIMARY KEY(begin_ms, ward, kind, thing)) WITHOUT ROWID""",
            """CREATE TABLE expected(
                 ward TEXT, kind TEXT, thing TEXT, PRIMARY KEY(ward, kind, thing)) WITHOUT ROWID""",
            "CREATE INDEX span_open ON span(end_ms) WHERE end_ms IS NULL",
        ),
        down=("DROP TABLE expected", "DROP TABLE span", "DROP TABLE path5", "DROP TABLE load5"),
    ),
    # Machines in slots of six hours: the least that was left of a disk, or of a ward's quota (then
    # without a machine); how many looks there were at the processors, and how many found them busy;
    # how many machines a ward has.
    Migration(
        number=2,
        up=(
            """CREATE TABLE room6(
                 slot INTEGER, ward TEXT, machine TEXT, place TEXT, left REAL NOT NULL,
                 size REAL NOT NULL, PRIMARY KEY(slot, ward, machine, place)) WITHOUT ROWID""",
            """CREATE TABLE busy6(
                 slot INTEGER, ward TEXT, machine TEXT, looks INTEGER NOT NULL,
                 busy INTEGER NOT NULL, PRIMARY KEY(slot, ward, machine)) WITHOUT ROWID""",
            """CREATE TABLE count6(
                 slot INTEGER, ward TEXT, machines INTEGER NOT NULL,
                 PRIMARY KEY(slot, ward)) WITHOUT ROWID""",
        ),
        down=("DROP TABLE count6", "DROP TABLE busy6", "DROP TABLE room6"),
    ),
)

# A slot may be written in parts: before a restart and after it.
_ADD_LOAD = """INSERT INTO load5 VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT(slot, ward, link) DO UPDATE SET
    in_octets = in_octets + excluded.in_octets,
    in_covered_s = in_covered_s + excluded.in_covered_s,
    out_octets = out_octets + excluded.out_octets,
    out_covered_s = out_covered_s + excluded.out_covered_s,
    capacity_bps = excluded.capacity_bps"""
_ADD_PATH = """INSERT INTO path5 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT(slot, ward, target) DO UPDATE SET
    sent = sent + excluded.sent, lost = lost + excluded.lost,
    rtt_sum_s = rtt_sum_s + excluded.rtt_sum_s,
    rtt_min_s = min(coalesce(rtt_min_s, excluded.rtt_min_s),
                    coalesce(excluded.rtt_min_s, rtt_min_s)),
    rtt_max_s = max(coalesce(rtt_max_s, excluded.rtt_max_s),
                    coalesce(excluded.rtt_max_s, rtt_max_s)),
    jitter_count = jitter_count + excluded.jitter_count,
    jitter_sum_s = jitter_sum_s + excluded.jitter_sum_s"""


def open_samples(folder: Path, opening: Opening) -> Shelf:
    """Open the file of a state folder. Raises SchemaTooNew, OtherRealm, StoreError.

    What still went on when the program last wrote ends at that moment: nobody knows what came then.
    What bears a time that has not come yet was written under a wrong clock, and goes.
    """
    shelf = Shelf(open_beside(folder, FILE_NAME, opening, SCHEMA))
    shelf.end_open()
    shelf.cut(round(opening.now.timestamp() * 1000))
    return shelf


class Shelf:
    """The open file; every method raises StoreError when it cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def database(self) -> Database:
        """The file itself, for what has tables of its own in it."""
        return self._database

    def close(self) -> None:
        """Close the file; nothing is lost by not calling it."""
        self._database.close()

    def add(
        self,
        loads: Iterable[LoadSlot],
        paths: Iterable[PathSlot],
        ended: Iterable[Span],
        begun: Iterable[Span],
        alive_ms: int,
    ) -> None:
        """Write all news in one transaction; slots add up, spans that go on have no end yet."""
        base = self._database
        with base.transaction():
            for load in loads:
                base.execute(
                    _ADD_LOAD,
                    (
                        load.slot, load.ward, load.link, load.in_octets, load.in_covered_s,
                        load.out_octets, load.out_covered_s, load.capacity_bps,
                    ),
                )  # fmt: skip
            for path in paths:
                base.execute(
                    _ADD_PATH,
                    (
                        path.slot, path.ward, path.target, path.sent, path.lost, path.rtt_sum_s,
                        path.rtt_min_s, path.rtt_max_s, path.jitter_count, path.jitter_sum_s,
                    ),
                )  # fmt: skip
            for span in ended:
                base.insert("span", _row(span, span.end_ms), replace=True)
            for span in begun:
                base.insert("span", _row(span, None), replace=True)
            base.set_meta(_ALIVE, str(alive_ms))

    def expect(self, every: Iterable[Expected]) -> None:
        """Note of what samples should exist from now on."""
        base = self._database
        with base.transaction():
            base.execute("DELETE FROM expected")
            for one in every:
                base.insert("expected", (one.ward, one.kind, one.thing), replace=True)

    def end_open(self) -> None:
        """End what still goes on where the program last wrote."""
        alive_ms = int(self._database.meta(_ALIVE) or 0)
        self._database.execute(
            "UPDATE span SET end_ms = max(begin_ms, ?) WHERE end_ms IS NULL", (alive_ms,)
        )

    def cut(self, at_ms: int) -> None:
        """Drop what bears a later time: it was written under a clock that has been set back."""
        base = self._database
        with base.transaction():
            slot = at_ms // 1000
            base.execute("DELETE FROM load5 WHERE slot > ? - 300", (slot,))
            base.execute("DELETE FROM path5 WHERE slot > ? - 300", (slot,))
            base.execute("DELETE FROM span WHERE begin_ms >= ?", (at_ms,))
            base.execute("UPDATE span SET end_ms = ?1 WHERE end_ms > ?1", (at_ms,))
            alive_ms = int(base.meta(_ALIVE) or 0)
            base.set_meta(_ALIVE, str(min(alive_ms, at_ms)))

    def loads_since(self, begin_s: int) -> Iterator[LoadSlot]:
        """The load slots of every ward from `begin_s` on, the oldest first."""
        for row in self._database.rows("SELECT * FROM load5 WHERE slot >= ?", (begin_s,)):
            yield _load(row)

    def forget_before(self, at_ms: int) -> None:
        """Drop what is older."""
        base = self._database
        with base.transaction():
            base.execute("DELETE FROM load5 WHERE slot < ?", (at_ms // 1000,))
            base.execute("DELETE FROM path5 WHERE slot < ?", (at_ms // 1000,))
            base.execute("DELETE FROM span WHERE end_ms < ?", (at_ms,))


def expected_in(database: Database, ward: str) -> Iterator[Expected]:
    """Of what samples of one ward should exist, in order."""
    rows = database.rows("SELECT * FROM expected WHERE ward = ? ORDER BY kind, thing", (ward,))
    for row in rows:
        yield Expected(row["ward"], row["kind"], row["thing"])


def wards_in(database: Database) -> tuple[str, ...]:
    """The wards that the agent last watched."""
    rows = database.rows("SELECT DISTINCT ward FROM expected ORDER BY ward")
    return tuple(row["ward"] for row in rows)


def loads_in(database: Database, ward: str, begin_s: int, end_s: int) -> Iterator[LoadSlot]:
    """The load slots of one ward that begin from `begin_s` to before `end_s`, in order."""
    rows = database.rows(
        "SELECT * FROM load5 WHERE slot >= ? AND slot < ? AND ward = ? ORDER BY link, slot",
        (begin_s, end_s, ward),
    )
    for row in rows:
        yield _load(row)


def _load(row: Any) -> LoadSlot:
    return LoadSlot(
        row["ward"], row["link"], row["slot"], row["in_octets"], row["in_covered_s"],
        row["out_octets"], row["out_covered_s"], row["capacity_bps"],
    )  # fmt: skip


def paths_in(database: Database, ward: str, begin_s: int, end_s: int) -> Iterator[PathSlot]:
    """The path slots of one ward that begin from `begin_s` to before `end_s`, in order."""
    rows = database.rows(
        "SELECT * FROM path5 WHERE slot >= ? AND slot < ? AND ward = ? ORDER BY target, slot",
        (begin_s, end_s, ward),
    )
    for row in rows:
        yield PathSlot(
            row["ward"], row["target"], row["slot"], row["sent"], row["lost"], row["rtt_sum_s"],
            row["rtt_min_s"], row["rtt_max_s"], row["jitter_count"], row["jitter_sum_s"],
        )  # fmt: skip


def spans_in(database: Database, ward: str, begin_ms: int, end_ms: int) -> Iterator[Span]:
    """The spans of one ward that touch a time, cut to it, in order.

    One that goes on is known up to where the program last wrote.
    """
    alive_ms = int(database.meta(_ALIVE) or 0)
    rows = database.rows(
        "SELECT *, max(begin_ms, coalesce(end_ms, ?)) AS until_ms FROM span"
        " WHERE ward = ? AND begin_ms < ? ORDER BY kind, thing, begin_ms",
        (alive_ms, ward, end_ms),
    )
    for row in rows:
        begin, end = max(row["begin_ms"], begin_ms), min(row["until_ms"], end_ms)
        if end > begin:
            yield Span(row["ward"], row["kind"], row["thing"], row["state"], row["why"], begin, end)


def _row(span: Span, end_ms: int | None) -> tuple[object, ...]:
    return (span.begin_ms, span.ward, span.kind, span.thing, end_ms, span.state, span.why)
