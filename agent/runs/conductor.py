"""Conducts playbook runs inside the agent: started, answered, resumed, taken in, shown.

A run lives in its log under `<state>/runs`. What was open when the agent starts is continued here,
whoever began it; what another program has ended is taken into the journal by the hash of its log.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agent.runs.fitting import fitting, machine_of
from agent.runs.ledger import IncidentNotifier, Ledger
from agent.runs.machines import known_facts
from agent.runs.probe import EngineProber
from agent.runs.shelf import Shelf
from agent.runs.words import (
    NEXT,
    brief,
    left_as_is,
    level_above,
    restarts,
    shown_contacts,
    shown_run,
    without_lines,
)
from inventory.errors import ActionRefused, InputError, StoreError
from inventory.text import one_line
from playbooks.conduct import Conductor
from playbooks.errors import LogDamaged, RunTaken
from playbooks.escalation import CARRIER, contacts, load_escalation
from playbooks.match import proposals
from playbooks.pins import Pins, begun_for
from playbooks.seams import Seams
from playbooks.sight import ward_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from agent import wire
    from agent.engine import Engine
    from agent.incidents.record import Incident
    from agent.runs.shelf import Shelved
    from agent.view import WardView
    from inventory.model import Inventory
    from playbooks.model import Playbook
    from playbooks.moves import Answer, Filing
    from playbooks.picture import RunState
    from probes.clock import Clock
    from probes.vm.trend import Trends

_log = logging.getLogger(__name__)
FOLDER = "runs"
LOOK_EVERY_S = 10.0
MOST_OPEN = 3  # of one ward at a time


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants to follow: a playbook for a ward, perhaps because of an incident.

    `device` is the machine or the service that it is about; the run chooses where none is named.
    """

    playbook: str
    ward: str
    incident: str | None
    actor: str
    reason: str = ""
    device: str | None = None


