"""What people ask of the agent: incidents, probes, playbook runs; all of it is audited."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agent.incidents.life import act
from agent.incidents.verbs import VERBS, report_of, step_of
from agent.incidents.verbs import text_of as _text
from agent.runs.conductor import Wish
from agent.wire import CommandResult
from inventory.errors import ActionRefused, InputError, WardopsError
from inventory.text import one_line
from playbooks.moves import Filing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from agent.engine import Engine
    from agent.incidents.book import Home
    from agent.incidents.record import Incident
    from agent.maintenance.upkeep import Upkeep
    from agent.meetings.check import Check
    from agent.meetings.usher import Usher
    from agent.runs.conductor import Runs
    from agent.wire import Command
    from playbooks.picture import RunState
    from probes.clock import Clock


_SHA256 = re.compile(r"[0-9a-f]{64}")


class Actions:
    """The web side's way to the engine; implements `agent.view.Commands`."""

    def __init__(
        self,
        engine: Engine,
        runs: Runs,
        upkeep: Upkeep,
        usher: Usher,
        check: Check,
        clock: Clock,
    ) -> None:
        self._engine = engine
        self._runs = runs
        self._upkeep = upkeep
        self._usher = usher
        self._check = check
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
            "meeting_add": lambda asked, who: self._usher.add(asked, who, role),
            "meeting_import": lambda asked, _who: self._usher.take_in(asked, role),
            "meeting_remove": lambda asked, who: self._usher.remove(asked, who, role),
            "meeting_check": lambda asked, _who: self._check.measure(asked),
            "meeting_confirm": lambda asked, who: self._check.confirm(asked, who, role),
            "playbook_start": self._start_run,
            "playbook_answer": self._answer_run,
            "playbook_back": self._step_back,
            "playbook_skip": self._skip_step,
            "playbook_abort": self._abort_run,
            "escalate": self._escalate,
            "evidence_add": self._add_evidence,
        }
        carry_out = verbs.get(command.verb)
        if carry_out is None:
            raise InputError("api.no_such_verb", verb=command.verb)
        try:
            result = carry_out(command, actor)
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
        home, incident = self._find(_text(command, "incident"))
        named = command.model_copy(update={"actor": actor})
        case, intake = self._engine.cases.get(incident.ward), self._engine.intake
        ward = case.watch.ward if case else None
        after, event = step_of(named, incident, ward, intake, self._clock.now())
        self._engine.book.save(home, after, event)
        return {"incident": after.id, "state": after.state}

    def _report(self, command: Command, actor: str) -> dict[str, object]:
        about = command.args.get("incident")
        linked = self._find(str(about))[1] if about else None
        code = linked.ward if linked and not linked.is_common else self._ward(command)
        case = self._engine.cases.get(code)
        if case is None:
            raise ActionRefused("run.no_ward", ward=str(command.args.get("ward")))
        named = command.model_copy(update={"actor": actor})
        begun, event = report_of(named, case.watch.ward.ward, linked, self._clock.now())
        opened = self._engine.book.open(case, begun, event)
        return {"incident": opened.id, "state": opened.state}

    def _probe_now(self, command: Command, _actor: str) -> dict[str, object]:
        name, ward = _text(command, "device"), str(command.args.get("ward", ""))
        cases = [c for c in self._engine.cases.values() if name in c.watch.targets]
        mine = [c for c in cases if not ward or c.watch.ward.ward == ward]
        if not mine:
            raise ActionRefused("api.no_such_device", device=name)
        asking = self._engine.asking
        asked = sum(asking.everything(c.watch.ward.ward, name) for c in mine)
        held = sorted({probe for c in mine for probe in asking.held(c.watch.ward.ward, name)})
        if not asked and held:
            raise self._usher.refusal(mine[0].watch.ward.ward, name)
        return {"probes": asked, **({"held": held} if held else {})}

    def _start_run(self, command: Command, actor: str) -> dict[str, object]:
        incident, device = command.args.get("incident"), command.args.get("device")
        wish = Wish(
            playbook=_text(command, "playbook"),
            ward=self._ward(command),
            incident=str(incident) if incident else None,
            actor=actor,
            reason=command.reason or "",
            device=str(device) if device else None,
        )
        return _stands(self._runs.start(wish))

    def _answer_run(self, command: Command, actor: str) -> dict[str, object]:
        run, step = _text(command, "run"), _text(command, "step")
        answered = _answer(command)
        state = self._runs.answer(run, step, answered, actor)
        self._check.take_answer(state.playbook, state.ward, step, answered, actor)
        return _stands(state)

    def _step_back(self, command: Command, actor: str) -> dict[str, object]:
        return _stands(self._runs.back(_text(command, "run"), actor))

    def _skip_step(self, command: Command, actor: str) -> dict[str, object]:
        run, step = _text(command, "run"), _text(command, "step")
        return _stands(self._runs.skip(run, step, one_line(command.reason or "", 500), actor))

    def _escalate(self, command: Command, actor: str) -> dict[str, object]:
        """Hand a run or an incident over: nobody is told by this, a person passes it on."""
        to, text = _text(command, "to"), one_line(_text(command, "text"), 1000)
        if "run" in command.args:
            return _stands(self._runs.escalate(_text(command, "run"), to, text, actor))
        _, one = self._find(_text(command, "incident"))
        args = {**command.args, "to": self._addressee(one, to), "text": text}
        asked = command.model_copy(update={"verb": "hand_over", "args": args})
        return self._change(asked, actor)

    def _addressee(self, incident: Incident, to: str) -> str:
        """Whom an incident goes to; ActionRefused when it is over, or for nobody of that name."""
        if not incident.is_open:
            raise ActionRefused("incident.over", id=incident.id)
        return self._runs.addressee(incident.ward or incident.sites[0], to)

    def _add_evidence(self, command: Command, actor: str) -> dict[str, object]:
        filing = _filing(command)
        if "run" in command.args:
            return _stands(self._runs.file(_text(command, "run"), filing, actor))
        return self._act(command, "evidence_add", actor, lambda _: filing.said())

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

    def _act(
        self, command: Command, verb: str, actor: str, said: Callable[[Incident], str]
    ) -> dict[str, object]:
        """One line of an incident, by a person."""
        home, one = self._find(_text(command, "incident"))
        after, event = act(one, now=self._clock.now(), actor=actor, verb=verb, text=said(one))
        self._engine.book.save(home, after, event)
        return {"incident": after.id, "state": after.state}

    def _find(self, name: str) -> tuple[Home, Incident]:
        homes: tuple[Home, ...] = (self._engine.commons, *self._engine.cases.values())
        for home in homes:
            for incident in home.incidents.values():
                if name in (incident.id, incident.uid):
                    return home, incident
        raise ActionRefused("api.no_such_incident", incident=name)

    def _audit(self, command: Command, actor: str, role: str, source: str, result: str) -> None:
        named = (
            command.args.get(name)
            for name in ("run", "incident", "window", "meeting", "device", "playbook")
        )
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


def _filing(command: Command) -> Filing:
    """A note, a file by name and hash, or both. Raises InputError."""
    args = command.args
    text, name = args.get("text", ""), args.get("name", "")
    if not isinstance(text, str) or not isinstance(name, str) or not (text + name).strip():
        raise InputError("api.missing_argument", verb=command.verb, name="text")
    text = one_line(text.strip(), 1000)
    if not name.strip():
        return Filing(text)
    sha256, size = args.get("sha256"), args.get("size")
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise InputError("api.missing_argument", verb=command.verb, name="sha256")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise InputError("api.missing_argument", verb=command.verb, name="size")
    return Filing(text, one_line(name.strip(), 120), sha256, size)


def _stands(state: RunState) -> dict[str, object]:
    """Where a run stands after a command."""
    return {
        "run": state.id,
        "state": state.state,
        "step": state.step.id if state.step else None,
        "outcome": state.outcome,
    }
