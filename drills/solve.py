"""Plays a drill without a person: a shipped solution on the virtual clock, the agent unchanged.

The agent polls over `drills.cable`, the same bytes without sockets; 25 minutes take seconds.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from agent.assembly import Agent
from agent.plan import Plan
from agent.settings import read_settings
from drills import cable, deeds
from drills.desk import Desk
from drills.exercise import Exercise, Stage
from drills.guard import refuse_folder, refuse_foreign
from drills.hands import Hands
from drills.listen import Ports
from drills.record import Header, RunLog, read_run
from drills.scenario import seconds
from drills.score import score
from drills.topology import ward_standard
from drills.world import World
from drills.writing import write_inventory
from inventory.load import load
from probes.clock import ManualClock, run_virtual
from probes.registry import kinds
from probes.tasks import end

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from drills.deeds import Act
    from drills.exercise import Teller
    from drills.scenario import Deed, Inject, Scenario
    from drills.score import Score

WARD = "26740"
INVENTORY, STATE = "inventory", "agent"
# A Monday; the ward's clock is seven hours ahead of UTC.
_DAY = datetime(2026, 11, 23, tzinfo=UTC)
_AHEAD = timedelta(hours=7)
_PORTS = Ports(snmp=1161, https=8443, http=9100, reach=9643)


@dataclass(frozen=True, slots=True)
class Silent:
    """Nobody listens: a solution needs no words."""

    def started(self, t: float, minutes: int) -> None:
        """Nothing."""

    def inject(self, t: float, inject: Inject) -> None:
        """Nothing."""

    def reply(self, t: float, text: Mapping[str, str]) -> None:
        """Nothing."""


def rehearse(
    scenario: Scenario,
    acts: Sequence[Deed],
    seed: int,
    folder: Path,
    teller: Teller | None = None,
    inventory: Path | None = None,
) -> Score:
    """Play these acts in a new folder and score the log that was written there.

    Raises InputError for an inventory that is not the drill's own, StoreError when nothing can be
    written.
    """
    clock = ManualClock(start_of(scenario))
    own = inventory or folder / INVENTORY
    run_virtual(_played(scenario, acts, seed, folder, own, teller or Silent(), clock), clock)
    return score(scenario, read_run(folder))


def start_of(scenario: Scenario) -> datetime:
    """The moment that the clock on the wall shows at the start, in UTC."""
    hours, _, minutes = scenario.time.clock_start.partition(":")
    return _DAY + timedelta(hours=int(hours), minutes=int(minutes)) - _AHEAD


def timed(acts: Sequence[Deed]) -> Callable[[float], list[Act]]:
    """The acts as their time comes, each once."""
    waiting = [(seconds(deed.at), deeds.parse(deed.do)) for deed in acts]

    def now_due(t: float) -> list[Act]:
        due = [act for at, act in waiting if at <= t]
        waiting[:] = [one for one in waiting if one[0] > t]
        return due

    return now_due


async def _played(
    scenario: Scenario,
    acts: Sequence[Deed],
    seed: int,
    folder: Path,
    own: Path,
    teller: Teller,
    clock: ManualClock,
) -> None:
    world = World(ward_standard((WARD,)), scenario.seed(seed), clock)
    refuse_folder(own, world)
    write_inventory(world, own, _PORTS, "ward", b"", "drill")
    inventory = load(own, kinds())
    refuse_foreign(inventory, world)
    header = Header(scenario.id, scenario.version, world.seed, world.topology.codes)
    log = RunLog(folder, header)
    ways = cable.transports(world, f"ward:{WARD}")
    agent = Agent(Plan(inventory, read_settings(own), folder / STATE), ways, clock)
    work = asyncio.create_task(agent.run())
    stage = Stage(scenario, world, agent, Desk(agent, Hands(world)), clock)
    try:
        await Exercise(stage, log, teller, timed(acts)).play()
    finally:
        await end(work)
        ways.snmp.close()
        agent.close()
