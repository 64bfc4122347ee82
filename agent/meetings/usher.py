"""Follows the booked meetings through time, and takes what people say about them."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from agent.arguments import end_of, moment_of
from agent.duty import ICT
from agent.incidents.record import Event
from agent.incidents.verbs import text_of
from agent.meetings.shelf import proper
from agent.meetings.timeline import is_safe_window, phase_of
from agent.meetings.window import periods, protected
from inventory.errors import ActionRefused, InputError
from inventory.meetings import rooms_of
from inventory.values import LineProfile
from probes.meeting.model import CODE, Join, Meeting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from agent.engine import Engine
    from agent.meetings.shelf import Change, Shelf
    from agent.meetings.timeline import Phase
    from agent.schedule import Job, JobKey
    from agent.watching import WardWatch
    from agent.wire import Command
    from probes.clock import Clock


@dataclass(frozen=True, slots=True)
class Protection:
    """Why a device must be left in peace: a room's meeting, None for a call that nobody booked.

    `is_gear`: it stands in that room; else the room is reached through it.
    """

    room: str
    meeting: Meeting | None
    is_gear: bool


# The local token is the only identity so far and carries the ward's own role.
MAY_BOOK = frozenset({"ward_it", "region_dxc", "city_noc"})
MOST_URI = 200
NAMED = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
LOOK_EVERY = 5  # turns: whether a room is in a call is known from its last poll anyway


class Usher:
    """Turns the meetings with time and takes their verbs; see the module's first line."""

    def __init__(self, shelf: Shelf, engine: Engine, clock: Clock) -> None:
        self.shelf = shelf
        self._engine = engine
        self._clock = clock
        self._turns = 0
        self._protections: dict[str, dict[str, Protection]] = {}
        now = clock.now()
        self._phases: dict[str, Phase] = {one.id: phase_of(one, now) for one in shelf.upcoming(now)}
        for code, case in engine.cases.items():
            case.watch.rooms.next_meeting = _of_ward(shelf, code)

    def turn(self) -> None:
        """Say which meetings have come to another phase; called every second."""
        now = self._clock.now()
        phases = {one.id: phase_of(one, now) for one in self.shelf.upcoming(now)}
        for one in self.shelf.upcoming(now):
            before, phase = self._phases.get(one.id, "booked"), phases[one.id]
            if before != phase:
                self._say(one, phase, now)
        if phases != self._phases or self._turns % LOOK_EVERY == 0:
            self._protect(now)
        self._phases = phases
        self._turns += 1

    def protection(self, ward: str, name: str) -> Protection | None:
        """Why a device must not be disturbed now; None when it may."""
        return self._protections.get(ward, {}).get(name)

    def add(self, command: Command, actor: str, role: str) -> dict[str, object]:
        """`meeting_add`: code, room, start, end or minutes. Raises ActionRefused, InputError."""
        _refuse_role(role)
        ward = self._ward(command)
        booked = self.shelf.add(_meeting(command, ward), actor, self._clock.now())
        self._publish(booked, {"phase": phase_of(booked, self._clock.now())})
        self.turn()
        return {"meeting": booked.id, "code": booked.code}

    def take_in(self, command: Command, role: str) -> dict[str, object]:
        """`meeting_import`: what a file says, in place of what was imported by that name before.

        Raises ActionRefused, InputError.
        """
        _refuse_role(role)
        name, listed = text_of(command, "calendar"), command.args.get("meetings")
        if not isinstance(listed, list) or not NAMED.fullmatch(name):
            raise InputError("api.missing_argument", verb=command.verb, name="calendar, meetings")
        booked = []
        for args in listed:
            one = command.model_copy(update={"args": args if isinstance(args, dict) else {}})
            booked.append(proper(_meeting(one, self._ward(one))))
        change = self.shelf.take_calendar(name, booked, self._clock.now())
        self.changed(change)
        counts = ("added", "moved", "removed")
        return {"calendar": name, **{kind: len(getattr(change, kind)) for kind in counts}}

    def changed(self, change: Change) -> None:
        """A calendar has changed the shelf: everybody is told, phases are looked at anew."""
        now = self._clock.now()
        for one in (*change.added, *change.moved):
            self._publish(one, {"phase": phase_of(one, now)})
        for one in change.removed:
            self._publish(one, {"phase": "removed"})
        self.turn()

    def remove(self, command: Command, actor: str, role: str) -> dict[str, object]:
        """`meeting_remove`: by id or code. Raises ActionRefused, InputError."""
        _refuse_role(role)
        name = text_of(command, "meeting")
        ward, room = (_optional(command.args, key) for key in ("ward", "room"))
        found = self.shelf.find(name, ward, room)
        self.shelf.remove(found, actor, self._clock.now())
        self._publish(found, {"phase": "removed"})
        return {"meeting": found.id, "code": found.code}

    def refusal(self, ward: str, name: str) -> ActionRefused:
        """The line that says which meeting forbids it to disturb a device, and until when."""
        why = self.protection(ward, name)
        if why is None or why.meeting is None:
            return ActionRefused("meeting.in_call", device=name, room=why.room if why else "-")
        until = f"{why.meeting.end.astimezone(ICT):%H:%M}"
        return ActionRefused(
            "meeting.protected", device=name, code=why.meeting.code, room=why.room, until=until
        )

    def _protect(self, now: datetime) -> None:
        """Have the gear and line of meetings read lightly, and oftener what tells of them."""
        mono = self._clock.monotonic()
        found = {
            code: protections(case.watch, now, mono) for code, case in self._engine.cases.items()
        }
        found = {code: kept for code, kept in found.items() if kept}
        if _extent(found) != _extent(self._protections):
            self._order(found)
        self._protections = found

    def _order(self, found: Mapping[str, Mapping[str, Protection]]) -> None:
        jobs: dict[str, list[Job]] = defaultdict(list)
        for job in self._engine.asking.jobs:
            jobs[job.target.ward].append(job)
        ordered: dict[JobKey, float] = {}
        for code, kept in found.items():
            gear = {name for name, why in kept.items() if why.is_gear}
            ordered |= periods(jobs[code], gear, kept)
        self._engine.asking.order(ordered)

    def _say(self, meeting: Meeting, phase: Phase, at: datetime) -> None:
        data = {"code": meeting.code, "room": meeting.room, "phase": phase,
                "start": meeting.start.isoformat(), "end": meeting.end.isoformat()}  # fmt: skip
        event = Event("meeting.phase", at, meeting.ward, meeting.id, None, data)
        self._engine.note(event)
        self._publish(meeting, {"phase": phase})

    def _publish(self, meeting: Meeting, patch: Mapping[str, object]) -> None:
        said = {"code": meeting.code, "room": meeting.room, **patch}
        bus = self._engine.outlets.bus
        bus.publish("meeting", f"meetings/{meeting.id}", said, ward=meeting.ward)

    def _ward(self, command: Command) -> str:
        code, cases = command.args.get("ward"), self._engine.cases
        if code is None and len(cases) == 1:
            code = next(iter(cases))
        if code not in cases:
            raise InputError("api.missing_argument", verb=command.verb, name="ward")
        room, rooms = text_of(command, "room"), rooms_of(cases[str(code)].watch.ward)
        if room not in rooms:
            raise ActionRefused(
                "meeting.no_such_room", room=room[:60], rooms=", ".join(rooms) or "-"
            )
        return str(code)


