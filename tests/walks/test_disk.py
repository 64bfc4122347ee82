"""A disk that is full or read-only stops no poll and no verdict; it is said, and it mends."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from agent.assembly import Agent
from agent.config import AgentConfig
from agent.incidents.record import Event
from agent.plan import Plan
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
    assert "journal_not_writable" in await _troubles(story)


async def _troubles(story: Story) -> list[str]:
    """What every screen says of the agent itself."""
    return [one["code"] for one in (await story.get("/snapshot"))["troubles"]]


async def _mended(story: Story) -> None:
    """All that waited is there, in its order, and the incident once."""
    await story.wait(10)
    assert "journal_not_writable" not in story.agent.view().not_ready
    assert await _troubles(story) == []
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


@pytest.fixture
def failing_disk(tmp_path: Path) -> Iterator[Path]:
    """The state folder is a disk of its own, which the kernel turns read-only when it fails."""
    folder, image = tmp_path / "state", tmp_path / "disk.img"
    folder.mkdir()
    with image.open("wb") as stream:
        stream.truncate(16 * 1024 * 1024)
    if os.geteuid() != 0 or shutil.which("mkfs.ext4") is None:
        pytest.skip("needs root and mkfs.ext4")
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    _mounted(folder, "-o", "loop", str(image))
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_the_kernel_turns_read_only_under_the_agent_stops_no_poll(
    tell: Callable[[Any], None], failing_disk: Path
) -> None:
    """A real one (ext4, `remount,abort`); it takes nothing until somebody mounts it anew."""

    async def plot(story: Story) -> None:
        usual = await _usual(story)
        _mounted(failing_disk, "-o", "remount,abort")
        with pytest.raises(OSError, match="Read-only file system"):
            (failing_disk / "file").write_text("x", encoding="ascii")
        _note(story)
        await _watched_without_journal(story, usual)

    tell(plot)


def test_a_journal_that_another_program_locks_for_a_minute_stops_no_poll(
    tell: Callable[[Any], None], tmp_path: Path
) -> None:
    async def plot(story: Story) -> None:
        usual = await _usual(story)
        # It waits a tenth of a second for the other one, of which virtual time knows nothing.
        story.agent.store.database.execute("PRAGMA busy_timeout = 0")
        file = tmp_path / "state/wardops.db"
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            _note(story)
            await _watched_without_journal(story, usual)
            other.execute("ROLLBACK")
        await _mended(story)

    tell(plot)


def test_a_damaged_journal_is_put_aside_and_every_screen_says_so_until_it_is_moved_away(
    tell: Callable[[Any], None], tmp_path: Path
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "wardops.db").write_bytes(b"no database at all\n" * 1000)

    async def plot(story: Story) -> None:
        await story.wait(10)
        (aside,) = state.glob("wardops.db.bad-*")
        (said,) = (await story.get("/snapshot"))["troubles"]
        assert said["code"] == "journal_put_aside"
        assert aside.name in said["text"]["vi"]
        (line,) = (
            one for one in story.agent.store.events() if one.event.kind == "journal.put_aside"
        )
        assert line.event.data == {"file": aside.name}
        aside.rename(tmp_path / aside.name)
        await story.wait(10)
        assert await _troubles(story) == []

    tell(plot)


def test_a_journal_that_turns_read_only_stops_no_poll(tell: Callable[[Any], None]) -> None:
    """What SQLite answers then, on a disk that mends: none with open files can be turned back."""

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
        assert await _troubles(story) == ["journal_not_writable", "lines_lost"]
        story.agent.store.database.execute("PRAGMA query_only = OFF")
        await story.wait(10)
        assert await _troubles(story) == ["lines_lost"]

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
