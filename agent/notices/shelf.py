"""The notices' table: written with what causes them, read by whoever sends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agent.notices.model import WAITING, Body, Notice, NoticeState, NoticeType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent.journal.database import Database
    from agent.journal.rows import Row

_WAITING = ", ".join(f"'{state}'" for state in sorted(WAITING))


class NoticeShelf:
    """The table of one journal; StoreError from every method when the file cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, notices: Iterable[Notice]) -> None:
        """Write rows, new ones and in place of old ones; part of the caller's transaction."""
        for notice in notices:
            self._database.insert("notice", _columns(notice), replace=True)

    def save(self, notices: Iterable[Notice]) -> None:
        """Write rows in a transaction of their own; they are on disk when this returns."""
        with self._database.transaction(durable=True):
            self.put(notices)

    def of_subject(self, subject: str) -> tuple[Notice, ...]:
        """All about one subject, in order."""
        return self._found("subject = ? ORDER BY transition", subject)

    def one(self, key: str) -> Notice | None:
        """The row of that key as it stands now."""
        return next(iter(self._found("key = ?", key)), None)

    def waiting(self) -> tuple[Notice, ...]:
        """All that something is still to be done about, in order."""
        return self._found(f"state IN ({_WAITING}) ORDER BY transition")

    def sent_since(self, at: datetime) -> tuple[Notice, ...]:
        """All that were delivered since a moment."""
        return self._found("sent_ms >= ? ORDER BY transition", _ms(at))

    def carried_by(self, digest: str) -> tuple[Notice, ...]:
        """The rows that a digest carries."""
        return self._found("digest = ? ORDER BY transition", digest)

    def all(self) -> tuple[Notice, ...]:
        """Every row, in order."""
        return self._found("1 ORDER BY transition")

    def _found(self, condition: str, *values: object) -> tuple[Notice, ...]:
        sql = f"SELECT * FROM notice WHERE {condition}"  # noqa: S608 - the conditions above
        return tuple(_notice(row) for row in self._database.rows(sql, values))


def _columns(notice: Notice) -> tuple[Any, ...]:
    return (
        notice.key, notice.subject, notice.ward, notice.transition, notice.channel,
        notice.recipient, notice.type, notice.state, notice.tries, _ms(notice.made),
        _ms(notice.next_at), None if notice.sent is None else _ms(notice.sent), notice.digest,
        notice.problem, notice.body.model_dump_json(),
    )  # fmt: skip


def _notice(row: Row) -> Notice:
    return Notice(
        key=row["key"], subject=row["subject"], ward=row["ward"], transition=row["transition"],
        channel=row["channel"], recipient=row["recipient"], type=NoticeType(row["type"]),
        state=NoticeState(row["state"]), tries=row["tries"], made=_time(row["made_ms"]),
        next_at=_time(row["next_ms"]),
        sent=None if row["sent_ms"] is None else _time(row["sent_ms"]),
        digest=row["digest"], problem=row["problem"],
        body=Body.model_validate_json(row["body"]),
    )  # fmt: skip


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _time(stamp_ms: int) -> datetime:
    return datetime.fromtimestamp(stamp_ms / 1000, UTC)
