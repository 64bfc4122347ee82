"""A playbook as frozen values: what its YAML may hold in this first form, and nothing else.

The field names are those of the files, so that a message can name the key. What a condition or a
text may name is checked by `playbooks.lint`; here stand shapes and limits only.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, StringConstraints

from inventory.values import Frozen, Words

STEP_ID = r"^[a-z0-9_]{2,32}$"
PLAYBOOK_ID = r"^PB-(NET|SEC|MTG|OPS)-\d\d$"
VERSION = r"^\d+\.\d+\.\d+$"
ROLE = r"^(next|L[0-3]|[a-z][a-z_]*(\.[a-z_]+)?)$"

StepId: TypeAlias = Annotated[str, StringConstraints(pattern=STEP_ID)]
PlaybookId: TypeAlias = Annotated[str, StringConstraints(pattern=PLAYBOOK_ID)]
RoleName: TypeAlias = Annotated[str, StringConstraints(pattern=ROLE)]
Outcome: TypeAlias = Literal[
    "restored", "handed_over", "security_handover", "not_reproduced", "closed", "aborted"
]
Conditions: TypeAlias = dict[str, Any]
"""Facts and their matchers (`playbooks.conditions`), all of which must hold."""


class _Step(Frozen):
    id: StepId
    title: Words | None = None
    why: Words | None = None


class _Bounded(_Step):
    """A step that may be entered at most `max_visits` times, then `on_exhausted` is gone to."""

    max_visits: int | None = Field(default=None, ge=1, le=9)
    on_exhausted: StepId | None = None


class Auto(_Bounded):
    """Measures groups of facts (`playbooks.known`), at most `budget_s`, and goes on.

    Either `next`, or `expect` with `on_pass` and `on_fail`; an unknown fact does not pass.
    """

    kind: Literal["auto"]
    run: tuple[str, ...] = Field(min_length=1, max_length=16)
    budget_s: float = Field(default=20, gt=0, le=20)
    next: StepId | None = None
    expect: Conditions | None = None
    on_pass: StepId | None = None
    on_fail: StepId | None = None


class Branch(Frozen):
    """One way out of a decision."""

    when: Conditions
    goto: StepId


class Decide(_Bounded):
    """Goes to the first branch whose conditions are all true, else to `else`."""

    kind: Literal["decide"]
    branches: tuple[Branch, ...] = Field(min_length=1)
    otherwise: StepId = Field(alias="else")


class Option(Frozen):
    """One numbered answer. The run remembers `value` (the key when absent) as `answer.<step>`."""

    key: Literal["0", "1", "2", "3", "4"]
    text: Words
    goto: StepId
    value: Annotated[str, StringConstraints(pattern=STEP_ID)] | None = None


class Ask(_Bounded):
    """A question that only a person can answer; `0`, not sure, is always among the options."""

    kind: Literal["ask"]
    question: Words
    options: tuple[Option, ...] = Field(min_length=2, max_length=5)


class Verify(Frozen):
    """How the machine sees that an act worked: asked every `every_s`, at most `wait_s` long."""

    expect: Conditions
    wait_s: float = Field(gt=0, le=900)
    every_s: float = Field(default=5, ge=1, le=60)


class Do(_Bounded):
    """An act by hand. The person's "done" starts the verification, it is not the proof."""

    kind: Literal["do"]
    say: Words
    touches: Literal[
        "own_pc", "desk_cord", "switch_power", "ce_power", "uplink_cord", "ups", "room_av", "none"
    ]
    verify: Verify
    on_pass: StepId
    on_fail: StepId


class Notify(_Bounded):
    """Tells roles something; nobody has to answer."""

    kind: Literal["notify"]
    to: tuple[RoleName, ...] = Field(min_length=1)
    message: Words
    next: StepId


class Escalate(_Bounded):
    """Hands over to a level or role with a prepared text.

    With `need_ack_from_person` the run waits until somebody is said to have taken it, or that
    nobody could be reached; both go on to `next` and are recorded.
    """

    kind: Literal["escalate"]
    to: RoleName
    reason: Words
    message: Words | None = None
    need_ack_from_person: bool = False
    next: StepId


class Until(Frozen):
    """What is waited for, asked every `every_s`."""

    expect: Conditions
    every_s: float = Field(default=15, ge=1, le=300)


class Wait(_Bounded):
    """Polls until its conditions hold or the time is over; a person may stop the waiting."""

    kind: Literal["wait"]
    until: Until
    timeout_min: float = Field(gt=0, le=1440)
    on_pass: StepId
    on_timeout: StepId


class ItemCheck(Frozen):
    """How the machine ticks an item by itself."""

    expect: Conditions


class Item(Frozen):
    """One line of a checklist; with `auto` the machine ticks it, and a person may overrule."""

    id: StepId | None = None
    text: Words
    auto: ItemCheck | None = None


