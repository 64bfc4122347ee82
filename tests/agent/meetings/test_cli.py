"""`wardops meeting import | add | report` where no agent runs: what is understood, what is said."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from agent.cli import main
from agent.journal.database import Opening
from agent.journal.rows import Kept
from agent.journal.store import open_store
from agent.meetings.record import MeetingMinute, to_record
from agent.meetings.shelf import Shelf
from drills.listen import Ports
from drills.sim import ward_codes
from drills.topology import ward_standard
from drills.world import World
from drills.writing import write_inventory
from probes.clock import ManualClock, SystemClock
from probes.meeting.model import Meeting

if TYPE_CHECKING:
    from pathlib import Path

BOTH = pytest.mark.parametrize("language", ["vi", "en"])
TITLE = "Họp-kín-Canary"


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """One simulated ward that nobody simulates."""
    world = World(ward_standard(ward_codes(1)), 1, ManualClock())
    folder = tmp_path / "inventory"
    write_inventory(world, folder, Ports(snmp=1161, https=8443, http=9100, reach=9643), "ward", b"")
    return folder


@pytest.fixture
def calendar(tmp_path: Path) -> Path:
    """A file with one meeting of tomorrow and one event that lasts all day."""
    tomorrow = SystemClock().now() + timedelta(days=1)
    file = tmp_path / "lich.ics"
    file.write_text(
        "BEGIN:VCALENDAR\n"
        f"BEGIN:VEVENT\nUID:1\nDTSTART:{tomorrow:%Y%m%d}T080000\nDURATION:PT1H\n"
        f"SUMMARY:{TITLE}\nLOCATION:Phòng họp A\nEND:VEVENT\n"
        f"BEGIN:VEVENT\nUID:2\nDTSTART;VALUE=DATE:{tomorrow:%Y%m%d}\nEND:VEVENT\n"
        "END:VCALENDAR\n",
        encoding="utf-8",
    )
    return file


@BOTH
def test_an_import_shows_what_is_understood_and_what_is_left_out_before_it_books(
    language: str, inventory: Path, calendar: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["meeting", "import", str(calendar), "--inventory", str(inventory), "--dry-run"]
    assert main([*asked, "--lang", language]) == 0
    told = capsys.readouterr()
    (meeting, summary) = told.out.splitlines()
    assert "phong-hop-a" in meeting
    assert "08:00" in meeting
    assert " 1 " in f" {summary} "
    assert told.err.startswith("lich.ics:9:1: ")
    assert "Canary" not in told.out + told.err


@BOTH
@pytest.mark.parametrize(
    ("text", "place"), [(TITLE, "lich.ics:1:1"), ("BEGIN:VCALENDAR\nX:1\n", "lich.ics:1:1")]
)
def test_a_hostile_file_ends_with_2_and_one_line(
    text: str, place: str, language: str, inventory: Path, calendar: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    calendar.write_text(text, encoding="utf-8")
    asked = ["meeting", "import", str(calendar), "--inventory", str(inventory), "--dry-run"]
    assert main([*asked, "--lang", language]) == 2
    told = capsys.readouterr().err
    assert told.startswith(place)
    assert told.count("\n") == 1
    assert "Canary" not in told


@BOTH
def test_a_meeting_needs_one_of_end_and_minutes(
    language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["meeting", "add", "--room", "a", "--start", "2026-11-23T08:00", "--code", "1"]
    assert main([*asked, "--lang", language]) == 2
    assert main([*asked, "--lang", language, "--minutes", "5", "--end", "2026-11-23T09:00"]) == 2
    assert capsys.readouterr().err.count("--minutes") == 2


@BOTH
def test_a_report_is_read_from_the_state_folder_also_beside_a_running_agent(
    language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = SystemClock().now()
    store = open_store(tmp_path, Opening("a", "sim", "b", now, lambda: 0.0))
    booked = Meeting("45/TB-UBND", "26740", "phong-hop-a", now, now + timedelta(minutes=30))
    Shelf(store).add(booked, "local:cb-01", now)
    minute = MeetingMinute(now.isoformat(), "poor", "loss", "rx", 0.024, loss_in=0.024, drops=1)
    store.keep("meeting_minute", [Kept(f"{booked.id}/1", "26740", None, now, to_record(minute))])
    where = ("--state", str(tmp_path), "--lang", language)
    assert main(["meeting", "report", "45/TB-UBND", *where]) == 0
    page = capsys.readouterr().out
    assert page.startswith("<!doctype html>")
    assert {"vi": "2,4%", "en": "2.4%"}[language] in page
    out = tmp_path / "record.csv"
    assert main(["meeting", "report", booked.id, "--format", "csv", "-o", str(out), *where]) == 0
    assert out.read_text(encoding="utf-8").splitlines()[1].startswith("45/TB-UBND,26740,")
    assert main(["meeting", "report", "46/TB", *where]) == 2
    assert "46/TB" in capsys.readouterr().err
    store.close()


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (("import", "no-such.ics"), "no-such.ics"),
        (("add", "--room", "r", "--start", "mai", "--minutes", "60", "--code", "C"), "--start mai"),
    ],
)
@BOTH
def test_a_wrong_word_is_named_before_anything_else_is_looked_for(
    asked: tuple[str, ...], named: str, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["meeting", *asked, "--lang", language]) == 2
    told = capsys.readouterr().err
    assert named in told
    assert told.count("\n") == 1
