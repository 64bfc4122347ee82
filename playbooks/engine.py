"""What a run does next: from its state and an event to records and effects. Pure.

An event becomes one record; then the run goes on by itself, record by record, until it needs
something from outside. What it needs follows from its state alone, so a run that is folded from any
prefix of its log needs what it needed then. An effect whose `effect.started` is in the log is never
asked for again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from inventory.errors import ActionRefused
from playbooks import model as m
from playbooks.conditions import named
from playbooks.known import groups_of, names_of
from playbooks.leaving import (
    ACKED,
    CANNOT,
    DONE,
    NEXT,
    STOP,
    UNREACHED,
    deadline,
    item_states,
    way_out,
)
from playbooks.run import MACHINE, Record, Run, apply, facts_written
from playbooks.seams import Message
from playbooks.texts import filled

if TYPE_CHECKING:
    from datetime import datetime

    from playbooks.conditions import RunFact
    from playbooks.run import RecordType

MAX_ENTRIES = 300
RECHECK_S = 10.0  # how often an open checklist ticks its automatic items
POLL_BUDGET_S = 20.0
# By kind of step: the keys that a person may press, and what each means.
FIXED_ANSWERS: Mapping[str, Mapping[str, str]] = {
    "do": {"1": DONE, "0": CANNOT},
    "wait": {"1": STOP},
    "checklist": {"1": NEXT},
    "escalate": {"1": ACKED, "0": UNREACHED},
}
ITEM_STATES = ("open", "done", "failed", "unknown")
Answer: TypeAlias = str | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Measured:
    """Facts came in for this visit of this step."""

    at: datetime
    step: str
    visit: int
    facts: Mapping[str, RunFact]


@dataclass(frozen=True, slots=True)
class Answered:
    """A person answered the step: an option's key or value, or `{item, state}` of a checklist."""

    at: datetime
    step: str
    value: Answer
    actor: str


@dataclass(frozen=True, slots=True)
class Began:
    """An effect is about to be carried out."""

    at: datetime
    key: str
    kind: str
    text: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """An effect was carried out (`result` says how), or nobody knows (`result` is None)."""

    at: datetime
    key: str
    result: str | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class WentBack:
    """A person goes back to the step answered last."""

    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Aborted:
    """A person gives the run up."""

    at: datetime
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """Somebody took the run up from its log; what was begun then may or may not have happened."""

    at: datetime
    actor: str = MACHINE


@dataclass(frozen=True, slots=True)
class Started:
    """The run begins: nothing but its first record is there."""

    at: datetime


Event: TypeAlias = Measured | Answered | Began | Finished | WentBack | Aborted | Resumed | Started


@dataclass(frozen=True, slots=True)
class Measure:
    """Measure these facts for this visit, not before `not_before`, in at most `budget_s`."""

    step: str
    visit: int
    names: tuple[str, ...]
    budget_s: float
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deliver:
    """Take this message to its roles, once."""

    message: Message


@dataclass(frozen=True, slots=True)
class Save:
    """Write the evidence file of this visit; writing it again is harmless."""

    key: str
    step: str
    visit: int
    collect: tuple[str, ...]


Effect: TypeAlias = Measure | Deliver | Save


def decide_next(
    run: Run, playbook: m.Playbook, event: Event
) -> tuple[tuple[Record, ...], tuple[Effect, ...]]:
    """The records that this event adds to the log, and what the run needs after them.

    Raises ActionRefused for an answer that the present step does not take, for going back where
    there is nothing to go back to, and for anything that a person asks of an ended run. Results
    that come too late for their step add nothing.
    """
    records: list[Record] = []
    for draft in _drafts(run, playbook, event):
        records.append(draft.after(run, event.at))
        run = apply(run, records[-1])
    while (follows := _advance(run, playbook)) is not None:
        records.append(follows.after(run, event.at))
        run = apply(run, records[-1])
    return tuple(records), needs(run, playbook)


def needs(run: Run, playbook: m.Playbook) -> tuple[Effect, ...]:
    """What the run needs from outside now; nothing when it waits for a person or has ended."""
    if run.outcome is not None or run.going is not None:
        return ()
    step = playbook.step(run.step)
    if isinstance(step, m.Notify | m.Escalate):
        return () if run.act else (Deliver(_message(run, step)),)
    if isinstance(step, m.Evidence):
        is_over = run.act is not None and run.act.state == "done"
        return () if is_over else (Save(run.key, run.step, run.visit, step.collect),)
    return _measures(run, step)


