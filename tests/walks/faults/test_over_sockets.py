"""The combinations once more, over real sockets: simulated wards on loopback, real probes.

Several wards at once, each a world with its own ports and one unchanged agent on it. The short form
plays a few combinations at the demo's rhythm, with the long waits cut short; the whole form plays
every one of them at the default intervals, a batch a test.
"""

from __future__ import annotations

import asyncio
import os
import random
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from agent.assembly import Agent
from agent.plan import Plan
from agent.settings import read_settings
from drills.demo import PROFILE
from drills.sim import Simulation
from inventory.load import load
from probes.clock import SystemClock
from probes.registry import kinds
from probes.tasks import end
from probes.transports.open import open_transports
from tests.walks.faults.conftest import HEALTHY_AFTER_S, Looked, play
from tests.walks.faults.test_combinations import LINES, QUIET, ends_rightly, script_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

IS_SOAK = os.environ.get("WARDOPS_SOAK") == "1"
AT_ONCE = 12 if IS_SOAK else 8
# The short form: how long a ward is well at first, and the longest wait between two faults.
SHORT_HEALTHY_S = 9.0
SHORT_WAIT_S = 10.0
SHORT_AFTER_S = 24.0
SAMPLED_BY = 40
# All wards have the same plan; agents that started together would all ask in the same moments.
APART_S = 0.4
LINGER_S = 0.5  # TLS connections that were given up say goodbye
# Simulator and agents share one event loop. When it is late by half of the 2 s that an echo may
# take, answers get lost that the world did not lose, and nothing was measured.
LATE_S = 1.0
BEAT_S = 0.1

Script = list[tuple[float, Any]]


def _lasts(line: str) -> float:
    return sum(wait_s for wait_s, _what in script_of(line.partition("|")[2]))


def _batches() -> list[list[str]]:
    if not IS_SOAK:
        chance = random.Random(SAMPLED_BY)  # noqa: S311 - a reproducible choice, no secret
        # Of those alone that are told apart within seconds.
        loud = [line for line in LINES if not any(word in line for word in QUIET)]
        return [chance.sample(loud, AT_ONCE)]
    alike = sorted(LINES, key=_lasts)  # so that none waits for one that takes longer
    return [alike[at : at + AT_ONCE] for at in range(0, len(alike), AT_ONCE)]


BATCHES = _batches()


def _hurried(script: Script) -> Script:
    *first, (_last_s, last) = script
    return [*((min(wait_s, SHORT_WAIT_S), what) for wait_s, what in first), (SHORT_AFTER_S, last)]


async def _starved(clock: SystemClock) -> None:
    """Ends when the event loop was too late for anything to be measured."""
    due = clock.monotonic()
    while clock.monotonic() - due <= LATE_S:
        due = clock.monotonic() + BEAT_S
        await clock.sleep(BEAT_S)


@asynccontextmanager
async def _at_work(
    simulation: Simulation, folder: Path, clock: SystemClock
) -> AsyncIterator[Agent]:
    """The unchanged agent on that simulated ward."""
    out = simulation.inventory_dir
    if not IS_SOAK:
        (out / "agent.yaml").write_text(PROFILE, encoding="utf-8")
    (folder / "playbooks").mkdir()
    plan = Plan(load(out, kinds()), read_settings(out), folder / "state", folder / "playbooks")
    async with open_transports(plan.inventory, clock) as ways:
        agent = Agent(plan, ways, clock)
        work = asyncio.create_task(agent.run())
        try:
            yield agent
        finally:
            await end(work)
            agent.close()


async def _played(lines: list[str], folder: Path, seed: int) -> dict[str, Looked]:
    """Play those lines at once, each on a ward of its own; empty when that starves the loop."""
    clock = SystemClock()
    every = {line: Looked() for line in lines}
    folders = [folder / str(number) for number in range(len(lines))]
    async with AsyncExitStack() as opened:
        wards = [
            await opened.enter_async_context(
                Simulation(clock=clock, out=one / "inventory", seed=seed, vantage="ward")
            )
            for one in folders
        ]
        agents = []
        for ward, one in zip(wards, folders, strict=True):
            agents.append(await opened.enter_async_context(_at_work(ward, one, clock)))
            await clock.sleep(APART_S)
        healthy_s = HEALTHY_AFTER_S if IS_SOAK else SHORT_HEALTHY_S
        played = []
        for line, ward, agent in zip(lines, wards, agents, strict=True):
            script = script_of(line.partition("|")[2])
            script = script if IS_SOAK else _hurried(script)
            played.append(play(script, ward.world, agent, every[line], clock, healthy_s))
        playing = asyncio.ensure_future(asyncio.gather(*played))
        starved = asyncio.create_task(_starved(clock))
        await asyncio.wait((playing, starved), return_when=asyncio.FIRST_COMPLETED)
        was_starved = starved.done()
        for task in (playing, starved):
            if task.done():
                task.result()
            task.cancel()
        await asyncio.wait((playing, starved))
    await clock.sleep(LINGER_S)
    return {} if was_starved else every


async def _measured(lines: list[str], folder: Path, seed: int) -> dict[str, Looked]:
    """What was shown, line by line; a batch that starves its loop is played again in halves.

    A half that starves too is left out: nothing was measured.
    """
    every = await _played(lines, folder / "all", seed)
    if every:
        return every
    half = len(lines) // 2
    first = await _played(lines[:half], folder / "first", seed)
    return first | await _played(lines[half:], folder / "second", seed)


@pytest.mark.realtime
@pytest.mark.timeout(900)
@pytest.mark.parametrize("batch", range(len(BATCHES)))
async def test_over_real_sockets_the_verdict_is_never_on_the_wrong_side(
    batch: int, tmp_path: Path
) -> None:
    every = await _measured(BATCHES[batch], tmp_path, batch + 1)
    wrong = {line: one.wrong for line, one in every.items() if one.wrong}
    assert wrong == {}
    ended = {line: one.shown for line, one in every.items()}
    assert {x: s for x, s in ended.items() if not s or not ends_rightly(x, s[-1][1])} == {}
    left_out = [line for line in BATCHES[batch] if line not in every]
    if left_out:
        pytest.skip(f"not measured, the machine is too busy: {left_out}")
