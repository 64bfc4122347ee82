"""A booked meeting as the program knows it: a code, a room and times; never a title or a person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime

    from inventory.values import LineProfile

Join: TypeAlias = Literal["dial_in", "dial_out"]
# The number of an order, as 123/TB-UBND; too narrow for a title to be written into it.
CODE = re.compile(r"[A-Za-z0-9Đđ][A-Za-z0-9Đđ./_-]{0,39}")


@dataclass(frozen=True, slots=True)
class Meeting:
    """One meeting in one room of one ward; `start` and `end` are aware times, start before end.

    `code` is the order's number or made by the program, `room` the inventory's name of the room.
    `calendar` names the calendar of the inventory that it was read from, "" for an entered one.
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
    calendar: str = ""

    @property
    def id(self) -> str:
        """What names it everywhere: one order may call several rooms of several wards."""
        place = f"{self.ward}/{self.room}/{self.code}"
        return f"H-{sha256(place.encode()).hexdigest()[:10]}"