def protections(watch: WardWatch, now: datetime, mono: float) -> dict[str, Protection]:
    """What nothing may disturb in a ward now, by name, with the meeting that it is for."""
    found: dict[str, Protection] = {}
    for room in sorted(watch.rooms.in_meeting(now, mono)):
        booked = watch.rooms.next_meeting(room, now)
        is_booked = booked is not None and is_safe_window(booked, now)
        gear = watch.rooms.gear(room)
        for name in sorted(protected(watch.ward, watch.topology, gear)):
            if name not in found or name in gear:
                found[name] = Protection(room, booked if is_booked else None, name in gear)
    return found


def _extent(found: Mapping[str, Mapping[str, Protection]]) -> set[tuple[str, str, bool]]:
    return {(c, name, why.is_gear) for c, kept in found.items() for name, why in kept.items()}


def _of_ward(shelf: Shelf, ward: str) -> Callable[[str, datetime], Meeting | None]:
    return lambda room, at: shelf.next_of(ward, room, at)


def _refuse_role(role: str) -> None:
    if role not in MAY_BOOK:
        raise ActionRefused("meeting.role", role=role)


def _meeting(command: Command, ward: str) -> Meeting:
    """The meeting that a command describes. Raises InputError."""
    args = command.args
    code, profile = text_of(command, "code"), args.get("profile", "hd-meeting")
    if not CODE.fullmatch(code):
        raise InputError("meeting.bad_code", code=code[:60])
    join, uri = args.get("join"), _optional(args, "test_uri")
    if profile not in get_args(LineProfile) or join not in (None, *get_args(Join)):
        raise InputError("api.missing_argument", verb=command.verb, name="profile, join")
    if uri is not None and (len(uri) > MOST_URI or any(c.isspace() for c in uri)):
        raise InputError("api.missing_argument", verb=command.verb, name="test_uri")
    start = moment_of(args, "start")
    if start is None:
        raise InputError("api.missing_argument", verb=command.verb, name="start")
    return Meeting(
        code=code, ward=ward, room=text_of(command, "room"), start=start,
        end=end_of(command, start), join=join, test_uri=uri, profile=profile,
    )  # fmt: skip


def _optional(args: Mapping[str, object], name: str) -> str | None:
    value = args.get(name)
    return value.strip() if isinstance(value, str) and value.strip() else None
