"""Whether a room is ready, from observations alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.language import LANGUAGES
from inventory.model import Ward
from inventory.text import cells
from probes.meeting.model import Meeting
from probes.meeting.readiness import readiness_of
from probes.meeting.readiness_model import ITEMS, STEPS, Beside, Confirmed, Scene
from probes.meeting.readiness_words import line_of, lines_of, step_of
from probes.model import EchoStats, Observation, Reading, Reason, Target
from probes.path.model import LineWay
from probes.vc.status import VcStatus

if TYPE_CHECKING:
    from probes.meeting.readiness_model import Item, Readiness

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 08:00 in the ward
MEETING = Meeting(
    code="HN-0231", ward="26740", room="phong-a", start=START, end=START + timedelta(hours=2)
)
WARD = Ward.model_validate(
    {
        "schema": "wardops/inventory/1",
        "ward": "26740",
        "devices": [
            {"name": "vc-a", "kind": "cisco_ce", "role": "vc", "room": "phong-a",
             "address": "192.0.2.30"},
        ],
        "path": {"gateway": {"address": "192.0.2.1"}},
    }
)  # fmt: skip
GOOD = VcStatus(
    sip_registered=True,
    standby=False,
    peripherals=(("camera", "1", True), ("microphone", "1", True), ("display", "1", True),
                 ("TouchPanel", "1", True)),
    mic_muted=False, video_muted=False, volume_ratio=0.5, clock_offset_s=0.4, clock_synced=True,
    port_bps=1e9, full_duplex=True, has_diagnostics=True, in_call=False,
)  # fmt: skip
ECHOES = LineWay("icmp", "be", "round", sent=50, lost=0, delay_s=0.004, jitter_s=0.001)


def target(name: str, kind: str, role: str) -> Target:
    return Target(ward="26740", name=name, kind=kind, role=role, host="192.0.2.1")


TARGETS = {
    "vc-a": target("vc-a", "cisco_ce", "vc"),
    "gateway": target("gateway", "gateway", "gateway"),
}


def seen(name: str, probe: str, reading: Reading | None = None, age_s: float = 3.0,
         reason: Reason = Reason.OK) -> Observation:  # fmt: skip
    return Observation(
        TARGETS[name], probe, reason, reading or Reading(), START, 1000 - age_s, 0.1, 75.0
    )


def scene(vc: VcStatus | None = GOOD, minutes: float = 90, age_s: float = 3.0,
          **more: Any) -> Scene:  # fmt: skip
    read = seen("vc-a", "cisco-ce", Reading(vc=vc), age_s)
    answered = Reading(echo=EchoStats(5, 0, (0.004,) * 5))
    return Scene(
        ward=WARD, targets=TARGETS,
        seen={"vc-a": (read,), "gateway": (seen("gateway", "icmp", answered, age_s),)},
        now=START - timedelta(minutes=minutes), mono=1000.0,
        **{"room": "phong-a", "meeting": MEETING, "beside": Beside(echoes=ECHOES), **more},
    )  # fmt: skip


def item(found: Readiness, name: Any) -> Item:
    one = found.item(name)
    assert one is not None, name
    return one


def confirmed(*, good: bool) -> dict[str, Confirmed]:
    return {"two_way": Confirmed(good, START - timedelta(minutes=28), "local:cb-01")}


def test_a_room_in_order_is_ready_and_waits_for_its_test() -> None:
    found = readiness_of(scene())
    assert (found.state, found.guilty, found.ratio) == ("ok", None, 1.0)
    assert found.step == "two_way_at"
    assert step_of(found, "en") == "Two-way test with the centre at 07:30."


def test_without_a_meeting_nobody_has_to_confirm_anything() -> None:
    found = readiness_of(scene(meeting=None))
    assert found.state == "ok"
    assert found.step is None
    assert found.item("two_way") is None


def test_from_half_an_hour_before_on_readiness_is_not_known_without_the_test() -> None:
    found = readiness_of(scene(minutes=29))
    assert (found.state, found.guilty, found.step) == ("unknown", "two_way", "two_way")
    assert found.ratio is not None
    assert found.ratio < 1
    after = readiness_of(scene(minutes=25, confirmed=confirmed(good=True)))
    assert (after.state, after.ratio) == ("ok", 1.0)


def test_a_test_that_failed_says_not_ready() -> None:
    found = readiness_of(scene(minutes=25, confirmed=confirmed(good=False)))
    assert (found.state, found.guilty, found.step) == ("down", "two_way", "two_way_failed")


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_the_bridge_calls_the_room_waits_and_never_dials(language: Any) -> None:
    found = readiness_of(scene(minutes=29, meeting=replace(MEETING, join="dial_out")))
    assert found.step == "two_way_wait"
    assert ("do NOT dial" if language == "en" else "KHÔNG tự gọi") in step_of(found, language)


def test_what_is_stale_is_unknown_and_never_good() -> None:
    found = readiness_of(scene(age_s=200))
    assert found.state == "unknown"
    assert not any(one.state == "ok" for one in found.items if one.name != "incident")
    assert item(found, "camera").because == "endpoint"


def test_what_the_endpoint_does_not_say_is_unknown_and_hinders_nobody() -> None:
    found = readiness_of(scene(VcStatus(sip_registered=True)))
    assert item(found, "camera").state == item(found, "microphone").state == "unknown"
    assert item(found, "camera").said == "not_said"
    assert found.state == "ok"


def test_muted_is_wrong_for_the_test_and_right_when_joining() -> None:
    muted = replace(GOOD, mic_muted=True)
    assert readiness_of(scene(muted)).guilty == "microphone"
    joining = readiness_of(scene(muted, minutes=5, confirmed=confirmed(good=True)))
    assert item(joining, "microphone").said == "muted_rightly"
    assert joining.state == "ok"


def test_sleeping_is_usual_until_an_hour_before() -> None:
    asleep = replace(GOOD, standby=True)
    assert readiness_of(scene(asleep, minutes=120)).state == "ok"
    assert readiness_of(scene(asleep, minutes=50)).guilty == "standby"


def test_a_built_in_microphone_is_not_called_missing_after_a_good_test() -> None:
    bare = replace(GOOD, peripherals=(("camera", "1", True), ("microphone", "1", False)))
    assert item(readiness_of(scene(bare)), "microphone").state == "down"
    tested = readiness_of(scene(bare, minutes=20, confirmed=confirmed(good=True)))
    assert item(tested, "microphone").state == "degraded"


def test_the_meeting_says_what_the_line_must_bear() -> None:
    slow = Beside(echoes=replace(ECHOES, delay_s=0.22))
    assert item(readiness_of(scene(beside=slow)), "line").state == "degraded"
    voice = replace(MEETING, profile="audio-only")
    assert item(readiness_of(scene(beside=slow, meeting=voice)), "line").state == "ok"


def test_a_few_echoes_do_not_make_a_line_good() -> None:
    few = Beside(echoes=replace(ECHOES, sent=5))
    found = readiness_of(scene(beside=few))
    assert (item(found, "line").state, item(found, "line").said) == ("unknown", "line_few")
    assert found.state == "unknown"


def test_a_silent_line_takes_the_blame_from_the_room() -> None:
    quiet = (seen("gateway", "icmp", reason=Reason.TIMEOUT),)
    failing = scene(replace(GOOD, sip_registered=False))
    found = readiness_of(replace(failing, seen={**failing.seen, "gateway": quiet}))
    assert (found.state, found.guilty, found.side) == ("down", "line", "line")
    assert item(found, "registration").because == "line"
    assert found.playbook == "PB-NET-01"


def test_a_line_full_of_own_traffic_is_lightened_on_site() -> None:
    full = Beside(echoes=replace(ECHOES, lost=5), line_share=1.0)
    found = readiness_of(scene(beside=full))
    assert (found.guilty, found.step) == ("line", "lighten")


def test_room_on_the_line_has_an_age_and_is_unknown_once_the_line_carries_nothing() -> None:
    use = Beside(echoes=ECHOES, line_share=0.04, line_share_age_s=12.0)
    carries = scene(beside=use)
    found = item(readiness_of(carries), "headroom")
    assert (found.state, found.age_s) == ("ok", 12.0)
    quiet = (seen("gateway", "icmp", reason=Reason.TIMEOUT),)
    cut = item(readiness_of(replace(carries, seen={**carries.seen, "gateway": quiet})), "headroom")
    assert (cut.state, cut.because) == ("unknown", "line")


def test_a_room_that_the_inventory_does_not_know_is_said_so() -> None:
    found = readiness_of(scene(room="phong-b"))
    assert (found.state, found.guilty, found.step) == ("unknown", "endpoint", "no_endpoint")
    assert "phong-b" in step_of(found, "vi")


def test_every_step_stands_in_the_table() -> None:
    assert all(found.startswith("PB-") for found in STEPS.values() if found)


status = st.builds(
    VcStatus,
    sip_registered=st.none() | st.booleans(), standby=st.none() | st.booleans(),
    mic_muted=st.none() | st.booleans(), video_muted=st.none() | st.booleans(),
    volume_ratio=st.none() | st.floats(0, 1), clock_offset_s=st.none() | st.floats(-1e9, 1e9),
    clock_synced=st.none() | st.booleans(), port_bps=st.none() | st.sampled_from((1e7, 1e8, 1e9)),
    full_duplex=st.none() | st.booleans(), has_diagnostics=st.booleans(),
    diagnostics=st.lists(st.tuples(st.sampled_from(("warning", "error", "critical")),
                                   st.text("aZ 9 é\n", max_size=40))).map(tuple),
    peripherals=st.lists(st.tuples(st.sampled_from(("camera", "microphone", "display", "x")),
                                   st.just("1"), st.booleans())).map(tuple),
)  # fmt: skip


@given(status, st.floats(-60, 200), st.floats(0, 400), st.booleans())
def test_whatever_is_told_items_keep_their_order_and_fit_a_line(
    told: VcStatus, minutes: float, age_s: float, has_meeting: bool
) -> None:
    found = readiness_of(
        scene(told, minutes=minutes, age_s=age_s, meeting=MEETING if has_meeting else None)
    )
    names = [one.name for one in found.items]
    assert names == sorted(set(names), key=ITEMS.index)
    assert all(one.step in STEPS for one in found.items if one.step)
    assert (found.state == "ok") == (found.guilty is None)
    for language in LANGUAGES:
        assert all(cells(line) <= 80 for line in lines_of(found, language))
        assert all("{" not in line_of(one, language) for one in found.items)
