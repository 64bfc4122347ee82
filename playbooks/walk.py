"""Walks a playbook for its path tests: given facts, answers and outcomes in, entered steps out.

The real engine runs; only what comes from outside is made up here. Steps see the given facts; those
that expect something, and checklists, pass unless the case says otherwise. Pure.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from playbooks import engine, moves
from playbooks import model as m
from playbooks.conditions import UNKNOWN, RunFact
from playbooks.leaving import ACKED, DONE, NEXT, deadline, item_states
from playbooks.persons import is_asking
from playbooks.run import Record, facts_written, fold

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playbooks.moves import Event
    from playbooks.run import Run

_START = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
_NUMBER = re.compile(r"(<=|>=|<|>)?\s*(-?\d+(?:\.\d+)?)(\.\..*)?")
_NUDGE = {"<": -1.0, ">": 1.0}
_MAX_EVENTS = 2000


def walk(playbook: m.Playbook, case: m.PathCase) -> tuple[str, ...]:
    """The steps that are entered, until the run ends, asks what the case does not answer, or has
    gone as far as the case's path."""
    run = _begun(playbook, case)
    entered: list[str] = []
    event: Event | None = moves.Started(_START)
    for _ in range(_MAX_EVENTS):
        if event is None or len(entered) >= len(case.path):
            break
        records, effects = engine.decide_next(run, playbook, event)
        run = fold(records, run)
        entered += [record.step for record in records if record.type == "step.entered"]
        event = _response(run, playbook, case, effects) if run.outcome is None else None
    return tuple(entered)


def parting(playbook: m.Playbook, case: m.PathCase) -> tuple[int, str, str] | None:
    """Where the walk parts from the case's path: place (from 0), step wanted, step entered.

    None when the walk begins with the path; the entered step is empty when the walk stood still.
    """
    entered = walk(playbook, case)
    for number, wanted in enumerate(case.path):
        got = entered[number] if number < len(entered) else ""
        if got != wanted:
            return number, wanted, got
    return None


def satisfying(conditions: Mapping[str, Any]) -> dict[str, Any]:
    """Values under which the conditions hold (those inside `not` are left alone)."""
    return {name: _value_for(matcher) for name, matcher in conditions.items() if name != "not"}


def _value_for(matcher: Any) -> Any:
    if isinstance(matcher, list | tuple):
        return _value_for(matcher[0])
    if matcher == UNKNOWN:
        return None
    number = _NUMBER.fullmatch(matcher) if isinstance(matcher, str) else None
    if number and (number[1] or number[3]):
        return float(number[2]) + _NUDGE.get(number[1] or "", 0.0)
    return matcher


def _begun(playbook: m.Playbook, case: m.PathCase) -> Run:
    always = {
        name: fact for name, fact in _given(playbook, case).items()
        if name.startswith(("ward.", "run."))
    }  # fmt: skip
    data = {
        "run": "path-test",
        "playbook": playbook.id,
        "version": playbook.version,
        "sha256": playbook.sha256,
        "ward": "00000",
        "incident": None,
        "realm": "sim",
        "facts": facts_written(always),
        "start": playbook.start,
    }
    return fold((Record(1, _START, "run.started", "", "test", data),))


def _given(playbook: m.Playbook, case: m.PathCase) -> dict[str, RunFact]:
    written = {**playbook.tests.base, **case.given}
    return {n: RunFact(None if v == UNKNOWN else v, source="test") for n, v in written.items()}


def _response(
    run: Run, playbook: m.Playbook, case: m.PathCase, effects: tuple[moves.Effect, ...]
) -> Event | None:
    """What the world of this case does next; None when it has no answer."""
    step = playbook.step(run.step)
    now = run.measured or run.answered or run.entered or _START
    answer = _answer(run, step, case, now)
    if answer is not None:
        return answer
    match effects:
        case (moves.Deliver(message), *_):
            return moves.Began(now, message.key, message.kind)
        case (moves.Save(key, _, _, _), *_):
            return moves.Finished(now, key, "saved") if run.act else moves.Began(now, key, "")
        case (moves.Measure() as wish, *_):
            return _measured(run, playbook, step, case, wish, now)
    if run.act is not None and run.act.state == "started":
        return moves.Finished(now, run.key, "sent")
    return None


def _measured(
    run: Run, playbook: m.Playbook, step: m.Step, case: m.PathCase,
    wish: moves.Measure, now: datetime,
) -> Event:  # fmt: skip
    facts = {name: RunFact(reason="not_given") for name in wish.names}
    facts |= {n: f for n, f in _given(playbook, case).items() if n in facts}
    expect, outcome = _expected(step), case.outcomes.get(step.id, "pass")
    for name, value in satisfying(expect).items():
        facts[name] = RunFact(value if outcome == "pass" else None, source="test")
    end = deadline(run, step)
    at = end if end is not None and outcome != "pass" else now
    return moves.Measured(at, step.id, run.visit, facts)


def _expected(step: m.Step) -> m.Conditions:
    """What the step waits to see; nothing for a step that only measures."""
    match step:
        case m.Auto():
            return step.expect or {}
        case m.Do():
            return step.verify.expect
        case m.Wait():
            return step.until.expect
        case _:
            return {}


def _answer(run: Run, step: m.Step, case: m.PathCase, now: datetime) -> Event | None:
    if not is_asking(run, step):
        return None
    value: moves.Answer | None
    match step:
        case m.Ask():
            value = case.answers.get(step.id)
        case m.Do():
            value = case.answers.get(step.id, DONE)
        case m.Escalate():
            value = case.answers.get(step.id, ACKED)
        case m.Checklist():
            value = _item_answer(run, step, case.outcomes.get(step.id, "pass") == "pass")
        case _:
            value = None
    return moves.Answered(now, step.id, value, "test") if value is not None else None


def _item_answer(run: Run, step: m.Checklist, passing: bool) -> moves.Answer:
    """Every item done, or failed, one after the other; then on."""
    wanted = "done" if passing else "failed"
    for name, state, _ in item_states(run, step):
        if state != wanted:
            return {"item": name, "state": wanted}
    return NEXT