class Runs:
    """All playbook runs of one agent; implements `agent.view.RunBook`.

    `library` holds the playbooks that can be begun, by id; `trends` tells what the history of a
    ward's machines says, by name.

    Nothing is written before `work()` runs: an agent that finds its port taken must not take the
    runs of the other one.
    """

    def __init__(
        self,
        engine: Engine,
        inventory: Inventory,
        state: Path,
        clock: Clock,
        library: Mapping[str, Playbook],
        trends: Callable[[str], Mapping[str, Trends]] = lambda _ward: {},
    ) -> None:
        self._engine = engine
        self._inventory = inventory
        self._folder = state / FOLDER
        self._clock = clock
        self.library = library
        self._trends = trends
        self._escalation = load_escalation(Path(inventory.folder))
        self._ledger = Ledger(engine, clock)
        self._shelf = Shelf(self._folder, library.values())
        self._shelf.look()
        self._going: dict[str, Conductor] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stuck: set[str] = set()
        self._changed = asyncio.Event()

    def playbooks(self) -> Sequence[wire.PlaybookBrief]:
        """All playbooks that can be conducted here, by id."""
        return tuple(brief(one) for _, one in sorted(self.library.items()))

    def suggested(self, ward: WardView) -> Sequence[wire.PlaybookBrief]:
        """The one for what the verdict says, else the general one of its kind; perhaps none.

        Behind it those for what hurts of the ward's machines and certificates.
        """
        watch, mono = self._engine.cases[ward.unit.code].watch, self._clock.monotonic()
        trends = self._trends(ward.unit.code)
        facts = known_facts(watch, ward.facts, trends, self._clock.now(), mono)
        found = proposals(ward.verdict, facts, self.library)
        return tuple(brief(one, instead_of) for one, instead_of in found)

    def contacts(self, ward: WardView) -> Sequence[wire.Contact]:
        """Everybody that the ward may have to reach, whom its verdict names first."""
        called = ward.verdict.call if ward.verdict else ()
        return shown_contacts(self._escalation, ward.unit.code, called)

    def runs(self, *, ward: str | None, is_open: bool | None) -> Sequence[wire.PlaybookRun]:
        """Runs without their lines, newest first."""
        return [
            without_lines(self._shown(name))
            for name in sorted(self._names(), reverse=True)
            if ward in {None, self._ward_of(name)} and is_open in {None, self._is_open(name)}
        ]

    def run(self, run_id: str) -> wire.PlaybookRun | None:
        """One run with its lines."""
        return self._shown(run_id) if run_id in self._names() else None

    def start(self, wish: Wish) -> RunState:
        """Begin a run; its incident is acknowledged by it.

        Raises InputError for an unknown playbook, ward or device, ActionRefused when it goes on
        already or the incident is unknown or over, StoreError.
        """
        playbook = self.library.get(wish.playbook)
        if playbook is None:
            raise InputError("run.no_playbook", playbook=wish.playbook)
        if wish.ward not in self._engine.cases:
            raise InputError("run.no_ward", ward=wish.ward)
        ward, unit = self._inventory.wards[wish.ward], self._engine.cases[wish.ward].unit
        incident = self._incident(wish)
        device = wish.device or machine_of(self._engine.cases[wish.ward], incident)
        self._refuse_doubles(wish, device)
        facts = {**ward_facts(ward, unit), **begun_for(ward, device)}
        conductor = Conductor.start(
            self._folder,
            playbook,
            self._seams(wish.ward, incident.id if incident else None, Pins().joined(facts)),
            ward=wish.ward,
            realm=self._inventory.site.realm,
            actor=wish.actor,
            incident=incident.id if incident else None,
            since=incident.t_started if incident else None,
            facts=facts,
            on_change=self._announce,
        )
        self._ledger.began(conductor.state(), wish.reason)
        self._conduct(conductor)
        return conductor.state()

    def answer(self, run_id: str, step: str, value: Answer, actor: str) -> RunState:
        """Take an answer to the step that is shown. Raises ActionRefused, StoreError.

        An act that would restart something is refused while traces have to be kept.
        """
        conductor = self._under_way(run_id)
        keeping = self._keeping(conductor)
        if keeping is not None:
            raise ActionRefused("run.keep_as_is", id=keeping.id)
        return conductor.answer(step, value, actor)

    def back(self, run_id: str, actor: str) -> RunState:
        """Go back to the step answered last. Raises ActionRefused, StoreError."""
        return self._under_way(run_id).back(actor)

    def skip(self, run_id: str, step: str, reason: str, actor: str) -> RunState:
        """Leave the shown step undone. Raises ActionRefused, StoreError."""
        return self._under_way(run_id).skip(step, reason, actor)

    def file(self, run_id: str, filing: Filing, actor: str) -> RunState:
        """Add evidence to a run, and to its incident. Raises ActionRefused, StoreError."""
        state = self._under_way(run_id).file(filing, actor)
        self._ledger.said(state, "evidence_add", filing.said(), actor)
        return state

    def escalate(self, run_id: str, to: str, text: str, actor: str) -> RunState:
        """Hand over from a run, and from its incident. Raises ActionRefused, StoreError."""
        conductor = self._under_way(run_id)
        who = self.addressee(conductor.run.ward, to)
        state = conductor.escalate(who, text, actor)
        self._ledger.said(state, "escalate", f"{who}: {text}", actor)
        return state

    def addressee(self, ward: str, to: str) -> str:
        """The level or role that a ward means; `next` is the level above.

        Raises ActionRefused for nobody of that name, and for a level that others turn to.
        """
        who = level_above(self._escalation, ward) if to == NEXT else to
        known = [one.level for one in contacts(self._escalation, ward)]
        if who not in known:
            raise ActionRefused("run.no_party", to=one_line(to, 40), known=", ".join(known))
        if who == CARRIER and not self._escalation.ward_may_call_carrier:
            raise ActionRefused("run.carrier", to=who)
        keeping = self._security_incident(ward)
        if who == CARRIER and keeping is not None:
            raise ActionRefused("incident.no_carrier", id=keeping.id)
        return who

    def abort(self, run_id: str, reason: str, actor: str) -> RunState:
        """Give a run up. Raises ActionRefused, StoreError."""
        return self._under_way(run_id).abort(reason, actor)

    async def work(self) -> None:
        """Continue what is open, conduct, and take in what others have ended, until cancelled."""
        self._shelf.look()
        self._stuck |= {name for name, one in self._shelf.runs.items() if not one.is_over}
        try:
            while True:
                self._resume_stuck()
                self._take_in()
                for name, conductor in self._going.items():
                    if name not in self._tasks:
                        self._tasks[name] = asyncio.create_task(self._see_through(conductor))
                await self._wait()
                self._shelf.look()
        finally:
            tasks, self._tasks = tuple(self._tasks.values()), {}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _conduct(self, conductor: Conductor) -> None:
        self._going[conductor.run.id] = conductor
        self._changed.set()

    async def _see_through(self, conductor: Conductor) -> None:
        """One run to its end; then it lies on the shelf like all others."""
        name = conductor.run.id
        try:
            await conductor.conduct()
        except RunTaken:
            _log.info("run taken by another program run=%s", name)
        except StoreError as error:
            _log.error("run interrupted run=%s problem=%s", name, error)
            self._stuck.add(name)
        self._shelf.look()
        self._going.pop(name, None)
        self._tasks.pop(name, None)
        if name not in self._stuck:
            self._changed.set()

    async def _wait(self) -> None:
        """Until something ended or began, or it is time to look what others did."""
        self._changed.clear()
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                await self._changed.wait()
        except TimeoutError:
            return

    def _resume_stuck(self) -> None:
        """Continue what nobody conducts; what the disk refuses or hides is tried again later."""
        for name in sorted(self._stuck - set(self._going)):
            shelved = self._shelf.runs.get(name)
            if shelved is not None and (shelved.is_over or self._continued(shelved)):
                self._stuck.discard(name)

    def _continued(self, shelved: Shelved) -> bool:
        """Whether there is nothing more to try: it goes on, or it never can here."""
        state = shelved.state
        if state.ward not in self._engine.cases or state.realm != self._inventory.site.realm:
            _log.warning("run left alone run=%s realm=%s", state.id, state.realm)
            return True
        seams = self._seams(state.ward, state.incident, shelved.pins)
        try:
            conductor = Conductor.resume(shelved.folder, seams, on_change=self._announce)
        except (LogDamaged, InputError) as error:
            _log.error("run not continued run=%s problem=%s", state.id, error)
            return True
        except StoreError as error:
            _log.warning("run waits run=%s problem=%s", state.id, error)
            return False
        self._ledger.knows(state)
        self._conduct(conductor)
        return True

    def _take_in(self) -> None:
        for name, shelved in self._shelf.runs.items():
            if shelved.is_over and name not in self._going:
                try:
                    self._ledger.take_in(shelved)
                except StoreError as error:
                    _log.error("run not taken in run=%s problem=%s", name, error)

    def _seams(self, ward: str, incident: str | None, pins: Pins) -> Seams:
        notifier = IncidentNotifier(self._ledger, incident, level_above(self._escalation, ward))
        prober = EngineProber(self._engine, ward, self._clock, pins, self._trends)
        return Seams(prober, notifier, self._clock)

    def _announce(self, state: RunState) -> None:
        step = state.step
        patch: Mapping[str, object] = {
            "id": state.id,
            "playbook": state.playbook,
            "state": state.state,
            "step": {"id": step.id, "kind": step.kind, "number": step.number} if step else None,
            "outcome": state.outcome,
        }
        self._engine.outlets.bus.publish("step", f"runs/{state.id}", dict(patch), ward=state.ward)

    def _refuse_doubles(self, wish: Wish, device: str | None) -> None:
        """A playbook is followed once at a time, once for each machine or service that is named."""
        mine = self.runs(ward=wish.ward, is_open=True)
        for one in mine:
            is_of_another = None not in (one.about, device) and one.about != device
            if one.playbook == wish.playbook and not is_of_another:
                raise ActionRefused("run.goes_on", playbook=wish.playbook, run=one.id)
        if len(mine) >= MOST_OPEN:
            raise ActionRefused("run.too_many", count=MOST_OPEN)

    def _incident(self, wish: Wish) -> Incident | None:
        """The incident that is named, else the ward's own that the playbook is for.

        Raises ActionRefused for one of another ward or a closed one.
        """
        if not wish.incident:
            case = self._engine.cases[wish.ward]
            return fitting(case, wish.playbook, wish.device, self.library)
        _, incident = self._ledger.find(wish.incident)
        if incident.ward != wish.ward or incident.t_closed is not None:
            raise ActionRefused("run.other_incident", incident=incident.id, ward=wish.ward)
        return incident

    def _under_way(self, run_id: str) -> Conductor:
        conductor = self._going.get(run_id)
        if conductor is not None:
            return conductor
        if run_id in self._names():
            raise ActionRefused("run.not_here", run=run_id)
        raise ActionRefused("run.unknown", run=run_id)

    def _names(self) -> set[str]:
        return {*self._going, *self._shelf.runs}

    def _security_incident(self, ward: str) -> Incident | None:
        """The ward's security incident that is not closed, if there is one."""
        case = self._engine.cases.get(ward)
        mine = case.incidents.values() if case else ()
        return next((one for one in mine if one.keeps_as_is), None)

    def _keeping(self, conductor: Conductor) -> Incident | None:
        """The security incident that forbids what the shown step asks a person to do."""
        if not restarts(conductor.playbook, conductor.run.step):
            return None
        return self._security_incident(conductor.run.ward)

    def _shown(self, run_id: str) -> wire.PlaybookRun:
        going = self._going.get(run_id)
        if going is not None:
            shown = shown_run(going.state(), self._escalation)
            keeping = self._keeping(going)
            return left_as_is(shown, keeping.id) if keeping else shown
        shelved = self._shelf.runs[run_id]
        shown = shown_run(shelved.state, self._escalation)
        if not shelved.damaged:
            return shown
        return shown.model_copy(update={"state": "unknown", "outcome": "damaged"})

    def _ward_of(self, name: str) -> str:
        going = self._going.get(name)
        return going.run.ward if going else self._shelf.runs[name].state.ward

    def _is_open(self, name: str) -> bool:
        going = self._going.get(name)
        return not going.is_over if going else not self._shelf.runs[name].is_over
