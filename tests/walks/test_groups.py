"""Wards that share a carrier edge fall together: one group incident, each ward its child."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest

from agent.assembly import Agent
from agent.config import AgentConfig
from agent.incidents.export import as_csv, as_json
from agent.incidents.page import incident_page
from agent.notices.settings import FileSettings, NotifySettings
from agent.plan import Plan
from drills import cable, faults
from drills.listen import Ports
from drills.sim import ward_codes
from drills.topology import edge_of, ward_standard
from drills.world import World
from drills.writing import write_inventory
from inventory.load import load
from inventory.model import Hop, Path
from inventory.units import units
from probes.clock import ManualClock, run_virtual
from probes.registry import kinds
from probes.tasks import end

if TYPE_CHECKING:
    from collections.abc import Callable

WARDS = 168 if os.environ.get("WARDOPS_SOAK") == "1" else 12
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
PORTS = Ports(snmp=1161, https=8443, http=9100, reach=9643)
EDGES = {"pe-1": "127.8.0.2", "pe-2": "127.8.0.3"}
IN_GROUP = 9 if WARDS > 27 else 3


@pytest.fixture
def hub(tmp_path: Any) -> Callable[..., None]:
    """Runs a plot on the hub's agent; the first wards of edge `pe-1` are in its group."""

    def run(plot: Callable[..., Any]) -> None:
        clock = ManualClock(START)
        run_virtual(_hub(plot, clock, tmp_path), clock)

    return run


async def _hub(plot: Callable[..., Any], clock: ManualClock, folder: Any) -> None:
    codes = ward_codes(WARDS)
    world = World(ward_standard(codes), 1, clock)
    write_inventory(world, folder / "inventory", PORTS, "hub", b"")
    (folder / "playbooks").mkdir()
    plain = load(folder / "inventory", kinds())
    served = [code for at, code in enumerate(codes) if edge_of(at) == "pe-1"][:IN_GROUP]
    group = frozenset(served)
    wards = {
        code: ward.model_copy(update={"path": _path(ward.path, code in group)})
        for code, ward in plain.wards.items()
    }
    inventory = plain.model_copy(update={"wards": wards})
    ways = cable.transports(world, "hub")
    config = AgentConfig(notify=NotifySettings(file=FileSettings()))
    plan = Plan(inventory, config, folder / "state", folder / "playbooks")
    house = House(plan, ways, clock)
    try:
        await clock.sleep(100)
        await plot(world, house, clock, group)
    finally:
        await house.close()
        ways.snmp.close()


class House:
    """The hub's agent, which may be ended and started again on the same state folder."""

    def __init__(self, plan: Plan, ways: Any, clock: ManualClock) -> None:
        self._plan, self._ways, self._clock = plan, ways, clock
        self.agent = self._start()

    def _start(self) -> Agent:
        agent = Agent(self._plan, self._ways, self._clock)
        self._work = asyncio.create_task(agent.run())
        return agent

    async def close(self) -> None:
        """End the program."""
        await end(self._work)
        self.agent.close()

    async def restart(self) -> None:
        """End the program and start it again."""
        await self.close()
        self.agent = self._start()

    @property
    def told(self) -> list[tuple[str, str]]:
        """Type and subject (a group, a ward) of every message that left."""
        path = self._plan.state / "notices.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        said = [json.loads(line) for line in lines]
        return [(one["type"], one["ward"] or one["incident"]) for one in said]

    @property
    def common(self) -> list[Any]:
        """The group incidents in the journal."""
        return [one for one in self.agent.store.incidents() if one.is_common]

    def show(self, name: str) -> str:
        """What `wardops incident export` makes of one, as a page."""
        found = self.agent.store.incident(name)
        assert found is not None
        return incident_page(found, "vi") + as_json(found, public=True) + as_csv(found)


def _path(path: Path | None, is_grouped: bool) -> Path | None:
    """The carrier edge that a ward's inventory names; its address is known, its ping is not."""
    edge = Hop(address=ip_address(EDGES["pe-1" if is_grouped else "pe-2"]))
    return path.model_copy(update={"pe": edge}) if path is not None else None