def is_asking(run: Run, step: m.Step) -> bool:
    """Whether the run stands still until a person answers."""
    match step:
        case m.Ask() | m.Checklist():
            return True
        case m.Do():
            return run.answer is None
        case m.Escalate():
            over = run.act is not None and run.act.state != "started"
            return step.need_ack_from_person and over and run.answer is None
        case _:
            return False


@dataclass(frozen=True, slots=True)
class _Draft:
    type: RecordType
    step: str
    data: Mapping[str, Any]
    actor: str = MACHINE

    def after(self, run: Run, at: datetime) -> Record:
        return Record(run.seq + 1, at, self.type, self.step, self.actor, self.data)


def _drafts(run: Run, playbook: m.Playbook, event: Event) -> tuple[_Draft, ...]:
    """The records that say this event."""
    match event:
        case Answered() | WentBack() | Aborted():
            if run.outcome is not None:
                raise ActionRefused("playbook.run_ended", run=run.id)
            return (_persons(run, playbook, event),)
        case Finished():
            return _finished(run, event)
        case Resumed():
            return _resumed(run, playbook, event)
        case Measured():
            return _came_in(run, event)
        case Began():
            return _begins(run, event)
        case _:
            return ()


def _persons(run: Run, playbook: m.Playbook, event: Answered | WentBack | Aborted) -> _Draft:
    match event:
        case Answered():
            return _said(run, playbook, event)
        case WentBack():
            return _way_back(run, event)
        case Aborted():
            data = {"outcome": "aborted", "reason": event.reason}
            return _Draft("run.ended", run.step, data, event.actor)


def _begins(run: Run, event: Began) -> tuple[_Draft, ...]:
    """Nothing when the run went elsewhere meanwhile: then the effect must not be carried out."""
    if run.outcome is not None or run.going or event.key != run.key or run.act:
        return ()
    data = {"key": event.key, "kind": event.kind, "text": event.text}
    return (_Draft("effect.started", run.step, data),)


def _finished(run: Run, event: Finished) -> tuple[_Draft, ...]:
    act = run.acts.get(event.key)
    if act is None or act.state != "started":
        return ()
    step = event.key.split(":")[-2]
    if event.result is None:
        return (_Draft("effect.unknown", step, {"key": event.key, "detail": event.detail}),)
    data = {"key": event.key, "result": event.result, "detail": event.detail}
    return (_Draft("effect.done", step, data),)


def _resumed(run: Run, playbook: m.Playbook, event: Resumed) -> tuple[_Draft, ...]:
    """What was begun and not finished is unknown from now on; a file is simply written again."""
    found = [] if run.outcome else [_Draft("run.resumed", run.step, {}, event.actor)]
    for key, act in run.acts.items():
        step = key.split(":")[-2]
        if act.state == "started" and not isinstance(playbook.step(step), m.Evidence):
            found.append(_Draft("effect.unknown", step, {"key": key, "detail": "interrupted"}))
    return tuple(found)


def _came_in(run: Run, event: Measured) -> tuple[_Draft, ...]:
    here = (event.step, event.visit) == (run.step, run.visit)
    if not here or run.going or run.outcome is not None:
        return ()
    data = {"visit": event.visit, "facts": facts_written(event.facts)}
    return (_Draft("fact.set", event.step, data),)


def _way_back(run: Run, event: WentBack) -> _Draft:
    busy = run.act is not None and run.act.state == "started"
    if not run.trail or run.going or busy:
        raise ActionRefused("playbook.no_way_back")
    return _Draft("step.back", run.step, {"to": run.trail[-1]}, event.actor)


def _said(run: Run, playbook: m.Playbook, event: Answered) -> _Draft:
    """The record of an answer; ActionRefused when the step does not take it now."""
    if event.step != run.step or run.going:
        raise ActionRefused("playbook.other_step", step=event.step, now=run.step)
    step = playbook.step(run.step)
    if not (is_asking(run, step) or (isinstance(step, m.Wait) and run.answer is None)):
        raise ActionRefused("playbook.no_question", step=run.step)
    is_item = isinstance(event.value, Mapping) and "item" in event.value
    if isinstance(step, m.Checklist) and is_item:
        return _item(step, event)
    value, who = _value_of(event.value)
    data = {"value": _chosen(step, value), **({"who": who} if who else {})}
    if data["value"] == NEXT and isinstance(step, m.Checklist):
        _refuse_open_items(run, step)
    return _Draft("answer.given", run.step, data, event.actor)


def _value_of(value: Answer) -> tuple[str, str]:
    """The answer and, where the person who took a message is named, that name or role."""
    if isinstance(value, Mapping):
        return str(value.get("value", "")), str(value.get("who", ""))[:80]
    return str(value), ""


