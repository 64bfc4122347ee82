"""A run's log: every change of it is found, every prefix of it is a run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbooks.chain import ANCHOR, check, line_of
from playbooks.errors import LogDamaged, RunTaken
from playbooks.journal import LOG, Journal, open_runs, read_log, resume, run_id, verify
from playbooks.run import Record

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 11, 21, 1, 2, 3, 456789, tzinfo=UTC)
START: dict[str, Any] = {
    "run": "r1", "playbook": "PB-OPS-90", "version": "1.0.0", "sha256": "0" * 64, "ward": "26740",
    "incident": None, "realm": "sim", "facts": {}, "start": "size_up",
}  # fmt: skip


def records(count: int) -> list[Record]:
    """A start and notes of answers after it."""
    first = Record(1, AT, "run.started", "", "local:an", START)
    return [
        first,
        *(
            Record(n, AT + timedelta(seconds=n), "answer.given", "lights", "local:ân",
                   {"value": "dark", "who": "Nguyễn Văn A"})
            for n in range(2, count + 1)
        ),
    ]  # fmt: skip


def text_of(found: list[Record]) -> bytes:
    """The log of these records."""
    text, head = "", ANCHOR
    for record in found:
        line, head = line_of(record, "r1", head)
        text += line
    return text.encode()


LINES = records(5)
RAW = text_of(LINES)


def test_what_was_written_is_read_back() -> None:
    found = check(RAW)
    assert found.records == tuple(LINES)
    assert (found.bad, found.torn, found.sound_bytes) == (None, False, len(RAW))


@given(place=st.integers(0, len(RAW) - 1), byte=st.integers(0, 255))
def test_every_flipped_byte_is_found(place: int, byte: int) -> None:
    changed = bytearray(RAW)
    changed[place] = byte
    found = check(bytes(changed))
    if bytes(changed) == RAW:
        assert found.bad is None
    else:
        assert found.bad is not None or found.torn
        assert len(found.records) < len(LINES)


@given(place=st.integers(0, len(RAW) - 1), bit=st.integers(0, 7))
def test_every_flipped_bit_is_found(place: int, bit: int) -> None:
    changed = bytearray(RAW)
    changed[place] ^= 1 << bit
    found = check(bytes(changed))
    assert found.bad is not None or found.torn


@given(at=st.integers(0, len(RAW)))
def test_a_cut_leaves_the_whole_lines_before_it(at: int) -> None:
    found = check(RAW[:at])
    assert found.bad is None
    assert found.records == tuple(LINES[: RAW[:at].count(b"\n")])
    assert found.torn == (not RAW[:at].endswith(b"\n") and at > 0)


@pytest.mark.parametrize("change", ["drop", "swap", "double", "foreign"])
def test_a_line_that_is_gone_moved_doubled_or_foreign_is_found(change: str) -> None:
    lines = RAW.splitlines(keepends=True)
    foreign, _ = line_of(LINES[3], "r2", check(b"".join(lines[:3])).head)
    changed = {
        "drop": [*lines[:2], *lines[3:]],
        "swap": [lines[0], lines[2], lines[1], *lines[3:]],
        "double": [*lines[:3], lines[2], *lines[3:]],
        "foreign": [
            *lines[:3],
            foreign.encode(),
        ],
    }[change]
    assert check(b"".join(changed)).bad is not None


def test_a_log_on_disk_is_appended_to_and_verified(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, "r1", "text")
    journal.append(LINES[:2])
    journal.append(LINES[2:])
    assert (tmp_path / "r1" / LOG).read_bytes() == RAW
    assert verify(tmp_path / "r1") is None
    assert resume(tmp_path / "r1").answer == "dark"
    assert [run.id for _, run in open_runs(tmp_path)] == ["r1"]


def test_a_changed_log_is_not_continued(tmp_path: Path) -> None:
    Journal.create(tmp_path, "r1", "text").append(LINES)
    log = tmp_path / "r1" / LOG
    log.write_bytes(RAW.replace(b'"dark"', b'"lit"', 1))
    assert verify(tmp_path / "r1") == 2
    with pytest.raises(LogDamaged):
        resume(tmp_path / "r1")
    with pytest.raises(LogDamaged):
        Journal.take_over(tmp_path / "r1")
    assert list(open_runs(tmp_path)) == []


def test_a_torn_line_never_counted(tmp_path: Path) -> None:
    Journal.create(tmp_path, "r1", "text").append(LINES)
    log = tmp_path / "r1" / LOG
    log.write_bytes(RAW[:-10])
    journal, dropped = Journal.take_over(tmp_path / "r1")
    assert dropped > 0
    journal.append([LINES[4]])
    assert log.read_bytes() == RAW
    assert read_log(tmp_path / "r1").torn is False


def test_who_is_relieved_writes_no_more(tmp_path: Path) -> None:
    first = Journal.create(tmp_path, "r1", "text")
    first.append(LINES[:2])
    second, _ = Journal.take_over(tmp_path / "r1")
    assert not first.is_ours()
    with pytest.raises(RunTaken):
        first.append(LINES[2:])
    second.append(LINES[2:])
    assert (tmp_path / "r1" / LOG).read_bytes() == RAW


def test_runs_are_named_by_time_and_ward() -> None:
    assert run_id(AT, "26740", "7f3a") == "20261121T010203Z-26740-7f3a"
    assert run_id(AT, "26740") != run_id(AT, "26740") or len(run_id(AT, "26740")) == 27
