"""Between meetings and what the journal keeps of them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from agent.journal.database import read_database
from agent.journal.rows import to_kept
from agent.meetings.record import from_record as minute_from
from inventory.errors import ActionRefused, InputError
from probes.meeting.model import Meeting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from agent.meetings.record import MeetingMinute


def to_record(meeting: Meeting) -> dict[str, Any]:
    """A meeting as JSON-able values: code, place, times, how it is joined; nothing else exists."""
    return {
        "code": meeting.code, "ward": meeting.ward, "room": meeting.room,
        "start": meeting.start.isoformat(), "end": meeting.end.isoformat(),
        "join": meeting.join, "test_uri": meeting.test_uri, "profile": meeting.profile,
        "source": meeting.source, "calendar": meeting.calendar,
    }  # fmt: skip


def from_record(record: Mapping[str, Any]) -> Meeting:
    """The meeting that was kept like that."""
    times = {name: datetime.fromisoformat(record[name]) for name in ("start", "end")}
    return Meeting(**{**record, **times})


def read_record(
    state: Path, name: str, ward: str | None = None, room: str | None = None
) -> tuple[Meeting, tuple[MeetingMinute, ...], str]:
    """A meeting by id or code, its minutes, and the realm of the agent that wrote them.

    Read from a state folder that nobody need have open.

    Raises InputError when there is no journal, no such meeting, or several.
    """
    database = read_database(state)
    try:
        found = [from_record(to_kept(row).data) for row in database.rows("SELECT * FROM meeting")]
        one = _named(found, name, ward, room)
        rows = database.rows(
            "SELECT * FROM meeting_minute WHERE key >= ?1 AND key < ?2 ORDER BY key",
            (f"{one.id}/", f"{one.id}/\U0010ffff"),
        )
        minutes = tuple(minute_from(to_kept(row).data) for row in rows)
        return one, minutes, database.meta("realm") or "live"
    finally:
        database.close()


def _named(meetings: Iterable[Meeting], name: str, ward: str | None, room: str | None) -> Meeting:
    try:
        return the_one(meetings, name, ward, room)
    except ActionRefused as error:
        raise InputError(error.key, **error.values) from None


def the_one(meetings: Iterable[Meeting], name: str, ward: str | None, room: str | None) -> Meeting:
    """The meeting of that id or code. Raises ActionRefused for none or for several."""
    found = [
        one for one in meetings
        if name in (one.id, one.code) and ward in (None, one.ward) and room in (None, one.room)
    ]  # fmt: skip
    if not found:
        raise ActionRefused("meeting.unknown", name=name[:60])
    if len(found) > 1:
        ids = ", ".join(one.id for one in found[:6])
        raise ActionRefused("meeting.several", name=name[:60], ids=ids)
    return found[0]
