"""What a person asks of an incident, as commands: arguments read, the act found."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeVar

from agent.ids import fresh_uid
from agent.incidents import acts
from agent.incidents.causes import cause_of
from agent.incidents.handover import handover_text
from agent.incidents.life import acknowledge, close, note
from agent.incidents.severity import security_severity
from inventory.errors import InputError
from inventory.values import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agent.incidents.intake import Intake
    from agent.incidents.record import Incident, Severity, Step
    from agent.wire import Command
    from inventory.model import Ward

_Word = TypeVar("_Word", bound=str)
_SEVERITIES: tuple[Severity, ...] = ("S1", "S2", "S3", "S4")
# Drills open their own incidents; nobody reports one by hand.
_KINDS: tuple[Literal["technical", "security"], ...] = ("technical", "security")


def step_of(
    command: Command, incident: Incident, ward: Ward | None, intake: Intake | None, now: datetime
) -> Step:
    """What the command makes of the incident; `ward` is None for a group incident.

    Raises InputError for a missing or wrong argument, ActionRefused for what must not be done now,
    KeyError for a verb that is not an incident's (`VERBS`).
    """
    return _ACTS[command.verb](command, incident, _Desk(ward, intake, now))


def report_of(command: Command, ward: str, linked: Incident | None, now: datetime) -> Step:
    """A new incident that a person reports. Raises InputError."""
    kind = _one_of(command, "kind", _KINDS)
    said = text_of(command, "text")
    severity = security_severity(spreading=command.args.get("spreading") is True)
    return acts.reported(
        ward=ward,
        uid=fresh_uid(now),
        kind=kind,
        severity=severity if kind == "security" else "S3",
        headline=Words(vi=said, en=said),
        now=now,
        actor=command.actor,
        linked=linked,
    )


def text_of(command: Command, name: str) -> str:
    """A text argument of a command. Raises InputError when it is missing."""
    value = command.args.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InputError("api.missing_argument", verb=command.verb, name=name)
    return value.strip()


class _Desk:
    """What an act needs beside the command and the incident."""

    def __init__(self, ward: Ward | None, intake: Intake | None, now: datetime) -> None:
        self.ward = ward
        self.targets = intake.targets.items if intake else ()
        self.now = now


def _ack(command: Command, one: Incident, desk: _Desk) -> Step:
    reason = command.reason or ""
    return acknowledge(one, now=desk.now, actor=command.actor, reason=reason)


def _unack(command: Command, one: Incident, desk: _Desk) -> Step:
    reason = command.reason or ""
    return acts.unacknowledge(one, now=desk.now, actor=command.actor, reason=reason)


def _note(command: Command, one: Incident, desk: _Desk) -> Step:
    return note(one, now=desk.now, actor=command.actor, text=text_of(command, "text"))


def _close(command: Command, one: Incident, desk: _Desk) -> Step:
    cause, words = cause_of(text_of(command, "cause"), one.root.segment)
    said = text_of(command, "note")
    text = said if words is None else f"{words}. {said}"
    return close(one, now=desk.now, actor=command.actor, cause=cause, text=text)


def _take(command: Command, one: Incident, desk: _Desk) -> Step:
    return acts.take(one, now=desk.now, actor=command.actor)


def _cannot_fix(command: Command, one: Incident, desk: _Desk) -> Step:
    return acts.cannot_fix(
        one,
        now=desk.now,
        actor=command.actor,
        reason=command.reason or "",
        expected_restore=_time(command, "expected_restore"),
        workaround=text_of(command, "workaround"),
    )


def _hand_over(command: Command, one: Incident, desk: _Desk) -> Step:
    own = command.args.get("text")
    text = own.strip() if isinstance(own, str) and own.strip() else None
    return acts.hand_over(
        one,
        now=desk.now,
        actor=command.actor,
        to_role=text_of(command, "to"),
        text=text or handover_text(one, desk.ward, desk.now),
        ref=_optional(command, "ref"),
        targets=desk.targets,
    )


def _handover_taken(command: Command, one: Incident, desk: _Desk) -> Step:
    ref = _optional(command, "ref")
    return acts.handover_taken(one, now=desk.now, actor=command.actor, ref=ref)


def _set_severity(command: Command, one: Incident, desk: _Desk) -> Step:
    return acts.set_severity(
        one,
        now=desk.now,
        actor=command.actor,
        severity=_one_of(command, "severity", _SEVERITIES),
        reason=command.reason or "",
    )


def _fill(command: Command, one: Incident, desk: _Desk) -> Step:
    name, value = text_of(command, "name"), text_of(command, "value")
    return acts.fill(one, now=desk.now, actor=command.actor, name=name, value=value)


def _clock_met(command: Command, one: Incident, desk: _Desk) -> Step:
    clock = text_of(command, "clock")
    return acts.clock_met(one, now=desk.now, actor=command.actor, clock=clock)


def _resolve(command: Command, one: Incident, desk: _Desk) -> Step:
    return acts.resolve_by(one, now=desk.now, actor=command.actor, reason=command.reason or "")


_ACTS: Mapping[str, Callable[[Command, Incident, _Desk], Step]] = MappingProxyType(
    {
        "ack": _ack,
        "unack": _unack,
        "note": _note,
        "close": _close,
        "take": _take,
        "cannot_fix_now": _cannot_fix,
        "hand_over": _hand_over,
        "handover_taken": _handover_taken,
        "severity_set": _set_severity,
        "incident_fill": _fill,
        "clock_met": _clock_met,
        "resolve": _resolve,
    }
)
VERBS = frozenset(_ACTS)


def _optional(command: Command, name: str) -> str | None:
    value = command.args.get(name)
    return value.strip() if isinstance(value, str) and value.strip() else None


def _one_of(command: Command, name: str, possible: tuple[_Word, ...]) -> _Word:
    value = text_of(command, name)
    for one in possible:
        if value == one:
            return one
    listed = ", ".join(possible)
    raise InputError("api.not_possible", verb=command.verb, name=name, possible=listed)


def _time(command: Command, name: str) -> datetime:
    """A time with its offset, RFC 3339."""
    value = text_of(command, name)
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InputError("api.not_a_time", verb=command.verb, name=name, value=value[:40])
    return found
