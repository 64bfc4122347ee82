"""What the agent's own journal is told of runs: begun, somebody told, over; each once.

A run's log is the truth about the run; here stands that it is known, under the hash of its end.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.incidents.life import acknowledge, act
from agent.incidents.record import Event, IncidentState
from agent.runs.words import NEXT
from inventory.errors import ActionRefused, StoreError
from inventory.language import LANGUAGES, has, say
from inventory.values import Words
from playbooks.seams import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from agent.engine import Engine
    from agent.incidents.record import Incident, Step
    from agent.runs.shelf import Shelved
    from agent.ward_case import WardCase
    from inventory.language import Language
    from playbooks.picture import RunState
    from playbooks.seams import Message
    from probes.clock import Clock

_log = logging.getLogger(__name__)
TAKEN = "taken"  # in a run's folder: the hash under which its end is in the journal
STARTED, ENDED = "run.started", "run.ended"


class Ledger:
    """Writes runs into the journal and onto their incidents."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def find(self, incident: str) -> tuple[WardCase, Incident]:
        """An incident by number or uid. Raises ActionRefused."""
        for case in self._engine.cases.values():
            for one in case.incidents.values():
                if incident in (one.id, one.uid):
                    return case, one
        raise ActionRefused("api.no_such_incident", incident=incident)

    def began(self, state: RunState, reason: str) -> None:
        """A person follows a playbook: for its incident that is an acknowledgement too."""
        data = {"playbook": state.playbook, "version": state.version, "incident": state.incident}
        self._write(Event(STARTED, state.started, state.ward, state.id, data=data))
        if state.incident is None:
            return
        now, actor = self._clock.now(), state.actor
        _, incident = self.find(state.incident)
        if incident.state is IncidentState.OPEN:
            why = reason or state.playbook
            self._change(
                state.incident, lambda one: acknowledge(one, now=now, actor=actor, reason=why)
            )
        text = f"{state.playbook} {state.id}"
        self._act(state.incident, now, actor, "playbook_start", text, state.id)

    def knows(self, state: RunState) -> None:
        """A run that goes on: written as begun unless it was, since another program began it."""
        known = self._engine.outlets.store.events(key=state.id, ward=state.ward)
        if not any(one.event.kind == STARTED for one in known):
            with suppress(ActionRefused):
                self.began(state, "")

    def told(self, message: Message, incident: str | None, to: tuple[str, ...]) -> Delivery:
        """A message of a run: no channel takes it yet, the person at the screen passes it on."""
        text = Words(**{one: f"{', '.join(to)}: {message.text.get(one, '')}" for one in LANGUAGES})
        _log.info("run message run=%s kind=%s to=%s", message.run, message.kind, ",".join(to))
        if incident is not None:
            verb = "escalate" if message.kind == "escalate" else "notify"
            self._act(incident, self._clock.now(), "machine", verb, text)
        return Delivery("shown")

    def said(self, state: RunState, verb: str, text: str, actor: str) -> None:
        """What a person did in a run, on the timeline of its incident if it has one."""
        if state.incident is not None:
            self._act(state.incident, self._clock.now(), actor, verb, text)

    def take_in(self, run: Shelved) -> bool:
        """Write the end of a run into the journal unless it is there; whether it was new."""
        marker = run.folder / TAKEN
        with suppress(OSError):
            if marker.read_text(encoding="ascii").strip() == run.head:
                return False
        state = run.state
        known = self._engine.outlets.store.events(key=state.id, ward=state.ward)
        is_new = not any(
            one.event.kind == ENDED and one.event.data.get("sha") == run.head for one in known
        )
        if is_new:
            self._end(run)
        with suppress(OSError):
            marker.write_text(f"{run.head}\n", encoding="ascii")
        return is_new

    def _end(self, run: Shelved) -> None:
        state, at = run.state, self._clock.now()
        outcome = "damaged" if run.damaged else state.outcome
        data = {"playbook": state.playbook, "outcome": outcome, "sha": run.head}
        if state.incident is not None:
            name = f"{state.playbook} {state.id}"
            text = Words(**{one: f"{name}: {_outcome(outcome, one)}" for one in LANGUAGES})
            self._act(state.incident, at, state.actor, "playbook_end", text)
        self._engine.outlets.store.record_events(
            [Event(ENDED, at, state.ward, state.id, data=data)]
        )

    def _act(
        self, incident: str, now: datetime, actor: str, verb: str, text: str | Words,
        run: str | None = None,
    ) -> None:  # fmt: skip
        """One line of an incident; none when it is gone or closed, or the journal refuses."""
        try:
            self._change(
                incident,
                lambda one: act(one, now=now, actor=actor, verb=verb, text=text, run=run),
            )
        except (ActionRefused, StoreError) as error:
            _log.warning("incident line lost incident=%s verb=%s problem=%s", incident, verb, error)

    def _change(self, incident: str, change: Callable[[Incident], Step]) -> None:
        case, found = self.find(incident)
        after, event = change(found)
        self._engine.book.save(case, after, event)

    def _write(self, event: Event) -> None:
        with suppress(StoreError):
            self._engine.outlets.store.record_events([event])


def _outcome(outcome: str | None, language: Language) -> str:
    key = f"run.outcome.{outcome}"
    return say(key, language) if has(key) else str(outcome)


@dataclass(frozen=True, slots=True)
class IncidentNotifier:
    """Tells the incident what a run says; implements `playbooks.seams.Notifier`.

    `above` is the level that a ward turns to first.
    """

    ledger: Ledger
    incident: str | None
    above: str

    async def deliver(self, message: Message) -> Delivery:
        """Put the message on the incident's timeline; the person at the screen passes it on."""
        to = tuple(self.above if who == NEXT else who for who in message.to)
        return self.ledger.told(message, self.incident, to)
