"""What a person asks of a run: an answer, a step back, a step left undone, evidence, its end. Pure.

Each becomes one record, or is refused with what to do instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from inventory.errors import ActionRefused
from playbooks import model as m
from playbooks.leaving import (
    ACKED,
    CANNOT,
    DONE,
    NEXT,
    STOP,
    UNREACHED,
    item_states,
    way_past,
)
from playbooks.moves import Aborted, Answered, Draft, Escalated, Filed, Skipped, WentBack

if TYPE_CHECKING:
    from playbooks.moves import Answer, Persons
    from playbooks.run import Run

# By kind of step: the keys that a person may press, and what each means.
FIXED_ANSWERS: Mapping[str, Mapping[str, str]] = {
    "do": {"1": DONE, "0": CANNOT},
    "wait": {"1": STOP},
    "checklist": {"1": NEXT},
    "escalate": {"1": ACKED, "0": UNREACHED},
}
ITEM_STATES = ("open", "done", "failed", "unknown")


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


def asked(run: Run, playbook: m.Playbook, event: Persons) -> Draft:
    """The record of what a person asks; ActionRefused when the run does not take it now."""
    if run.outcome is not None:
        raise ActionRefused("playbook.run_ended", run=run.id)
    match event:
        case Answered():
            return _said(run, playbook, event)
        case WentBack():
            return _way_back(run, event)
        case Skipped():
            return _skipped(run, playbook, event)
        case Filed():
            return _filed(run, event)
        case Escalated():
            data = {"to": event.to, "text": event.text}
            return Draft("escalate.sent", run.step, data, event.actor)
        case Aborted():
            data = {"outcome": "aborted", "reason": event.reason}
            return Draft("run.ended", run.step, data, event.actor)


def can_skip(run: Run, step: m.Step) -> bool:
    """Whether a person may leave this step undone: only what is done by hand or waited for."""
    return run.going is None and way_past(step) is not None


def _skipped(run: Run, playbook: m.Playbook, event: Skipped) -> Draft:
    if event.step != run.step or run.going:
        raise ActionRefused("playbook.other_step", step=event.step, now=run.step)
    goal = way_past(playbook.step(run.step))
    if goal is None:
        raise ActionRefused("playbook.no_skip", step=run.step)
    reason = event.reason.strip()
    if not reason:
        raise ActionRefused("playbook.no_skip_reason", step=run.step)
    data = {
        "to": goal, "result": "skipped", "more": {"reason": reason}, "skipped": True,
        "can_return": not isinstance(playbook.step(run.step), m.Wait),
    }  # fmt: skip
    return Draft("step.left", run.step, data, event.actor)


def _filed(run: Run, event: Filed) -> Draft:
    if event.filed.is_empty:
        raise ActionRefused("playbook.no_evidence", run=run.id)
    return Draft("evidence.added", run.step, event.filed.written(), event.actor)


def _way_back(run: Run, event: WentBack) -> Draft:
    busy = run.act is not None and run.act.state == "started"
    if not run.trail or run.going or busy:
        raise ActionRefused("playbook.no_way_back")
    return Draft("step.back", run.step, {"to": run.trail[-1]}, event.actor)


def _said(run: Run, playbook: m.Playbook, event: Answered) -> Draft:
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
    return Draft("answer.given", run.step, data, event.actor)


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


def _item(step: m.Checklist, event: Answered) -> Draft:
    asked: Mapping[str, str] = event.value if isinstance(event.value, Mapping) else {}
    name, state = asked.get("item", ""), asked.get("state", "done")
    items = [step.item_id(number) for number in range(len(step.items))]
    if name not in items:
        raise ActionRefused("playbook.no_item", item=name, allowed=", ".join(items))
    if state not in ITEM_STATES:
        raise ActionRefused("playbook.no_option", value=state, allowed=", ".join(ITEM_STATES))
    return Draft("item.set", step.id, {"item": name, "state": state}, event.actor)


def _refuse_open_items(run: Run, step: m.Checklist) -> None:
    left = [name for name, state, _ in item_states(run, step) if state == "open"]
    if left:
        raise ActionRefused("playbook.items_open", count=len(left))
