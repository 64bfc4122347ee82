"""What people ask of the agent: incidents, probes, playbook runs; all of it is audited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.incident_verbs import VERBS, report_of, step_of
from agent.incident_verbs import text_of as _text
from agent.runs import Wish
from agent.wire import CommandResult
from inventory.errors import ActionRefused, InputError, WardopsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from agent.engine import Engine, WardCase
    from agent.incidents import Incident
    from agent.runs import Runs
    from agent.upkeep import Upkeep
    from agent.wire import Command
    from playbooks.picture import RunState
    from probes.clock import Clock


class Actions:
    """The web side's way to the engine; implements `agent.view.Commands`."""

    def __init__(self, engine: Engine, runs: Runs, upkeep: Upkeep, clock: Clock) -> None:
        self._engine = engine
        self._runs = runs
        self._upkeep = upkeep
        self._clock = clock

    async def execute(
        self, command: Command, *, actor: str, role: str, source: str
    ) -> CommandResult:
        """Carry out one command and write it to the audit, refused ones too.

        Raises ActionRefused, InputError or StoreError.
        """
        verbs: Mapping[str, Callable[[Command, str], dict[str, object]]] = {
            **dict.fromkeys(VERBS, self._change),
            "incident_report": self._report,
            "probe_now": self._probe_now,
            "maintenance_set": lambda asked, who: self._upkeep.announce(asked, who, role),
            "maintenance_end": lambda asked, who: self._upkeep.end(asked, who, role),
            "playbook_start": self._start_run,
            "playbook_answer": self._answer_run,
            "playbook_back": self._step_back,
            "playbook_abort": self._abort_run,
        }
        act = verbs.get(command.verb)
        if act is None:
            raise InputError("api.no_such_verb", verb=command.verb)
        try:
            result = act(command, actor)
        except WardopsError as error:
            self._audit(command, actor, role, source, type(error).__name__)
            raise
        self._audit(command, actor, role, source, "ok")
        return CommandResult(id=command.id, accepted=True, result=result)

    def incident(self, incident_id: str) -> Incident | None:
        """The incident of that number or uid, open or not."""
        return self._engine.outlets.store.incident(incident_id)

    def incidents(
        self, *, ward: str | None, kind: str | None, is_open: bool | None
    ) -> Sequence[Incident]:
        """All incidents that fit, newest first."""
        found = self._engine.outlets.store.incidents(ward)
        return [
            incident
            for incident in reversed(found)
            if (kind is None or incident.kind == kind)
            and (is_open is None or incident.is_open is is_open)
        ]

    def _change(self, command: Command, actor: str) -> dict[str, object]:
        case, incident = self._find(_text(command, "incident"))
        named = command.model_copy(update={"actor": actor})
        ward, intake = case.watch.ward, self._engine.intake
        after, event = step_of(named, incident, ward, intake, self._clock.now())
        self._engine.save(case, after, event)
        return {"incident": after.id, "state": after.state}

    def _report(self, command: Command, actor: str) -> dict[str, object]:
        about = command.args.get("incident")
        case, linked = self._find(str(about)) if about else (None, None)
        case = case or self._engine.cases.get(self._ward(command))
        if case is None:
            raise ActionRefused("run.no_ward", ward=str(command.args.get("ward")))
        named = command.model_copy(update={"actor": actor})
        begun, event = report_of(named, case.watch.ward.ward, linked, self._clock.now())
        opened = self._engine.open(case, begun, event)
        return {"incident": opened.id, "state": opened.state}

    def _probe_now(self, command: Command, _actor: str) -> dict[str, object]:
        name, ward = _text(command, "device"), str(command.args.get("ward", ""))
        cases = [c for c in self._engine.cases.values() if name in c.watch.targets]
        mine = [c for c in cases if not ward or c.watch.ward.ward == ward]
        if not mine:
            raise ActionRefused("api.no_such_device", device=name)
        asked = sum(self._engine.ask_now(c.watch.ward.ward, name) for c in mine)
        return {"probes": asked}

    def _start_run(self, command: Command, actor: str) -> dict[str, object]:
        incident = command.args.get("incident")
        wish = Wish(
            playbook=_text(command, "playbook"),
            ward=self._ward(command),
            incident=str(incident) if incident else None,
            actor=actor,
            reason=command.reason or "",
        )
        return _stands(self._runs.start(wish))

    def _answer_run(self, command: Command, actor: str) -> dict[str, object]:
        run, step = _text(command, "run"), _text(command, "step")
        return _stands(self._runs.answer(run, step, _answer(command), actor))

    def _step_back(self, command: Command, actor: str) -> dict[str, object]:
        return _stands(self._runs.back(_text(command, "run"), actor))

    def _abort_run(self, command: Command, actor: str) -> dict[str, object]:
        run = _text(command, "run")
        if not (command.reason or "").strip():
            raise ActionRefused("run.no_reason", run=run)
        return _stands(self._runs.abort(run, (command.reason or "").strip(), actor))

    def _ward(self, command: Command) -> str:
        """The ward of a command; the only one of the agent needs not be named."""
        if "ward" not in command.args and len(self._engine.cases) == 1:
            return next(iter(self._engine.cases))
        return _text(command, "ward")

    def _find(self, name: str) -> tuple[WardCase, Incident]:
        for case in self._engine.cases.values():
            for incident in case.incidents.values():
                if name in (incident.id, incident.uid):
                    return case, incident
        raise ActionRefused("api.no_such_incident", incident=name)

    def _audit(self, command: Command, actor: str, role: str, source: str, result: str) -> None:
        named = (command.args.get(name) for name in ("run", "incident", "window", "device", "playbook"))
        target = str(next((one for one in named if one), ""))[:200]
        self._engine.outlets.store.append_audit(
            self._clock.now(),
            actor=actor,
            role=role,
            source=source,
            action=command.verb,
            target=target,
            reason=command.reason,
            result=result,
            data={"id": str(command.id)},
        )


def _answer(command: Command) -> str | dict[str, str]:
    """What is answered: a key or value, or for a checklist item and state. Raises InputError."""
    value = command.args.get("value")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, dict) and value:
        return {str(name)[:80]: str(one)[:80] for name, one in value.items()}
    return _text(command, "value")


def _stands(state: RunState) -> dict[str, object]:
    """Where a run stands after a command."""
    return {
        "run": state.id,
        "state": state.state,
        "step": state.step.id if state.step else None,
        "outcome": state.outcome,
    }
