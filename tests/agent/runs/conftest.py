"""An agent whose probes never answer, a playbook of all kinds, and a person who follows it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from agent.assembly import Agent
from agent.config import AgentConfig
from agent.incidents.life import open_from
from agent.plan import Plan
from agent.wire import Command
from drills import cable
from drills.listen import Ports
from drills.topology import ward_standard
from drills.world import World
from drills.writing import write_inventory
from inventory.load import load
from playbooks.verdict.facts import Fact, Facts, Truth
from playbooks.verdict.rootcause import judge
from probes.clock import ManualClock, run_virtual
from probes.registry import kinds
from probes.tasks import end

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
    from pathlib import Path

    from agent.wire import CommandResult, PlaybookRun
    from inventory.model import Inventory

WARD = "26740"
START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
PORTS = Ports(snmp=1161, https=8443, http=9100, reach=9643)

PHOTO: Mapping[str, Any] = {
    "text": "Đèn LOS đỏ",
    "name": "los.jpg",
    "sha256": "ab" * 32,
    "size": 1234,
}
# What the person does at each step that asks: answers, or commands with their arguments.
DEEDS: Mapping[str, tuple[Any, ...]] = {
    "lights": (
        ("evidence_add", PHOTO), ("escalate", {"to": "next", "text": "Đề nghị tiếp nhận"}), "1",
    ),
    "reseat": ("1",),
    "carrier": ({"value": "1", "who": "L2"},),
    "look": (
        {"item": "door", "state": "done"}, {"item": "fan", "state": "failed"},
        ("playbook_skip", {"step": "look"}),
    ),
}  # fmt: skip
PATH = ("size_up", "where", "lights", "reseat", "tell", "carrier", "look", "keep", "linger", "over")

PLAYBOOK = """\
schema: wardops/playbook/1
id: PB-NET-90
version: 1.0.0
topic: metronet
title: {vi: "Thử mọi loại bước", en: "All kinds of steps"}
about:
  meaning: {vi: "Thử.", en: "A test."}
  impact: {vi: "Không.", en: "None."}
triggers: {manual: true}
dont: [{vi: "KHÔNG chạm dây quang.", en: "Do NOT touch the fibre."}]
roles: {operator: ward_it}
start: size_up
steps:
  - {id: size_up, kind: auto, run: [dc, verdict], budget_s: 5, next: where}
  - id: where
    kind: decide
    branches: [{when: {dc.loss_pct: "<=1"}, goto: over}]
    else: lights
  - id: lights
    kind: ask
    question: {vi: "Đèn thế nào?", en: "What do the lights show?"}
    options:
      - {key: "1", text: {vi: "Đỏ", en: "Red"}, goto: reseat}
      - {key: "0", text: {vi: "Không chắc", en: "Not sure"}, goto: carrier}
  - id: reseat
    kind: do
    touches: own_pc
    say: {vi: "Cắm lại dây mạng.", en: "Reseat the cable."}
    verify: {expect: {dc.loss_pct: "<=1"}, wait_s: 20, every_s: 5}
    on_pass: over
    on_fail: tell
  - id: tell
    kind: notify
    to: [ward.leader]
    message: {vi: "Mất kết nối.", en: "The line is down."}
    next: carrier
  - id: carrier
    kind: escalate
    to: next
    reason: {vi: "Chưa rõ", en: "Not clear"}
    message: {vi: "{ward.code}: mất gói {dc.loss_pct}%.", en: "{ward.code}: loss {dc.loss_pct}%."}
    need_ack_from_person: true
    next: look
  - id: look
    kind: checklist
    items:
      - {id: door, text: {vi: "Cửa tủ đóng", en: "Cabinet closed"}}
      - {id: fan, text: {vi: "Quạt chạy", en: "Fan runs"}}
    next: keep
  - {id: keep, kind: evidence, collect: [facts, steps, verdict], next: linger}
  - id: linger
    kind: wait
    until: {expect: {dc.loss_pct: "<=1"}, every_s: 15}
    timeout_min: 1
    on_pass: over
    on_timeout: over
  - {id: over, kind: end, outcome: handed_over}
tests:
  cases:
    - {given: {dc.loss_pct: 0}, path: [size_up, where, over]}
    - given: {dc.loss_pct: 100}
      answers: {lights: "1"}
      outcomes: {reseat: fail, linger: timeout}
      path: [size_up, where, lights, reseat, tell, carrier, look, keep, linger, over]
    - {given: {dc.loss_pct: 100}, answers: {lights: "0"}, path: [size_up, where, lights, carrier]}
