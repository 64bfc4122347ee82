"""The history of machines on disk, in the samples' file: slots of six hours, kept for 100 days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from agent.machines.forecast import DAY_S, Point

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agent.journal.database import Database

KEPT_DAYS = 100
QUOTA = ""  # the machine of what belongs to the ward as a whole


class Place(NamedTuple):
    """A machine's mount, or without a machine a resource of the ward's quota."""

    ward: str
    machine: str
    name: str


class Busy(NamedTuple):
    """Looks at the processors in one slot, and how many of them found more than idleness."""

    slot: int
    looks: int
    busy: int


class Counted(NamedTuple):
    """How many machines a ward had in one slot."""

    slot: int
    machines: int


_TABLES = ("room6", "busy6", "count6")
# A slot is written in parts: every hour, and after a restart. What was looked at is told whole by
# each part, so that a part written twice does no harm.
_PUT_ROOM = """INSERT INTO room6 VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT(slot, ward, machine, place) DO UPDATE SET
    left = min(left, excluded.left), size = excluded.size"""
_PUT_BUSY = """INSERT INTO busy6 VALUES (?, ?, ?, ?, ?)
  ON CONFLICT(slot, ward, machine) DO UPDATE SET looks = excluded.looks, busy = excluded.busy"""


class HistoryShelf:
    """These tables of the open file; every method raises StoreError when it cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self,
        rooms: Iterable[tuple[Place, Point]],
        loads: Iterable[tuple[str, str, Busy]],
        counts: Iterable[tuple[str, Counted]],
    ) -> None:
        """Write slots or what is known of them so far, in one transaction."""
        base = self._database
        with base.transaction():
            for place, point in rooms:
                base.execute(_PUT_ROOM, (point.slot, *place, point.left, point.size))
            for ward, machine, load in loads:
                base.execute(_PUT_BUSY, (load.slot, ward, machine, load.looks, load.busy))
            for ward, count in counts:
                base.insert("count6", (count.slot, ward, count.machines), replace=True)

    def cut(self, slot: int) -> None:
        """Drop the slots after this one: they were written under a clock that has been set back."""
        self._delete("slot > ?", slot)

    def forget_before(self, slot: int) -> None:
        """Drop the slots before this one."""
        self._delete("slot < ?", slot)

    def _delete(self, which: str, slot: int) -> None:
        with self._database.transaction():
            for table in _TABLES:
                self._database.execute(
                    f"DELETE FROM {table} WHERE {which}",  # noqa: S608 - our own three names
                    (slot,),
                )


def rooms_since(
    database: Database, slot: int, ward: str | None = None
) -> Iterator[tuple[Place, Point]]:
    """The points of every place, or of one ward's, oldest first."""
    for at, code, machine, name, left, size in _since(database, "room6", slot, ward):
        yield Place(code, machine, name), Point(at, left, size)


def loads_since(
    database: Database, slot: int, ward: str | None = None
) -> Iterator[tuple[str, str, Busy]]:
    """Looks at the processors likewise: ward, machine, slot."""
    for at, code, machine, looks, busy in _since(database, "busy6", slot, ward):
        yield code, machine, Busy(at, looks, busy)


def counts_since(
    database: Database, slot: int, ward: str | None = None
) -> Iterator[tuple[str, Counted]]:
    """How many machines each ward had, likewise."""
    for at, code, machines in _since(database, "count6", slot, ward):
        yield code, Counted(at, machines)


def _since(database: Database, table: str, slot: int, ward: str | None) -> Iterator[Any]:
    return database.stream(
        f"SELECT * FROM {table} WHERE slot >= ?1"  # noqa: S608 - our own three names
        " AND (?2 IS NULL OR ward = ?2) ORDER BY slot",
        (slot, ward),
    )


def first_slot(now_slot: int, days: int) -> int:
    """The first slot of the last so many days."""
    return now_slot - days * DAY_S
