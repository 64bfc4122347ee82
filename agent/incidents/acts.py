"""What people add to an incident: take it, hand it on, say that it cannot be fixed now. Pure.

Like `life`: each returns the new incident and its journal line, and refuses with
ActionRefused what must not be done now.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, get_args

from agent.incidents.deadlines import handed_over, is_carrier
from agent.incidents.life import ended, met, root_of
from agent.incidents.record import (
    PERSON,
    Answer,
    CannotFixNow,
    Handover,
    Incident,
    IncidentState,
    Severity,
    acted,
    changed,
    event_of,
    refuse_unless,
)
from playbooks.verdict.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from agent.incidents.law import Target
    from agent.incidents.record import Kind, Step
    from inventory.values import Words

_TAKEN = frozenset({
    IncidentState.ACKED, IncidentState.IN_PROGRESS, IncidentState.CANNOT_FIX_NOW,
})  # fmt: skip
# What a person may fill in, with the answers that are possible; None takes any text.
FILLABLE: Mapping[str, tuple[str, ...] | None] = {
    "personal_data": get_args(Answer),
    "abnormal_signs": get_args(Answer),
    "serious": get_args(Answer),
    "workaround": None,
    "lessons": None,
}


def take(incident: Incident, *, now: datetime, actor: str) -> Step:
    """Somebody works on it. Refused before it is acknowledged, and when it is over."""
    _refuse_unless_taken(incident)
    after = acted(incident, now, actor, "take", None, state=IncidentState.IN_PROGRESS)
    return after, event_of("incident.taken", after, now, actor=actor)


def unacknowledge(incident: Incident, *, now: datetime, actor: str, reason: str) -> Step:
    """Nobody works on it after all: it is open again, and reminders count again.

    When it was first acknowledged stays in its record. Refused before it is acknowledged, when it
    is over, without a reason.
    """
    _refuse_unless_taken(incident)
    refuse_unless(reason.strip() != "", "incident.no_unack_reason", incident)
    changes = {"state": IncidentState.OPEN, "t_acked": None}
    after = acted(incident, now, actor, "unack", reason.strip(), **changes)
    return after, event_of("incident.unacked", after, now, actor=actor, reason=reason.strip())


def cannot_fix(
    incident: Incident,
    *,
    now: datetime,
    actor: str,
    reason: str,
    expected_restore: datetime,
    workaround: str,
) -> Step:
    """A person states that it cannot be mended at once: the ground for a partial service.

    Refused before it is acknowledged, without reason or workaround, or with a restore in the past.
    """
    _refuse_unless_taken(incident)
    refuse_unless(reason.strip() != "", "incident.no_cannot_reason", incident)
    refuse_unless(workaround.strip() != "", "incident.no_workaround", incident)
    refuse_unless(expected_restore > now, "incident.restore_past", incident)
    stated = CannotFixNow(
        value=True,
        reason=reason.strip(),
        decided_by=actor,
        decided_at=now,
        expected_restore=expected_restore,
        workaround=workaround.strip(),
    )
    changes = {
        "state": IncidentState.CANNOT_FIX_NOW,
        "cannot_fix_now": stated,
        "workaround": stated.workaround,
    }
    after = acted(incident, now, actor, "cannot_fix_now", stated.reason, **changes)
    return after, event_of("incident.cannot_fix_now", after, now, **stated.model_dump(mode="json"))


def hand_over(
    incident: Incident,
    *,
    now: datetime,
    actor: str,
    to_role: str,
    text: str,
    ref: str | None = None,
    from_role: str = "ward_it",
    targets: Iterable[Target] = (),
) -> Step:
    """Give it to another role with this text, which is kept as sent, with its SHA-256.

    To the carrier its own clocks begin. Refused when it is over, without role or text, or when a
    security incident would go to the carrier.
    """
    refuse_unless(incident.is_open, "incident.over", incident)
    refuse_unless(to_role.strip() != "" and text.strip() != "", "incident.no_handover", incident)
    by_carrier = is_carrier(to_role)
    refuse_unless(not (incident.keeps_as_is and by_carrier), "incident.no_carrier", incident)
    given = Handover(
        at=now,
        from_role=from_role,
        to_role=to_role,
        ref=ref,
        text=text,
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
    clocks = handed_over(incident, to_role, now, targets)
    changes = {
        "handovers": (*incident.handovers, given),
        "deadlines": (*incident.deadlines, *clocks),
    }
    after = acted(incident, now, actor, "hand_over", to_role, **changes)
    said = {"to": to_role, "text_sha256": given.text_sha256, "ref": ref}
    return after, event_of("incident.handed_over", after, now, **said)


def handover_taken(
    incident: Incident, *, now: datetime, actor: str, ref: str | None = None
) -> Step:
    """The other side has taken the newest handover over, perhaps under a number of its own.

    Refused when nothing was handed over, or it was taken already.
    """
    waiting = [one for one in incident.handovers if one.acked_at is None]
    refuse_unless(bool(waiting), "incident.nothing_handed", incident)
    newest = waiting[-1]
    taken = changed(newest, acked_at=now, ref=ref or newest.ref)
    changes = {
        "handovers": tuple(taken if one is newest else one for one in incident.handovers),
        "deadlines": met(incident.deadlines, "carrier_reply", now),
    }
    after = acted(incident, now, actor, "handover_taken", newest.to_role, **changes)
    return after, event_of("incident.handover_taken", after, now, to=newest.to_role, ref=taken.ref)


def set_severity(
    incident: Incident, *, now: datetime, actor: str, severity: Severity, reason: str
) -> Step:
    """A person knows better how bad it is. Refused without a reason or when closed."""
    refuse_unless(incident.state is not IncidentState.CLOSED, "incident.over", incident)
    refuse_unless(reason.strip() != "", "incident.no_severity_reason", incident)
    changes = {"severity": severity, "severity_rule": incident.severity_rule or incident.severity}
    after = acted(incident, now, actor, "severity", f"{severity}: {reason.strip()}", **changes)
    said = {"severity": severity, "severity_before": incident.severity, "reason": reason.strip()}
    return after, event_of("incident.severity", after, now, actor=actor, **said)


def fill(incident: Incident, *, now: datetime, actor: str, name: str, value: str) -> Step:
    """Fill in what only people know (`FILLABLE`). Refused for other names and other answers."""
    refuse_unless(name in FILLABLE, "incident.not_fillable", incident, name=name)
    answers = FILLABLE[name]
    fits = value.strip() != "" and (answers is None or value in answers)
    refuse_unless(fits, "incident.no_such_answer", incident, name=name, value=value)
    after = acted(incident, now, actor, "fill", f"{name}: {value.strip()}", **{name: value.strip()})
    return after, event_of("incident.filled", after, now, actor=actor, name=name)


def clock_met(incident: Incident, *, now: datetime, actor: str, clock: str) -> Step:
    """A person has done what a clock asked for. Refused when no such clock runs."""
    runs = any(one.clock == clock and one.met is None for one in incident.deadlines)
    refuse_unless(runs, "incident.no_clock", incident, clock=clock)
    deadlines = met(incident.deadlines, clock, now)
    after = acted(incident, now, actor, "clock_met", clock, deadlines=deadlines)
    return after, event_of("incident.clock_met", after, now, actor=actor, clock=clock)


def resolve_by(incident: Incident, *, now: datetime, actor: str, reason: str) -> Step:
    """A person says that it is over: only for what no measuring can tell (`is_the_machines`)."""
    refuse_unless(incident.is_open, "incident.over", incident)
    refuse_unless(not incident.is_the_machines, "incident.measured", incident)
    refuse_unless(reason.strip() != "", "incident.no_reason", incident)
    after = acted(incident, now, actor, "resolve", reason, **ended(incident, now))
    return after, event_of("incident.resolved", after, now, actor=actor, reason=reason)


def reported(
    *,
    ward: str,
    uid: str,
    kind: Kind,
    severity: Severity,
    headline: Words,
    now: datetime,
    actor: str,
    linked: Incident | None = None,
) -> Step:
    """A new incident that a person reports; one of another kind stays, and is linked from here."""
    nothing_measured = Verdict("ward", "unknown", "", "unknown", 0.0, "")
    incident = Incident(
        uid=uid,
        ward=ward,
        kind=kind,
        severity=severity,
        severity_rule=severity,
        root=root_of(nothing_measured),
        t_started=linked.t_started if linked else now,
        t0_detected=now,
        detected_by=PERSON,
        sites=(ward,),
        headline=headline,
        linked=linked.id if linked else None,
    )
    after = acted(incident, now, actor, "report", linked.id if linked else None)
    data = {"root": incident.root.model_dump(), "severity": severity, "linked": incident.linked}
    return after, event_of("incident.opened", after, now, **data)


def _refuse_unless_taken(incident: Incident) -> None:
    refuse_unless(incident.is_open, "incident.over", incident)
    refuse_unless(incident.state in _TAKEN, "incident.not_acked", incident)
