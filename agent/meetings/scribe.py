"""Writes the record of running meetings: what came in, minute by minute, into the journal."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from agent.journal.rows import Kept
from agent.meetings.record import Gathered, MeetingMinute, from_record, to_record
from inventory.meetings import room_of
from probes.vc.quality import CallStanding

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from agent.engine import Engine
    from agent.journal.store import Store
    from agent.meetings.shelf import Shelf
    from probes.clock import Clock
    from probes.meeting.model import Meeting
    from probes.model import Observation
    from probes.path.model import LineWay
    from probes.vc.status import VcMedia, VcStatus

_MINUTE = timedelta(minutes=1)
_FRESH_S = 45.0  # a burst or an endpoint's word older than that says nothing of this window
_FAR_ENDS = frozenset({"gateway", "reflector", "ce"})

Room = tuple[str, str]  # ward code, room


@dataclass(slots=True)
class _Sitting:
    """One running meeting: how good its call stands, and the minute that is being filled."""

    meeting: Meeting
    standing: CallStanding
    gathered: Gathered = field(default_factory=Gathered)


@dataclass(frozen=True, slots=True)
class RoomSeconds:
    """Whole minutes of meetings in one room so far, in seconds: all of them, and the good ones."""

    all_s: int = 0
    good_s: int = 0


class Scribe:
    """Follows running meetings; see the module's first line."""

    def __init__(self, shelf: Shelf, engine: Engine, clock: Clock) -> None:
        self._shelf = shelf
        self._engine = engine
        self._clock = clock
        self._store: Store = engine.outlets.store
        self._sittings: dict[str, _Sitting] = {}
        self._minute = _minute_of(clock.now())
        self._ways: dict[str, tuple[float, tuple[LineWay, ...]]] = {}
        self._media: dict[Room, tuple[float, tuple[VcMedia, ...]]] = {}
        self._in_call: dict[Room, bool] = {}
        self._ringing: set[Room] = set()
        self._rooms = {
            (code, one.name): room_of(one)
            for code, case in engine.cases.items() for one in case.watch.ward.devices
        }  # fmt: skip
        self.calls: Counter[tuple[str, str, str]] = Counter()  # ward, device, result
        self.seconds: dict[Room, RoomSeconds] = {}
        self._remember()

    def take(self, seen: Observation) -> None:
        """Take in one observation: an endpoint's call, or a burst over the line."""
        ward = seen.target.ward
        if seen.reading.vc is not None and seen.ok:
            self._take_call(seen, seen.reading.vc)
        if seen.reading.ways and seen.target.role in _FAR_ENDS:
            ways = tuple(seen.reading.ways)
            self._ways[ward] = (seen.mono, ways)
            for sitting in self._of_ward(ward):
                sitting.gathered.ways.extend(ways)
                if not self._in_call.get((ward, sitting.meeting.room)):
                    sitting.standing = sitting.standing.after((), _one_class(ways))

    def turn(self) -> None:
        """Begin and end records, and write a minute that is over; called every second."""
        now = self._clock.now()
        minute = _minute_of(now)
        if minute != self._minute:
            self._write(self._minute)
            self._minute = minute
        running = {one.id: one for one in self._shelf.running(now)}
        for key, one in running.items():
            known = self._sittings.get(key)
            if known is None:
                in_call = self._in_call.get((one.ward, one.room))
                fresh = CallStanding(one.profile)
                self._sittings[key] = _Sitting(one, fresh, Gathered(in_call=in_call))
            else:
                known.meeting = one
        for key in self._sittings.keys() - running.keys():
            del self._sittings[key]

    def all(self) -> tuple[Meeting, ...]:
        """Every meeting that is known, over or to come, the earliest first."""
        return self._shelf.all()

    def standing(self, meeting: str) -> CallStanding | None:
        """How good the call of a running meeting stands; None when it does not run."""
        sitting = self._sittings.get(meeting)
        return sitting.standing if sitting else None

    def minutes(self, meeting: str) -> tuple[MeetingMinute, ...]:
        """The record of a meeting so far. Raises StoreError."""
        return minutes_of(self._store, meeting)

    def _take_call(self, seen: Observation, status: VcStatus) -> None:
        ward, name = seen.target.ward, seen.target.name
        place = (ward, self._rooms.get((ward, name), name))
        sittings = [one for one in self._of_ward(ward) if one.meeting.room == place[1]]
        joined, left = self._followed(place, name, status)
        for sitting in sittings:
            gathered = sitting.gathered
            gathered.joins += joined
            gathered.drops += left
            gathered.in_call = status.in_call if status.in_call is not None else gathered.in_call
            gathered.media.extend(status.media)
            if status.in_call:
                at, ways = self._ways.get(ward, (float("-inf"), ()))
                fresh = _one_class(ways) if seen.mono - at <= _FRESH_S else ()
                sitting.standing = sitting.standing.after(status.media, fresh)

    def _followed(self, place: Room, name: str, status: VcStatus) -> tuple[bool, bool]:
        """Whether the endpoint has come into a call or out of one; what rang in vain has failed."""
        before = self._in_call.get(place, False)
        if status.in_call is None:
            return False, False
        self._in_call[place] = status.in_call
        if status.in_call and not before:
            self.calls[place[0], name, "ok"] += 1
        elif not status.in_call and place in self._ringing and not status.ringing and not before:
            self.calls[place[0], name, "failed"] += 1
        if status.ringing and not status.in_call:
            self._ringing.add(place)
        else:
            self._ringing.discard(place)
        return status.in_call and not before, before and not status.in_call

    def _of_ward(self, ward: str) -> list[_Sitting]:
        return [one for one in self._sittings.values() if one.meeting.ward == ward]

    def _write(self, minute: datetime) -> None:
        """The minute that is over, of every meeting that ran from its begin on."""
        rows = []
        for sitting in self._sittings.values():
            one = sitting.meeting
            if not one.start <= minute < one.end:
                continue
            incidents = self._engine.cases[one.ward].incidents.values()
            numbers = [each.id for each in incidents if each.is_open]
            said = sitting.gathered.minute(minute.isoformat(), sitting.standing.worst, numbers)
            rows.append(Kept(f"{one.id}/{said.at}", one.ward, one.room, minute, to_record(said)))
            self._count((one.ward, one.room), said)
            in_call = sitting.gathered.in_call
            sitting.gathered = Gathered(in_call=in_call)
        if rows:
            self._engine.journal.write_in_order(lambda: self._store.keep("meeting_minute", rows))

    def _count(self, place: Room, minute: MeetingMinute) -> None:
        known = self.seconds.get(place, RoomSeconds())
        is_good = minute.grade == "good"
        self.seconds[place] = replace(
            known, all_s=known.all_s + 60, good_s=known.good_s + 60 * is_good
        )

    def _remember(self) -> None:
        """Go on counting where the last run of the program ended."""
        for ward, room, minutes, good in self._store.minutes_kept():
            self.seconds[ward, room] = RoomSeconds(60 * minutes, 60 * good)


def minutes_of(store: Store, meeting: str) -> tuple[MeetingMinute, ...]:
    """The record of a meeting by its id, in order. Raises StoreError."""
    return tuple(from_record(one.data) for one in store.kept_under("meeting_minute", f"{meeting}/"))


def shown_calls(calls: Mapping[tuple[str, str, str], int], ward: str) -> dict[tuple[str, str], int]:
    """Calls of one ward's endpoints by device and result."""
    return {key[1:]: count for key, count in calls.items() if key[0] == ward}


def _minute_of(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _one_class(ways: tuple[LineWay, ...]) -> tuple[LineWay, ...]:
    """The class that carries pictures, where a burst tells classes apart."""
    kinds = {way.kind for way in ways}
    kind = next((one for one in ("af41", "ef", "be") if one in kinds), None)
    return tuple(way for way in ways if way.kind == kind)
