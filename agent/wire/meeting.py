"""Booked meetings as the API sends them: a code, a room and times; titles do not exist."""

from __future__ import annotations

from typing import Literal

from agent.wire.base import Stamp, State, Text, Wire


class ReadinessItem(Wire):
    """One thing that a meeting needs, measured by the machine or confirmed by a person."""

    id: str
    by: Literal["auto", "person"]
    state: State
    text: Text
    as_of: Stamp | None = None


class Readiness(Wire):
    """Passed required items over all required ones; `ratio` is null when nothing was checked."""

    ratio: float | None = None
    state: State = "unknown"
    items: tuple[ReadinessItem, ...] = ()


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
    """A calendar of the inventory: when it was last read well, and why not since, if so."""

    name: str
    read_at: Stamp | None = None
    age_s: float | None = None
    problem: Text | None = None


class Meetings(Wire):
    """Meetings in order of their start, and how old the calendars are that they come from."""

    items: tuple[Meeting, ...] = ()
    calendars: tuple[CalendarAge, ...] = ()
    seq: int
