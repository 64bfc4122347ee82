"""What the device page gets from a simulated ward: traffic, registration, disks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from agent.assembly import Agent
from agent.config import AgentConfig
from agent.plan import Plan
from agent.web.devices import device_detail, interfaces
from drills import cable
from drills.listen import Ports
from drills.topology import ward_standard
from drills.world import World
from drills.writing import write_inventory
from inventory.load import load
from probes.clock import ManualClock, run_virtual
from probes.registry import kinds
from probes.tasks import end

if TYPE_CHECKING:
    from pathlib import Path

    from agent.view import AgentView

WARD = "26740"
PORTS = Ports(snmp=1161, https=8443, http=9100, reach=9643)


def test_a_simulated_ward_shows_its_traffic_its_call_and_its_disks(tmp_path: Path) -> None:
    clock = ManualClock()
    world = World(ward_standard([WARD]), 1, clock)
    write_inventory(world, tmp_path / "inventory", PORTS, "ward", b"")
    inventory = load(tmp_path / "inventory", kinds())
    room = next(one.name for one in inventory.wards[WARD].devices if one.role == "vc")
    world.change("call", room, "connected", who="test", source="inject")

    async def story() -> list[AgentView]:
        ways = cable.transports(world, f"ward:{WARD}")
        agent = Agent(Plan(inventory, AgentConfig(), tmp_path / "state"), ways, clock)
        work = asyncio.create_task(agent.run())
        await clock.sleep(31)
        first = agent.view()
        await clock.sleep(60)
        second = agent.view()
        await end(work)
        ways.snmp.close()
        agent.close()
        return [first, second]

    first, second = run_virtual(story(), clock)
    core = next(one.name for one in inventory.wards[WARD].devices if one.role == "core")
    uplinks = []
    for view in (first, second):
        found = {one.target.name: one for one in view.wards[0].devices}
        uplinks.append(next(one for one in interfaces(found[core], view) if one.uplink))
    assert (uplinks[0].in_bps, uplinks[0].rate_trusted) == (None, None)
    assert uplinks[1].rate_trusted
    assert uplinks[1].in_bps is not None
    assert uplinks[1].in_bps > 0
    facts = {
        name
        for one in second.wards[0].devices
        for name in device_detail(one, second).facts
    }  # fmt: skip
    assert "wardops_vc_registered{sip}" in facts
    assert any(name.startswith("wardops_vm_filesystem_avail_ratio{/") for name in facts)
    assert {
        "wardops_vc_media_loss_ratio{rx,main}",
        "wardops_vc_media_jitter_seconds{tx,audio}",
    } <= (facts)
