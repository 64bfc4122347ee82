"""The raw samples on disk: parts add up, a restart leaves a gap, a wrong clock's time goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from agent.errors import OtherRealm, SchemaTooNew
from agent.journal.database import Opening, open_beside, read_database
from agent.journal.migrations import Migration
from agent.samples.model import Expected, LoadSlot, PathSlot, Span
from agent.samples.shelf import (
    FILE_NAME,
    SCHEMA,
    Shelf,
    expected_in,
    loads_in,
    open_samples,
    paths_in,
    spans_in,
    wards_in,
)

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
NOW_S = round(NOW.timestamp())
SLOT = NOW_S - 1200
OPENING = Opening("agent-1", "live", "boot-1", NOW, lambda: 12.5)
FAR = 2**33
LOAD = LoadSlot("26740", "l", SLOT, 100.0, 60.0, 50.0, 60.0, 1e8)
PATH = PathSlot("26740", "gateway", SLOT, 10, 1, 0.09, 0.008, 0.012, 2, 0.004)


def span(begin_s: int, end_s: int, state: str = "good") -> Span:
    begin_ms, end_ms = (SLOT + begin_s) * 1000, (SLOT + end_s) * 1000
    return Span("26740", "device", "sw", state, "", begin_ms, end_ms)  # type: ignore[arg-type]


def kept(folder: Path) -> tuple[list[LoadSlot], list[PathSlot], list[Span]]:
    """Everything that a report would find."""
    database = read_database(folder, FILE_NAME)
    try:
        return (
            list(loads_in(database, "26740", 0, FAR)),
            list(paths_in(database, "26740", 0, FAR)),
            list(spans_in(database, "26740", 0, FAR * 1000)),
        )
    finally:
        database.close()


def test_the_parts_of_a_slot_before_and_after_a_restart_add_up(tmp_path: Path) -> None:
    for part in (PATH, replace(PATH, lost=10, rtt_sum_s=0, rtt_min_s=None, rtt_max_s=None,
                               jitter_count=0, jitter_sum_s=0.0)):  # fmt: skip
        shelf = open_samples(tmp_path, OPENING)
        shelf.add([LOAD], [part], (), (), NOW_S * 1000)
        shelf.close()
    loads, paths, _spans = kept(tmp_path)
    assert loads == [LoadSlot("26740", "l", SLOT, 200.0, 120.0, 100.0, 120.0, 1e8)]
    assert paths == [replace(PATH, sent=20, lost=11)]


def test_what_goes_on_is_known_up_to_the_last_write_and_ends_there_at_a_restart(
    tmp_path: Path,
) -> None:
    shelf = open_samples(tmp_path, OPENING)
    shelf.add((), (), (), [span(0, 0)], (SLOT + 300) * 1000)
    assert kept(tmp_path)[2] == [span(0, 300)]
    shelf.add((), (), (), (), (SLOT + 600) * 1000)
    shelf.close()
    shelf = open_samples(tmp_path, OPENING)
    shelf.add((), (), (), [span(900, 900)], (SLOT + 1000) * 1000)
    shelf.close()
    assert kept(tmp_path)[2] == [span(0, 600), span(900, 1000)]


def test_what_bears_a_time_that_has_not_come_yet_goes_at_a_start(tmp_path: Path) -> None:
    later = replace(OPENING, now=NOW + timedelta(days=3650))
    shelf = open_samples(tmp_path, later)
    ahead = replace(LOAD, slot=NOW_S // 300 * 300 + 86_400)
    shelf.add([LOAD, ahead], (), [span(0, 86_400)], [span(86_400, 86_400)], (NOW_S + 99_999) * 1000)
    shelf.close()
    open_samples(tmp_path, OPENING).close()
    loads, _paths, spans = kept(tmp_path)
    assert loads == [LOAD]
    assert spans == [span(0, 1200)]


def test_the_old_goes_and_the_rest_stays(tmp_path: Path) -> None:
    shelf = open_samples(tmp_path, OPENING)
    old = replace(LOAD, slot=SLOT - 300)
    shelf.add([old, LOAD], (), [span(-600, -300), span(-300, 300)], (), NOW_S * 1000)
    shelf.forget_before(SLOT * 1000)
    shelf.close()
    loads, _paths, spans = kept(tmp_path)
    assert loads == [LOAD]
    assert spans == [span(-300, 300)]


def test_what_should_be_measured_is_what_the_last_start_says(tmp_path: Path) -> None:
    shelf = open_samples(tmp_path, OPENING)
    shelf.expect([Expected("26740", "device", "gone"), Expected("26743", "link", "l")])
    shelf.expect([Expected("26740", "device", "sw")])
    shelf.close()
    database = read_database(tmp_path, FILE_NAME)
    assert list(expected_in(database, "26740")) == [Expected("26740", "device", "sw")]
    assert wards_in(database) == ("26740",)
    database.close()


def test_a_file_that_is_no_database_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database at all, whatever it was" * 100)
    open_samples(tmp_path, OPENING).close()
    assert kept(tmp_path) == ([], [], [])
    assert len(list(tmp_path.glob("samples.db.bad-*"))) >= 1


def test_another_realm_and_a_newer_schema_are_refused(tmp_path: Path) -> None:
    open_samples(tmp_path, OPENING).close()
    with pytest.raises(OtherRealm):
        open_samples(tmp_path, replace(OPENING, realm="sim"))
    newer = (*SCHEMA, Migration(3, ("CREATE TABLE more(x)",), ("DROP TABLE more",)))
    open_beside(tmp_path, FILE_NAME, OPENING, newer).close()
    with pytest.raises(SchemaTooNew) as refused:
        open_samples(tmp_path, OPENING)
    assert refused.value.exit_code == 2


def test_samples_of_an_older_schema_stay_and_are_not_copied(tmp_path: Path) -> None:
    """They may be gigabytes: a start must not wait for a copy, nor a disk be full of it."""
    older = open_beside(tmp_path, FILE_NAME, OPENING, SCHEMA[:1])
    Shelf(older).add([LOAD], (), (), (), NOW_S * 1000)
    older.close()
    shelf = open_samples(tmp_path, OPENING)
    assert shelf.database.rows("SELECT * FROM room6") == []
    shelf.close()
    assert kept(tmp_path)[0] == [LOAD]
    assert list(tmp_path.glob("*.schema-*")) == []
