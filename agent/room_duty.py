"""What keeps the gear of a meeting room on duty: the meetings booked for it, and live calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.board import subject
from agent.duty import MEETING_LEAD, SETTLING
from agent.meetings.timeline import is_safe_window
from inventory.meetings import room_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from agent.board import Board
    from inventory.model import Ward
    from probes.meeting.model import Meeting
    from probes.model import Target


class RoomDuty:
    """The rooms of one ward; `next_meeting` gives the running or next meeting of a room."""

    def __init__(self, ward: Ward, targets: Mapping[str, Target], board: Board) -> None:
        self.next_meeting: Callable[[str, datetime], Meeting | None] = lambda _room, _at: None
        self._room_of = {one.name: room_of(one) for one in ward.devices if one.name in targets}
        self._targets = targets
        self._board = board

    def meetings(self, name: str, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Start and end of what keeps a device on duty: the next meeting of its room, and calls."""
        room = self._room_of.get(name, name)
        booked = self.next_meeting(room, at)
        if booked is not None:
            yield booked.start, booked.end
        for other, its_room in self._room_of.items():
            live = self._live_call(other) if its_room == room else None
            if live is not None:
                yield live

    def in_meeting(self, at: datetime, mono: float) -> frozenset[str]:
        """The rooms that nothing may disturb: half an hour before a meeting to its end, and in a
        live call."""
        called = {room for name, room in self._room_of.items() if self.is_in_call(name, mono)}
        booked = ((room, self.next_meeting(room, at)) for room in set(self._room_of.values()))
        soon = {room for room, one in booked if one is not None and is_safe_window(one, at)}
        return frozenset(called | soon)

    def is_in_call(self, name: str, mono: float) -> bool:
        """Whether an endpoint says, not too long ago, that it is in a call."""
        newest = self._board.of(subject(self._targets[name]))
        live = (one.reading.vc for one in newest if mono - one.mono <= one.ttl_s)
        return any(vc is not None and bool(vc.in_call) for vc in live)

    def gear(self, room: str) -> tuple[str, ...]:
        """The devices of a room by name."""
        return tuple(name for name, its_room in self._room_of.items() if its_room == room)

    def _live_call(self, name: str) -> tuple[datetime, datetime] | None:
        """A live call keeps its room on duty until a quarter of an hour after it was seen."""
        key = subject(self._targets[name])
        good = [self._board.last_good(key, one.probe) for one in self._board.of(key)]
        calls = [o for o in good if o and o.reading.vc and o.reading.vc.in_call]
        seen = max((one.started for one in calls), default=None)
        return (seen - MEETING_LEAD, seen + SETTLING) if seen is not None else None
