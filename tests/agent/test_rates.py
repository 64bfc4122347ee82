"""Traffic of ports: real after two answers, unknown before, never a spike after a restart."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from agent.assembly import Agent, Plan
from agent.config import AgentConfig
from agent.rates import PortRates
from agent.web.devices import device_detail, interfaces
from drills import cable
from drills.listen import Ports
from drills.topology import ward_standard
from drills.world import World
from drills.writing import write_inventory
from inventory.load import load
from probes.clock import ManualClock, run_virtual
from probes.model import Interface, Observation, Reading, Reason, Sample, Target
from probes.registry import kinds
from probes.snmp.ports import SYS_UP_TIME

if TYPE_CHECKING:
    from pathlib import Path

    from agent.view import AgentView

WARD = "26740"
PORTS = Ports(snmp=1161, https=8443, http=9100, reach=9643)
SWITCH = Target(WARD, "sw", "generic_switch", "core", "127.0.0.1")
PORT = Interface(1, "Gi1/0/1", in_octets=1000, out_octets=2000, counter_bits=64)
CLOCK = ManualClock()


def answer(at_s: float, *ports: Interface, uptime_s: float | None = None) -> Observation:
    uptime = (Sample(SYS_UP_TIME, uptime_s * 100),) if uptime_s is not None else ()
    return Observation(
        target=SWITCH, probe="snmp-interfaces", reading=Reading(samples=uptime, interfaces=ports),
        reason=Reason.OK, started=CLOCK.now(), took_s=0.1, mono=at_s, ttl_s=75.0,
    )  # fmt: skip


def rates(*seen: Observation) -> dict[str, tuple[float | None, float | None]]:
    known = PortRates()
    for one in seen:
        known.take(one)
    found = known.of((WARD, "sw")).items()
    return {name: (one.into.per_s, one.out.per_s) for name, one in found}


def test_two_answers_make_a_rate_and_one_makes_none() -> None:
    later = replace(PORT, in_octets=4000, out_octets=2000)
    assert rates(answer(10, PORT)) == {}
    assert rates(answer(10, PORT), answer(40, later)) == {"Gi1/0/1": (100.0, 0.0)}


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (answer(10, PORT, uptime_s=9000), answer(40, PORT, uptime_s=20)),
        (answer(10, PORT), answer(40, replace(PORT, in_octets=5, out_octets=5))),
        (answer(10, PORT), answer(40, replace(PORT, counter_bits=32))),
        (answer(10, PORT), answer(40, replace(PORT, in_octets=None, out_octets=None))),
    ],
    ids=["restarted", "went back", "other counter", "not told"],
)
def test_readings_that_do_not_belong_together_make_no_rate(
    older: Observation, newer: Observation
) -> None:
    assert rates(older, newer) == {"Gi1/0/1": (None, None)}


def test_a_port_that_was_renumbered_and_a_long_silence_make_no_rate() -> None:
    assert rates(answer(10, PORT), answer(40, replace(PORT, index=2))) == {}
    assert rates(answer(10, PORT), answer(200, PORT)) == {}
    failed = replace(answer(30), reason=Reason.TIMEOUT)
    assert rates(answer(10, PORT), failed, answer(40, PORT)) == {"Gi1/0/1": (0.0, 0.0)}


def test_a_simulated_ward_shows_its_traffic_its_registration_and_its_disks(tmp_path: Path) -> None:
    clock = ManualClock()
    world = World(ward_standard([WARD]), 1, clock)
    write_inventory(world, tmp_path / "inventory", PORTS, "ward", b"")
    inventory = load(tmp_path / "inventory", kinds())

    async def story() -> list[AgentView]:
        ways = cable.transports(world, f"ward:{WARD}")
        agent = Agent(Plan(inventory, AgentConfig(), tmp_path / "state"), ways, clock)
        work = asyncio.create_task(agent.run())
        await clock.sleep(31)
        first = agent.view()
        await clock.sleep(60)
        second = agent.view()
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
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
