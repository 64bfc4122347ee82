"""A booked meeting as the ward lives through it: duty, phases, what everybody can read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from pathlib import Path

    from tests.walks.conftest import Story

CODEC = "vc-26740-a"
ROOM = "phong-hop-a"


def on_meeting_duty(folder: Path) -> None:
    """The codec is expected to answer around meetings alone."""
    ward = folder / "wards" / "26740.yaml"
    ward.write_text(ward.read_text(encoding="utf-8").replace("duty: always", "duty: meeting"))


async def booked(story: Story, in_min: float, minutes: int = 60, **more: Any) -> dict[str, Any]:
    """Book the room; the answer of the command."""
    start = story.clock.now() + timedelta(minutes=in_min)
    said: dict[str, Any] = await story.do(
        "meeting_add", code="123/TB-UBND", room=ROOM, start=start.isoformat(), minutes=minutes,
        **more,
    )  # fmt: skip
    return said


def test_a_codec_off_is_a_finding_before_its_meeting_and_none_without(
    tell: Callable[[Any], None],
) -> None:
    """Switched off: nothing, until 45 minutes before a meeting; called off, nothing again."""

    async def plot(story: Story) -> None:
        story.fault("power_off", CODEC)
        await story.clock.sleep(120)
        assert (await story.states())[CODEC] == "off_duty"
        said = await booked(story, 49)
        assert said["accepted"], said
        await story.clock.sleep(180)
        assert (await story.states())[CODEC] == "off_duty"
        assert await story.incidents() == []
        await story.clock.sleep(330)
        assert (await story.states())[CODEC] == "down"
        assert (await story.verdict())["state"] == "degraded"
        assert (await story.do("meeting_remove", meeting=said["result"]["meeting"]))["accepted"]
        await story.clock.sleep(90)
        assert (await story.states())[CODEC] == "off_duty"

    tell(plot, amend=on_meeting_duty)


def test_everybody_reads_the_next_meeting_and_each_phase_is_said_once(
    tell: Callable[[Any], None],
) -> None:
    async def plot(story: Story) -> None:
        await story.clock.sleep(60)
        said = await booked(story, 11, 2, join="dial_out")
        number = said["result"]["meeting"]
        (shown,) = (await story.get("/snapshot"))["meetings"]
        assert (shown["id"], shown["room"], shown["phase"]) == (number, ROOM, "t30")
        await story.clock.sleep(29 * 60)
        assert (await story.get("/snapshot"))["meetings"] == []
        lines = [
            one.event.data["phase"] for one in story.agent.store.events(key=number)
            if one.event.kind == "meeting.phase"
        ]  # fmt: skip
        assert lines == ["t30", "t10", "running", "ended"]

    tell(plot)


def test_a_meeting_that_is_called_off_is_gone_for_everybody(tell: Callable[[Any], None]) -> None:
    async def plot(story: Story) -> None:
        await story.clock.sleep(60)
        await booked(story, 50)
        again = await booked(story, 50)
        assert (again["accepted"], again["code"]) == (False, "conflict")
        gone = await story.do("meeting_remove", meeting="123/TB-UBND")
        assert gone["accepted"], gone
        assert (await story.get("/snapshot"))["meetings"] == []
        refused = await story.do("meeting_add", code="Họp kín", room=ROOM, minutes=5)
        assert refused["code"] == "bad_request"
        assert "123/TB-UBND" in refused["message"]["vi"]

    tell(plot)
