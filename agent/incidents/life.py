"""An incident's life: opened and resolved by the machine, closed by a person. Pure.

open -> acked -> in_progress -> (cannot_fix_now) -> resolved -> closed; a cause that returns soon
re-opens. Every function returns the new incident and the journal line that says what happened;
nothing here reads a clock or writes anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.incidents.record import (
    MACHINE,
    HeldChild,
    Incident,
    IncidentState,
    Note,
    Root,
    acted,
    changed,
    event_of,
    refuse_unless,
)
from agent.incidents.severity import severity_of, worse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from agent.incidents.record import Deadline, Event, Severity, Step
    from inventory.values import Words
    from playbooks.verdict.model import Verdict

# Facts of the ward's way to the centre: while it is down they are one fault, whichever of them the
# newest row names as its root.
_WAY_FACTS = frozenset({
    "gw", "pe", "ce", "up_oper", "up_admin", "sw", "sw_traffic", "host_link", "local_dark",
    "power_hint",
})  # fmt: skip


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


def open_from(
    verdict: Verdict,
    *,
    ward: str,
    uid: str,
    t_started: datetime,
    now: datetime,
    severity: Severity | None = None,
    headline: Words | None = None,
    follows: str | None = None,
) -> Step:
    """A new incident hanging on the verdict's root; its number comes from the store."""
    found = severity or severity_of(verdict)
    incident = Incident(
        uid=uid,
        ward=ward,
        severity=found,
        severity_rule=found,
        root=root_of(verdict),
        t_started=t_started,
        t0_detected=now,
        sites=(ward,),
        headline=headline,
        follows=follows,
    )
    data = {"root": incident.root.model_dump(), "severity": incident.severity}
    return incident, event_of("incident.opened", incident, now, **data)


def update(
    incident: Incident,
    verdict: Verdict,
    now: datetime,
    headline: Words | None = None,
    severity: Severity | None = None,
) -> Step | None:
    """Take over what is known better by now; None when nothing is.

    That is root, segment and part; a severity higher than the rules have said before, which lifts
    an acknowledgement. Severity never falls by itself, and what a person set is raised only by
    something new. `worse` in the journal line says whether this is news for those who were told.
    """
    root, ruled = root_of(verdict), severity or severity_of(verdict)
    before = incident.severity_rule or incident.severity
    is_worse = worse(before, ruled) != before
    moved = (root.segment, root.part, root.fact) != (
        incident.root.segment, incident.root.part, incident.root.fact,
    )  # fmt: skip
    if not is_worse and not moved:
        return None
    changes: dict[str, object] = {"root": root}
    if headline is not None:
        changes["headline"] = headline
    if is_worse:
        changes |= {"severity": worse(incident.severity, ruled), "severity_rule": ruled}
        changes |= {"state": IncidentState.OPEN, "t_acked": None}
    after = changed(incident, **changes)
    data = {
        "root": root.model_dump(),
        "root_before": incident.root.model_dump(),
        "severity": after.severity,
        "severity_before": incident.severity,
        "worse": is_worse,
    }
    return after, event_of("incident.changed", after, now, **data)


def acknowledge(incident: Incident, *, now: datetime, actor: str, reason: str) -> Step:
    """A person takes it on and says why or how. Refused without a reason, twice, or when over."""
    refuse_unless(incident.is_open, "incident.over", incident)
    refuse_unless(incident.state is IncidentState.OPEN, "incident.already_acked", incident)
    refuse_unless(reason.strip() != "", "incident.no_reason", incident)
    changes = {
        "state": IncidentState.ACKED,
        "t_acked": now,
        "deadlines": met(incident.deadlines, "ack", now),
    }
    after = acted(incident, now, actor, "ack", reason, **changes)
    return after, event_of("incident.acked", after, now, actor=actor, reason=reason)


def note(incident: Incident, *, now: datetime, actor: str, text: str) -> Step:
    """A person writes something down. Refused when empty or when the incident is closed."""
    refuse_unless(incident.state is not IncidentState.CLOSED, "incident.over", incident)
    refuse_unless(text.strip() != "", "incident.no_note", incident)
    written = Note(at=now, actor=actor, text=text)
    after = changed(incident, notes=(*incident.notes, written))
    return after, event_of("incident.noted", after, now, actor=actor, text=text)


