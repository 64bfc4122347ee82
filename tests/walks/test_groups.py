"""Wards that share a carrier edge fall together: one group incident, each ward its child."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest

from agent.assembly import Agent, Plan
from agent.config import AgentConfig
from drills import cable, faults
from drills.listen import Ports
from drills.sim import ward_codes
from drills.topology import edge_of, ward_standard
from drills.world import World
from drills.writing import write_inventory
from inventory.load import load
from inventory.model import Hop, Path
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
    plan = Plan(inventory, AgentConfig(), folder / "state", folder / "playbooks")
    agent = Agent(plan, ways, clock)
    work = asyncio.create_task(agent.run())
    try:
        await clock.sleep(100)
        await plot(world, agent, clock, group)
    finally:
        await end(work)
        ways.snmp.close()
        agent.close()


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
    async def plot(world: World, agent: Agent, clock: ManualClock, group: frozenset[str]) -> None:
        for code in sorted(group):
            faults.apply(world, "cable_cut", f"ce-{code}:wan")
        await clock.sleep(90)
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

    hub(plot)


@pytest.mark.timeout(900)
def test_two_wards_at_the_same_minute_stay_separate(hub: Callable[..., None]) -> None:
    async def plot(world: World, agent: Agent, clock: ManualClock, group: frozenset[str]) -> None:
        pair = [min(group), min(set(agent.engine.cases) - group)]
        for code in pair:
            faults.apply(world, "cable_cut", f"ce-{code}:wan")
        await clock.sleep(90)
        opened = {code: found for code, found in _incidents(agent).items() if found}
        assert set(opened) == set(pair)
        assert all(found[0].group is None for found in opened.values())
        assert agent.engine.neighbourhood.hits.now == {}  # type: ignore[union-attr] # a hub

    hub(plot)
