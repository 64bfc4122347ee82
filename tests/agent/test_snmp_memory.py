"""What the SNMP engine learned survives a restart, and is dropped when the device is another."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from agent.snmp_memory import FILE_NAME, SAVE_EVERY_S, SnmpMemory, open_memory
from inventory.access import SnmpAccess
from probes.clock import ManualClock, run_virtual
from probes.model import Identity, Interface, Observation, Reading, Reason, Target
from probes.snmp.types import Note
from probes.tasks import end

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from agent.incidents.record import Event
    from probes.snmp.types import NoteWord

HOST = "192.0.2.10"
SWITCH = Target(
    "26740", "sw-1", "generic_switch", "core", HOST, snmp=SnmpAccess(auth="env:SNMP")
)  # fmt: skip
LESSONS = {f"{HOST}|161": {"tables": {"2b06/2": [4, None, 54, 3]}}}


class Lessons:
    """An engine that has learned something."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.age_s = -1.0
        self.forgotten: list[tuple[str, int]] = []
        self.fallen: tuple[tuple[str, int], ...] = ()
        self.tell: Callable[[Note], None] = lambda _note: None

    def remember(self, now: float) -> dict[str, dict[str, Any]]:
        """What it learned."""
        del now
        return dict(self.kept)

    def recall(self, kept: Mapping[str, Any], now: float, age_s: float) -> None:
        """Take it back."""
        del now
        self.kept, self.age_s = dict(kept), age_s

    def forget(self, host: str, port: int) -> None:
        """Note what it is to drop."""
        self.forgotten.append((host, port))

    def is_slow(self, host: str, port: int) -> bool:
        """Nothing is slow."""
        raise AssertionError((host, port))

    def fallbacks(self, now: float) -> tuple[tuple[str, int], ...]:
        """Who is read by the second engine."""
        del now
        return self.fallen

    def listen(self, tell: Callable[[Note], None]) -> None:
        """Who is told."""
        self.tell = tell


def memory(folder: Path, lessons: Lessons, clock: ManualClock, journal: list[Event]) -> SnmpMemory:
    """A memory of one switch, as the agent opens it."""
    opened = open_memory(lessons, folder, clock, (SWITCH,), journal.append)
    assert opened is not None
    return opened


def seen(reading: Reading, probe: str = "snmp-interfaces") -> Observation:
    """A good answer of the switch."""
    now = ManualClock().now()
    return Observation(SWITCH, probe, Reason.OK, reading, now, 0.0, 0.1, 75.0)


def test_what_was_learned_comes_back_after_a_restart_with_its_age(tmp_path: Path) -> None:
    clock, before, after = ManualClock(), Lessons(), Lessons()
    before.kept = {**LESSONS, "198.51.100.9|161": {"tables": {}}}

    async def story() -> None:
        memory(tmp_path, before, clock, []).save()
        await clock.sleep(90.0)
        memory(tmp_path, after, clock, [])

    run_virtual(story(), clock)
    assert after.kept == LESSONS  # nobody asks the other address any more
    assert after.age_s == pytest.approx(90.0)


def test_the_file_is_written_every_ten_minutes(tmp_path: Path) -> None:
    clock, lessons = ManualClock(), Lessons()

    async def story() -> None:
        work = asyncio.create_task(memory(tmp_path, lessons, clock, []).keep())
        await clock.sleep(SAVE_EVERY_S - 1)
        assert not (tmp_path / FILE_NAME).exists()
        await clock.sleep(2)
        assert (tmp_path / FILE_NAME).exists()
        await end(work)

    run_virtual(story(), clock)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "null", "[]", '{"at": 1}', "[" * 100_000,
        '{"at": "2026-11-22T00:00:00+00:00", "lessons": 3, "makes": {}, "told": {}}',
        '{"at": "2026-11-22T00:00:00+00:00", "lessons": {}, "makes": {"a|1": [1]}, "told": {}}',
        '{"at": "2026-11-22T00:00:00+00:00", "lessons": {}, "makes": [], "told": {}}',
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_one_log_line_and_everything_is_learned_anew(
    text: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    lessons = Lessons()
    with caplog.at_level(logging.WARNING):
        memory(tmp_path, lessons, ManualClock(), []).save()
    assert [record.msg.split(" file")[0] for record in caplog.records] == ["snmp lessons not read"]
    assert lessons.kept == {}
    assert json.loads((tmp_path / FILE_NAME).read_text())["lessons"] == {}


def test_a_folder_that_cannot_be_written_is_one_log_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        memory(tmp_path / "gone", Lessons(), ManualClock(), []).save()
    assert len(caplog.records) == 1


@pytest.mark.parametrize("word", ["snmp-v1-only", "snmp-weak-crypto"])
def test_a_note_is_journalled_once_also_over_restarts_until_another_device_stands_there(
    word: NoteWord, tmp_path: Path
) -> None:
    journal: list[Event] = []
    for _start in range(2):
        lessons = Lessons()
        opened = memory(tmp_path, lessons, ManualClock(), journal)
        for _time in range(2):
            lessons.tell(Note(word, HOST, 161))
            lessons.tell(Note(word, "198.51.100.9", 161))
        opened.save()
    assert [(one.kind, one.ward, one.device) for one in journal] == [(word, "26740", "sw-1")]
    for _time in range(2):
        lessons.tell(Note("device-replaced", HOST, 161))
        lessons.tell(Note(word, HOST, 161))
    assert [one.kind for one in journal[1:]] == ["device-replaced", word] * 2


def test_every_move_to_the_second_engine_is_journalled_and_counted_while_it_lasts(
    tmp_path: Path,
) -> None:
    journal: list[Event] = []
    lessons = Lessons()
    opened = memory(tmp_path, lessons, ManualClock(), journal)
    for _day in range(2):
        lessons.tell(Note("snmp-engine-fallback", HOST, 161))
    assert [one.kind for one in journal] == ["snmp-engine-fallback"] * 2
    assert list(opened.fallbacks()) == []
    lessons.fallen = ((HOST, 161), ("198.51.100.9", 161))
    assert list(opened.fallbacks()) == ["sw-1"]


def port(index: int) -> Interface:
    """One port."""
    return Interface(index, f"Gi0/{index}")


@pytest.mark.parametrize(
    "other",
    [
        Reading(identity=Identity(sys_object_id="1.3.6.1.4.1.9.1.2", version="15.2")),
        Reading(identity=Identity(sys_object_id="1.3.6.1.4.1.9.1.1", version="16.1")),
        Reading(interfaces=(port(1), port(2), port(3))),
    ],
    ids=["object id", "firmware", "ports"],
)
def test_another_object_id_firmware_or_number_of_ports_drops_what_tables_taught(
    other: Reading, tmp_path: Path
) -> None:
    usual = (
        Reading(identity=Identity(sys_object_id="1.3.6.1.4.1.9.1.1", version="15.2")),
        Reading(interfaces=(port(1), port(2))),
        Reading(identity=Identity(vendor="Cisco")),
        Reading(uptime_ticks=5),
    )
    lessons = Lessons()
    opened = memory(tmp_path, lessons, ManualClock(), [])
    for reading in (*usual, *usual):
        opened.take(seen(reading))
    opened.save()
    opened = memory(tmp_path, lessons, ManualClock(), [])
    opened.take(seen(other, "https"))
    assert lessons.forgotten == []
    for _time in range(2):
        opened.take(seen(other))
    assert lessons.forgotten == [(HOST, 161)]