def _incidents(agent: Agent) -> dict[str, list[Any]]:
    return {
        code: [one for one in case.incidents.values() if one.is_open]
        for code, case in agent.engine.cases.items()
    }


@pytest.mark.timeout(900)
def test_an_edge_that_falls_is_one_group_incident_with_its_wards_as_children(
    hub: Callable[..., None],
) -> None:
    async def plot(world: World, house: House, clock: ManualClock, group: frozenset[str]) -> None:
        agent = house.agent
        for code in sorted(group):
            faults.apply(world, "cable_cut", f"ce-{code}:wan")
        await clock.sleep(90)
        (common,) = house.common
        assert house.told == [("problem", common.id)]
        assert set(common.sites) == group
        assert common.id.startswith("GỘP-2026-")
        assert common.is_open
        assert common.deadlines
        assert common.headline.en.startswith(f"{len(group)} of {len(group)} units")
        opened = {code: found for code, found in _incidents(agent).items() if found}
        assert set(opened) == group
        assert all(len(found) == 1 for found in opened.values())
        assert len({found[0].group for found in opened.values()}) == 1
        (hit,) = agent.engine.neighbourhood.hits.now.values()  # type: ignore[union-attr] # a hub
        assert opened[min(group)][0].group == hit.id
        for code in group:
            verdict = agent.engine.cases[code].verdict
            assert verdict is not None
            assert (verdict.row, verdict.segment, verdict.part) == ("X2", "metronet", "area")
            assert "ev.neighbours" in {sentence.key for sentence in verdict.evidence}
        for fault in faults.active(world):
            faults.clear(world, fault.id)
        await clock.sleep(400)
        assert agent.engine.neighbourhood.hits.now == {}  # type: ignore[union-attr] # a hub
        assert not any(_incidents(agent).values())
        (ended,) = house.common
        assert ended.state == "resolved"
        assert ended.summary.en.startswith(f"all {len(group)} units")
        kinds = ["problem", "recovery", "summary"]
        assert house.told == [(kind, common.id) for kind in kinds]
        assert all(one.t_resolved for one in agent.store.incidents() if one.group == common.id)
        assert "Nhiều đơn vị" in house.show(common.id)

    hub(plot)


@pytest.mark.timeout(900)
def test_a_restart_in_a_group_incident_opens_and_says_nothing_and_what_stays_cut_is_told_at_its_end(
    hub: Callable[..., None],
) -> None:
    async def plot(world: World, house: House, clock: ManualClock, group: frozenset[str]) -> None:
        alone = min(group)
        for code in sorted(group):
            faults.apply(world, "cable_cut", f"ce-{code}:wan")
        await clock.sleep(90)
        (common,) = house.common
        await house.restart()
        await clock.sleep(90)
        assert [one.id for one in house.common] == [common.id]
        assert house.told == [("problem", common.id)]
        assert house.common[0].is_open
        for fault in faults.active(world):
            if alone not in fault.on:
                faults.clear(world, fault.id)
        await clock.sleep(400)
        (ended,) = house.common
        assert ended.state == "resolved"
        assert units()[alone].name in ended.summary.vi
        assert house.told == [
            ("problem", common.id), ("recovery", common.id), ("summary", common.id),
            ("problem", alone),
        ]  # fmt: skip

    hub(plot)


@pytest.mark.timeout(900)
def test_two_wards_at_the_same_minute_stay_separate(hub: Callable[..., None]) -> None:
    async def plot(world: World, house: House, clock: ManualClock, group: frozenset[str]) -> None:
        agent = house.agent
        pair = [min(group), min(set(agent.engine.cases) - group)]
        for code in pair:
            faults.apply(world, "cable_cut", f"ce-{code}:wan")
        await clock.sleep(90)
        opened = {code: found for code, found in _incidents(agent).items() if found}
        assert set(opened) == set(pair)
        assert all(found[0].group is None for found in opened.values())
        assert house.common == []
        problems = sorted(of for kind, of in house.told if kind == "problem")
        assert problems == sorted(pair)
        assert agent.engine.neighbourhood.hits.now == {}  # type: ignore[union-attr] # a hub

    hub(plot)
