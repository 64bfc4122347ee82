"""Between meetings and what the journal keeps of them. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from probes.meeting.model import Meeting

if TYPE_CHECKING:
    from collections.abc import Mapping


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
