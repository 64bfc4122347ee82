"""The record of a meeting: what went into each minute, and how it reads on paper."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.meetings.page import Made, meeting_csv, meeting_page
from agent.meetings.record import Gathered, MeetingMinute, figures, from_record, to_record
from probes.meeting.model import Meeting
from probes.path.model import LineWay
from probes.path.quality import Grade
from probes.vc.quality import CallGrade
from probes.vc.status import VcMedia

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
MEETING = Meeting("45/TB-UBND", "26740", "phong-hop-a", NOW, NOW + timedelta(minutes=90))
POOR = CallGrade(Grade.POOR, "loss", "rx", 0.024, "main")


def burst(lost: int) -> list[LineWay]:
    return [
        LineWay("stamp", kind, direction, 50, lost if direction != "out" else 0, 0.02, 0.002)
        for kind in ("ef", "af41", "be") for direction in ("out", "in", "round")
    ]  # fmt: skip


def test_a_minute_sums_its_bursts_and_takes_the_worst_of_the_endpoints_intervals() -> None:
    gathered = Gathered([*burst(0), *burst(5)], in_call=True, joins=1)
    gathered.media += [VcMedia("rx", "main", 0.01), VcMedia("rx", "audio", 0.03, 0.004, 0.05)]
    minute = gathered.minute(NOW.isoformat(), POOR, ["SC-2026-000001"])
    assert (minute.loss_out, minute.loss_in, minute.loss_round) == (0.0, 0.05, 0.05)
    assert minute.delay_s == 0.01
    assert minute.jitter_s == pytest.approx(0.002)
    assert (minute.call_loss_rx, minute.call_loss_tx, minute.call_rtt_s) == (0.03, None, 0.05)
    assert (minute.grade, minute.term, minute.dir, minute.value) == ("poor", "loss", "rx", 0.024)
    assert (minute.in_call, minute.joins, minute.incidents) == (True, 1, ("SC-2026-000001",))


def test_what_was_not_measured_is_unknown_in_every_form() -> None:
    minute = Gathered().minute(NOW.isoformat(), None, [])
    assert minute == MeetingMinute(NOW.isoformat())
    found = figures([minute])
    assert (found.unknown, found.good, found.good_ratio, found.worst_loss) == (1, 0, None, None)
    (line,) = csv.DictReader(io.StringIO(meeting_csv(MEETING, [minute])))
    assert (line["grade"], line["loss_round"], line["in_call"]) == ("", "", "")
    page = meeting_page(MEETING, [minute], Made(NOW, "1"), "vi")
    assert "<td>08:00</td><td>-</td><td>-</td>" in page


@given(st.lists(st.sampled_from(["good", "fair", "poor", None]), max_size=90))
def test_every_minute_is_counted_once(grades: list[str | None]) -> None:
    found = figures([MeetingMinute(NOW.isoformat(), grade) for grade in grades])
    assert found.good + found.fair + found.poor + found.unknown == found.minutes == len(grades)
    assert found.good_ratio is None or 0 <= found.good_ratio <= 1


def test_a_minute_is_kept_just_as_it_was() -> None:
    minute = Gathered(burst(3), joins=2, drops=1).minute(NOW.isoformat(), POOR, ["a", "b"])
    assert from_record(to_record(minute)) == minute


@pytest.mark.parametrize(
    ("language", "words"),
    [("vi", ("Kém", "4,0%", "MÔ PHỎNG", "rớt 1 lần")),
     ("en", ("Poor", "4.0%", "SIMULATED", "dropped 1 times"))],
)  # fmt: skip
def test_the_page_says_each_minute_in_both_languages(language: str, words: tuple[str, ...]) -> None:
    minute = Gathered(burst(2), in_call=False, drops=1).minute(NOW.isoformat(), POOR, [])
    page = meeting_page(MEETING, [minute], Made(NOW, "1", "sim"), language)  # type: ignore[arg-type]
    for word in words:
        assert word.casefold() in page.casefold()
    assert "45/TB-UBND" in page
