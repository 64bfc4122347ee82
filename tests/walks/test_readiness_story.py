"""The hour before a meeting as the agent lives through it: measured, confirmed, asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.walks.conftest import WELL_EQUIPPED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.walks.conftest import Story

CODEC, ROOM, WARD = "vc-26740-a", "phong-hop-a", "26740"


async def book(story: Story, in_min: float, **more: Any) -> str:
    start = story.clock.now() + timedelta(minutes=in_min)
    said = await story.do(
        "meeting_add", code="HN-0231", room=ROOM, start=start.isoformat(), minutes=60, **more
    )
    assert said["accepted"], said
    return str(said["result"]["meeting"])


async def readiness(story: Story, meeting: str) -> dict[str, Any]:
    found: dict[str, Any] = await story.get(f"/readiness?ward={WARD}&room={ROOM}&meeting={meeting}")
    return found


def ratio_of(scrape: str) -> float | None:
    rows = [row for row in scrape.splitlines() if row.startswith("wardops_meeting_readiness_ratio")]
    return float(rows[0].rsplit(maxsplit=1)[-1]) if rows else None


def test_a_room_is_ready_once_it_is_measured_and_people_have_tried_it(
    tell: Callable[..., None],
) -> None:
    """Ready an hour before; not known when the test is due; ready again when it was confirmed."""

    async def plot(story: Story) -> None:
        assert ratio_of(await story.metrics()) is None
        meeting = await book(story, 40, join="dial_out")
        await story.clock.sleep(300)
        before = await readiness(story, meeting)
        assert (before["state"], before["step"]["id"]) == ("ok", "two_way_at"), before
        assert ratio_of(await story.metrics()) == 1.0
        await story.clock.sleep(360)
        due = await readiness(story, meeting)
        assert (due["state"], due["step"]["id"]) == ("unknown", "two_way_wait")
        assert (ratio_of(await story.metrics()) or 1.0) < 1.0
        said = await story.do("meeting_confirm", meeting="HN-0231", item="two_way", good=True)
        assert said["accepted"], said
        tried = await readiness(story, meeting)
        assert (tried["state"], tried["ratio"]) == ("ok", 1.0)
        shown = (await story.get("/snapshot"))["meetings"][0]
        assert shown["readiness"]["state"] == "ok"
        assert "title" not in shown

    tell(plot, ports=WELL_EQUIPPED)


def test_measuring_now_finds_in_seconds_what_the_rhythm_would_find_later(
    tell: Callable[..., None],
) -> None:
    async def plot(story: Story) -> None:
        meeting = await book(story, 200)
        await story.clock.sleep(180)
        story.fault("vc_camera_unplugged")
        await story.clock.sleep(1)
        asked = story.clock.now()
        said = await story.do("meeting_check", meeting=meeting)
        assert said["accepted"], said
        assert said["result"]["probes"] > 5
        since = asked.isoformat().replace("+00:00", "Z")
        path = f"/readiness?ward={WARD}&room={ROOM}&meeting={meeting}&since={since}"

        async def measured() -> Any:
            return not (await story.get(path))["pending"]

        await story.within(15, measured)
        found = await story.get(path)
        assert (found["state"], found["guilty"], found["side"]) == ("down", "camera", "room")
        assert found["step"]["playbook"] == "PB-MTG-01"

    tell(plot, ports=WELL_EQUIPPED)


def test_behind_a_cut_line_nothing_is_called_bad_but_the_line(tell: Callable[..., None]) -> None:
    async def plot(story: Story) -> None:
        meeting = await book(story, 50)
        await story.clock.sleep(120)
        story.fault("cable_cut", "ce:wan")
        await story.clock.sleep(120)
        found = await readiness(story, meeting)
        assert (found["state"], found["guilty"], found["side"]) == ("down", "line", "line")
        bad = {one["id"] for one in found["items"] if one["state"] == "down"}
        assert bad == {"line"}, bad
        behind = {one["id"] for one in found["items"] if one["because"] == "line"}
        assert {"registration", "services"} <= behind

    tell(plot, ports=WELL_EQUIPPED)


def test_the_playbook_measures_the_room_by_itself_and_knows_who_calls(
    tell: Callable[..., None],
) -> None:
    """It stops at the camera that is out, and once that is back at the wait for the bridge."""

    async def plot(story: Story) -> None:
        meeting = await book(story, 50, join="dial_out")
        await story.clock.sleep(90)
        fault = story.fault("vc_camera_unplugged")
        said = await story.do("playbook_start", playbook="PB-MTG-01", reason="T-60")
        run = said["result"]["run"]

        async def step_is(name: str) -> bool:
            shown = await story.get(f"/playbook-runs/{run}")
            return bool(shown["step"]) and shown["step"]["id"] == name

        await story.within(30, lambda: step_is("t60"))
        await story.do("playbook_skip", run=run, step="t60", reason="the room is on")
        await story.within(60, lambda: step_is("picture"))
        story.mend(fault)
        await story.do("playbook_answer", run=run, step="picture", value="done")
        await story.within(120, lambda: step_is("t30_wait"))
        await story.do("playbook_answer", run=run, step="t30_wait", value="1")
        await story.within(10, lambda: step_is("t30_far"))
        await story.do("playbook_answer", run=run, step="t30_far", value="1")
        items = (await readiness(story, meeting))["items"]
        assert next(one["state"] for one in items if one["id"] == "two_way") == "ok"

    tell(plot, ports=WELL_EQUIPPED)


def test_only_what_a_person_can_tell_is_confirmed_and_every_word_is_audited(
    tell: Callable[..., None],
) -> None:
    async def plot(story: Story) -> None:
        meeting = await book(story, 20)
        for args in ({"item": "camera", "good": True}, {"item": "two_way", "good": "yes"}):
            said = await story.do("meeting_confirm", meeting=meeting, **args)
            assert not said.get("accepted"), said
        assert (await story.do("meeting_confirm", meeting=meeting, item="heard", good=False))[
            "accepted"
        ]
        found = await readiness(story, meeting)
        heard = next(one for one in found["items"] if one["id"] == "heard")
        assert (heard["state"], heard["by"]) == ("degraded", "person")
        rows = story.agent.store.database.rows(
            "SELECT * FROM audit WHERE action = 'meeting_confirm'"
        )
        assert len(list(rows)) == 3
        refused = await story.do("meeting_check", room="nowhere")
        assert not refused["accepted"]
        assert ROOM in refused["message"]["en"]

    tell(plot, ports=WELL_EQUIPPED)
