"""An incident's life as values: opened and resolved by the machine, closed by a person. Pure.

Every function returns the new incident and the journal line that says what happened; nothing here
reads a clock or writes anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from inventory.errors import ActionRefused
from inventory.model import Frozen, Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playbooks.verdict.model import Verdict

Kind: TypeAlias = Literal["technical", "security", "drill"]
Severity: TypeAlias = Literal["S1", "S2", "S3", "S4"]
MACHINE = "machine"


class IncidentState(StrEnum):
    """Where an incident stands. Open and acknowledged ones still hurt."""

    OPEN = "open"
    ACKED = "acked"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Root(Frozen):
    """What the incident hangs on: the verdict's segment, part and row, and the fact at its root."""

    segment: str
    part: str
    row: str
    confidence: float
    fact: str
    whole_way: bool = False


class HeldChild(Frozen):
    """Something that is not measured because of this incident; `until` is None while it lasts."""

    device: str
    since: datetime
    by: str
    until: datetime | None = None


class Note(Frozen):
    """What a person wrote. `actor` is an account, never a name."""

    at: datetime
    actor: str
    text: str


class Action(Frozen):
    """What somebody did to the incident: verb, result, reason."""

    at: datetime
    actor: str
    verb: str
    result: str = "ok"
    reason: str | None = None


class Incident(Frozen):
    """One incident as it is stored and exported.

    `t_started` is the first bad result, `t0_detected` when it became HARD. `id` is given by the
    store when it is first written; `uid` identifies it everywhere. `reopened` counts how often its
    cause came back, `follows` names the closed incident whose cause this one repeats.
    """

    uid: str
    ward: str
    severity: Severity
    root: Root
    t_started: datetime
    t0_detected: datetime
    id: str = ""
    kind: Kind = "technical"
    state: IncidentState = IncidentState.OPEN
    t_acked: datetime | None = None
    t_resolved: datetime | None = None
    t_closed: datetime | None = None
    detected_by: str = MACHINE
    sites: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    headline: Words | None = None
    held: tuple[HeldChild, ...] = ()
    notes: tuple[Note, ...] = ()
    actions: tuple[Action, ...] = ()
    cause: str | None = None
    reopened: int = 0
    follows: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still hurts: open or acknowledged."""
        return self.state in (IncidentState.OPEN, IncidentState.ACKED)

    @property
    def held_now(self) -> tuple[HeldChild, ...]:
        """The children held at present."""
        return tuple(child for child in self.held if child.until is None)


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the journal: what happened to what. `data` is JSON-able."""

    kind: str
    at: datetime
    ward: str | None = None
    key: str | None = None
    device: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


Step: TypeAlias = tuple[Incident, Event]


_Record = TypeVar("_Record", bound=Frozen)

# Facts of the ward's way to the centre: while it is down they are one fault, whichever of them the
# newest row names as its root.
_WAY_FACTS = frozenset({
    "gw", "pe", "ce", "up_oper", "up_admin", "sw", "sw_traffic", "host_link", "local_dark",
    "power_hint",
})  # fmt: skip
_WHOLE_WARD = frozenset({"power", "switch", "metronet", "dc", "unknown"})


def root_of(verdict: Verdict) -> Root:
    """The verdict as an incident's root."""
    return Root(
        segment=verdict.segment,
        part=verdict.part,
        row=verdict.row,
        confidence=verdict.confidence,
        fact=verdict.root,
        whole_way=verdict.state == "down" and verdict.root in _WAY_FACTS,
    )


def severity_of(verdict: Verdict) -> Severity:
    """S1 the whole ward is cut, S2 a main service, the LAN or a meeting is down, S3 degraded.

    First form: in doubt the higher. S4 is for single devices, which no verdict speaks of.
    """
    if verdict.state != "down":
        return "S3"
    return "S1" if verdict.segment in _WHOLE_WARD else "S2"


def open_from(
    verdict: Verdict,
    *,
    ward: str,
    uid: str,
    t_started: datetime,
    now: datetime,
    headline: Words | None = None,
    follows: str | None = None,
) -> Step:
    """A new incident hanging on the verdict's root; its number comes from the store."""
    incident = Incident(
        uid=uid,
        ward=ward,
        severity=severity_of(verdict),
        root=root_of(verdict),
        t_started=t_started,
        t0_detected=now,
        sites=(ward,),
        headline=headline,
        follows=follows,
    )
    data = {"root": incident.root.model_dump(), "severity": incident.severity}
    return incident, _event("incident.opened", incident, now, **data)


def update(
    incident: Incident, verdict: Verdict, now: datetime, headline: Words | None = None
) -> Step | None:
    """Take over what is known better by now; None when nothing is.

    That is root, segment and part; a higher severity, which lifts an acknowledgement. Severity
    never falls by itself.
    """
    root = root_of(verdict)
    severity = min(incident.severity, severity_of(verdict))  # S1 sorts before S4
    worse = severity != incident.severity
    moved = (root.segment, root.part, root.fact) != (
        incident.root.segment, incident.root.part, incident.root.fact,
    )  # fmt: skip
    if not worse and not moved:
        return None
    changes: dict[str, object] = {"root": root, "severity": severity}
    if headline is not None:
        changes["headline"] = headline
    if worse and incident.state is IncidentState.ACKED:
        changes |= {"state": IncidentState.OPEN, "t_acked": None}
    after = _changed(incident, **changes)
    data = {
        "root": root.model_dump(),
        "root_before": incident.root.model_dump(),
        "severity": severity,
        "severity_before": incident.severity,
    }
    return after, _event("incident.changed", after, now, **data)


