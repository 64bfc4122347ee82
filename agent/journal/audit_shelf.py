"""The audit's table: rows are added at its end, and deleted only from its start, for their age."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.incidents.record import MACHINE
from agent.journal import rows
from agent.journal.audit import CUT, Deed, Head, anchor, canonical, chained, first_bad
from agent.journal.database import read_database

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from agent.journal.audit import AuditRow
    from agent.journal.database import Database

_HEAD, _ANCHOR = "audit_head", "audit_anchor"


class AuditShelf:
    """The chain of one journal; StoreError from every method when the file cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def head(self) -> Head:
        """The end of the chain; whoever keeps it elsewhere can prove later what was there."""
        return self._noted(_HEAD) or self._first

    def append(self, deed: Deed) -> AuditRow:
        """Write one deed at the end; it is on disk when this returns."""
        with self._database.transaction(durable=True):
            return self._chain(deed)

    def rows(self, since: int = 0, limit: int = 1000) -> tuple[AuditRow, ...]:
        """Rows after number `since`, in order."""
        found = self._database.rows(
            "SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?", (since, limit)
        )
        return tuple(rows.to_audit(row) for row in found)

    def first_bad(self) -> int | None:
        """Number of the first row that is not what was written, else None."""
        found = self._database.stream("SELECT * FROM audit ORDER BY seq")
        start = self._noted(_ANCHOR) or self._first
        return first_bad(map(rows.to_audit, found), start, self.head)

    def cut(self, now: datetime, before: datetime, realm: str) -> int:
        """Delete the rows that end before a moment, but never all; returns how many.

        A row of the chain says up to where, so that a chain cut by anybody else is found.
        """
        with self._database.transaction(durable=True):
            found = self._database.rows(
                "SELECT * FROM audit WHERE seq <"
                " (SELECT coalesce(min(seq), 0) FROM audit WHERE ts_ms >= ?)"
                " ORDER BY seq DESC LIMIT 1",
                (rows.ms(before),),
            )
            if not found:
                return 0
            last = rows.to_audit(found[0])
            gone = self._database.execute("DELETE FROM audit WHERE seq <= ?", (last.seq,)).rowcount
            self._database.set_meta(_ANCHOR, f"{last.seq}:{last.sha.hex()}")
            data = canonical({"seq": last.seq, "sha": last.sha.hex()})
            self._chain(
                Deed(rows.ms(now), realm, MACHINE, "agent", MACHINE, CUT, "audit", None, "ok", data)
            )
        return gone

    @property
    def _first(self) -> Head:
        return anchor(self._database.meta("agent_id") or "")

    def _chain(self, deed: Deed) -> AuditRow:
        row = chained(self.head, deed)
        self._database.insert("audit", rows.from_audit(row))
        self._database.set_meta(_HEAD, f"{row.seq}:{row.sha.hex()}")
        return row

    def _noted(self, key: str) -> Head | None:
        noted = self._database.meta(key)
        if noted is None:
            return None
        seq, _colon, sha = noted.partition(":")
        return Head(int(seq), bytes.fromhex(sha))


def check_chain(folder: Path) -> tuple[int | None, Head]:
    """The first bad row of a state folder's chain (None: all good) and its noted end.

    Reads beside a running agent and changes nothing. Raises StoreError.
    """
    database = read_database(folder)
    try:
        shelf = AuditShelf(database)
        return shelf.first_bad(), shelf.head
    finally:
        database.close()