class Checklist(_Bounded):
    """Lines to go through. Left for `next` when all are done, else on a person's word.

    With an item that is failed or unknown it leaves by `on_fail` where that is given.
    """

    kind: Literal["checklist"]
    items: tuple[Item, ...] = Field(min_length=1, max_length=9)
    next: StepId
    on_fail: StepId | None = None

    def item_id(self, number: int) -> str:
        """The id of the item at this place (from 0): its own, else `i1`, `i2`, …"""
        return self.items[number].id or f"i{number + 1}"


class Evidence(_Bounded):
    """Writes what the run knows so far to a file beside its log, with its SHA-256 in the log."""

    kind: Literal["evidence"]
    collect: tuple[Literal["facts", "steps", "verdict"], ...] = Field(min_length=1)
    next: StepId


class End(_Step):
    """The run is over."""

    kind: Literal["end"]
    outcome: Outcome


Step: TypeAlias = Auto | Decide | Ask | Do | Notify | Escalate | Wait | Checklist | Evidence | End
KINDS: tuple[type[Step], ...] = (
    Auto, Decide, Ask, Do, Notify, Escalate, Wait, Checklist, Evidence, End,
)  # fmt: skip
KIND_NAMES: tuple[str, ...] = tuple(model.__name__.lower() for model in KINDS)


class About(Frozen):
    """What the fault means and what it costs, one sentence each."""

    meaning: Words
    impact: Words


class Calendar(Frozen):
    """Started this long before a meeting."""

    before_min: int = Field(ge=1, le=1440)


class Triggers(Frozen):
    """What leads here: alert names, the calendar, words of a search, or a person."""

    alerts: tuple[str, ...] = ()
    calendar: Calendar | None = None
    words: tuple[str, ...] = ()
    manual: bool = False


class PlaybookClock(Frozen):
    """How long the work is meant to take."""

    target_restore_min: int | None = Field(default=None, ge=1, le=1440)


class Roles(Frozen):
    """Who works it, who approves, who is told: roles, never people."""

    operator: RoleName
    approver: tuple[RoleName, ...] = ()
    informed: tuple[RoleName, ...] = ()


class PathCase(Frozen):
    """One path test: facts, answers and outcomes in, the path out.

    `answers` by step: an option's key. `outcomes` by step: what comes of a do, auto, wait or
    checklist; `pass` when absent.
    """

    given: dict[str, Any] = Field(default_factory=dict)
    answers: dict[str, str] = Field(default_factory=dict)
    outcomes: dict[str, Literal["pass", "fail", "timeout"]] = Field(default_factory=dict)
    path: tuple[StepId, ...] = Field(min_length=1)


class PathTests(Frozen):
    """The path tests of a playbook; each case adds its facts to `base`."""

    base: dict[str, Any] = Field(default_factory=dict)
    cases: tuple[PathCase, ...] = Field(min_length=1)


class Review(Frozen):
    """Who answers for the text, and until when it holds; `reviewed_on` is YYYY-MM-DD or null."""

    owner: str
    reviewed_on: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d$")] | None = None
    valid_days: int = Field(ge=1, le=365)


class Head(Frozen):
    """A playbook's file without its steps, each of which is read against its own kind."""

    schema_: Literal["wardops/playbook/1"] = Field(alias="schema")
    id: PlaybookId
    version: Annotated[str, StringConstraints(pattern=VERSION)]
    topic: Literal["metronet", "security", "meeting", "ops"]
    title: Words
    about: About
    triggers: Triggers
    clock: PlaybookClock = PlaybookClock()
    dont: tuple[Words, ...] = Field(min_length=1, max_length=3)
    roles: Roles
    start: StepId
    tests: PathTests
    drills: tuple[str, ...] = ()
    review: Review


class Playbook(Head):
    """A whole playbook, its references and conditions checked."""

    steps: tuple[Step, ...]
    sha256: str
    source: str

    def step(self, name: str) -> Step:
        """The step of that id; KeyError when there is none, which the lint rules out."""
        for step in self.steps:
            if step.id == name:
                return step
        raise KeyError(name)

    @property
    def minutes(self) -> int | None:
        """How long it is meant to take."""
        return self.clock.target_restore_min


def targets(step: Step) -> tuple[tuple[str, str], ...]:
    """Every step that this one can lead to, with the key (dotted) that says so."""
    found: list[tuple[str, str]] = []
    if isinstance(step, Decide):
        found += [(f"branches.{n}.goto", branch.goto) for n, branch in enumerate(step.branches)]
        found.append(("else", step.otherwise))
    if isinstance(step, Ask):
        found += [(f"options.{n}.goto", option.goto) for n, option in enumerate(step.options)]
    for key in ("next", "on_pass", "on_fail", "on_timeout", "on_exhausted"):
        goal = getattr(step, key, None)
        if goal is not None:
            found.append((key, goal))
    return tuple(found)
