"""A drill with a person: the world on loopback, the agent on its own port, the clock real."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from agent.serve import Options, plan_of, running
from drills.desk import Desk
from drills.exercise import Exercise, Stage
from drills.guard import refuse_folder, refuse_foreign
from drills.hands import Hands
from drills.record import Header, RunLog
from drills.sim import Simulation
from drills.solve import INVENTORY, STATE
from inventory.language import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from drills.console import Console
    from drills.exercise import Ending
    from drills.scenario import Scenario
    from probes.clock import Clock


@dataclass(frozen=True, slots=True)
class Play:
    """One drill with a person: where, from which seed, for how long at most (None: its limit)."""

    scenario: Scenario
    seed: int
    folder: Path
    listen: str
    clock: Clock
    inventory: Path | None = None
    for_s: float | None = None


async def play(what: Play, console: Console) -> Ending:
    """Run it to its end; the folder holds the log.

    Raises InputError when a port is taken or the inventory is not the drill's own.
    """
    own = what.inventory or what.folder / INVENTORY
    simulation = Simulation(
        clock=what.clock, out=own, seed=what.scenario.seed(what.seed), vantage="ward", realm="drill"
    )
    refuse_folder(own, simulation.world)
    state = what.folder / STATE
    async with simulation:
        options = Options(own, state, what.listen)  # a socket's path could get too long here
        plan = plan_of(options)
        refuse_foreign(plan.inventory, simulation.world)
        async with running(plan, options) as agent:
            console.agent = agent.agent
            _introduce(what, console, agent.url, state)
            world = simulation.world
            header = Header(
                what.scenario.id, what.scenario.version, world.seed, world.topology.codes
            )
            log = RunLog(what.folder, header)
            desk = Desk(agent.agent, Hands(world))
            stage = Stage(what.scenario, world, agent.agent, desk, what.clock)
            exercise = Exercise(stage, log, console, console.acts, _stop(what))
            with console.listening():
                return await exercise.play()


def _introduce(what: Play, console: Console, url: str, state: Path) -> None:
    language, scenario = console.language, what.scenario
    title = getattr(scenario.title, language)
    console.line(say("drill.title.briefing", language, id=scenario.id, title=title))
    console.line(getattr(scenario.briefing, language))
    for goal in scenario.objectives:
        text = getattr(goal, language)
        console.line(say("drill.title.objective", language, text=text))
    console.line(say("drill.title.reach", language, url=url, state=state))
    if find_spec("tui.app") is not None:
        console.line(say("drill.title.reach_tui", language, url=url, state=state))
    console.help()
    console.line(say("drill.title.warming", language))


def _stop(what: Play) -> Callable[[], bool]:
    """Whether to stop now: asked to by a signal, or `for_s` is over."""
    begun = what.clock.monotonic()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)

    def is_over() -> bool:
        late = what.for_s is not None and what.clock.monotonic() - begun >= what.for_s
        return late or stopped.is_set()

    return is_over
