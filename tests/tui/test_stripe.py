"""What is no real ward says so on every screen, whatever is pressed and whatever else is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.wire import Drill, Text, Trouble
from tui.actions import SCREENS
from tui.app import Settings
from tui.text import Words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from textual.pilot import Pilot

    from agent.wire import Snapshot

STRIPES = {"drill": "▓▓ DIỄN TẬP ▓▓", "sim": "▓▓ MÔ PHỎNG ▓▓"}
OVERLAYS = {"help": ("f1",), "palette": ("ctrl+p",), "form": ("f4", "a")}
REALMS = pytest.mark.parametrize("realm", STRIPES)


def keys(*pressed: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Presses them."""

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press(*pressed)
        await pilot.pause()

    return act


@REALMS
@pytest.mark.parametrize("silent_s", [2.0, 60.0])
@pytest.mark.parametrize("screen", SCREENS)
async def test_every_screen_has_the_stripe_in_every_theme(
    screen: str,
    silent_s: float,
    realm: str,
    snapshots: Mapping[str, Snapshot],
    draw: Callable[..., Awaitable[str]],
) -> None:
    snapshot = snapshots["metronet"].model_copy(update={"realm": realm})
    settings = Settings(words=Words(), screen=screen)
    for act in (None, keys("f9"), keys("f9", "f9", "f9")):
        text = await draw(snapshot, act=act, silent_s=silent_s, settings=settings)
        assert STRIPES[realm] in text.splitlines()[1]
        if silent_s > 10:
            assert "KHÔNG phải hiện tại" in text.splitlines()[1]


@REALMS
@pytest.mark.parametrize("pressed", OVERLAYS.values(), ids=OVERLAYS)
async def test_what_lies_over_a_screen_has_it_too(
    pressed: tuple[str, ...],
    realm: str,
    snapshots: Mapping[str, Snapshot],
    draw: Callable[..., Awaitable[str]],
) -> None:
    snapshot = snapshots["metronet"].model_copy(update={"realm": realm})
    assert STRIPES[realm] in await draw(snapshot, act=keys(*pressed))


@REALMS
async def test_a_terminal_that_is_too_small_for_a_screen_has_it_too(
    realm: str, snapshots: Mapping[str, Snapshot], draw: Callable[..., Awaitable[str]]
) -> None:
    async def shrink(pilot: Pilot[None]) -> None:
        await pilot.resize_terminal(60, 20)

    snapshot = snapshots["ok"].model_copy(update={"realm": realm})
    assert STRIPES[realm] in await draw(snapshot, act=shrink)


async def test_a_real_ward_has_none(
    snapshots: Mapping[str, Snapshot], draw: Callable[..., Awaitable[str]]
) -> None:
    assert "▓" not in await draw(snapshots["ok"].model_copy(update={"realm": "live"}))


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_the_stripe_names_the_drill_that_is_played(
    language: str, snapshots: Mapping[str, Snapshot], draw: Callable[..., Awaitable[str]]
) -> None:
    title = Text(vi="Mất kết nối phía ngoài, " * 6, en="A line cut outside, " * 6)
    drill = Drill(id="DR-NET-02", title=title, started=snapshots["ok"].ts, limit_min=45)
    snapshot = snapshots["ok"].model_copy(update={"realm": "drill", "drill": drill})
    stripe = (await draw(snapshot, language=language)).splitlines()[1]
    assert "▓▓ DR-NET-02 " in stripe
    assert "…" in stripe, "a long title gives way, the stripe does not"


@pytest.mark.parametrize("realm", ["live", "sim"])
@pytest.mark.parametrize("screen", SCREENS)
async def test_every_screen_says_what_hinders_the_agent_itself(
    screen: str, realm: str, snapshots: Mapping[str, Snapshot], draw: Callable[..., Awaitable[str]]
) -> None:
    full = Text(vi="Ổ đĩa đầy; việc đo vẫn tiếp tục.", en="The disk is full; polling goes on.")
    flood = Text(vi="sw-1: gửi quá nhiều.", en="sw-1: too many messages.")
    troubles = (Trouble(code="disk_full", text=full), Trouble(code="flood", text=flood))
    snapshot = snapshots["ok"].model_copy(update={"realm": realm, "troubles": troubles})
    text = await draw(snapshot, settings=Settings(words=Words(), screen=screen))
    stripe = text.splitlines()[1]
    assert "Ổ đĩa đầy; việc đo vẫn tiếp tục. (+1) ▓" in stripe
    assert stripe.startswith(STRIPES.get(realm, "▓▓"))
