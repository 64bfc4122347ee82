"""The booked meetings of one agent: kept in the journal, looked up at no cost."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from agent.incidents.record import Event
from agent.journal.rows import Kept
from agent.meetings.kept import from_record, the_one, to_record
from inventory.errors import ActionRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from agent.journal.store import Store
    from probes.meeting.model import Meeting

AFTER = timedelta(minutes=15)  # a meeting goes on being shown until its minutes are written
LONGEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Change:
    """What an import did to the shelf."""

    added: tuple[Meeting, ...] = ()
    moved: tuple[Meeting, ...] = ()
    removed: tuple[Meeting, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.moved or self.removed)


class Shelf:
    """All meetings, over or to come; every change is in the journal before it holds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._meetings: dict[str, Meeting] = {}
        self._in_order: tuple[Meeting, ...] = ()
        self._of_room: dict[tuple[str, str], tuple[Meeting, ...]] = {}
        for kept in store.kept("meeting"):
            self._meetings[kept.key] = from_record(kept.data)
        self._sort()

    def all(self) -> tuple[Meeting, ...]:
        """Every meeting that is known, the earliest first."""
        return self._in_order

    def upcoming(self, at: datetime) -> tuple[Meeting, ...]:
        """Meetings to come, running, or over for less than a quarter of an hour."""
        return tuple(one for one in _recent(self._in_order, at) if one.end + AFTER > at)

    def running(self, at: datetime) -> tuple[Meeting, ...]:
        """Meetings that run at that moment; the end itself is outside."""
        return tuple(one for one in _recent(self._in_order, at) if one.start <= at < one.end)

    def of_room(self, ward: str, room: str) -> tuple[Meeting, ...]:
        """All meetings of one room, the earliest first."""
        return self._of_room.get((ward, room), ())

    def next_of(self, ward: str, room: str, at: datetime) -> Meeting | None:
        """The meeting that runs in a room, else the next one there; None when none is booked."""
        recent = _recent(self.of_room(ward, room), at)
        return next((one for one in recent if one.end > at), None)

    def find(self, name: str, ward: str | None = None, room: str | None = None) -> Meeting:
        """The meeting of that id or code. Raises ActionRefused for none or for several."""
        return the_one(self.all(), name, ward, room)

    def add(self, meeting: Meeting, actor: str, at: datetime) -> Meeting:
        """Take a new meeting in. Raises ActionRefused, StoreError."""
        if proper(meeting).end <= at:
            raise ActionRefused("meeting.over", end=meeting.end.isoformat())
        known = self._meetings.get(meeting.id)
        if known is not None and known.end + AFTER > at:
            raise ActionRefused("meeting.doubled", code=meeting.code, room=meeting.room)
        event = _event("meeting.added", at, meeting, actor)
        self._store.keep("meeting", [_kept(meeting, at)], event)
        self._meetings[meeting.id] = meeting
        self._sort()
        return meeting

    def remove(self, meeting: Meeting, actor: str, at: datetime) -> None:
        """Take a meeting off that was called off. Raises StoreError."""
        self._store.drop("meeting", meeting.id, _event("meeting.removed", at, meeting, actor))
        self._meetings.pop(meeting.id, None)
        self._sort()

    def take_calendar(self, name: str, booked: Iterable[Meeting], at: datetime) -> Change:
        """Put what a calendar says now in place of what it said of the time to come.

        What is over stays, for its report; so does whatever a person entered. Raises StoreError.
        """
        said = {one.id: replace(one, source="calendar", calendar=name) for one in booked}
        mine = {one.id: one for one in self._meetings.values() if one.calendar == name}
        others = self._meetings.keys() - mine.keys()
        said = {key: one for key, one in said.items() if key not in others}
        change = _difference(mine, said, at)
        if change:
            self._carry_out(name, change, at)
        return change

    def forget(self, before: datetime) -> tuple[str, ...]:
        """Drop meetings that ended before that moment, with their minutes; returns their ids.

        Raises StoreError.
        """
        old = tuple(key for key, one in self._meetings.items() if one.end < before)
        for key in old:
            self._store.drop_under("meeting_minute", f"{key}/")
            self._store.drop("meeting", key)
            del self._meetings[key]
        if old:
            self._sort()
        return old

    def _carry_out(self, name: str, change: Change, at: datetime) -> None:
        counts = {
            "calendar": name, "added": len(change.added), "moved": len(change.moved),
            "removed": len(change.removed),
        }  # fmt: skip
        kept = [_kept(one, at) for one in (*change.added, *change.moved)]
        self._store.keep("meeting", kept, Event("meeting.imported", at, key=name, data=counts))
        for one in change.removed:
            self._store.drop("meeting", one.id)
            self._meetings.pop(one.id, None)
        self._meetings |= {one.id: one for one in (*change.added, *change.moved)}
        self._sort()

    def _sort(self) -> None:
        self._in_order = tuple(sorted(self._meetings.values(), key=_by_start))
        rooms: dict[tuple[str, str], list[Meeting]] = {}
        for one in self.all():
            rooms.setdefault((one.ward, one.room), []).append(one)
        self._of_room = {place: tuple(found) for place, found in rooms.items()}


def _recent(meetings: tuple[Meeting, ...], at: datetime) -> Iterator[Meeting]:
    """Those that may not be over for long: none lasts longer than a day."""
    first = bisect_left(meetings, at - LONGEST - AFTER, key=lambda one: one.start)
    return islice(meetings, first, None)


def _difference(mine: Mapping[str, Meeting], said: Mapping[str, Meeting], at: datetime) -> Change:
    """What is new, what was moved, what is gone; what is over already is left as it was."""
    return Change(
        added=tuple(one for key, one in said.items() if key not in mine and one.end > at),
        moved=tuple(one for key, one in said.items() if key in mine and mine[key] != one),
        removed=tuple(one for key, one in mine.items() if key not in said and one.end > at),
    )


def proper(meeting: Meeting) -> Meeting:
    """The meeting, when it ends after it begins and within a day. Raises ActionRefused else."""
    if meeting.end <= meeting.start:
        raise ActionRefused("meeting.ends_before", end=meeting.end.isoformat())
    if meeting.end - meeting.start > LONGEST:
        raise ActionRefused("meeting.too_long", hours=24)
    return meeting


def _kept(meeting: Meeting, at: datetime) -> Kept:
    return Kept(meeting.id, meeting.ward, None, at, to_record(meeting))


def _event(kind: str, at: datetime, meeting: Meeting, actor: str) -> Event:
    said = {"code": meeting.code, "room": meeting.room, "start": meeting.start.isoformat(),
            "end": meeting.end.isoformat(), "actor": actor}  # fmt: skip
    return Event(kind, at, meeting.ward, meeting.id, None, said)


def _by_start(meeting: Meeting) -> tuple[datetime, str]:
    return meeting.start, meeting.id
