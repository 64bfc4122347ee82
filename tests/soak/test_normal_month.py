"""A normal month makes no incident: evenings, weekends, Tết, restarts, Wi-Fi, a CE without ping.

The unchanged engine, schedule and probes on a simulated ward; only the rhythm is slower than in a
real one, so that a month can be computed. The short form is a working day into a weekend and the
eve of Tết.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from agent.assembly import Agent
from agent.config import AgentConfig, Timing
from agent.duty import ICT
from agent.engine import Engine
from agent.loop import Poller
from agent.plan import Plan
from agent.schedule import Schedule
from drills import cable
from drills.listen import Ports
from drills.sim import ward_codes
from drills.topology import ward_standard
from drills.world import World
from drills.writing import write_inventory
from inventory.credentials import resolve
from inventory.load import load
from inventory.model import Duty
from probes.clock import ManualClock, run_virtual
from probes.registry import kinds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IS_SOAK = os.environ.get("WARDOPS_SOAK") == "1"
WARD = "26740"
PORTS = Ports(snmp=1161, https=8443, http=9100, reach=9643)
PERIOD_S = 300.0 if IS_SOAK else 900.0
JUDGE_S = 60.0 if IS_SOAK else 300.0
# The month of Tết Bính Ngọ; its first day of the year is 17 February 2026.
TET = (date(2026, 2, 14), date(2026, 2, 22))
FIRST = datetime(2026, 2, 1, 0, 0, tzinfo=ICT)
SPANS = (
    ((FIRST, 28),)
    if IS_SOAK
    else (
        (datetime(2026, 2, 6, 12, 0, tzinfo=ICT), 1.5),
        (datetime(2026, 2, 17, 6, 0, tzinfo=ICT), 0.7),
    )
)
OFFICE = (7, 17)
CALENDAR = """\
schema: wardops/calendar/1
office_hours:
  days: [mon, tue, wed, thu, fri]
  spans: ["07:30-11:30", "13:00-17:00"]
  grace_min: 15
  source: sample
holidays:
  - {from: 2026-02-14, to: 2026-02-22, name: {vi: Tết Bính Ngọ, en: Tet}, source: sample}
"""


def _is_working(at: datetime) -> bool:
    local = at.astimezone(ICT)
    is_tet = TET[0] <= local.date() <= TET[1]
    return local.weekday() < 5 and not is_tet and OFFICE[0] <= local.hour < OFFICE[1]


class Life:
    """What people and machines do all day: nothing of it is a fault."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.done: Counter[str] = Counter()

    def set(self, kind: str, on: str, value: object) -> None:
        """One change, when it is one."""
        if self.world.fact(kind, on) != value:
            self.world.change(kind, on, value, who="life", source="background")
            self.done[kind] += 1

    def pass_hour(self, at: datetime) -> None:
        """PCs and the codec go on and off with the working day, Wi-Fi clients come and go."""
        works = _is_working(at)
        for node in self.world.topology.by_ward[WARD]:
            if node.role in ("pc", "vc", "ap"):
                self.set("power", node.name, works)


def _restarts(start: datetime, days: float) -> Iterator[tuple[datetime, str, float]]:
    """When the virtual machine and the access switch restart, and for how long they are away."""
    yield start + timedelta(hours=9), "vm", 20.0
    if days > 7:
        yield start + timedelta(days=9, hours=20), "vm", 40.0
        yield start + timedelta(days=16, hours=22), "ap", 90.0


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("span", SPANS, ids=lambda span: f"{span[0]:%d%b}")
def test_nothing_is_reported_in_a_normal_month(
    span: tuple[datetime, float], tmp_path: Path
) -> None:
    start, days = span
    clock = ManualClock(start.astimezone(UTC))
    agent, life = run_virtual(_month(start, days, tmp_path, clock), clock)
    told = [
        incident for case in agent.engine.cases.values() for incident in case.incidents.values()
    ]
    assert [(one.root.segment, one.root.part, one.t0_detected) for one in told] == []
    assert life.done["power"] >= 4


async def _month(
    start: datetime, days: float, folder: Path, clock: ManualClock
) -> tuple[Agent, Life]:
    world = World(ward_standard(ward_codes(1)), 1, clock)
    life = Life(world)
    life.pass_hour(start)
    world.change("ping", f"ce-{WARD}", False, who="life", source="background")
    write_inventory(world, folder / "inventory", PORTS, "ward", b"")
    (folder / "playbooks").mkdir()
    (folder / "inventory" / "calendar.yaml").write_text(CALENDAR, encoding="utf-8")
    plain = load(folder / "inventory", kinds())
    ward = plain.wards[WARD]
    duties = {"vc": Duty.MEETING, "ap": Duty.OFFICE}
    devices = tuple(
        one.model_copy(update={"duty": duties[one.role]}) if one.role in duties else one
        for one in ward.devices
    )
    inventory = plain.model_copy(
        update={"wards": {WARD: ward.model_copy(update={"devices": devices})}}
    )
    ways = cable.transports(world, f"ward:{WARD}")
    timing = Timing(period_s=None, watch_s=PERIOD_S)
    config = AgentConfig(timing=timing)
    agent = Agent(Plan(inventory, config, folder / "state", folder / "playbooks"), ways, clock)
    schedule = _slow(agent, clock)
    agent.engine = Engine(agent.engine.cases, agent.engine.outlets, schedule, clock, config)
    secrets = folder / "inventory"
    poller = Poller(schedule, ways, clock, lambda name: resolve(name, secrets), agent.engine.take)
    work = asyncio.create_task(poller.run())
    try:
        await _live(agent, life, start, days, clock)
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        ways.snmp.close()
        agent.close()
    return agent, life


def _slow(agent: Agent, clock: ManualClock) -> Schedule:
    """The agent's own jobs, none oftener than the slow rhythm."""
    jobs = [
        replace(job, probe=replace(job.probe, period_s=slow), period_s=slow)
        for job in agent.schedule.jobs
        for slow in (max(job.period_s, PERIOD_S),)
    ]
    return Schedule(jobs, clock.monotonic())


async def _live(agent: Agent, life: Life, start: datetime, days: float, clock: ManualClock) -> None:
    restarts = list(_restarts(start, days))
    end, turn = start + timedelta(days=days), 0
    while clock.now() < end:
        turn += 1
        await clock.sleep(JUDGE_S)
        life.pass_hour(clock.now())
        agent.engine.take_host(True)
        agent.engine.judge_share(turn)
        while restarts and clock.now() >= restarts[0][0]:
            _at, role, away_s = restarts.pop(0)
            name = life.world.topology.device(WARD, role).name
            life.set("power", name, False)
            await clock.sleep(away_s)
            life.set("power", name, True)
