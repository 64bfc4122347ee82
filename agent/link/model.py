"""What goes over the link: a ward's beat and the hub's answer.

Ages go out, never times, so that clocks may differ. A fact that is unknown is left out. Everything
has a largest size, since it comes from outside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from agent.verdict.elsewhere import Told
from agent.wire.base import Stamp, Wire
from inventory.values import Name, WardCode
from playbooks.verdict.facts import Truth

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

BEAT_PATH = "/api/v1/link/beat"
MOST_FACTS = 64
LARGEST = 64 * 1024  # bytes of one beat or answer
_MOST_VALUES = 16
_LONGEST_AGE_S = 1e9

Age = Annotated[float, Field(ge=0, le=_LONGEST_AGE_S, allow_inf_nan=False)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{0,32}$")]
Mark = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Number = Annotated[float, Field(allow_inf_nan=False)]


class Seen(Wire):
    """One check as the sender saw it last.

    `age_s` is how long ago it was measured, `for_s` for how long it is so, `of` a digest of what
    was asked: only equal questions are compared. `values` are what sentences print.
    """

    ok: bool
    age_s: Age
    for_s: Age
    reason: Word = ""
    of: Word = ""
    values: dict[Word, Number] = Field(default_factory=dict, max_length=_MOST_VALUES)


class Judged(Wire):
    """The ward's own verdict in four words."""

    state: Word = "unknown"
    segment: Word = "unknown"
    part: Annotated[str, StringConstraints(max_length=80)] = ""
    confidence: Annotated[float, Field(ge=0, le=1)] = 0.0


class Beat(Wire):
    """What a ward's agent says every ten seconds.

    `boot` is one life of that agent and `seq` counts in it; `session` is what the hub called itself
    in its last answer, empty before the first: with it an old beat is worth nothing to a hub that
    was restarted.
    """

    ward: WardCode
    boot: Mark
    seq: Annotated[int, Field(ge=1)]
    session: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{0,64}$")] = ""
    clock: Stamp
    version: Annotated[str, StringConstraints(max_length=40)] = ""
    verdict: Judged = Judged()
    services: dict[Name, Seen] = Field(default_factory=dict, max_length=MOST_FACTS)
    resolver: Seen | None = None
    line: dict[Word, Seen] = Field(default_factory=dict, max_length=8)


class Answer(Wire):
    """What the hub knows of that ward's services and of the city's resolver.

    `is_taken` is False when the beat named another session: it was not believed, the next one with
    the right name will be. `group` is the common incident that the ward belongs to.
    """

    session: Mark
    is_taken: bool
    clock: Stamp
    services: dict[Name, Seen] = Field(default_factory=dict, max_length=MOST_FACTS)
    resolver: Seen | None = None
    group: Annotated[str, StringConstraints(max_length=40)] | None = None


def said(told: Told, mono: float, of: str = "") -> Seen:
    """A value of this machine as it goes out at this moment."""
    return Seen(
        ok=told.truth is Truth.TRUE,
        age_s=max(0.0, mono - told.mono),
        for_s=max(0.0, mono - told.since),
        reason=told.reason,
        of=of,
        values=dict(told.values),
    )


def heard(seen: Seen, mono: float) -> Told:
    """What came in, in this machine's own time; `mono` is when it was asked for at the latest."""
    truth = Truth.TRUE if seen.ok else Truth.FALSE
    return Told(truth, mono - seen.age_s, mono - seen.for_s, seen.reason, values=dict(seen.values))


def all_heard(
    seen: Mapping[str, Seen], mono: float, questions: Mapping[str, str]
) -> dict[str, Told]:
    """The checks that both ask alike; `questions` are the digests of this machine's own."""
    return {name: heard(one, mono) for name, one in seen.items() if questions.get(name) == one.of}


def clock_offset_s(told: datetime, now: datetime) -> float:
    """How far another machine's wall clock is ahead of this one's, seconds."""
    return (told - now).total_seconds()