def _chosen(step: m.Step, value: str) -> str:
    """What the log keeps of an answer given as key or as value."""
    if isinstance(step, m.Ask):
        for option in step.options:
            if value in (option.key, option.value):
                return option.value or option.key
        allowed: list[str] = [option.key for option in step.options]
    else:
        fixed = FIXED_ANSWERS[step.kind]
        if value in fixed or value in fixed.values():
            return fixed.get(value, value)
        allowed = list(fixed)
    raise ActionRefused("playbook.no_option", value=value, allowed=", ".join(allowed))


def _item(step: m.Checklist, event: Answered) -> _Draft:
    asked: Mapping[str, str] = event.value if isinstance(event.value, Mapping) else {}
    name, state = asked.get("item", ""), asked.get("state", "done")
    items = [step.item_id(number) for number in range(len(step.items))]
    if name not in items:
        raise ActionRefused("playbook.no_item", item=name, allowed=", ".join(items))
    if state not in ITEM_STATES:
        raise ActionRefused("playbook.no_option", value=state, allowed=", ".join(ITEM_STATES))
    return _Draft("item.set", step.id, {"item": name, "state": state}, event.actor)


def _refuse_open_items(run: Run, step: m.Checklist) -> None:
    left = [name for name, state, _ in item_states(run, step) if state == "open"]
    if left:
        raise ActionRefused("playbook.items_open", count=len(left))


def _advance(run: Run, playbook: m.Playbook) -> _Draft | None:
    """The next record that follows from the state alone; None when something is needed first."""
    if run.outcome is not None:
        return None
    if run.going is not None:
        return _arrival(run, playbook)
    step = playbook.step(run.step)
    if isinstance(step, m.End):
        return _Draft("run.ended", step.id, {"outcome": step.outcome})
    way = way_out(run, step)
    if way is None:
        return None
    can_return = isinstance(step, m.Ask | m.Do | m.Checklist)
    data = {"to": way.goal, "result": way.result, "more": way.more, "can_return": can_return}
    return _Draft("step.left", step.id, data)


def _arrival(run: Run, playbook: m.Playbook) -> _Draft:
    assert run.going is not None  # noqa: S101 - the caller asked
    goal = playbook.step(run.going.step)
    if run.entries >= MAX_ENTRIES:
        return _Draft("run.ended", run.step, {"outcome": "handed_over", "reason": "too_long"})
    limit = getattr(goal, "max_visits", None)
    if limit is not None and not run.going.back and run.counted.get(goal.id, 0) >= limit:
        return _Draft("step.refused", goal.id, {"to": getattr(goal, "on_exhausted", "")})
    visit = run.visits.get(goal.id, 0) + 1
    return _Draft("step.entered", goal.id, {"visit": visit, "back": run.going.back})


def _measures(run: Run, step: m.Step) -> tuple[Effect, ...]:
    match step:
        case m.Auto():
            return (_measure(run, step.run, step.budget_s, None),) if not run.measured else ()
        case m.Do() if run.answer == DONE:
            groups = groups_of(named(step.verify.expect))
            return (_poll(run, step, groups, step.verify.every_s),)
        case m.Wait() if run.answer is None:
            groups = groups_of(named(step.until.expect))
            return (_poll(run, step, groups, step.until.every_s),)
        case m.Checklist():
            checks = [item.auto.expect for item in step.items if item.auto]
            groups = groups_of(name for check in checks for name in named(check))
            return (_poll(run, step, groups, RECHECK_S),) if groups else ()
        case _:
            return ()


def _poll(run: Run, step: m.Step, groups: tuple[str, ...], every_s: float) -> Measure:
    """The next look: at once at first, then at a fixed pace, the last one when time is up."""
    if run.measured is None:
        return _measure(run, groups, POLL_BUDGET_S, None)
    due = run.measured + timedelta(seconds=every_s)
    end = deadline(run, step)
    return _measure(run, groups, POLL_BUDGET_S, min(due, end) if end else due)


def _measure(
    run: Run, groups: tuple[str, ...], budget_s: float, not_before: datetime | None
) -> Measure:
    return Measure(run.step, run.visit, names_of(groups), budget_s, not_before)


def _message(run: Run, step: m.Notify | m.Escalate) -> Message:
    roles = step.to if isinstance(step.to, tuple) else (step.to,)
    reason = filled(step.reason, run.facts) if isinstance(step, m.Escalate) else None
    text = filled(step.message, run.facts) if step.message else reason
    return Message(run.key, step.kind, run.id, run.ward, roles, text or {}, reason)
