"""A disk that is full, locked or read-only stops nobody; what it takes later comes in order."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from agent.incidents.life import close, open_from, resolve
from agent.incidents.record import Event
from agent.journal.database import FILE_NAME, Opening
from agent.journal.reserve import Reserve
from agent.journal.retention import RetentionSettings, forget_old
from agent.journal.store import Store, open_store
from agent.journal.writer import TRY_EVERY_S, Journal
from agent.selfmetrics import SelfMetrics
from playbooks.verdict.model import Verdict
from probes.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
LINE = Verdict("ward", "metronet", "line", "down", 0.91, "M3", root="gw")
MIB = 1024 * 1024


class Desk:
    """A journal at work on a folder, with its clock and what it says of itself."""

    def __init__(self, folder: Path, limit: int = 10_000, reserve: Reserve | None = None) -> None:
        self.clock = ManualClock(NOW)
        self.metrics = SelfMetrics(version="0", realm="sim", vantage="ward", started=NOW)
        opening = Opening("agent-1", "sim", "boot-1", NOW, self.clock.monotonic)
        self.store: Store = open_store(folder, opening)
        self.journal = Journal(self.clock, self.metrics, reserve or Reserve(folder), limit)

    def say(self, number: int, size: int = 1) -> None:
        event = Event("obs", self.clock.now(), data={"n": number, "filler": "x" * size})
        self.journal.write_in_order(lambda: self.store.record_events([event]))

    def said(self) -> list[int]:
        return [line.event.data["n"] for line in self.store.events(limit=100_000)]

    def count(self, name: str) -> float:
        for family in self.metrics._registry.collect():
            for sample in family.samples:
                if sample.name == name:
                    return sample.value
        raise KeyError(name)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Another program writes and does not end."""
    other = sqlite3.connect(folder / FILE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def test_what_is_said_while_another_locks_the_file_for_a_minute_comes_later_in_order(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(tmp_path)
    with locked(tmp_path):
        for second in range(60):
            desk.say(second)
            desk.clock.move(1.0)
        assert desk.journal.failing
        assert (desk.journal.waiting, desk.said()) == (60, [])
        assert desk.count("wardops_agent_journal_waiting") == 60
    desk.journal.retry()
    assert desk.said() == list(range(60))
    assert (desk.journal.failing, desk.journal.waiting) == (False, 0)
    lost = [line for line in caplog.messages if line.startswith("journal lost")]
    assert len(lost) == 1
    assert desk.count("wardops_agent_journal_dropped_total") == 0


def test_a_refusing_file_is_asked_once_a_second_and_no_oftener(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with locked(tmp_path):
        for number in range(50):
            desk.say(number)
        assert desk.count("wardops_agent_journal_write_errors_total") == 1
        desk.clock.move(TRY_EVERY_S)
        desk.say(50)
        assert desk.count("wardops_agent_journal_write_errors_total") == 2


def test_too_many_waiting_lines_cost_the_oldest_and_are_counted(tmp_path: Path) -> None:
    desk = Desk(tmp_path, limit=10)
    with locked(tmp_path):
        for number in range(25):
            desk.say(number)
    desk.clock.move(TRY_EVERY_S)
    desk.journal.retry()
    assert desk.said() == list(range(15, 25))
    assert desk.count("wardops_agent_journal_dropped_total") == 15


def test_what_is_judged_again_is_not_kept(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with locked(tmp_path):
        assert not desk.journal.write(lambda: desk.store.record_events([Event("x", NOW)]))
    desk.clock.move(TRY_EVERY_S)
    assert desk.journal.write(lambda: desk.store.record_events([Event("y", NOW)]))
    assert [line.event.kind for line in desk.store.events()] == ["y"]


# --- a full disk ----------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount a tmpfs")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take all the room there is."""
    ballast = folder / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as stream:
        while True:
            stream.write(b"x" * 4096)
    return ballast


def test_a_full_disk_takes_the_reserve_then_lines_wait_and_it_mends_without_a_restart(
    small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(small_disk, reserve=Reserve(small_disk, size=MIB, low=MIB // 2))
    desk.journal.keep_reserve()
    reserve = small_disk / "wardops.reserve"
    assert reserve.stat().st_size == MIB
    ballast = fill(small_disk)
    numbers = iter(range(10_000))
    while not desk.journal.reserve_used:
        desk.say(next(numbers), 10_000)
    assert not reserve.exists()
    assert not desk.journal.failing  # the very line that found the disk full is written
    assert desk.journal.disk_is_low() or not reserve.exists()
    while not desk.journal.failing:
        desk.say(next(numbers), 10_000)
    for _line in range(20):
        desk.say(next(numbers))
    assert desk.journal.waiting == 21
    ballast.unlink()
    desk.clock.move(TRY_EVERY_S)
    desk.journal.retry()
    assert desk.said() == list(range(next(numbers)))
    desk.journal.keep_reserve()
    assert (reserve.exists(), desk.journal.reserve_used) == (True, False)
    assert sum(line.startswith("journal lost") for line in caplog.messages) == 1
    assert desk.store.verify_audit() is None
    desk.store.close()


def test_a_disk_that_turns_read_only_stops_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.say(0)
    # What SQLite answers on a read-only disk (SQLITE_READONLY), without a mount of our own.
    desk.store.database.execute("PRAGMA query_only = ON")
    for number in range(1, 10):
        desk.say(number)
        desk.clock.move(1.0)
    assert (desk.journal.failing, desk.journal.waiting) == (True, 9)
    desk.store.database.execute("PRAGMA query_only = OFF")
    desk.journal.retry()
    assert desk.said() == list(range(10))
    desk.store.close()


# --- what is forgotten ----------------------------------------------------------------------


def _closed(store: Store, uid: str, at: datetime) -> None:
    opened = store.open_incident(*open_from(LINE, ward="26740", uid=uid, t_started=at, now=at))
    solved, event = resolve(opened, at)
    store.update_incident(solved, event)
    store.update_incident(
        *close(solved, now=at, actor="local:cb-01", cause="line", text="nhà mạng đã sửa")
    )


def test_what_is_over_is_forgotten_for_its_age_and_what_is_not_stays(tmp_path: Path) -> None:
    store = Desk(tmp_path).store
    old, young = NOW - timedelta(days=430), NOW - timedelta(days=30)
    for number, at in enumerate((old, old, young)):
        _closed(store, f"uid-{number}", at)
        store.append_audit(
            at, actor="cb-01", role="ward_it", source="tcp", action="note", target=f"{number}"
        )
    still = store.open_incident(*open_from(LINE, ward="26743", uid="uid-9", t_started=old, now=old))
    gone = forget_old(store, NOW, RetentionSettings())
    assert (gone.incidents, gone.audit, gone.events) == (2, 2, 7)
    assert {one.uid for one in store.incidents()} == {"uid-2", still.uid}
    assert store.verify_audit() is None
    assert [row.deed.action for row in store.audit_rows()] == ["note", "audit.cut"]
    before = store.last_seq()
    assert store.record_events([Event("x", NOW)]) == before + 1
    assert forget_old(store, NOW, RetentionSettings()).audit == 0
    store.close()


def test_a_chain_that_somebody_else_cut_is_found(tmp_path: Path) -> None:
    store = Desk(tmp_path).store
    for number in range(5):
        store.append_audit(
            NOW, actor="cb-01", role="ward_it", source="tcp", action="note", target=f"{number}"
        )
    last = store.audit_rows()[1]
    store.database.execute("DELETE FROM audit WHERE seq <= 2")
    store.database.set_meta("audit_anchor", f"2:{last.sha.hex()}")
    assert store.verify_audit() == 3
    store.close()


def test_records_are_never_kept_for_less_than_three_months() -> None:
    with pytest.raises(ValueError, match="92"):
        RetentionSettings(audit_days=30)
