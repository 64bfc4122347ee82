"""When a check flaps its changes are not told one by one; afterwards nothing is lost. Pure.

While a check flaps one line says so. When it ceases, the state it ended in is told if it is not the
one people heard of last: the recovery that happened in the middle of it must reach them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from agent.checks import State
from agent.incidents.record import Event

if TYPE_CHECKING:
    from datetime import datetime

    from agent.checks import CheckState


@dataclass(frozen=True, slots=True)
class Flap:
    """A check began to flap, or settled.

    `changes` of the last 20 results and `percent` (0.0..99.0) say how much; `since` is when it
    began, None when that was before a restart. `told` is the state people heard of last (None:
    nothing yet, as good as OK); `tell` says that `state` is to be told now.
    """

    what: Literal["flapping", "settled"]
    state: State
    changes: int
    percent: float
    at: datetime
    since: datetime | None
    told: State | None
    tell: bool

    def event(self, ward: str, device: str, check: str, incident: str | None = None) -> Event:
        """The journal line `check.flapping` or `check.settled`.

        `incident` is the uid of the open incident that hangs on this check.
        """
        data = {
            "check": check,
            "state": self.state,
            "changes": self.changes,
            "percent": self.percent,
            "since": self.since.isoformat() if self.since else None,
            "told": self.told,
            "tell": self.tell,
            "incident": incident,
        }
        return Event(f"check.{self.what}", self.at, ward, check, device, data)


def owes(state: CheckState) -> bool:
    """Whether people believe something else than what is known beyond doubt and stands still."""
    sure = state.hard and state.state is not State.UNKNOWN and not state.ring.flapping
    return sure and state.state is not (state.told or State.OK)


def heed(before: CheckState, after: CheckState, at: datetime) -> tuple[CheckState, Flap | None]:
    """What one more result means for flapping; asked right after `checks.step`.

    Returns the state with what people are told by it, and the line to write, if any. A state that
    its own transition tells (HARD bad, recovered) is not told twice.
    """
    began = after.ring.flapping and not before.ring.flapping
    ended = before.ring.flapping and not after.ring.flapping
    owed = owes(after)
    if not (began or ended or owed):
        return after, None
    what: Literal["flapping", "settled"] = "flapping" if began else "settled"
    flap = Flap(
        what, after.state, after.ring.changes, after.ring.percent, at,
        since=after.flapping_since if began else before.flapping_since,
        told=before.told, tell=owed,
    )  # fmt: skip
    return (replace(after, told=after.state) if owed else after), flap
