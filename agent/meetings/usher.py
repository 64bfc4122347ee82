"""Follows the booked meetings through time, and takes what people say about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from agent.arguments import end_of, moment_of
from agent.incidents.record import Event
from agent.incidents.verbs import text_of
from agent.meetings.timeline import phase_of
from agent.room_duty import room_of
from inventory.errors import ActionRefused, InputError
from inventory.model import LineProfile, Role
from probes.meeting.model import CODE, Join, Meeting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from agent.engine import Engine
    from agent.meetings.shelf import Shelf
    from agent.meetings.timeline import Phase
    from agent.wire import Command
    from inventory.model import Ward
    from probes.clock import Clock

# The local token is the only identity so far and carries the ward's own role.
MAY_BOOK = frozenset({"ward_it", "region_dxc", "city_noc"})
MOST_URI = 200


class Usher:
    """Turns the meetings with time and takes their verbs; see the module's first line."""

    def __init__(self, shelf: Shelf, engine: Engine, clock: Clock) -> None:
        self.shelf = shelf
        self._engine = engine
        self._clock = clock
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
        self._phases = phases

    def add(self, command: Command, actor: str, role: str) -> dict[str, object]:
        """`meeting_add`: code, room, start, end or minutes. Raises ActionRefused, InputError."""
        _refuse_role(role)
        ward = self._ward(command)
        booked = self.shelf.add(_meeting(command, ward), actor, self._clock.now())
        self._publish(booked, {"phase": phase_of(booked, self._clock.now())})
        self.turn()
        return {"meeting": booked.id, "code": booked.code}

    def remove(self, command: Command, actor: str, role: str) -> dict[str, object]:
        """`meeting_remove`: by id or code. Raises ActionRefused, InputError."""
        _refuse_role(role)
        name = text_of(command, "meeting")
        ward, room = (_optional(command.args, key) for key in ("ward", "room"))
        found = self.shelf.find(name, ward, room)
        self.shelf.remove(found, actor, self._clock.now())
        self._publish(found, {"phase": "removed"})
        return {"meeting": found.id, "code": found.code}

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


def rooms_of(ward: Ward) -> tuple[str, ...]:
    """The meeting rooms of a ward by name: where a video endpoint stands, or a room is named."""
    found = (room_of(one) for one in ward.devices if one.role is Role.VC or one.room)
    return tuple(dict.fromkeys(found))


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
