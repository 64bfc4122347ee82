"""The meeting screen: the answer and the next step first, then every item; never a title."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from agent.wire import Meeting, NextStep, Readiness, ReadinessItem, Snapshot, Text
from inventory.language import both as words_of
from inventory.language import catalogue
from inventory.text import cells
from tui.lines import text
from tui.view_meeting import meeting_lines

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from textual.pilot import Pilot

    from tests.tui.conftest import Outbox
    from tui.view import Showing

ITEMS: tuple[tuple[str, Any, str, Any, str | None, dict[str, Any]], ...] = (
    ("power", "ok", "mains", "room", None, {"left": "42"}),
    ("switch", "ok", "answers", "lan", None, {}),
    ("endpoint", "ok", "answers", "room", None, {}),
    ("registration", "unknown", "not_measured", "room", None, {}),
    ("socket", "ok", "full_duplex", "lan", None, {"mbps": "1000"}),
    ("line", "down", "line_silent", "line", "line_report", {}),
    ("headroom", "ok", "line_free", "line", None, {"pct": "4"}),
    ("resolver", "unknown", "not_measured", "centre", None, {}),
    ("services", "unknown", "not_measured", "centre", None, {}),
    ("camera", "ok", "plugged", "room", None, {"n": 1, "of": 1}),
    ("microphone", "degraded", "muted", "room", "unmute", {}),
    ("speaker", "ok", "volume", "room", None, {"pct": "50"}),
    ("display", "ok", "plugged", "room", None, {"n": 1, "of": 1}),
    ("standby", "ok", "awake", "room", None, {}),
    ("clock", "ok", "clock_right", "room", None, {}),
    ("certificate", "ok", "certificate_good", "room", None, {}),
    ("diagnostics", "ok", "diagnostics_clean", "room", None, {"n": 0}),
    ("peripherals", "unknown", "not_said", "room", None, {}),
    ("incident", "degraded", "open_incident", "line", "incident_follow", {"incident": "SC-00412"}),
    ("two_way", "waiting", "not_tried", "room", "two_way_wait", {}),
    ("sharing", "waiting", "not_tried", "room", "sharing", {}),
    ("heard", "waiting", "not_tried", "room", "heard", {}),
)  # fmt: skip


def said(key: str, **values: Any) -> Text:
    return Text(**words_of(key, **values))


def readiness() -> Readiness:
    """A line that is silent, and a microphone that is muted."""
    items = tuple(
        ReadinessItem(
            id=name, by="person" if name in {"two_way", "sharing", "heard"} else "auto",
            state=state, name=said(f"readiness.item.{name}"),
            text=said(f"readiness.said.{key}", **values), side=side,
            do=said(f"readiness.do.{step}") if step else None,
            age_s=None if state == "waiting" else 12.0,
        )
        for name, state, key, side, step, values in ITEMS
    )  # fmt: skip
    why = {
        tongue: f"{getattr(items[5].name, tongue)}: {getattr(items[5].text, tongue)}"
        for tongue in ("vi", "en")
    }
    step = NextStep(id="line_report", text=said("readiness.step.line_report"), playbook="PB-NET-01")
    return Readiness(
        room="phong-hop-a", ward="26740", ratio=0.6, state="down", guilty="line", side="line",
        text=Text(**why), step=step, items=items,
    )  # fmt: skip


def booked(snapshot: Snapshot, **more: Any) -> Snapshot:
    """A meeting in 28 minutes whose room is not ready, and one tomorrow."""
    start = snapshot.ts + timedelta(minutes=28)
    first = Meeting(
        id="H-1", code="HN-0231", ward="26740", room="phong-hop-a", start=start,
        end=start + timedelta(minutes=90), phase="t30", join="dial_out", profile="hd-meeting",
        readiness=readiness(),
    )  # fmt: skip
    later = {"id": "H-2", "code": "123/TB-UBND", "phase": "booked", "readiness": None,
             "join": None, "start": start + timedelta(days=1, hours=2),
             "end": start + timedelta(days=1, hours=3)}  # fmt: skip
    meetings = (first.model_copy(update=more), first.model_copy(update=later))
    return snapshot.model_copy(update={"meetings": meetings})


async def open_meeting(pilot: Pilot[None]) -> None:
    """By the letter."""
    await pilot.press("m")


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("size", ["80x24", "120x40"])
async def test_the_answer_and_the_next_step_stand_first(
    draw: Callable[..., Awaitable[str]], golden: Callable[[str, str], None],
    snapshots: Mapping[str, Snapshot], size: str, language: str,
) -> None:  # fmt: skip
    drawn = await draw(booked(snapshots["ok"]), size, open_meeting, language=language)
    golden(f"meeting-{size}-{language}", drawn)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("size", ["80x24", "120x40"])
async def test_without_a_meeting_it_says_how_to_add_one(
    draw: Callable[..., Awaitable[str]], golden: Callable[[str, str], None], size: str,
    language: str,
) -> None:  # fmt: skip
    golden(f"meeting-none-{size}-{language}", await draw("ok", size, open_meeting,
                                                         language=language))  # fmt: skip


async def test_the_next_meeting_is_a_key_away(
    draw: Callable[..., Awaitable[str]], golden: Callable[[str, str], None],
    snapshots: Mapping[str, Snapshot],
) -> None:  # fmt: skip
    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("f5")
        await pilot.press(">")

    drawn = await draw(booked(snapshots["ok"]), "80x24", act, language="vi")
    golden("meeting-next-80x24-vi", drawn)
    assert "123/TB-UBND" in drawn


async def test_nothing_is_good_while_the_agent_is_silent(
    draw: Callable[..., Awaitable[str]], golden: Callable[[str, str], None],
    snapshots: Mapping[str, Snapshot],
) -> None:  # fmt: skip
    drawn = await draw(booked(snapshots["ok"]), "80x24", open_meeting, silent_s=60.0)
    golden("meeting-silent-80x24-vi", drawn)
    items = [row for row in drawn.splitlines() if row.endswith(("MÁY", "TAY"))]
    assert not any(row.lstrip().startswith("●") for row in items)


async def test_space_confirms_what_a_person_can_tell_and_nothing_else(
    draw: Callable[..., Awaitable[str]], outbox: Outbox, snapshots: Mapping[str, Snapshot]
) -> None:
    async def act(pilot: Pilot[None]) -> None:
        app: Any = pilot.app
        app.feed = outbox
        await pilot.press("m", "space")
        assert outbox.sent == []
        assert app.notice
        for _ in range(len(ITEMS) - 1 - 5 - 2):
            await pilot.press("down")
        await pilot.press("space", "r")

    await draw(booked(snapshots["ok"]), "80x24", act)
    assert [(verb, args) for verb, args, _ in outbox.sent] == [
        ("meeting_confirm", {"meeting": "H-1", "item": "two_way", "good": True}),
        ("meeting_check", {"meeting": "H-1"}),
    ]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_what_helps_with_the_chosen_item_is_whole_even_where_its_line_is_too_short(
    showing_of: Callable[..., Showing], snapshots: Mapping[str, Snapshot], language: str
) -> None:
    snapshot = booked(snapshots["ok"])
    meeting = snapshot.meetings[0]
    helps = [key for key in catalogue("vi") if key.startswith("readiness.do.")]
    assert meeting.readiness is not None
    for key in helps:
        items = list(meeting.readiness.items)
        items[5] = items[5].model_copy(update={"do": said(key)})
        judged = meeting.readiness.model_copy(update={"items": tuple(items)})
        longer = meeting.model_copy(update={"readiness": judged})
        made = meeting_lines(longer, (0, 2), 5, 21, showing_of(snapshot, language))
        assert any(f"→ {words_of(key)[language]}" in text(one) for one in made), key


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_line_fits(
    showing_of: Callable[..., Showing], snapshots: Mapping[str, Snapshot], language: str
) -> None:
    snapshot = booked(snapshots["ok"])
    showing = showing_of(snapshot, language)
    for cursor in range(len(ITEMS)):
        made = meeting_lines(snapshot.meetings[0], (0, 2), cursor, 21, showing)
        assert len(made) <= 21
        assert all(cells(text(one)) <= 80 for one in made)
