"""What a trainee did, read from the agent's incidents and from the logs of playbook runs. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from playbooks import model as m

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from agent.incidents.record import Incident
    from playbooks.run import Record

_VERBS = {
    "ack": "incident.acknowledged",
    "resolve": "incident.resolved",
    "close": "incident.closed",
}


class Event(NamedTuple):
    """One thing that happened: when, which kind, and what a scenario may compare."""

    at: datetime
    kind: str
    data: dict[str, Any]


def of_incident(incident: Incident) -> tuple[tuple[str, Event], ...]:
    """Everything that happened to an incident so far, each under a name that stays the same."""
    about = {"incident": incident.id}
    opened = {**about, "segment": incident.root.segment, "part": incident.root.part}
    found = [("opened", Event(incident.t0_detected, "incident.opened", opened))]
    for number, action in enumerate(incident.actions):
        kind = _VERBS.get(action.verb)
        if kind is None:  # what a playbook run did is read from the run's own log
            continue
        told = {**about, "actor": action.actor, "text": action.reason or ""}
        if action.verb == "close":
            # People name the cause in their own words: it is compared like the note.
            told["text"] = f"{incident.cause or ''}: {told['text']}"
        found.append((f"action{number}", Event(action.at, kind, told)))
    for number, note in enumerate(incident.notes):
        told = {**about, "actor": note.actor, "text": note.text}
        found.append((f"note{number}", Event(note.at, "incident.noted", told)))
    return tuple(found)


def of_run(
    records: Iterable[Record], playbook: m.Playbook, level_of: Callable[[str], str]
) -> Iterator[tuple[str, Event]]:
    """The same for a playbook run. `level_of` says which level a step's `next` stands for."""
    for record in records:
        about = {"playbook": playbook.id, "step": record.step, "actor": record.actor}
        for kind, data in _said(record, playbook, level_of):
            yield f"{record.seq}.{kind}", Event(record.at, kind, {**about, **data})


def _said(
    record: Record, playbook: m.Playbook, level_of: Callable[[str], str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    match record.type:
        case "run.started":
            yield "run.started", {}
        case "run.ended":
            yield "run.ended", {"outcome": record.data["outcome"]}
        case "answer.given":
            value = record.data["value"]
            yield "step.answered", {"value": value}
            step = playbook.step(record.step)
            if isinstance(step, m.Escalate) and value == "acked":
                yield "escalate.taken", {"to": level_of(step.to)}
        case "effect.done":
            step = playbook.step(record.step)
            if isinstance(step, m.Escalate):
                yield "escalate.sent", {"to": level_of(step.to)}
        case _:
            return
