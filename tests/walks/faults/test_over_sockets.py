"""The combinations once more, over real sockets: simulated wards on loopback, real probes.

Many wards at once, each a world with its own ports and one unchanged agent on it. The short form
plays a few combinations at the demo's rhythm, with the long waits cut short; the whole form plays
every one of them with several seeds at the default intervals.
"""

from __future__ import annotations

import asyncio
import os
import random
from typing import TYPE_CHECKING, Any

import pytest

from agent.assembly import Agent, Plan
from agent.settings import read_settings
from drills.demo import PROFILE
from drills.sim import Simulation
from inventory.load import load
from probes.clock import SystemClock
from probes.registry import kinds
from probes.tasks import end
from probes.transports.open import open_transports
from tests.walks.faults.conftest import HEALTHY_AFTER_S, Looked, play
from tests.walks.faults.test_combinations import LINES, ends_rightly, script_of

if TYPE_CHECKING:
    from pathlib import Path

IS_SOAK = os.environ.get("WARDOPS_SOAK") == "1"
AT_ONCE = 60 if IS_SOAK else 12
SEEDS = (1, 2, 3) if IS_SOAK else (1,)
# The short form: how long a ward is well at first, and the longest wait between two faults.
SHORT_HEALTHY_S = 9.0
SHORT_WAIT_S = 10.0
SHORT_AFTER_S = 24.0
SAMPLED_BY = 20
LINGER_S = 0.5  # TLS connections that were given up say goodbye


def _sample() -> list[str]:
    chance = random.Random(SAMPLED_BY)  # noqa: S311 - a reproducible choice, no secret
    return chance.sample(LINES, AT_ONCE)


def _batches() -> list[tuple[str, ...]]:
    if not IS_SOAK:
        return [tuple(_sample())]
    return [tuple(LINES[at : at + AT_ONCE]) for at in range(0, len(LINES), AT_ONCE)]


def _hurried(script: list[tuple[float, Any]]) -> list[tuple[float, Any]]:
    *first, (_last_s, last) = script
    return [*((min(wait_s, SHORT_WAIT_S), what) for wait_s, what in first), (SHORT_AFTER_S, last)]


async def _looked(line: str, folder: Path, seed: int) -> Looked:
    """Play one combination on a ward of its own."""
    clock, looked = SystemClock(), Looked()
    settings = folder / "inventory" / "agent.yaml"
    out = settings.parent
    script = script_of(line.partition("|")[2])
    async with Simulation(clock=clock, out=out, seed=seed, vantage="ward") as simulation:
        if not IS_SOAK:
            settings.write_text(PROFILE, encoding="utf-8")
        (folder / "playbooks").mkdir()
        plan = Plan(load(out, kinds()), read_settings(out), folder / "state", folder / "playbooks")
        async with open_transports(plan.inventory, clock) as ways:
            agent = Agent(plan, ways, clock)
            work = asyncio.create_task(agent.run())
            try:
                if IS_SOAK:
                    await play(script, simulation.world, agent, looked, clock, HEALTHY_AFTER_S)
                else:
                    hurried = _hurried(script)
                    await play(hurried, simulation.world, agent, looked, clock, SHORT_HEALTHY_S)
            finally:
                await end(work)
                agent.close()
    return looked


@pytest.mark.realtime
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("batch", range(len(_batches())))
async def test_over_real_sockets_the_verdict_is_never_on_the_wrong_side(
    batch: int, seed: int, tmp_path: Path
) -> None:
    lines = _batches()[batch]
    folders = [tmp_path / str(number) for number in range(len(lines))]
    for folder in folders:
        folder.mkdir()
    played = [_looked(line, folder, seed) for line, folder in zip(lines, folders, strict=True)]
    every = dict(zip(lines, await asyncio.gather(*played), strict=True))
    await SystemClock().sleep(LINGER_S)
    wrong = {line: one.wrong for line, one in every.items() if one.wrong}
    assert wrong == {}
    ended = {line: one.shown for line, one in every.items()}
    assert {x: s for x, s in ended.items() if not s or not ends_rightly(x, s[-1][1])} == {}
