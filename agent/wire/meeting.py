"""Booked meetings as the API sends them: a code, a room and times; titles do not exist."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator

from agent.wire.base import Stamp, State, Text, Wire

ReadinessStateName: TypeAlias = Literal["ok", "degraded", "down", "unknown", "waiting"]
Side: TypeAlias = Literal["room", "lan", "line", "centre"]
_STATES = frozenset({"ok", "degraded", "down", "unknown", "waiting"})
ReadinessState = Annotated[
    ReadinessStateName, BeforeValidator(lambda value: value if value in _STATES else "unknown")
]


class ReadinessItem(Wire):
    """One thing that a meeting needs, measured by the machine or confirmed by a person.

    `state` may be `waiting` for what a person has yet to do; a reader takes one that it does not
    know for `unknown`. `name` is what it is called, `text` what was found, `do` what helps in a few
    words. `because` is the item that keeps it from being measured.
    """

    id: str
    by: Literal["auto", "person"]
    state: ReadinessState
    name: Text
    text: Text
    side: Side
    do: Text | None = None
    because: str | None = None
    required: bool = False
    as_of: Stamp | None = None
    age_s: float | None = None


class NextStep(Wire):
    """The one thing to do next, and the playbook that leads through it."""

    id: str
    text: Text
    playbook: str | None = None


class Readiness(Wire):
    """Whether a room is ready: the answer and the one next step, then every item in fixed order.

    `ratio` is passed required items over all required ones, null when nothing was checked.
    `guilty` is the item that decides, `side` whose part it is, `text` both in words. `pending`
    targets have not been measured since the time that was asked for.
    """

    room: str = ""
    ward: str = ""
    meeting: str | None = None
    ratio: float | None = None
    state: State = "unknown"
    guilty: str | None = None
    side: Side | None = None
    text: Text | None = None
    step: NextStep | None = None
    items: tuple[ReadinessItem, ...] = ()
    pending: int = 0


class LiveQuality(Wire):
    """The newest figures of a running meeting; null is not measured."""

    grade: Literal["good", "fair", "poor"] | None = None
    text: Text | None = None
    loss: float | None = None
    jitter_ms: float | None = None
    delay_ms: float | None = None
    as_of: Stamp | None = None


class Meeting(Wire):
    """One meeting in one room. `phase`: booked, t60, t30, t10, running, ended (15 min) or over.

    `report` is the path of the page made of its minutes, null before it began. `calendar` names the
    calendar of the inventory that it was read from, null for an entered one.
    """

    id: str
    code: str
    ward: str
    room: str
    start: Stamp
    end: Stamp
    phase: str
    join: Literal["dial_in", "dial_out"] | None = None
    profile: str
    calendar: str | None = None
    readiness: Readiness | None = None
    live: LiveQuality | None = None
    report: str | None = None


class CalendarAge(Wire):
    """A calendar of the inventory: when it was last read well, and why not since, if so.

    `left_out` counts the events that were left out or guessed at.
    """

    name: str
    read_at: Stamp | None = None
    age_s: float | None = None
    problem: Text | None = None
    left_out: int = 0


class MeetingMinute(Wire):
    """One minute of a meeting; null is not measured. Losses are ratios, times seconds.

    `grade` is good, fair or poor, decided by `term` of direction `dir` (tx leaves the room) with
    its `value`; `media` is the stream, null for the line. `incidents` were open in the ward.
    """

    at: Stamp
    grade: str | None = None
    term: str | None = None
    dir: str | None = None
    value: float | None = None
    media: str | None = None
    loss_out: float | None = None
    loss_in: float | None = None
    loss_round: float | None = None
    delay_s: float | None = None
    jitter_s: float | None = None
    call_loss_tx: float | None = None
    call_loss_rx: float | None = None
    call_jitter_s: float | None = None
    call_rtt_s: float | None = None
    in_call: bool | None = None
    joins: int = 0
    drops: int = 0
    incidents: tuple[str, ...] = ()


class MeetingDetail(Meeting):
    """A meeting with its minutes so far, in order."""

    minutes: tuple[MeetingMinute, ...] = ()


class Meetings(Wire):
    """Meetings in order of their start, and how old the calendars are that they come from."""

    items: tuple[Meeting, ...] = ()
    calendars: tuple[CalendarAge, ...] = ()
    seq: int