def act(
    incident: Incident, *, now: datetime, actor: str, verb: str, text: str | Words,
    run: str | None = None,
) -> Step:  # fmt: skip
    """Something was done for it that does not move it: a playbook begun, somebody told.

    `text` is a person's, or prepared in both languages. `run` is the playbook run that it belongs
    to. Refused when the incident is closed.
    """
    refuse_unless(incident.state is not IncidentState.CLOSED, "incident.over", incident)
    runs = incident.runs if run is None or run in incident.runs else (*incident.runs, run)
    after = acted(incident, now, actor, verb, text, runs=runs)
    plain = text if isinstance(text, str) else text.vi
    return after, event_of(f"incident.{verb}", after, now, actor=actor, text=plain)


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
        changed(child, until=now) if child.until is None and child.device in free else child
        for child in incident.held
    )
    added = tuple(HeldChild(device=name, since=now, by=holders[name]) for name in new)
    after = changed(incident, held=(*kept, *added))
    return after, event_of("incident.held", after, now, held=new, released=free)


def resolve(incident: Incident, now: datetime) -> Step:
    """The machine says that it is over; held children end with it.

    Refused for what measuring cannot end: a security incident, one that a person reported.
    """
    refuse_unless(incident.is_open, "incident.over", incident)
    refuse_unless(incident.is_the_machines, "incident.needs_person", incident)
    after = acted(incident, now, MACHINE, "resolve", None, **ended(incident, now))
    return after, event_of("incident.resolved", after, now)


def take_over(incident: Incident, cause: Incident, now: datetime) -> Step:
    """It turns out to be a symptom: another incident's cause explains it, and speaks for it."""
    refuse_unless(incident.is_open, "incident.over", incident)
    refuse_unless(incident.is_the_machines, "incident.needs_person", incident)
    changes = {**ended(incident, now), "symptom_of": cause.uid}
    after = acted(incident, now, MACHINE, "symptom", cause.id or cause.uid, **changes)
    return after, event_of("incident.symptom", after, now, cause=cause.id, cause_uid=cause.uid)


def reopen(
    incident: Incident, verdict: Verdict, now: datetime, severity: Severity | None = None
) -> Step:
    """The cause came back soon after: the same incident goes on, unacknowledged."""
    resolved = incident.state is IncidentState.RESOLVED
    refuse_unless(resolved, "incident.not_resolved", incident)
    ruled = severity or severity_of(verdict)
    changes = {
        "state": IncidentState.OPEN,
        "root": root_of(verdict),
        "severity": worse(incident.severity, ruled),
        "severity_rule": worse(incident.severity_rule or incident.severity, ruled),
        "t_acked": None,
        "t_resolved": None,
        "symptom_of": None,
        "summary": None,
        "deadlines": tuple(_running_again(one) for one in incident.deadlines),
        "reopened": incident.reopened + 1,
    }
    after = acted(incident, now, MACHINE, "reopen", None, **changes)
    return after, event_of("incident.reopened", after, now, times=after.reopened)


def summarise(incident: Incident, said: Words, now: datetime, **counts: object) -> Step:
    """Say once what came back after the cause had ended."""
    after = acted(incident, now, MACHINE, "summary", None, summary=said)
    return after, event_of("incident.summary", after, now, vi=said.vi, en=said.en, **counts)


def close(incident: Incident, *, now: datetime, actor: str, cause: str, text: str) -> Step:
    """A person ends it with cause and note. Refused before it is resolved, or without either."""
    refuse_unless(incident.state is not IncidentState.CLOSED, "incident.over", incident)
    refuse_unless(incident.state is IncidentState.RESOLVED, "incident.not_resolved", incident)
    refuse_unless(actor not in ("", MACHINE), "incident.needs_person", incident)
    refuse_unless(cause.strip() != "", "incident.no_cause", incident)
    refuse_unless(text.strip() != "", "incident.no_note", incident)
    written = Note(at=now, actor=actor, text=text)
    changes = {
        "state": IncidentState.CLOSED,
        "t_closed": now,
        "cause": cause.strip(),
        "notes": (*incident.notes, written),
    }
    after = acted(incident, now, actor, "close", text, **changes)
    return after, event_of("incident.closed", after, now, actor=actor, cause=after.cause, text=text)


def met(deadlines: tuple[Deadline, ...], clock: str, at: datetime) -> tuple[Deadline, ...]:
    """The deadlines with those of a clock marked as met, where they were not before."""
    return tuple(
        changed(one, met=at) if one.clock == clock and one.met is None else one for one in deadlines
    )


def ended(incident: Incident, now: datetime) -> dict[str, object]:
    """What changes when an incident is over, whoever says so."""
    return {
        "state": IncidentState.RESOLVED,
        "t_resolved": now,
        "deadlines": met(incident.deadlines, "restore", now),
        "held": tuple(
            changed(child, until=now) if child.until is None else child for child in incident.held
        ),
    }


def _running_again(deadline: Deadline) -> Deadline:
    return changed(deadline, met=None) if deadline.group == "restore" else deadline
