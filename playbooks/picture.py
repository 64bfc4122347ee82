"""A run as people see it: the present step with its options, and what is behind. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from inventory.language import LANGUAGES, both, has, say
from playbooks import model as m
from playbooks.known import field_type
from playbooks.leaving import deadline, item_states
from playbooks.moves import Filing
from playbooks.persons import FIXED_ANSWERS, can_skip, is_asking
from playbooks.pins import subject
from playbooks.texts import filled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from inventory.language import Language
    from inventory.values import Words
    from playbooks.run import ItemState, Line, Run

_SHOWN = ("done", "of", "reason", "who")  # what a line's words may hold
SHOWN = "shown"  # what a message came to that no channel took

Text: TypeAlias = dict[str, str]
"""`{vi, en}`."""


@dataclass(frozen=True, slots=True)
class OptionView:
    """One answer: the key to press, the value to send (the key is taken as well), its text."""

    key: str
    value: str
    text: Text


@dataclass(frozen=True, slots=True)
class ItemView:
    """One line of a checklist; `by` says whether machine or person set its state."""

    id: str
    text: Text
    state: ItemState
    by: Literal["auto", "person"]


@dataclass(frozen=True, slots=True)
class StepView:
    """The step that the run is at.

    `message` is the text prepared for `to`; `number` counts the steps that were entered.
    """

    id: str
    kind: str
    title: Text
    body: Text | None
    options: tuple[OptionView, ...]
    items: tuple[ItemView, ...]
    message: Text | None
    to: tuple[str, ...]
    dont: tuple[Text, ...]
    can_back: bool
    can_skip: bool
    deadline: datetime | None
    number: int
    of: int | None


@dataclass(frozen=True, slots=True)
class LineView:
    """A step that is behind; `message` is what it had to say to `to`, with no channel to send it.

    Somebody has to read it out or copy it.
    """

    at: datetime
    step: str
    title: Text
    result: Text | None
    actor: str
    message: Text | None = None
    to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunState:
    """A whole run; `about` is the machine or service that it keeps to, None when it has none."""

    id: str
    playbook: str
    title: Text
    version: str
    ward: str
    incident: str | None
    realm: str
    actor: str
    state: Literal["running", "asking", "waiting", "done", "aborted"]
    outcome: str | None
    started: datetime
    ended: datetime | None
    step: StepView | None
    lines: tuple[LineView, ...]
    about: str | None = None


def picture(run: Run, playbook: m.Playbook) -> RunState:
    """The run as people see it."""
    over = run.outcome is not None or run.going is not None or not run.step
    return RunState(
        id=run.id,
        playbook=run.playbook,
        title=words(playbook.title),
        version=run.version,
        ward=run.ward,
        incident=run.incident,
        realm=run.realm,
        actor=run.actor,
        state=_state(run, playbook),
        outcome=run.outcome,
        started=run.started,
        ended=run.ended,
        step=None if over else _step(run, playbook),
        lines=tuple(_line(line, run, playbook) for line in run.lines),
        about=subject(run.facts),
    )


def words(text: Words) -> Text:
    """A text of the playbook in both languages."""
    return {"vi": text.vi, "en": text.en}


def _state(
    run: Run, playbook: m.Playbook
) -> Literal["running", "asking", "waiting", "done", "aborted"]:
    if run.outcome is not None:
        return "aborted" if run.outcome == "aborted" else "done"
    if run.going is not None:
        return "running"
    step = playbook.step(run.step)
    if is_asking(run, step):
        return "asking"
    return "waiting" if isinstance(step, m.Wait | m.Do) else "running"


def _step(run: Run, playbook: m.Playbook) -> StepView:
    step = playbook.step(run.step)
    title, body = _heading(step, run)
    to, message = _addressed(step, run)
    return StepView(
        id=step.id,
        kind=step.kind,
        title=title,
        body=body,
        options=options(step, run),
        items=_items(step, run) if isinstance(step, m.Checklist) else (),
        message=message,
        to=to,
        dont=tuple(words(line) for line in playbook.dont),
        can_back=bool(run.trail),
        can_skip=can_skip(run, step),
        deadline=deadline(run, step),
        number=run.entries,
        of=None,
    )


def _heading(step: m.Step, run: Run) -> tuple[Text, Text | None]:
    """Title and body; a step without a title of its own is headed by what it says."""
    said = _said(step, run)
    if step.title is not None:
        return filled(step.title, run.facts), said
    if said is not None:
        return said, None
    return both(f"playbook.kind.{step.kind}"), None


def _said(step: m.Step, run: Run) -> Text | None:
    match step:
        case m.Ask():
            return filled(step.question, run.facts)
        case m.Do():
            return filled(step.say, run.facts)
        case m.Escalate():
            return filled(step.reason, run.facts)
        case _:
            return filled(step.why, run.facts) if step.why else None


def options(step: m.Step, run: Run) -> tuple[OptionView, ...]:
    """What a person may answer now."""
    if isinstance(step, m.Ask):
        return tuple(
            OptionView(option.key, option.value or option.key, filled(option.text, run.facts))
            for option in step.options
        )
    waits = isinstance(step, m.Wait) and run.answer is None
    if not (is_asking(run, step) or waits):
        return ()
    return tuple(
        OptionView(key, value, both(f"playbook.answer.{value}"))
        for key, value in FIXED_ANSWERS[step.kind].items()
    )


def _items(step: m.Checklist, run: Run) -> tuple[ItemView, ...]:
    return tuple(
        ItemView(name, filled(item.text, run.facts), state, "auto" if is_auto else "person")
        for (name, state, is_auto), item in zip(item_states(run, step), step.items, strict=True)
    )


def _addressed(step: m.Step, run: Run) -> tuple[tuple[str, ...], Text | None]:
    """Who is told what: as it was sent, where it was sent already."""
    if not isinstance(step, m.Notify | m.Escalate):
        return (), None
    to = _addressees(step)
    if run.act is not None and run.act.text is not None:
        return to, dict(run.act.text)
    own = step.message or (step.reason if isinstance(step, m.Escalate) else None)
    return to, filled(own, run.facts) if own else None


def _line(line: Line, run: Run, playbook: m.Playbook) -> LineView:
    result = _result(line, run, playbook)
    if not line.step:
        return LineView(line.at, "", words(playbook.title), result, line.actor)
    step = playbook.step(line.step)
    title, _ = _heading(step, run)
    by_mouth = line.told if line.result == SHOWN else None
    message, to = (dict(by_mouth), _addressees(step)) if by_mouth else (None, ())
    return LineView(line.at, line.step, title, result, line.actor, message, to)


def _addressees(step: m.Step) -> tuple[str, ...]:
    """Whom a step turns to."""
    if not isinstance(step, m.Notify | m.Escalate):
        return ()
    return step.to if isinstance(step.to, tuple) else (step.to,)


def _result(line: Line, run: Run, playbook: m.Playbook) -> Text | None:
    """What came of a step, in words; what was not known is said before anything else."""
    if line.result == "answer":
        step = playbook.step(line.step)
        key = line.more.get("key")
        options = step.options if isinstance(step, m.Ask) else ()
        return next((words(option.text) for option in options if option.key == key), None)
    unknown = line.more.get("missing", ())
    if unknown:
        return {lang: _missing(unknown, lang) for lang in LANGUAGES}
    if line.result == "evidence":
        return both("playbook.result.evidence", what=Filing(**line.more).said())
    values = {name: value for name, value in line.more.items() if name in _SHOWN}
    if "to" in line.more:
        values["goal"], _ = _heading(playbook.step(line.more["to"]), run)
    return both(f"playbook.result.{line.result}", **values)


def _missing(facts: Iterable[str], language: Language) -> str:
    named = ", ".join(dict.fromkeys(fact_label(name, language) for name in facts))
    return say("playbook.result.missing", language, facts=named)


def fact_label(fact: str, language: Language) -> str:
    """A fact in words, by its group; what has no words is shown by its name."""
    group = fact.partition(".")[0]
    key = f"playbook.group.{group}"
    return say(key, language) if has(key) and field_type(fact) else fact


def known_facts(run: Run) -> Mapping[str, object]:
    """The run's facts by name, unknown ones as None: for evidence and tests."""
    return {name: fact.value for name, fact in sorted(run.facts.items())}