review: {owner: tests, reviewed_on: null, valid_days: 365}
"""


@dataclass
class Scene:
    """One life of an agent, with its runs at work and a person at its commands."""

    agent: Agent
    clock: ManualClock
    incident: str

    async def do(self, verb: str, reason: str | None = None, **args: Any) -> CommandResult:
        """One command, as the API gives it on; raises what the agent raises."""
        command = Command.model_validate(
            {"id": str(uuid4()), "verb": verb, "args": args, "reason": reason}
        )
        return await self.agent.actions.execute(
            command, actor="local:it", role="ward_it", source="unix"
        )

    async def start(self, **args: Any) -> str:
        """Begin the playbook of all kinds; the run's id."""
        args = {"playbook": "PB-NET-90", "incident": self.incident, **args}
        return str((await self.do("playbook_start", **args)).result["run"])

    def shown(self, run: str) -> PlaybookRun:
        """The run as a screen reads it."""
        found = self.agent.runs.run(run)
        assert found is not None
        return found

    async def until(self, run: str, *states: str) -> PlaybookRun:
        """The run as soon as it is in one of these states; fails after ten minutes."""
        for _ in range(2400):
            found = self.shown(run)
            if found.state in states:
                return found
            await self.clock.sleep(0.25)
        raise AssertionError(f"not {states}: {self.shown(run)}")

    async def follow(self, run: str) -> PlaybookRun:
        """Answer whatever is asked until the run is over."""
        while (now := await self.until(run, "asking", "done", "aborted")).step is not None:
            await self.answer(run, now)
        return now

    async def answer(self, run: str, now: PlaybookRun) -> None:
        """The next thing that the person does at this step."""
        assert now.step is not None
        done = sum(item.state != "open" for item in now.step.items)
        done += sum(line.step == now.step.id for line in now.lines)
        deed = DEEDS[now.step.id][min(done, len(DEEDS[now.step.id]) - 1)]
        if isinstance(deed, tuple):
            await self.do(deed[0], "không vào được tủ", run=run, **deed[1])
        else:
            await self.do("playbook_answer", run=run, step=now.step.id, value=deed)

    def verbs(self, actor: str = "") -> list[str]:
        """What stands on the incident's timeline beside its opening; one actor's or all."""
        found = self.agent.actions.incident(self.incident)
        assert found is not None
        return [one.verb for one in found.actions if actor in ("", one.actor)]


@dataclass(frozen=True)
class Stage:
    """Where scenes are played: an inventory, a library, and how to begin a life of the agent."""

    folder: Path
    inventory: Inventory

    @property
    def library(self) -> Path:
        """The folder of the one playbook."""
        return self.folder / "library"

    def play(
        self,
        plot: Callable[[Scene], Coroutine[Any, Any, Any]],
        state: str = "state",
        start: datetime = START,
    ) -> Any:
        """One life of an agent on a state folder, from its start to its sudden end."""
        clock = ManualClock(start)

        async def life() -> Any:
            async with self._scene(self.folder / state, clock) as scene:
                return await plot(scene)

        return run_virtual(life(), clock)

    @asynccontextmanager
    async def _scene(self, state: Path, clock: ManualClock) -> AsyncIterator[Scene]:
        ways = cable.transports(World(ward_standard([WARD]), 1, clock), f"ward:{WARD}")
        agent = Agent(Plan(self.inventory, AgentConfig(), state, self.library), ways, clock)
        scene = Scene(agent, clock, an_incident(agent, clock.now()))
        work = asyncio.create_task(agent.runs.work())
        try:
            await clock.sleep(0.01)
            yield scene
        finally:
            await end(work)
            ways.snmp.close()
            agent.close()


def an_incident(agent: Agent, at: datetime) -> str:
    """The number of the ward's incident, opened unless it is there."""
    case = agent.engine.cases[WARD]
    if not case.incidents:
        good, bad = Fact(Truth.TRUE, source="icmp"), Fact(Truth.FALSE, source="icmp")
        named = dict.fromkeys(("host_link", "sw", "ce", "up_admin", "up_oper"), good)
        verdict = judge(Facts({**named, "gw": bad}), "ward")
        uid = "0192f0c4-0000-7000-8000-000000026740"
        incident, event = open_from(verdict, ward=WARD, uid=uid, t_started=at, now=at)
        numbered = agent.store.open_incident(incident, event)
        case.incidents[numbered.uid] = numbered
    return next(iter(case.incidents.values())).id


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A simulated ward's inventory and the playbook of all kinds."""
    world = World(ward_standard([WARD]), 1, ManualClock(START))
    write_inventory(world, tmp_path / "inventory", PORTS, "ward", b"")
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "PB-NET-90.yaml").write_text(PLAYBOOK, encoding="utf-8")
    return Stage(tmp_path, load(tmp_path / "inventory", kinds()))


@pytest.fixture
def path() -> tuple[str, ...]:
    """The way that the person takes through the playbook."""
    return PATH
