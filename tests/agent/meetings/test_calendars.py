"""Calendars read again and again: fetched with a login, kept when they fail, said once."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from agent.journal.database import Opening
from agent.journal.store import open_store
from agent.meetings.calendars import Calendars
from agent.meetings.shelf import Shelf
from inventory.load import load
from inventory.meetings import read_meetings
from probes.clock import ManualClock
from probes.errors import ProbeError, TlsUntrusted
from probes.transports.fake import FakeHttp
from probes.transports.model import HttpAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.meetings.shelf import Change
    from inventory.meetings import MeetingCalendar

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
URL = "https://lich.example/key-in-the-address/hop.ics"
WARD = """\
schema: wardops/inventory/1
ward: "26740"
devices: [{name: vc-1, kind: cisco_ce, role: vc, address: 192.0.2.9, room: hop-a}]
"""
SETTINGS = f"""\
schema: wardops/meetings/1
calendars: [{{id: ubnd, url: "{URL}", auth: "file:login.txt", join: dial_out}}]
rooms: [{{ward: "26740", room: hop-a, names: [Điểm cầu Sài Gòn]}}]
"""


def calendar(*hours: str) -> HttpAnswer:
    events = (
        f"BEGIN:VEVENT\nUID:{hour}\nDTSTART:20261123T{hour}0000\nDURATION:PT1H\n"
        "LOCATION:Diem cau SAI GON\nEND:VEVENT\n"
        for hour in hours
    )
    text = f"BEGIN:VCALENDAR\n{''.join(events)}END:VCALENDAR\n"
    return HttpAnswer(200, text.encode())


class Bench:
    """One calendar at an address that answers as a test says."""

    def __init__(self, folder: Path) -> None:
        (folder / "26740.yaml").write_text(WARD, encoding="utf-8")
        (folder / "meetings.yaml").write_text(SETTINGS, encoding="utf-8")
        (folder / "login.txt").write_text("lich:mat-khau", encoding="utf-8")
        (folder / "login.txt").chmod(0o600)
        inventory = load(folder)
        settings = read_meetings(inventory, folder)
        self.calendar: MeetingCalendar = settings.calendars[0]
        self.clock = ManualClock(NOW)
        self.answers: dict[str, HttpAnswer | ProbeError] = {}
        self.http = FakeHttp(self.answers)
        self.store = open_store(folder / "state", Opening("a", "sim", "b", NOW, lambda: 0.0))
        self.shelf = Shelf(self.store)
        self.changes: list[Change] = []
        self.calendars = Calendars(
            settings, inventory, self.shelf, self.http, self.clock, self.changes.append
        )

    def read(self, answer: HttpAnswer | ProbeError) -> None:
        self.answers[URL] = answer
        asyncio.run(self.calendars.refresh(self.calendar))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.store.close()


def test_a_fetched_calendar_is_booked_with_its_login_and_its_way_to_join(bench: Bench) -> None:
    bench.read(calendar("08", "14"))
    assert bench.http.logins == ["lich"]
    assert [one.join for one in bench.shelf.all()] == ["dial_out", "dial_out"]
    (state,) = bench.calendars.states
    assert (state.read_at, state.problem) == (NOW, None)
    (change,) = bench.changes
    assert len(change.added) == 2


@pytest.mark.parametrize(
    "wrong",
    [HttpAnswer(302, b""), HttpAnswer(401, b""), HttpAnswer(200, b"<html>"), TlsUntrusted()],
)
def test_a_calendar_that_fails_keeps_its_meetings_and_says_how_old_they_are_once(
    bench: Bench, wrong: HttpAnswer | ProbeError, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    bench.read(calendar("08"))
    kept = bench.shelf.all()
    bench.clock.move(1800)
    bench.read(wrong)
    bench.read(wrong)
    assert bench.shelf.all() == kept
    (state,) = bench.calendars.states
    assert bench.clock.now() - (state.read_at or NOW) == timedelta(seconds=1800)
    assert state.problem is not None
    for language in ("vi", "en"):
        assert "key-in-the-address" not in state.problem.text(language)
        assert state.problem.text(language).startswith("ubnd")
    assert caplog.text.count("calendar lost name=ubnd") == 1
    assert "key-in-the-address" not in caplog.text
    bench.read(calendar("08"))
    assert caplog.text.count("calendar back name=ubnd") == 1
    assert bench.calendars.states[0].problem is None


def test_what_a_calendar_no_longer_says_is_gone(bench: Bench) -> None:
    bench.read(calendar("08", "14"))
    bench.read(calendar("14"))
    assert [f"{one.start:%H}" for one in bench.shelf.all()] == ["07"]
    assert len(bench.changes[-1].removed) == 1
