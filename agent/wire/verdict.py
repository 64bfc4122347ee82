"""Wards and what is believed of them, as a client reads it."""

from __future__ import annotations

from agent.wire.base import Segment, Stamp, State, Text, Wire


class PathNode(Wire):
    """One of the five stations; `reason` is `not_measured` for what lies behind a break."""

    segment: Segment
    state: State
    reason: str | None = None


class Evidence(Wire):
    """A true fact that speaks for the verdict, in words."""

    key: str
    text: Text
    source: str = ""
    ts: Stamp | None = None


class RuledOut(Wire):
    """A segment that is proven good, in words."""

    segment: Segment
    key: str
    text: Text
    ts: Stamp | None = None


class Verdict(Wire):
    """Where a ward's fault is, how sure, why. `headline` is the sentence for the screen."""

    ward: str
    state: State
    segment: Segment
    part: str = ""
    confidence: float
    row: str
    since: Stamp | None
    ts: Stamp
    ttl_s: float = 10.0
    seq: int
    headline: Text
    incident: str | None = None
    path: tuple[PathNode, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()
    vantage: str
    alternatives: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unmeasured: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    outside: bool = False
    playbook: str | None = None
    call: tuple[str, ...] = ()
    dont: tuple[str, ...] = ()


class WardRef(Wire):
    """A ward by code and by the names people use."""

    code: str
    name: str
    slug: str
    kind: str
    area: str
    region: str = ""


class VerdictBrief(Wire):
    """The verdict in one line."""

    segment: Segment
    part: str = ""
    state: State
    since: Stamp | None
    confidence: float
    headline: Text


class WardSummary(WardRef):
    """A ward in a list. `data_age_s` is the oldest of its devices' ages, null when one has none."""

    state: State
    verdict: VerdictBrief
    path: tuple[PathNode, ...] = ()
    open_incidents: int
    data_age_s: float | None
