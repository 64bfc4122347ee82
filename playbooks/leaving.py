"""When a step is left, for where, and with what result: the rules of the ten kinds. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from playbooks import model as m
from playbooks.conditions import holds, missing
from playbooks.verdict.facts import Truth

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from playbooks.run import ItemState, Run

DONE, CANNOT, STOP, NEXT, ACKED, UNREACHED = (
    "done", "cannot", "stop", "next", "acked", "unreached",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Way:
    """Where a step leads, and a code with details for the line that tells of it."""

    goal: str
    result: str
    more: Mapping[str, Any] = field(default_factory=dict)


def item_states(run: Run, step: m.Checklist) -> tuple[tuple[str, ItemState, bool], ...]:
    """Each item's id, state, and whether the machine says so. A person's word goes first."""
    found: list[tuple[str, ItemState, bool]] = []
    for number, item in enumerate(step.items):
        name = step.item_id(number)
        if name in run.items:
            found.append((name, run.items[name][0], False))
        elif item.auto is not None and run.measured is not None:
            found.append((name, _ticked(item.auto, run), True))
        else:
            found.append((name, "open", item.auto is not None))
    return tuple(found)


def deadline(run: Run, step: m.Step) -> datetime | None:
    """When the machine gives up waiting on this step; None where it does not wait."""
    if isinstance(step, m.Wait) and run.entered:
        return run.entered + timedelta(minutes=step.timeout_min)
    if isinstance(step, m.Do) and run.answered and run.answer == DONE:
        return run.answered + timedelta(seconds=step.verify.wait_s)
    return None


def way_out(run: Run, step: m.Step) -> Way | None:
    """How this step is left in this state; None while it waits for something."""
    match step:
        case m.Auto():
            return _after_auto(run, step)
        case m.Decide():
            return _branch(run, step)
        case m.Ask():
            return _after_ask(run, step)
        case m.Do():
            return _after_do(run, step)
        case m.Wait():
            return _after_wait(run, step)
        case m.Checklist():
            return _after_checklist(run, step)
        case m.Notify() | m.Escalate() | m.Evidence():
            return _after_effect(run, step)
        case _:
            return None


def way_past(step: m.Step) -> str | None:
    """Where a step leads that a person leaves undone; None for one that cannot be left so.

    What was not done has not passed: it goes the way of failing.
    """
    match step:
        case m.Do():
            return step.on_fail
        case m.Checklist():
            return step.on_fail or step.next
        case m.Wait():
            return step.on_timeout
        case _:
            return None


def _after_auto(run: Run, step: m.Auto) -> Way | None:
    if run.measured is None:
        return None
    if step.expect is None:
        return _way(step.next or "", "measured")
    if holds(step.expect, run.facts) is Truth.TRUE:
        return _way(step.on_pass or "", "pass")
    return _way(step.on_fail or "", "fail", missing=_open(step.expect, run))


def _branch(run: Run, step: m.Decide) -> Way:
    blocked: list[str] = []
    for number, branch in enumerate(step.branches):
        if holds(branch.when, run.facts) is Truth.TRUE:
            return _way(branch.goto, "branch", branch=number + 1, to=branch.goto)
        blocked += [name for name in missing(branch.when, run.facts) if name not in blocked]
    return _way(step.otherwise, "else", missing=blocked, to=step.otherwise)


def _after_ask(run: Run, step: m.Ask) -> Way | None:
    for option in step.options:
        if run.answer is not None and run.answer == (option.value or option.key):
            return _way(option.goto, "answer", key=option.key)
    return None


def _after_do(run: Run, step: m.Do) -> Way | None:
    if run.answer == CANNOT:
        return _way(step.on_fail, "cannot")
    if run.answer is None or run.measured is None:
        return None
    if holds(step.verify.expect, run.facts) is Truth.TRUE:
        return _way(step.on_pass, "pass")
    if _is_over(run, step):
        return _way(step.on_fail, "fail", missing=_open(step.verify.expect, run))
    return None


def _after_wait(run: Run, step: m.Wait) -> Way | None:
    if run.measured is not None and holds(step.until.expect, run.facts) is Truth.TRUE:
        return _way(step.on_pass, "pass")
    if run.answer == STOP:
        return _way(step.on_timeout, "stopped")
    if _is_over(run, step):
        return _way(step.on_timeout, "timeout", missing=_open(step.until.expect, run))
    return None


def _after_checklist(run: Run, step: m.Checklist) -> Way | None:
    states = [state for _, state, _ in item_states(run, step)]
    done = states.count("done")
    if done == len(states):
        return _way(step.next, "pass", done=done, of=len(states))
    if run.answer == NEXT:
        goal = step.on_fail or step.next
        return _way(goal, "fail", done=done, of=len(states))
    return None


def _after_effect(run: Run, step: m.Notify | m.Escalate | m.Evidence) -> Way | None:
    act = run.act
    if act is None or act.state == "started":
        return None
    if isinstance(step, m.Escalate) and step.need_ack_from_person:
        return _way(step.next, run.answer) if run.answer else None
    return _way(step.next, act.result if act.state == "done" else "unknown")


def _is_over(run: Run, step: m.Step) -> bool:
    """Whether it was measured once more when the time was up: that measurement decides."""
    end = deadline(run, step)
    return end is not None and run.measured is not None and run.measured >= end


def _open(conditions: m.Conditions, run: Run) -> list[str]:
    return list(missing(conditions, run.facts))


def _ticked(check: m.ItemCheck, run: Run) -> ItemState:
    states: Mapping[Truth, Literal["done", "failed"]] = {Truth.TRUE: "done", Truth.FALSE: "failed"}
    return states.get(holds(check.expect, run.facts), "open")


def _way(goal: str, result: str, **more: object) -> Way:
    return Way(goal, result, more)
