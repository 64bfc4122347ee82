"""Playbooks, runs and contacts as the API's types; nothing decided."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from agent import wire
from inventory.language import LANGUAGES, say
from playbooks.escalation import chain, contacts, next_level
from playbooks.model import Do

if TYPE_CHECKING:
    from collections.abc import Collection

    from inventory.values import Words
    from playbooks.escalation import Contact, Escalation
    from playbooks.model import Playbook
    from playbooks.picture import RunState

NEXT = "next"
CARRIER = "L3"
_RESTARTING = frozenset({"switch_power", "ce_power", "ups"})


def brief(playbook: Playbook, instead_of: str | None = None) -> wire.PlaybookBrief:
    """A playbook in one line; `instead_of` is the one that would fit and is not there."""
    return wire.PlaybookBrief(
        id=playbook.id,
        version=playbook.version,
        title=_text(playbook.title),
        summary=_text(playbook.about.meaning),
        minutes=playbook.minutes,
        topic=playbook.topic,
        instead_of=instead_of,
    )


def shown_run(state: RunState, escalation: Escalation) -> wire.PlaybookRun:
    """A run with its step and lines; the level above is named as the one that it is."""

    def named(to: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(level_above(escalation, state.ward) if w == NEXT else w for w in to)

    step = replace(state.step, to=named(state.step.to)) if state.step else None
    lines = tuple(replace(one, to=named(one.to)) for one in state.lines)
    state = replace(state, step=step, lines=lines)
    return wire.PlaybookRun.model_validate(asdict(state))


def restarts(playbook: Playbook, step: str) -> bool:
    """Whether a step asks a person to cut the power of something that may hold traces."""
    found = next((one for one in playbook.steps if one.id == step), None)
    return isinstance(found, Do) and found.touches in _RESTARTING


def left_as_is(run: wire.PlaybookRun, incident: str) -> wire.PlaybookRun:
    """A run whose step is not to be done: it says so in place of what was to be done."""
    if run.step is None:
        return run
    text = {one: say("run.left_as_is", one, id=incident) for one in LANGUAGES}
    step = run.step.model_copy(update={"body": wire.Text(**text), "options": ()})
    return run.model_copy(update={"step": step})


def without_lines(run: wire.PlaybookRun) -> wire.PlaybookRun:
    """A run as it stands in a list."""
    return run.model_copy(update={"lines": ()})


def level_above(escalation: Escalation, ward: str) -> str:
    """The level that a ward turns to first; `next` when its chain ends with the ward itself."""
    above = next_level(escalation, ward)
    return above.level if above else NEXT


def shown_contacts(
    escalation: Escalation, ward: str, called: Collection[str]
) -> tuple[wire.Contact, ...]:
    """Everybody that a ward may have to reach, those that are to be called first before others."""
    order = {who: place for place, who in enumerate(called)}
    found = sorted(contacts(escalation, ward), key=lambda one: order.get(one.level, len(order)))
    return tuple(_contact(one, escalation, ward) for one in found)


def _contact(found: Contact, escalation: Escalation, ward: str) -> wire.Contact:
    return wire.Contact(
        role=found.level,
        name=_text(found.name),
        phone=found.phone,
        hours=found.hours,
        ack_min=found.ack_min,
        after_hours=found.after_hours,
        through=_through(found, escalation, ward),
        is_sample=escalation.sample,
    )


def _through(found: Contact, escalation: Escalation, ward: str) -> str | None:
    """The level that opens the carrier for a ward that may not call it; None for all others."""
    if found.level != CARRIER or escalation.ward_may_call_carrier:
        return None
    levels = [one.level for one in chain(escalation, ward)]
    before = levels[: levels.index(CARRIER)] if CARRIER in levels else []
    return before[-1] if before else None


def _text(words: Words) -> wire.Text:
    return wire.Text(vi=words.vi, en=words.en)
