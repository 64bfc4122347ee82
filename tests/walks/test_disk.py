"""A disk that is full or read-only stops no poll and no verdict; it is said, and it mends."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from agent.assembly import Agent, Plan
from agent.config import AgentConfig
from agent.incidents import Event
from drills import cable
from drills.sim import ward_codes
from drills.topology import ward_standard
from drills.world import World
from drills.writing import write_inventory
from inventory.errors import StoreError
from inventory.load import load
from probes.clock import ManualClock
from probes.registry import kinds
from tests.walks.conftest import PORTS, START, WARD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.walks.conftest import Story

HEALTHY_AFTER_S = 120
_RUNS = re.compile(r"wardops_probe_runs_total\{[^}]*\} (\d+)")


async def _runs(story: Story) -> int:
    return sum(int(count) for count in _RUNS.findall(await story.metrics()))


def _mounted(folder: Path, *options: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    mount = ["mount", *options, str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount a file system")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """The state folder is a file system of 6 MiB."""
    folder = tmp_path / "state"
    folder.mkdir()
    _mounted(folder, "-t", "tmpfs", "-o", "size=6m", "tmpfs")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A state folder on a disk that takes nothing."""
    folder = tmp_path / "state"
    folder.mkdir()
    _mounted(folder, "-t", "tmpfs", "-o", "size=1m,ro", "tmpfs")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def _fill(folder: Path) -> Path:
    ballast = folder / "ballast"
    with contextlib.suppress(OSError), ballast.open("ab", buffering=0) as stream:
        while True:
            stream.write(b"x" * 4096)
    return ballast


async def _watched_without_journal(story: Story, usual: int) -> None:
    """Polls go on in their rhythm, the line's fault is shown, and what waits is said."""
    before = await _runs(story)
    await story.wait(60)
    assert abs(await _runs(story) - before - usual) <= 0.1 * usual
    story.fault("cable_cut", "ce:wan")
    await story.wait(30)
    assert (await story.verdict())["segment"] == "metronet"
    said = await story.metrics()
    assert float(re.findall(r"^wardops_agent_journal_waiting (\S+)", said, re.M)[0]) > 0
    assert float(re.findall(r"^wardops_agent_journal_write_errors_total (\S+)", said, re.M)[0]) > 0
    assert "journal_not_writable" in story.agent.view().not_ready


async def _mended(story: Story) -> None:
    """All that waited is there, in its order, and the incident once."""
    await story.wait(10)
    assert "journal_not_writable" not in story.agent.view().not_ready
    (incident,) = await story.incidents(is_open=True)
    lines = story.agent.store.events(limit=100_000)
    opened = [line.event.key for line in lines if line.event.kind == "incident.opened"]
    assert opened == [incident["uid"]]
    assert story.agent.store.verify_audit() is None
    said = await story.metrics()
    assert float(re.findall(r"^wardops_agent_journal_waiting (\S+)", said, re.M)[0]) == 0


async def _usual(story: Story) -> int:
    await story.wait(HEALTHY_AFTER_S)
    first = await _runs(story)
    await story.wait(60)
    return await _runs(story) - first


def _note(story: Story, size: int = 1) -> None:
    event = Event("note", story.clock.now(), data={"filler": "x" * size})
    story.agent.engine.note(event)


def test_a_full_disk_stops_no_poll_and_is_mended_without_a_restart(
    tell: Callable[[Any], None], small_disk: Path
) -> None:
    async def plot(story: Story) -> None:
        usual = await _usual(story)
        ballast = _fill(small_disk)
        while not story.agent.engine.journal.failing:
            _note(story, 4096)
        await _watched_without_journal(story, usual)
        ballast.unlink()
        await _mended(story)

    tell(plot)


def test_a_journal_that_turns_read_only_stops_no_poll(tell: Callable[[Any], None]) -> None:
    """What SQLite answers on such a disk; no system lets a disk with open files be turned so."""

    async def plot(story: Story) -> None:
        usual = await _usual(story)
        story.agent.store.database.execute("PRAGMA query_only = ON")
        _note(story)
        await _watched_without_journal(story, usual)
        story.agent.store.database.execute("PRAGMA query_only = OFF")
        await _mended(story)

    tell(plot)


def test_more_than_can_wait_is_dropped_counted_and_said(tell: Callable[[Any], None]) -> None:
    async def plot(story: Story) -> None:
        usual = await _usual(story)
        story.agent.store.database.execute("PRAGMA query_only = ON")
        for _line in range(10_500):
            _note(story)
        before = await _runs(story)
        await story.wait(60)
        assert abs(await _runs(story) - before - usual) <= 0.1 * usual
        said = await story.metrics()
        dropped = re.findall(r"^wardops_agent_journal_dropped_total (\S+)", said, re.M)
        assert float(dropped[0]) >= 500
        story.agent.store.database.execute("PRAGMA query_only = OFF")
        await story.wait(10)

    tell(plot)


def test_an_agent_does_not_start_on_a_read_only_disk_and_says_which(
    tmp_path: Path, read_only: Path
) -> None:
    clock = ManualClock(START)
    world = World(ward_standard(ward_codes(1)), 1, clock)
    write_inventory(world, tmp_path / "inventory", PORTS, "ward", b"")
    plan = Plan(load(tmp_path / "inventory", kinds()), AgentConfig(), read_only)
    with pytest.raises(StoreError, match=re.escape(str(read_only))):
        Agent(plan, cable.transports(world, f"ward:{WARD}"), clock)
