"""How the link stands, as people and metrics are told of it; and how long to wait. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from agent.troubles import TroubleCode

BEAT_EVERY_S: Final = 10.0
_PAUSES_S: Final = (1.0, 2.0, 4.0, 8.0, 15.0)
_JITTER = 0.2  # of the pause, to either side: 168 wards must not call in one second


@dataclass(frozen=True, slots=True)
class LinkStanding:
    """Ward: how the link to the hub stands.

    `state` is new before the first answer, linked, cut (nobody answers: tried again without a word)
    or refused (a person must do something, `problem` is the key of the sentence that says what).
    `since` is when it became so. `group` is the common incident that the ward belongs to.
    """

    state: Literal["new", "linked", "cut", "refused"] = "new"
    since: datetime | None = None
    problem: TroubleCode | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class WardOnLink:
    """Hub: when a ward's agent was heard last, its version, its clock against this one's."""

    last_at: datetime
    version: str
    clock_offset_s: float


def pause_s(failures: int, chance: float) -> float:
    """How long to wait before the next beat, seconds; `chance` is 0 to 1, `failures` in a row."""
    pause = BEAT_EVERY_S if failures == 0 else _PAUSES_S[min(failures, len(_PAUSES_S)) - 1]
    return pause * (1 - _JITTER + 2 * _JITTER * chance)
