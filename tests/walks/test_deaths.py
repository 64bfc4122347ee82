"""The whole agent dies at random points of a ward's story and is started again on its folder.

A death comes at the n-th statement of the journal: nothing reaches the file from then on, nothing
is closed or saved. Half of them are aimed at the moments in which incidents move.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import defaultdict
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from agent.assembly import Agent
from agent.config import AgentConfig
from agent.incidents.record import IncidentState
from agent.notices.model import NoticeType
from agent.notices.settings import FileSettings, NotifySettings
from agent.plan import Plan
from agent.wire import Command
from drills import cable, faults
from drills.listen import Ports
from drills.sim import ward_codes
from drills.topology import ward_standard
from drills.world import World
from drills.writing import write_inventory
from inventory.load import load
from probes.clock import ManualClock, run_virtual
from probes.registry import kinds
from tests.agent.notices.test_crashes import DyingConnection, Killed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from agent.incidents.record import Incident
    from agent.notices.model import Notice

WARD = "26740"
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # a Monday, 08:00 in the ward
PORTS = Ports(snmp=1161, https=8443, http=9100, reach=9643)
IS_SOAK = os.environ.get("WARDOPS_SOAK") == "1"
STORIES, DEATHS = (20, 10) if IS_SOAK else (2, 10)
CONFIG = AgentConfig(notify=NotifySettings(file=FileSettings()))


@dataclass
class Ward:
    """A simulated ward, the folder of its agent, and the agent's present life, if it lives."""

    folder: Path
    clock: ManualClock
    chance: Random
    deaths: int
    killed: int = 0

    def __post_init__(self) -> None:
        self.world = World(ward_standard(ward_codes(1)), 1, self.clock)
        write_inventory(self.world, self.folder / "inventory", PORTS, "ward", b"")
        (self.folder / "playbooks").mkdir()
        self.inventory = load(self.folder / "inventory", kinds())

    @asynccontextmanager
    async def life(self) -> AsyncIterator[Agent]:
        """One agent from its start until it dies or the block ends; never closed."""
        ways = cable.transports(self.world, f"ward:{WARD}")
        plan = Plan(self.inventory, CONFIG, self.folder / "state", self.folder / "playbooks")
        agent = Agent(plan, ways, self.clock)
        connection: Any = agent.store.database._connection
        try:
            yield agent
        finally:
            ways.snmp.close()
            connection.close()

    def told(self) -> list[dict[str, Any]]:
        """What the receivers got: the lines of the file."""
        file = self.folder / "state/notices.jsonl"
        if not file.exists():
            return []
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def aim(agent: Agent, statements: int) -> None:
    """Let the agent die at its so-manieth statement from now."""
    database: Any = agent.store.database
    plain = getattr(database._connection, "_connection", database._connection)
    database._connection = DyingConnection(plain, statements)


async def lived(agent: Agent, plot: Any) -> bool:
    """Run the plot with the agent beside it; False when the agent died of it."""
    work = asyncio.create_task(agent.run())
    story = asyncio.create_task(plot)
    await asyncio.wait((work, story), return_when=asyncio.FIRST_COMPLETED)
    died = work.done() or isinstance(story.done() and story.exception(), Killed)
    for task in (work, story):
        task.cancel()
        with suppress(asyncio.CancelledError, Killed, BaseExceptionGroup):
            await task
    return not died


async def act(agent: Agent, verb: str, incident: Incident, number: int, **args: str) -> None:
    """One command of the duty officer."""
    command = Command.model_validate(
        {
            "id": UUID(int=number),
            "verb": verb,
            "args": {"incident": incident.id, **args},
            "actor": "local:cb-01",
            "reason": "seen",
        }
    )
    await agent.actions.execute(command, actor="local:cb-01", role="operator", source="test")


def open_lines(agent: Agent) -> list[Incident]:
    """The incidents of the way out that hurt at present."""
    return [one for one in agent.store.incidents(open_only=True) if one.root.whole_way]


class Story:
    """What happens in the ward, whoever watches: the line goes and comes, people acknowledge."""

    def __init__(self, ward: Ward) -> None:
        self.ward = ward
        self.fault: str | None = None
        self.turns = 0

    async def go_on(self, agent: Agent) -> None:
        """Turn after turn until the agent dies or no death is left."""
        while self.ward.killed < self.ward.deaths:
            self.turns += 1
            chance = self.ward.chance
            aim(agent, chance.choice((chance.randint(1, 40), chance.randint(40, 900))))
            self.turn_line()
            await self.ward.clock.sleep(chance.choice((20.0, 50.0, 90.0)))
            await self._people(agent)
            await self.ward.clock.sleep(chance.choice((10.0, 130.0)))

    def turn_line(self) -> None:
        if self.fault is None:
            self.fault = faults.apply(self.ward.world, "cable_cut", "ce:wan", {})
        else:
            self.mend()

    def mend(self) -> None:
        """The line works again."""
        if self.fault is not None:
            faults.clear(self.ward.world, self.fault)
            self.fault = None

    async def _people(self, agent: Agent) -> None:
        for one in agent.store.incidents():
            if one.state is IncidentState.OPEN and self.ward.chance.random() < 0.5:
                await act(agent, "ack", one, self.turns)
            elif one.state is IncidentState.RESOLVED and self.ward.chance.random() < 0.3:
                await act(agent, "close", one, self.turns, cause="other", note="xong")


