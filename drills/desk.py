"""Carries out what a trainee does: commands to the agent, calls to people, hands on the devices.

The agent is the unchanged one and is asked only what its API may be asked; what it says no to is
told, not raised.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent.wire import Command
from inventory.errors import WardopsError
from inventory.language import both
from playbooks.journal import open_runs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.assembly import Agent
    from agent.incidents.record import Incident
    from drills.deeds import Act
    from drills.hands import Hands

ACTOR = "local:trainee"
CARRIER = "L3"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of an act: words for the trainee, and the events that it is in the log."""

    text: Mapping[str, str]
    events: tuple[tuple[str, Mapping[str, Any]], ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """One trainee's place: the agent, and the ward that can be walked through."""

    agent: Agent
    hands: Hands

    async def perform(self, act: Act) -> Reply:
        """Do it. What the agent refuses, or finds nothing for, comes back as its words."""
        match act.verb:
            case "call":
                return _called(act)
            case "tell":
                to = tuple(part for part in act.word.split(",") if part)
                data = {"to": list(to), "text": act.text}
                return Reply(both("drill.did.tell", to=act.word), (("message.sent", data),))
            case "look":
                return self._looked(act.word)
            case "reset":
                self.hands.reset(act.word)
                return Reply(both(f"drill.did.reset_{act.word}"))
            case "pull":
                self.hands.pull()
                return Reply(both("drill.did.pull"))
            case "done":
                return Reply(both("drill.did.done"), (("trainee.done", {}),))
            case _:
                return await self._asked(act)

    def _looked(self, thing: str) -> Reply:
        lights = dict(self.hands.lights(thing))
        words = {name: both(f"drill.light.{value}") for name, value in lights.items()}
        text = both(f"drill.did.look_{thing}", **words)
        return Reply(text, (("looked", {"on": thing, **lights}),))

    async def _asked(self, act: Act) -> Reply:
        """A command to the agent; its refusal is the reply."""
        command = self._command(act)
        if command is None:
            return Reply(both(f"drill.did.nothing_{_NEEDS[act.verb]}"))
        verb, args, reason = command
        wire = Command(id=uuid.uuid4(), verb=verb, args=args, actor=ACTOR, reason=reason)  # type: ignore[arg-type]  # one of the verbs below
        try:
            await self.agent.actions.execute(wire, actor=ACTOR, role="operator", source="drill")
        except WardopsError as error:
            refused = {"vi": error.text("vi"), "en": error.text("en")}
            return Reply(refused, (("refused", {"verb": act.verb, "why": error.key}),))
        return Reply(both(f"drill.did.{act.verb}"))

    def _command(self, act: Act) -> tuple[str, dict[str, Any], str | None] | None:
        """Verb, arguments and reason; None when there is no incident or run that it is about."""
        if act.verb in ("playbook", "answer"):
            return self._playbook(act)
        incident = self.incident()
        if incident is None:
            return None
        about = {"incident": incident.id}
        if act.verb == "ack":
            return "ack", about, act.text
        if act.verb == "note":
            return "note", {**about, "text": act.text}, None
        return "close", {**about, "cause": act.word, "note": act.text}, None

    def _playbook(self, act: Act) -> tuple[str, dict[str, Any], str | None] | None:
        if act.verb == "playbook":
            incident = self.incident()
            ward = self.hands.world.topology.codes[0]
            args = {"playbook": act.word, "ward": ward}
            return "playbook_start", args | ({"incident": incident.id} if incident else {}), None
        open_now = [folder.name for folder, _ in open_runs(self.agent.plan.state / "runs")]
        if not open_now:
            return None
        place, _, told = act.word.partition("=")
        step, _, item = place.partition(".")
        value = {"item": item, "state": told} if item else told
        return "playbook_answer", {"run": open_now[-1], "step": step, "value": value}, None

    def incident(self) -> Incident | None:
        """The newest incident that is not closed."""
        found = self.agent.actions.incidents(ward=None, kind=None, is_open=None)
        return next((one for one in found if one.t_closed is None), None)


_NEEDS = {"ack": "incident", "note": "incident", "close": "incident", "answer": "run"}


def _called(act: Act) -> Reply:
    """L1 and L2 take it over on the telephone; the carrier takes nothing from a ward."""
    data = {"to": act.word, "text": act.text}
    events = [("escalate.sent", data)]
    if act.word != CARRIER:
        events.append(("escalate.taken", {"to": act.word}))
    return Reply(both(f"drill.did.call_{act.word}"), tuple(events))
