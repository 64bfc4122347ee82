"""An agent's SNMP engine goes on after a restart where it stopped."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from agent.assembly import Agent
from agent.config import AgentConfig
from agent.exposition.family import OPENMETRICS
from agent.plan import Plan
from agent.snmp_memory import FILE_NAME
from drills import cable
from drills.listen import Ports
from drills.topology import ward_standard
from drills.world import World
from drills.writing import write_inventory
from inventory.credentials import Secret
from inventory.load import load
from inventory.snmp_user import SnmpUser
from probes import oids
from probes.clock import ManualClock, run_virtual
from probes.errors import ProbeError
from probes.registry import kinds
from probes.snmp.choose import ChosenEngine
from probes.snmp.engine_fast import FastEngine
from probes.snmp.types import SnmpTarget
from probes.tasks import end

if TYPE_CHECKING:
    from pathlib import Path

WARD = "26740"
PORTS = Ports(snmp=1161, https=8443, http=9100, reach=9643)


def test_what_was_learned_is_kept_told_and_counted_over_a_restart(tmp_path: Path) -> None:
    clock = ManualClock()
    world = World(ward_standard([WARD]), 1, clock)
    write_inventory(world, tmp_path / "inventory", PORTS, "ward", b"")
    inventory = load(tmp_path / "inventory", kinds())
    core = next(one for one in inventory.wards[WARD].devices if one.role == "core")
    place = (str(core.address), core.snmp.port if core.snmp else 0)
    kinds_told: list[str] = []

    async def live(*, tell: bool) -> str:
        ways = cable.transports(world, f"ward:{WARD}")
        fast = ways.snmp
        assert isinstance(fast, FastEngine)
        lessons = ChosenEngine(fast, lambda: fast)
        ways = replace(ways, snmp=lessons, lessons=lessons)
        agent = Agent(Plan(inventory, AgentConfig(), tmp_path / "state"), ways, clock)
        work = asyncio.create_task(agent.run())
        await clock.sleep(45)
        if tell:
            now = asyncio.get_running_loop().time()
            lessons.recall({f"{place[0]}|{place[1]}": {"pysnmp_s": 3600.0}}, now, 0.0)
        weak = SnmpUser("u", "md5", Secret("auth-password"))
        asked = SnmpTarget(*place, "3", user=weak)
        with suppress(ProbeError):
            await fast.get(asked, (oids.sysName,), deadline=clock.monotonic() + 2)
        await clock.sleep(2)
        shown = agent.metrics.render(OPENMETRICS).decode()
        kinds_told[:] = [one.event.kind for one in agent.store.events(limit=10_000)]
        await end(work)
        lessons.close()
        agent.close()
        return shown

    first = run_virtual(live(tell=True), clock)
    kept = json.loads((tmp_path / "state" / FILE_NAME).read_text())
    second = run_virtual(live(tell=False), clock)
    series = f'wardops_agent_snmp_engine{{device="{core.name}",engine="pysnmp"}} 1.0'
    assert series in first
    assert series in second
    learned = kept["lessons"][f"{place[0]}|{place[1]}"]
    assert learned["tables"]
    assert kinds_told.count("snmp-weak-crypto") == 1