def acknowledge(incident: Incident, *, now: datetime, actor: str, reason: str) -> Step:
    """A person takes it on and says why or how. Refused without a reason, twice, or when over."""
    _refuse_unless(incident.is_open, "incident.over", incident)
    already = incident.state is IncidentState.ACKED
    _refuse_unless(not already, "incident.already_acked", incident)
    _refuse_unless(reason.strip() != "", "incident.no_reason", incident)
    changes = {"state": IncidentState.ACKED, "t_acked": now}
    after = _acted(incident, now, actor, "ack", reason, **changes)
    return after, _event("incident.acked", after, now, actor=actor, reason=reason)


def note(incident: Incident, *, now: datetime, actor: str, text: str) -> Step:
    """A person writes something down. Refused when empty or when the incident is closed."""
    _refuse_unless(incident.state is not IncidentState.CLOSED, "incident.over", incident)
    _refuse_unless(text.strip() != "", "incident.no_note", incident)
    written = Note(at=now, actor=actor, text=text)
    after = _changed(incident, notes=(*incident.notes, written))
    return after, _event("incident.noted", after, now, actor=actor, text=text)


def act(incident: Incident, *, now: datetime, actor: str, verb: str, text: str) -> Step:
    """Something was done for it that does not move it: a playbook begun, somebody told.

    Refused when the incident is closed.
    """
    _refuse_unless(incident.state is not IncidentState.CLOSED, "incident.over", incident)
    after = _acted(incident, now, actor, verb, text)
    return after, _event(f"incident.{verb}", after, now, actor=actor, text=text)


def hold_children(
    incident: Incident, holders: Mapping[str, str], now: datetime
) -> tuple[Incident, Event | None]:
    """Say which objects are held at present, by name with the ancestor that holds them.

    Newly held ones are listed, those no longer held get an end. The event is None when nothing
    changed.
    """
    was = {child.device for child in incident.held_now}
    new = [name for name in holders if name not in was]
    free = sorted(was - set(holders))
    if not new and not free:
        return incident, None
    kept = tuple(
        _changed(child, until=now) if child.until is None and child.device in free else child
        for child in incident.held
    )
    added = tuple(HeldChild(device=name, since=now, by=holders[name]) for name in new)
    after = _changed(incident, held=(*kept, *added))
    return after, _event("incident.held", after, now, held=new, released=free)


def resolve(incident: Incident, now: datetime) -> Step:
    """The machine says that it is over; held children end with it."""
    _refuse_unless(incident.is_open, "incident.over", incident)
    ended = tuple(
        _changed(child, until=now) if child.until is None else child for child in incident.held
    )
    changes = {"state": IncidentState.RESOLVED, "t_resolved": now, "held": ended}
    after = _acted(incident, now, MACHINE, "resolve", None, **changes)
    return after, _event("incident.resolved", after, now)


def reopen(incident: Incident, verdict: Verdict, now: datetime) -> Step:
    """The cause came back soon after: the same incident goes on, unacknowledged."""
    resolved = incident.state is IncidentState.RESOLVED
    _refuse_unless(resolved, "incident.not_resolved", incident)
    changes = {
        "state": IncidentState.OPEN,
        "root": root_of(verdict),
        "severity": min(incident.severity, severity_of(verdict)),
        "t_acked": None,
        "t_resolved": None,
        "reopened": incident.reopened + 1,
    }
    after = _acted(incident, now, MACHINE, "reopen", None, **changes)
    return after, _event("incident.reopened", after, now, times=after.reopened)


def close(incident: Incident, *, now: datetime, actor: str, cause: str, text: str) -> Step:
    """A person ends it with cause and note. Refused before it is resolved, or without either."""
    _refuse_unless(incident.state is not IncidentState.CLOSED, "incident.over", incident)
    _refuse_unless(incident.state is IncidentState.RESOLVED, "incident.not_resolved", incident)
    _refuse_unless(actor not in ("", MACHINE), "incident.needs_person", incident)
    _refuse_unless(cause.strip() != "", "incident.no_cause", incident)
    _refuse_unless(text.strip() != "", "incident.no_note", incident)
    written = Note(at=now, actor=actor, text=text)
    changes = {
        "state": IncidentState.CLOSED,
        "t_closed": now,
        "cause": cause.strip(),
        "notes": (*incident.notes, written),
    }
    after = _acted(incident, now, actor, "close", text, **changes)
    return after, _event("incident.closed", after, now, actor=actor, cause=after.cause, text=text)


def _changed(record: _Record, **changes: object) -> _Record:
    """A copy with other values, checked like a new one."""
    return type(record).model_validate({**dict(record), **changes})


def _acted(
    incident: Incident, now: datetime, actor: str, verb: str, reason: str | None, **changes: object
) -> Incident:
    action = Action(at=now, actor=actor, verb=verb, reason=reason)
    return _changed(incident, actions=(*incident.actions, action), **changes)


def _event(kind: str, incident: Incident, now: datetime, **data: object) -> Event:
    return Event(kind, now, ward=incident.ward, key=incident.uid, data=data)


def _refuse_unless(allowed: bool, key: str, incident: Incident) -> None:
    if not allowed:
        raise ActionRefused(key, id=incident.id or incident.uid)
