"""A drill as frozen values: what its YAML may hold in this first form, and nothing else.

The field names are those of the files, so that a message can name the key. Times are `MM:SS` from
the start. What depends on several keys is checked by `drills.lint`; here stand shapes only.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints

from inventory.values import Frozen, Words

DRILL_ID = r"^DR-(NET|SEC|MTG|MIX)-\d\d$"
VERSION = r"^\d+\.\d+\.\d+$"
MOMENT = r"^\d{1,3}:[0-5]\d$"
ITEM_ID = r"^[A-Z][A-Z0-9]{0,7}$"
BOUND = r"^(>=|<)\d{1,3}$"
MATCH_KEY = r"^[a-z_]{1,16}$"

Moment: TypeAlias = Annotated[str, StringConstraints(pattern=MOMENT)]
ItemId: TypeAlias = Annotated[str, StringConstraints(pattern=ITEM_ID)]
Bound: TypeAlias = Annotated[str, StringConstraints(pattern=BOUND)]
MatchKey: TypeAlias = Annotated[str, StringConstraints(pattern=MATCH_KEY)]
Matcher: TypeAlias = str | bool | tuple[str, ...]

EventName: TypeAlias = Literal[
    "incident.acknowledged", "incident.noted", "incident.closed",
    "run.started", "run.ended", "step.answered",
    "escalate.sent", "escalate.taken", "message.sent", "looked",
]  # fmt: skip
StateName: TypeAlias = Literal[
    "line", "line_clean", "vc_registered", "ce_power", "switch_power", "vm_room"
]
SolutionName: TypeAlias = Literal["reference", "tempting", "idle"]


def seconds(moment: str) -> int:
    """`02:30` as seconds."""
    minutes, _, rest = moment.partition(":")
    return int(minutes) * 60 + int(rest)


def moment_text(at: float) -> str:
    """Seconds as `02:30`."""
    return f"{int(at) // 60:02d}:{int(at) % 60:02d}"


class Time(Frozen):
    """How long the drill may take, minutes, and what the clock on the wall says at its start."""

    limit_min: int = Field(ge=1, le=240)
    clock_start: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class WorldSpec(Frozen):
    """Which world it is played in; `per_trainee` takes the seed of the run."""

    template: Literal["ward-standard"]
    seed: Literal["per_trainee"] | Annotated[int, Field(ge=0, le=2**31 - 1)] = "per_trainee"


class Baseline(Frozen):
    """What must hold before the first fault: states of the world, the segment that is shown."""

    state: dict[StateName, bool] = Field(default_factory=dict)
    verdict: Literal["none"] | None = None


class When(Frozen):
    """An inject that waits: until all of these expectations are met, and then `after` longer."""

    met: tuple[ItemId, ...] = Field(min_length=1)
    after: Moment = "00:00"


class Inject(Frozen):
    """Something that happens to the trainee: a fault, its end, a telephone call, a chat line.

    It comes at `at`; with `when` not before that either. A `clear` names the inject that it ends.
    """

    id: ItemId
    at: Moment
    type: Literal["fault", "clear", "phone", "chat"]
    fault: str | None = None
    on: str | None = None
    clears: ItemId | None = None
    caller: Words | None = None
    text: Words | None = None
    when: When | None = None
    distractor: bool = False


class Rubric(Frozen):
    """What a person's text must say. All phrases are stored folded (`inventory.text.fold`).

    `contains_any`: one of these. `contains_each`: of each list at least one.
    """

    contains_any: tuple[str, ...] = ()
    contains_each: tuple[tuple[str, ...], ...] = ()
    max_chars: int | None = Field(default=None, ge=20, le=2000)


class Expected(Frozen):
    """Something the trainee shall do; `match` compares fields of the event.

    Full points until `full_by`, falling evenly to none at `zero_by`.
    """

    id: ItemId
    title: Words
    event: EventName
    match: dict[MatchKey, Matcher] = Field(default_factory=dict)
    full_by: Moment
    zero_by: Moment
    points: int = Field(ge=1, le=100)
    rubric: Rubric | None = None


class Goal(Frozen):
    """What the world shall come to after the fault, and stay for `hold_s` seconds."""

    id: ItemId
    title: Words
    state: dict[StateName, bool] = Field(min_length=1)
    hold_s: int = Field(default=0, ge=0, le=3600)
    by: Moment | None = None
    points: int = Field(ge=1, le=100)


class Passing(Frozen):
    """The score that passes, and what must be earned for it at all."""

    score: int = Field(ge=1, le=100)
    must: tuple[ItemId, ...] = ()


class HarmMatch(Frozen):
    """What does harm: a change that the trainee made to the world, or an event.

    `mutation` is a kind of root fact; `on` the device or port as people call it (`ce`, `ce:wan`).
    `to` and `value` compare the event's or the mutation's own.
    """

    mutation: str | None = None
    event: EventName | None = None
    on: str | None = None
    value: bool | None = None
    to: tuple[str, ...] = ()


class Harm(Frozen):
    """Points lost once when it happened, however often; `fail` also ends the chance to pass."""

    id: ItemId
    match: HarmMatch
    points: int = Field(ge=-100, le=-1)
    fail: bool = False
    why: Words


class Deed(Frozen):
    """One act of a shipped solution. `earns` names what is lost when it is left out."""

    at: Moment
    do: str = Field(min_length=1)
    earns: tuple[ItemId, ...] = ()


class Promise(Frozen):
    """What the solutions must score: `>=95`, `<50`."""

    reference: Bound
    tempting: Bound
    idle: Bound


class Solutions(Frozen):
    """What a good and what a tempting operator does; an idle one does nothing."""

    reference: tuple[Deed, ...] = Field(min_length=1)
    tempting: tuple[Deed, ...] = Field(min_length=1)
    expect: Promise

    def deeds(self, name: SolutionName) -> tuple[Deed, ...]:
        """The acts of one of them."""
        return {"reference": self.reference, "tempting": self.tempting, "idle": ()}[name]


class Debrief(Frozen):
    """What is said afterwards."""

    root_cause: Words
    clues: Words
    why_tempting: Words
    discuss: tuple[Words, ...] = ()


class Scenario(Frozen):
    """One drill."""

    schema_: Literal["wardops/drill/1"] = Field(alias="schema")
    id: Annotated[str, StringConstraints(pattern=DRILL_ID)]
    version: Annotated[str, StringConstraints(pattern=VERSION)]
    topic: Literal["metronet", "security", "meeting", "mixed"]
    level: int = Field(ge=1, le=4)
    title: Words
    objectives: tuple[Words, ...] = Field(min_length=1)
    briefing: Words
    playbooks: tuple[str, ...] = ()
    time: Time
    world: WorldSpec
    baseline: tuple[Baseline, ...] = Field(min_length=1)
    injects: tuple[Inject, ...] = Field(min_length=1)
    expected: tuple[Expected, ...] = Field(min_length=1)
    goals: tuple[Goal, ...] = ()
    passing: Passing = Field(alias="pass")
    harm: tuple[Harm, ...] = ()
    solutions: Solutions
    debrief: Debrief

    @property
    def limit_s(self) -> int:
        """How long it may take, seconds."""
        return self.time.limit_min * 60

    def seed(self, asked: int) -> int:
        """The seed of the world for a run that asks for this one."""
        return asked if self.world.seed == "per_trainee" else self.world.seed
