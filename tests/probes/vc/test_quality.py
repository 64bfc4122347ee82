"""The verdict on a call: per direction, by its worst term, slow to move."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.path.model import LineWay
from probes.path.quality import PROFILES, Grade
from probes.vc.quality import PICTURES, CallStanding, judge, sentence, speech_mos
from probes.vc.status import VcMedia

if TYPE_CHECKING:
    from inventory.values import LineProfile

GOOD = VcMedia("rx", "main", 0.0, 0.002, 0.02, 1080, 30.0, packets=1000)


def stream(**changes: Any) -> VcMedia:
    return replace(GOOD, **changes)


@pytest.mark.parametrize(
    ("given", "grade", "term", "vi"),
    [
        ({}, Grade.GOOD, None, "Tốt"),
        ({"loss_ratio": 0.024}, Grade.POOR, "loss", "Kém: mất gói 2,4 % chiều đến (hình)"),
        ({"loss_ratio": 0.006}, Grade.FAIR, "loss", "Tạm được: mất gói 0,6 % chiều đến (hình)"),
        ({"jitter_s": 0.031}, Grade.POOR, "jitter",
         "Kém: biến động trễ 31 ms chiều đến (hình)"),
        ({"rtt_s": 0.32}, Grade.POOR, "delay",
         "Kém: độ trễ 160 ms chiều đến, tính bằng nửa vòng đi về (hình)"),
        ({"height_px": 360}, Grade.POOR, "height", "Kém: hình chỉ có 360 dòng chiều đến (hình)"),
        ({"fps": 16.0}, Grade.FAIR, "fps",
         "Tạm được: hình chỉ có 16 khung mỗi giây chiều đến (hình)"),
    ],
)  # fmt: skip
def test_the_worst_term_decides_and_is_named(
    given: Any, grade: Grade, term: str | None, vi: str
) -> None:
    found = judge((stream(**given),), (), "hd-meeting", "rx")
    assert found is not None
    assert found.grade is grade
    assert term in (None, found.term)
    assert sentence(found, "vi") == vi
    assert judge((stream(**given),), (), "hd-meeting", "tx") is None


def test_a_presentation_may_stand_still_and_a_telephone_needs_no_picture() -> None:
    slides = stream(media="content", fps=2.0, height_px=300)
    assert judge((slides,), (), "hd-meeting", "rx") == judge((slides,), (), "audio-only", "rx")
    poor = stream(fps=2.0, height_px=90)
    found = judge((poor,), (), "audio-only", "rx")
    assert found is not None
    assert found.grade is Grade.GOOD


def test_fewer_than_twenty_packets_and_a_silent_endpoint_decide_nothing() -> None:
    few = VcMedia("rx", "audio", 1.0, 1.0, 1.0, packets=19)
    assert judge((few,), (), "hd-meeting", "rx") is None
    assert judge((VcMedia("rx", "audio"),), (), "hd-meeting", "rx") is None
    assert CallStanding("hd-meeting").after((few,), ()).worst is None


def test_the_lines_burst_of_the_same_direction_counts_as_well() -> None:
    ways = (
        LineWay("stamp", "af41", "out", 50, 0), LineWay("stamp", "af41", "in", 50, 3),
        LineWay("stamp", "af41", "round", 50, 3, 0.01, 0.001),
    )  # fmt: skip
    found = judge((GOOD,), ways, "hd-meeting", "rx")
    assert found is not None
    assert (found.grade, found.term, found.media) == (Grade.POOR, "loss", None)
    assert sentence(found, "en") == "Poor: 6.0 % of packets lost coming in (line)"
    out = judge((replace(GOOD, dir="tx"),), ways, "hd-meeting", "tx")
    assert out is not None
    assert out.grade is Grade.GOOD


def test_a_call_gets_worse_after_three_windows_and_better_after_three_calm_ones() -> None:
    standing = CallStanding("hd-meeting").after((GOOD,), ())
    bad, edge, calm = stream(loss_ratio=0.02), stream(loss_ratio=0.0045), stream(loss_ratio=0.001)
    shown = []
    for one in (bad, bad, calm, bad, bad, bad, edge, edge, edge, calm, calm, calm):
        standing = standing.after((one,), ())
        found = standing.grade("rx")
        shown.append(found.grade.name[0] if found else "?")
    assert "".join(shown) == "GGGGGPPPFFFG"


def test_a_picture_that_is_whole_again_is_good_again() -> None:
    standing = CallStanding("hd-meeting")
    for height in (720, 360, 360, 360, 720, 720, 720):
        standing = standing.after((stream(height_px=height),), ())
    assert standing.worst is not None
    assert standing.worst.grade is Grade.GOOD


def test_speech_is_estimated_for_sound_alone() -> None:
    sound = VcMedia("rx", "audio", 0.0, 0.0, 0.04)
    assert speech_mos((GOOD, sound), "rx") == pytest.approx(4.38, abs=0.03)
    assert speech_mos((GOOD,), "rx") is None
    worse = speech_mos((replace(sound, loss_ratio=0.05),), "rx")
    assert worse is not None
    assert worse < 3.9


@given(
    st.sampled_from(sorted(PROFILES)),
    st.floats(0, 1), st.floats(0, 1), st.floats(0, 4),
    st.integers(1, 2160), st.floats(0, 60), st.floats(0, 0.2), st.floats(0, 0.2),
)  # fmt: skip
def test_more_loss_or_jitter_is_never_a_better_grade(
    profile: LineProfile, loss: float, jitter: float, rtt: float, height: int, fps: float,
    more_loss: float, more_jitter: float,
) -> None:  # fmt: skip
    one = VcMedia("rx", "main", loss, jitter, rtt, height, fps)
    worse = replace(one, loss_ratio=loss + more_loss, jitter_s=jitter + more_jitter)
    found, after = (judge((each,), (), profile, "rx") for each in (one, worse))
    assert found is not None
    assert after is not None
    assert after.grade >= found.grade


@given(st.lists(st.floats(0, 0.05), max_size=30), st.sampled_from(sorted(PICTURES)))
def test_a_shown_grade_moves_only_when_three_windows_bear_it_out(
    losses: list[float], profile: LineProfile
) -> None:
    standing, windows, before = CallStanding(profile), [], None
    for loss in losses:
        one = VcMedia("rx", "audio", loss)
        now = judge((one,), (), profile, "rx")
        assert now is not None
        windows.append(now.grade)
        standing = standing.after((one,), ())
        found = standing.grade("rx")
        assert found is not None
        if before is not None and found.grade > before:
            assert min(windows[-3:]) >= found.grade
        if before is not None and found.grade < before:
            assert max(windows[-3:]) <= found.grade
        before = found.grade
