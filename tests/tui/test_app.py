"""The application by keys: languages, themes, help, sizes, what it says and what it forgets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from inventory.language import LANGUAGES
from tui.actions import SCREENS
from tui.app import Arrived, Settings, WardopsApp
from tui.feed import Heard
from tui.resume import remembered
from tui.text import Words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from textual.pilot import Pilot

    from agent.wire import Meta, Snapshot
    from tui.freshness import Sight


@pytest.mark.parametrize("language", LANGUAGES)
async def test_help_explains_the_screen_below_it(
    language: str,
    draw: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("f1")

    text = await draw("ok", act=act, language=language)
    golden(f"help-home-80x24-{language}", text)


@pytest.mark.parametrize("screen", SCREENS)
async def test_the_language_changes_on_every_screen_and_back(
    screen: str,
    draw: Callable[..., Awaitable[str]],
) -> None:
    settings = Settings(words=Words(), screen=screen)

    def pressed(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
        async def act(pilot: Pilot[None]) -> None:
            await pilot.press(*keys)

        return act

    vietnamese = await draw("metronet", settings=settings)
    english = await draw("metronet", settings=settings, act=pressed("v"))
    assert "Thoát" in vietnamese
    assert "Quit" in english
    assert "Thoát" not in english
    assert await draw("metronet", settings=settings, act=pressed("f8", "f8")) == vietnamese


@pytest.mark.parametrize("screen", SCREENS)
async def test_escape_leads_home_from_everywhere_and_never_out(
    screen: str,
    draw: Callable[..., Awaitable[str]],
) -> None:
    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("f1", "escape", "escape", "escape", "escape")

    settings = Settings(words=Words(), screen=screen)
    text = await draw("ok", settings=settings, act=act)
    assert "VIỆC CẦN LÀM NGAY" in text


async def test_what_telex_sends_for_dd_opens_devices_once(
    draw: Callable[..., Awaitable[str]],
) -> None:
    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("d", "backspace", "đ", "ư")

    assert "› Thiết bị" in await draw("ok", act=act)


async def test_a_terminal_that_becomes_too_small_says_what_it_needs(
    draw: Callable[..., Awaitable[str]],
) -> None:
    async def shrink(pilot: Pilot[None]) -> None:
        await pilot.resize_terminal(60, 20)

    async def shrink_and_grow(pilot: Pilot[None]) -> None:
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        await pilot.resize_terminal(80, 24)

    text = await draw("ok", act=shrink)
    assert "80×24" in text
    assert "ỔN" not in text
    assert await draw("ok", act=shrink_and_grow) == await draw("ok")


async def test_language_theme_and_screen_are_remembered(
    tmp_path: Path,
    draw: Callable[..., Awaitable[str]],
) -> None:
    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("v", "f9", "i")

    settings = Settings(words=Words(), folder=tmp_path)
    await draw("ok", settings=settings, act=act)
    place = remembered(tmp_path)
    assert (place.language, place.theme, place.screen) == ("en", "light", "incident")


async def test_a_reconnected_screen_says_how_much_is_missing(
    meta: Meta,
    snapshots: Mapping[str, Snapshot],
    sight_of: Callable[..., Sight],
    run_app: Callable[..., Awaitable[str]],
) -> None:
    snapshot = snapshots["ok"]

    async def act(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, WardopsApp)
        app.meta = None
        app.post_message(Arrived(Heard(snapshot, 1000.0, 0.0, meta)))

    text = await run_app(sight_of(snapshot, silent_s=136.0), act=act)
    assert "mất 2ph16s dữ liệu" in text
    assert "▒▒" not in text


async def test_a_lost_screen_never_shows_the_old_state_as_present(
    snapshots: Mapping[str, Snapshot],
    sight_of: Callable[..., Sight],
    run_app: Callable[..., Awaitable[str]],
) -> None:
    for screen in SCREENS:
        settings = Settings(words=Words(), screen=screen)
        sight = replace(sight_of(snapshots["metronet"]), heard=900.0)
        text = await run_app(sight, settings=settings)
        assert "KHÔNG phải hiện tại" in text, screen
        assert "╔" not in text, screen
