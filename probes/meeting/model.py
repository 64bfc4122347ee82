"""A booked meeting as the program knows it: a code, a room and times; never a title or a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime

    from inventory.model import LineProfile

Join: TypeAlias = Literal["dial_in", "dial_out"]


@dataclass(frozen=True, slots=True)
class Meeting:
    """One meeting in one room of one ward; `start` and `end` are aware times, start before end.

    `code` is the order's number or made by the program, `room` the inventory's name of the room.
    `join` says who calls: `dial_in` the room, `dial_out` the centre's bridge, so that the room
    waits and never dials; None where nobody said. `test_uri` is the test room to call beforehand.
    """

    code: str
    ward: str
    room: str
    start: datetime
    end: datetime
    join: Join | None = None
    test_uri: str | None = None
    profile: LineProfile = "hd-meeting"
    source: Literal["person", "calendar"] = "person"