async def _died_often(ward: Ward) -> None:
    story = Story(ward)
    while ward.killed < ward.deaths:
        try:
            async with ward.life() as agent:
                if not await lived(agent, story.go_on(agent)):
                    ward.killed += 1
        except Killed:
            ward.killed += 1
    await _ended(ward, story)


async def _ended(ward: Ward, story: Story) -> None:
    """A last life in peace: the line is cut for a while, then mended, and everything is told."""
    async with ward.life() as agent:
        assert await lived(agent, _peace(ward, story, agent))


async def _peace(ward: Ward, story: Story, agent: Agent) -> None:
    story.mend()
    await ward.clock.sleep(60.0)
    story.turn_line()
    await ward.clock.sleep(60.0)
    assert len(open_lines(agent)) == 1
    story.mend()
    await ward.clock.sleep(300.0)
    assert agent.store.incidents(open_only=True) == ()
    await drained(ward, agent)
    check(agent, ward)


async def drained(ward: Ward, agent: Agent) -> None:
    """Nothing waits to be sent; who got his six messages waits ten minutes for the next."""
    for _turn in range(20):
        if not agent.store.notices.waiting():
            return
        await ward.clock.sleep(30.0)
    raise AssertionError(agent.store.notices.waiting())


def check(agent: Agent, ward: Ward) -> None:
    """What must hold once everything is mended and told."""
    assert agent.store.verify_audit() is None
    incidents = agent.store.incidents()
    moves: dict[str, list[str]] = defaultdict(list)
    for line in agent.store.events(limit=100_000):
        if line.event.kind in ("incident.opened", "incident.resolved", "incident.reopened"):
            moves[line.event.key or ""].append(line.event.kind.removeprefix("incident."))
    assert set(moves) == {one.uid for one in incidents}
    assert len({one.id for one in incidents}) == len(incidents)
    for one in incidents:
        begins, ends = moves[one.uid][::2], moves[one.uid][1::2]
        assert begins == ["opened", *["reopened"] * one.reopened]
        assert ends == ["resolved"] * len(begins)
    _check_told(ward.told(), agent.store.notices.all())


def _check_told(told: list[dict[str, Any]], every: tuple[Notice, ...]) -> None:
    """Nothing came twice; at the end every alert has its recovery, perhaps within a digest."""
    rows = {row.key: row for row in every}
    assert len({one["key"] for one in told}) == len(told)
    heard: dict[str, list[str]] = defaultdict(list)
    for one in told:
        inside = sorted((r for r in every if r.digest == one["key"]), key=lambda r: r.transition)
        for row in inside or [rows[one["key"]]]:
            if row.type in (NoticeType.PROBLEM, NoticeType.RECOVERY):
                heard[row.subject].append(row.type.value)
    assert heard
    for said in heard.values():
        assert said == ["problem", "recovery"] * (len(said) // 2), said


@pytest.mark.timeout(900 if IS_SOAK else 120)
@pytest.mark.parametrize("seed", range(STORIES))
def test_dying_anywhere_loses_and_doubles_nothing(tmp_path: Path, seed: int) -> None:
    """200 [20] deaths in all: incidents, notices and the audit are as if there had been none."""
    clock = ManualClock(START)
    chance = Random(seed)  # noqa: S311 - the points of death
    ward = Ward(tmp_path, clock, chance, DEATHS)
    run_virtual(_died_often(ward), clock)
    assert ward.killed == DEATHS


def test_a_restart_during_an_open_incident_sends_nothing(tmp_path: Path) -> None:
    clock = ManualClock(START)
    ward = Ward(tmp_path, clock, Random(1), 0)  # noqa: S311 - never asked

    async def story() -> None:
        async with ward.life() as first:
            await lived(first, _cut_after(ward, 60.0, 90.0))
            (known,) = open_lines(first)
        told = ward.told()
        assert [one["type"] for one in told] == ["problem"]
        for pause_s in (3.0, 40.0, 400.0):
            async with ward.life() as again:
                assert await lived(again, clock.sleep(pause_s))
                assert [one.uid for one in again.store.incidents()] == [known.uid]
                kinds_ = [line.event.kind for line in again.store.events(limit=10_000)]
                assert kinds_.count("incident.opened") == 1
            assert ward.told() == told

    run_virtual(story(), clock)


async def _cut_after(ward: Ward, healthy_s: float, cut_s: float) -> None:
    await ward.clock.sleep(healthy_s)
    faults.apply(ward.world, "cable_cut", "ce:wan", {})
    await ward.clock.sleep(cut_s)
