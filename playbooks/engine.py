"""What a run does next: from its state and an event to records and effects. Pure.

An event becomes one record; then the run goes on by itself, record by record, until it needs
something from outside. What it needs follows from its state alone, so a run that is folded from any
prefix of its log needs what it needed then. An effect whose `effect.started` is in the log is never
asked for again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from playbooks import model as m
from playbooks.conditions import named
from playbooks.known import groups_of, names_of
from playbooks.leaving import DONE, deadline, way_out
from playbooks.moves import (
    Aborted,
    Answered,
    Began,
    Deliver,
    Draft,
    Escalated,
    Filed,
    Finished,
    Measure,
    Measured,
    Resumed,
    Save,
    Skipped,
    WentBack,
)
from playbooks.persons import asked
from playbooks.run import apply, facts_written
from playbooks.seams import Message
from playbooks.texts import filled

if TYPE_CHECKING:
    from datetime import datetime

    from playbooks.moves import Effect, Event
    from playbooks.run import Record, Run

MAX_ENTRIES = 300
RECHECK_S = 10.0  # how often an open checklist ticks its automatic items
POLL_BUDGET_S = 20.0


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


def _drafts(run: Run, playbook: m.Playbook, event: Event) -> tuple[Draft, ...]:
    """The records that say this event."""
    match event:
        case Answered() | WentBack() | Skipped() | Filed() | Escalated() | Aborted():
            return (asked(run, playbook, event),)
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


def _begins(run: Run, event: Began) -> tuple[Draft, ...]:
    """Nothing when the run went elsewhere meanwhile: then the effect must not be carried out."""
    if run.outcome is not None or run.going or event.key != run.key or run.act:
        return ()
    data = {"key": event.key, "kind": event.kind, "text": event.text}
    return (Draft("effect.started", run.step, data),)


def _finished(run: Run, event: Finished) -> tuple[Draft, ...]:
    act = run.acts.get(event.key)
    if act is None or act.state != "started":
        return ()
    step = event.key.split(":")[-2]
    if event.result is None:
        return (Draft("effect.unknown", step, {"key": event.key, "detail": event.detail}),)
    data = {"key": event.key, "result": event.result, "detail": event.detail}
    return (Draft("effect.done", step, data),)


def _resumed(run: Run, playbook: m.Playbook, event: Resumed) -> tuple[Draft, ...]:
    """What was begun and not finished is unknown from now on; a file is simply written again."""
    found = [] if run.outcome else [Draft("run.resumed", run.step, {}, event.actor)]
    for key, act in run.acts.items():
        step = key.split(":")[-2]
        if act.state == "started" and not isinstance(playbook.step(step), m.Evidence):
            found.append(Draft("effect.unknown", step, {"key": key, "detail": "interrupted"}))
    return tuple(found)


def _came_in(run: Run, event: Measured) -> tuple[Draft, ...]:
    here = (event.step, event.visit) == (run.step, run.visit)
    if not here or run.going or run.outcome is not None:
        return ()
    data = {"visit": event.visit, "facts": facts_written(event.facts)}
    return (Draft("fact.set", event.step, data),)


def _advance(run: Run, playbook: m.Playbook) -> Draft | None:
    """The next record that follows from the state alone; None when something is needed first."""
    if run.outcome is not None:
        return None
    if run.going is not None:
        return _arrival(run, playbook)
    step = playbook.step(run.step)
    if isinstance(step, m.End):
        return Draft("run.ended", step.id, {"outcome": step.outcome})
    way = way_out(run, step)
    if way is None:
        return None
    can_return = isinstance(step, m.Ask | m.Do | m.Checklist)
    data = {"to": way.goal, "result": way.result, "more": way.more, "can_return": can_return}
    return Draft("step.left", step.id, data)


def _arrival(run: Run, playbook: m.Playbook) -> Draft:
    assert run.going is not None  # noqa: S101 - the caller asked
    goal = playbook.step(run.going.step)
    if run.entries >= MAX_ENTRIES:
        return Draft("run.ended", run.step, {"outcome": "handed_over", "reason": "too_long"})
    limit = getattr(goal, "max_visits", None)
    if limit is not None and not run.going.back and run.counted.get(goal.id, 0) >= limit:
        return Draft("step.refused", goal.id, {"to": getattr(goal, "on_exhausted", "")})
    visit = run.visits.get(goal.id, 0) + 1
    return Draft("step.entered", goal.id, {"visit": visit, "back": run.going.back})


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
