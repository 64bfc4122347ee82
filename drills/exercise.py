"""One run of a drill: injects on the clock, what the trainee does, what the world comes to.

It stands beside the unchanged agent: it reads the agent's incidents and the logs of playbook runs,
and changes the world only through faults and the trainee's hands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from agent.wire import Drill, Text
from drills import faults, msel, states
from drills.events import of_incident, of_run
from drills.record import of_kind
from playbooks.conduct import playbook_of
from playbooks.escalation import load_escalation, next_level
from playbooks.journal import LOG, read_log, run_folders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from agent.assembly import Agent
    from drills.deeds import Act
    from drills.desk import Desk
    from drills.events import Event
    from drills.record import RunLog
    from drills.scenario import Inject, Scenario
    from drills.world import World
    from playbooks.model import Playbook
    from probes.clock import Clock

TICK_S = 1.0
WARM_UP_S = 240.0
Ending: TypeAlias = Literal["void", "complete", "done", "limit", "stopped"]


class Teller(Protocol):
    """Says to the trainee what happens: a call, a message, what came of an act."""

    def started(self, t: float, minutes: int) -> None: ...

    def inject(self, t: float, inject: Inject) -> None: ...

    def reply(self, t: float, text: Mapping[str, str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Stage:
    """What a drill is played on."""

    scenario: Scenario
    world: World
    agent: Agent
    desk: Desk
    clock: Clock


@dataclass
class Exercise:
    """One run; `acts` gives what the trainee does by a time, `stop` ends the run from outside."""

    stage: Stage
    log: RunLog
    teller: Teller
    acts: Callable[[float], Sequence[Act]]
    stop: Callable[[], bool] = lambda: False
    _begun: float = 0.0
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _read: dict[Path, int] = field(default_factory=dict)
    _holding: dict[str, bool] = field(default_factory=dict)
    _faults: dict[str, str] = field(default_factory=dict)
    _playbooks: dict[Path, Playbook] = field(default_factory=dict)
    _above: str | None = None

    async def play(self) -> Ending:
        """Wait for the baseline, then go on until the run ends; the log says how it ended."""
        self._announce()
        if not await self._warm_up():
            return self._void("stopped" if self.stop() else "baseline")
        self._begin()
        ending: Ending | None = None
        while ending is None:
            ending = await self._tick()
            if ending is None:
                await self.stage.clock.sleep(TICK_S)
        if ending != "void":
            self.log.add(self.t, "drill.ended", why=ending)
        self.log.follow(self.stage.world)
        return ending

    @property
    def t(self) -> float:
        """Seconds since the start."""
        return self.stage.clock.monotonic() - self._begun

    # -- before the start --

    async def _warm_up(self) -> bool:
        """Whether the baseline came to hold in time; the agent needs a while to see everything."""
        until = self.stage.clock.monotonic() + WARM_UP_S
        while not self.baseline_holds():
            if self.stop() or self.stage.clock.monotonic() >= until:
                return False
            await self.stage.clock.sleep(TICK_S)
        return True

    def baseline_holds(self) -> bool:
        """Whether world and agent are now as the scenario wants them before the first fault."""
        world, view = self.stage.world, self.stage.agent.view()
        shown = {ward.verdict.segment for ward in view.wards if ward.verdict}
        return all(
            states.holds(world, wanted.state, world.time())
            and (wanted.verdict is None or shown == {wanted.verdict})
            for wanted in self.stage.scenario.baseline
        )

    def _begin(self) -> None:
        self._begun = self.stage.clock.monotonic()
        self._announce(self.stage.clock.now())
        world_t = round(self.stage.world.time(), 3)
        self.log.add(0.0, "drill.started", world_t=world_t)
        self.teller.started(0.0, self.stage.scenario.time.limit_min)

    def _announce(self, started: datetime | None = None) -> None:
        """Say on the trainee's screens which drill this is."""
        scenario = self.stage.scenario
        title = Text(vi=scenario.title.vi, en=scenario.title.en)
        minutes = scenario.time.limit_min
        self.stage.agent.announce_drill(
            Drill(id=scenario.id, title=title, started=started, limit_min=minutes)
        )

    def _void(self, reason: str) -> Ending:
        self.log.add(self.t if self._begun else 0.0, "run.void", reason=reason)
        return "void"

    # -- one second --

    async def _tick(self) -> Ending | None:
        self.stage.desk.hands.tick()
        for inject in msel.due(self.stage.scenario, self.log.records, self.t):
            if inject.type == "fault" and not self._faults and not self.baseline_holds():
                return self._void("baseline")
            self._issue(inject)
        for act in self.acts(self.t):
            await self._perform(act)
        self._observe()
        self._look_at_goals()
        self.log.follow(self.stage.world)
        return self._ending()

    def _issue(self, inject: Inject) -> None:
        if inject.type == "fault":
            name, on = inject.fault or "", inject.on or ""
            self._faults[inject.id] = faults.apply(self.stage.world, name, on, who="drill")
        elif inject.type == "clear":
            faults.clear(self.stage.world, self._faults[inject.clears or ""], who="drill")
        self.log.add(self.t, "inject", id=inject.id, type=inject.type)
        self.teller.inject(self.t, inject)

    async def _perform(self, act: Act) -> None:
        self.log.add(self.t, "act", verb=act.verb, word=act.word, text=act.text)
        reply = await self.stage.desk.perform(act)
        for kind, data in reply.events:
            self.log.add(self.t, kind, **data)
        self.teller.reply(self.t, reply.text)

    def _ending(self) -> Ending | None:
        if of_kind(self.log.records, "trainee.done"):
            return "done"
        if self.stop():
            return "stopped"
        if self.t >= self.stage.scenario.limit_s:
            return "limit"
        return (
            "complete" if msel.is_complete(self.stage.scenario, self.log.records, self.t) else None
        )

    # -- what can be seen --

    def _observe(self) -> None:
        """Write down what the agent's incidents and playbook runs say that is new."""
        new = [
            (event, owner, name)
            for owner, name, event in (*self._of_incidents(), *self._of_runs())
            if (owner, name) not in self._seen
        ]
        for event, owner, name in sorted(new, key=lambda one: (one[0].at, one[2])):
            self._seen.add((owner, name))
            self.log.add(self._since_start(event), event.kind, **event.data)

    def _since_start(self, event: Event) -> float:
        """When it happened, by the wall clock that stamped it; never after now."""
        ago_s = (self.stage.clock.now() - event.at).total_seconds()
        return self.t - max(0.0, ago_s)

    def _of_incidents(self) -> Iterator[tuple[str, str, Event]]:
        actions = self.stage.agent.actions
        for incident in actions.incidents(ward=None, kind=None, is_open=None):
            for name, event in of_incident(incident):
                yield incident.uid, name, event

    def _of_runs(self) -> Iterator[tuple[str, str, Event]]:
        """Only logs that grew are read again."""
        for folder in run_folders(self.stage.agent.plan.state / "runs"):
            size = (folder / LOG).stat().st_size
            if self._read.get(folder) == size:
                continue
            self._read[folder] = size
            records = read_log(folder).records
            if folder not in self._playbooks:
                known = self.stage.agent.runs.library.values()
                self._playbooks[folder] = playbook_of(folder, known)
            for name, event in of_run(records, self._playbooks[folder], self._level_of):
                yield folder.name, name, event

    def _level_of(self, to: str) -> str:
        """The level that a step's `next` means for this ward."""
        if to != "next":
            return to
        if self._above is None:
            folder = Path(self.stage.agent.plan.inventory.folder)
            code = self.stage.world.topology.codes[0]
            found = next_level(load_escalation(folder), code)
            self._above = found.level if found else to
        return self._above

    def _look_at_goals(self) -> None:
        world = self.stage.world
        for goal in self.stage.scenario.goals:
            holds = states.holds(world, goal.state, world.time())
            if self._holding.get(goal.id) != holds:
                self._holding[goal.id] = holds
                self.log.add(self.t, "goal", id=goal.id, holds=holds)
