"""STAMP, names and time over real loopback sockets, asked by the program itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drills.sim import Simulation
from inventory.load import load
from probes.clock import SystemClock
from probes.kernel_stamps import wall_ns
from probes.model import Reason
from probes.path.stamp_sender import StampSender
from probes.path.stamp_wire import ErrorEstimate
from probes.registry import kinds, probes_for
from probes.run import observe
from probes.target import targets_of
from probes.transports.open import open_transports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from inventory.credentials import Secret
    from probes.path.stamp_quality import Quality

WARD, REFLECTOR = "26740", "127.8.0.51"


@pytest.fixture
async def simulation(tmp_path: Path) -> AsyncIterator[Simulation]:
    async with Simulation(clock=SystemClock(), out=tmp_path / "inventory") as running:
        yield running


async def _burst(simulation: Simulation, host: str = REFLECTOR, count: int = 100) -> Quality:
    sender = StampSender(estimate=lambda: ErrorEstimate(0.001, synchronised=True), wall=wall_ns)
    try:
        return await sender.burst(
            host, simulation.ports.stamp, dscp=46, count=count, gap_s=0.004, timeout_s=1.0
        )
    finally:
        sender.close()


@pytest.mark.parametrize(
    ("on", "lossy", "clean"), [("ce:wan", "out", "back"), ("pe-1:26740", "back", "out")]
)
async def test_loss_of_one_direction_is_found_in_that_one(
    simulation: Simulation, on: str, lossy: str, clean: str
) -> None:
    well = await _burst(simulation)
    assert well.round.loss is not None
    assert well.round.loss.lost == 0
    simulation.inject("one_way_loss", on, loss=0.3)
    found = await _burst(simulation)
    bad, good = getattr(found, lossy).loss, getattr(found, clean).loss
    assert bad.lost >= 10
    assert good.lost == 0


async def test_delay_of_one_direction_is_found_in_that_one(simulation: Simulation) -> None:
    simulation.inject("one_way_delay", "ce:wan", ms=200.0)
    found = await _burst(simulation, count=30)
    assert found.out.delay_s is not None
    assert found.back.delay_s is not None
    assert found.out.delay_s - found.back.delay_s > 0.1


async def test_nobody_else_reflects(simulation: Simulation) -> None:
    assert (await _burst(simulation, "127.8.0.1", count=3)).rtts_s == ()


async def test_the_written_inventory_leads_to_all_of_them(simulation: Simulation) -> None:
    inventory = load(simulation.inventory_dir, kinds())
    clock = SystemClock()
    found = {}
    async with open_transports(inventory, clock) as ways:
        for target in targets_of(inventory.wards[WARD], inventory):
            if target.kind in ("reflector", "resolver", "service:ntp"):
                (probe,) = probes_for(target)
                deadline = clock.monotonic() + 8.0
                seen = await observe(target, probe, ways, clock, deadline, _no_secret)
                found[target.name] = seen.reason
    assert found == dict.fromkeys(("reflector", "resolver", "resolver-city", "ntp"), Reason.OK)


def _no_secret(_ref: str) -> Secret:
    raise AssertionError
