"""The palette and the search line: found without accents, in either language, keys as typed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.events import Paste

from tui.app import WardopsApp
from tui.matching import found, rank
from tui.screens.contacts import ContactsScreen
from tui.screens.device import DeviceScreen
from tui.screens.form import FormScreen
from tui.screens.home import HomeScreen
from tui.screens.incident import IncidentScreen
from tui.screens.palette import PaletteScreen
from tui.screens.playbook import PlaybookScreen
from tui.text import Words
from tui.view import Showing
from tui.view_palette import VERBS, Desk, entries, names

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from textual.pilot import Pilot

    from agent.wire import Meta, Snapshot
    from tui.freshness import Sight

SWITCH = "sw-26740-01"


@pytest.mark.parametrize(
    ("query", "name", "fits"),
    [
        ("thiet bi", "thiết bị", 0),
        ("THIẾT", "thiết bị", 1),
        ("dien luc", "Công ty Điện lực", 2),
        ("26740 01", "sw-26740-01", 2),
        ("oc", "ngôn ngữ, scenario", None),
        ("ph", "dự phòng", 2),
        ("hong", "dự phòng", 3),
        ("đứt", "dut", 0),
        ("", "x", 1),
        ("01 26740", "sw-26740-01", None),
    ],
)
def test_a_name_fits_by_its_letters_alone(query: str, name: str, fits: int | None) -> None:
    assert rank(query, name) == fits


@given(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=6))
def test_what_is_found_is_what_fits_the_best_first(query: str, things: list[str]) -> None:
    ranks = [rank(query, one) for one in found(query, things, lambda one: (one,))]
    assert None not in ranks
    assert ranks == sorted(ranks, key=lambda one: one or 0)


@pytest.fixture
def showing(snapshots: Mapping[str, Snapshot], sight_of: Callable[..., Sight]) -> Showing:
    """The cut line, in Vietnamese, now."""
    sight = sight_of(snapshots["metronet"])
    return Showing(sight, Words("vi"), 1000.0, snapshots["metronet"].ts)


DESK = Desk("ward_it")


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("lien he", ("call", "")),
        ("goi ai", ("call", "")),
        ("CALL", ("call", "")),
        ("thiet", ("device", "")),
        ("thiết bị sw", ("device", SWITCH)),
        ("device sw", ("device", SWITCH)),
        (SWITCH, ("device", SWITCH)),
        ("su co 00001", ("incident", "SC-2026-000001")),
        ("sc-00001", ("incident", "SC-2026-000001")),
        ("tiep nhan sc", ("ack", "SC-2026-000001")),
        ("do lai ups", ("probe", "ups-26740")),
        ("giao dien toi", ("theme", "dark")),
        ("thoat", ("quit", "")),
        ("why", ("why", "")),
    ],
)
def test_what_is_typed_finds_what_is_meant(
    typed: str, first: tuple[str, str], showing: Showing
) -> None:
    entry = entries(typed, DESK, showing)[0]
    assert (entry.verb.name, entry.target) == first


def test_nothing_typed_lists_every_verb_once_and_nonsense_finds_nothing(showing: Showing) -> None:
    assert [one.verb for one in entries("", DESK, showing)] == list(VERBS)
    assert entries("qqqq", DESK, showing) == []
    assert entries("thiet bi qqqq", DESK, showing) == []


def test_no_two_verbs_share_a_name() -> None:
    every = [name for verb in VERBS for name in set(names(verb))]
    assert sorted(set(every)) == sorted(every)


@pytest.mark.parametrize("role", ["metrics", "auditor", "a role that nobody knows yet"])
def test_who_may_not_write_sees_why_and_may_still_look(role: str, showing: Showing) -> None:
    for entry in entries("", Desk(role), showing):
        assert bool(entry.why_not) == entry.verb.writes, entry.verb.name
        assert not entry.why_not or role in entry.why_not


def test_a_leader_may_note_and_a_silent_agent_records_nothing(showing: Showing) -> None:
    leader = {one.verb.name: one.why_not for one in entries("", Desk("ward_leader"), showing)}
    assert not leader["note"]
    assert leader["ack"]
    silent = replace(showing, mono=1030.0)
    assert all(bool(one.why_not) == one.verb.writes for one in entries("", DESK, silent))


# ---- by keys ----


def typed(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Opens the palette and presses keys."""

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("colon", *keys)
        await pilot.pause()

    return act


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("size", ["80x24", "120x40"])
async def test_the_palette_looks_as_it_should(
    size: str,
    language: str,
    draw: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    text = await draw("metronet", size, typed(), language=language)
    assert "…" not in text  # every verb is said to its end
    golden(f"palette-{size}-{language}", text)


async def test_verbs_that_are_not_for_this_role_stay_and_say_why(
    meta: Meta,
    draw: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    async def act(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, WardopsApp)
        pilot.app.meta = meta.model_copy(update={"role": "auditor"})
        await typed(*"tiep nhan sc", "enter")(pilot)
        assert isinstance(pilot.app.screen, PaletteScreen)

    golden("palette-denied-80x24-vi", await draw("metronet", "80x24", act))


@pytest.mark.parametrize(
    ("keys", "screen"),
    [
        ((*"lien he", "enter"), ContactsScreen),
        ((*"thiet bi ups", "enter"), DeviceScreen),
        ((*"sc-00001", "enter"), IncidentScreen),
        ((*"quy trinh", "enter", "enter"), PaletteScreen),
        ((*"ghi chu sc", "enter"), FormScreen),
        ((*"ket luan", "enter"), HomeScreen),
        ((*"qqqq", "enter"), PaletteScreen),
        (("escape",), HomeScreen),
        ((*"thiet", "enter"), PaletteScreen),
        ((*"thiet", "enter", *"ups", "enter"), DeviceScreen),
        ((*"thiet bi ups", "tab", "enter"), DeviceScreen),
        ((*"lien hx", "backspace", "e", "enter"), ContactsScreen),
    ],
)
async def test_a_name_and_enter_lead_there(
    keys: tuple[str, ...], screen: type, draw: Callable[..., Awaitable[str]]
) -> None:
    async def act(pilot: Pilot[None]) -> None:
        await typed(*keys)(pilot)
        await pilot.pause()
        assert isinstance(pilot.app.screen, screen)

    await draw("metronet", "80x24", act)


async def test_a_playbook_by_name_is_under_the_cursor(
    draw: Callable[..., Awaitable[str]], briefs: tuple[Any, ...]
) -> None:
    async def act(pilot: Pilot[None]) -> None:
        await typed()(pilot)
        palette = pilot.app.screen
        assert isinstance(palette, PaletteScreen)
        palette.take_playbooks(briefs)
        await pilot.press(*"chuan bi hop", "enter")
        await pilot.pause()
        screen = pilot.app.screen
        assert isinstance(screen, PlaybookScreen)
        screen.take_briefs(briefs)

    assert "► 1  PB-MTG-01" in (await draw("ok", "80x24", act)).replace("►  ", "► ")


async def test_measuring_again_is_asked_of_the_agent(
    draw: Callable[..., Awaitable[str]], outbox: Any
) -> None:
    async def act(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, WardopsApp)
        pilot.app.feed = outbox
        await typed(*"do lai ups", "enter")(pilot)
        await pilot.pause()

    await draw("ok", "80x24", act)
    assert outbox.sent == [("probe_now", {"device": "ups-26740", "ward": "26740"}, None)]


@pytest.mark.parametrize(
    ("typing", "keys", "sent"),
    [
        ("bao tri ups", (*"90", "enter", *"ac quy", "enter", "enter"),
         [("maintenance_set", {"device": "ups-26740", "minutes": 90, "ward": "26740"}, "ac quy")]),
        ("bao tri ups", (*"lau", "enter", *"ac quy", "enter", "enter"), []),
    ],
)  # fmt: skip
async def test_maintenance_is_announced_from_a_form_and_only_for_whole_minutes(
    typing: str,
    keys: tuple[str, ...],
    sent: list[object],
    draw: Callable[..., Awaitable[str]],
    outbox: Any,
) -> None:
    async def act(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, WardopsApp)
        pilot.app.feed = outbox
        await typed(*typing, "enter")(pilot)
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()

    await draw("ok", "80x24", act)
    assert outbox.sent == sent


@pytest.mark.parametrize(
    ("typing", "keys", "verb", "args", "reason"),
    [
        ("chua khac phuc duoc", (*"cho cap", "enter", "4", "enter", *"3g", "enter", "enter"),
         "cannot_fix_now", {"workaround": "3g"}, "cho cap"),
        ("chuyen xu ly", (*"L2", "enter", "enter", "enter"), "hand_over", {"to": "L2"}, None),
    ],
)  # fmt: skip
async def test_what_is_done_to_an_incident_by_name_is_asked_in_a_form(
    typing: str,
    keys: tuple[str, ...],
    verb: str,
    args: dict[str, object],
    reason: str | None,
    draw: Callable[..., Awaitable[str]],
    outbox: Any,
) -> None:
    async def act(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, WardopsApp)
        pilot.app.feed = outbox
        await typed(*typing, " ", "enter")(pilot)
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()

    await draw("metronet", "80x24", act)
    ((said, given, why),) = outbox.sent
    assert (said, why) == (verb, reason)
    assert {name: given[name] for name in args} == args


async def test_letters_and_themes_change_by_name_too(draw: Callable[..., Awaitable[str]]) -> None:
    text = await draw("ok", "80x24", typed(*"khong dau", "enter", "colon", *"ascii", "enter"))
    assert text.isascii()
    assert "Sáng" in await draw("ok", "80x24", typed(*"giao dien sang", "enter"))
    assert "Do now".upper() in await draw("ok", "80x24", typed(*"ngon ngu", "enter"))


# ---- the search line of lists ----


def searched(key: str, *keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Opens a list, then its search line, and presses keys."""

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press(key, "slash", *keys)
        await pilot.pause()

    return act


async def test_a_list_shows_what_fits_while_it_is_typed(
    draw: Callable[..., Awaitable[str]], golden: Callable[[str, str], None]
) -> None:
    golden("search-device-80x24-vi", await draw("ok", "80x24", searched("f3", *"vm")))
    golden("search-incident-80x24-vi", await draw("metronet", "80x24", searched("f4", *"mat k")))
    wide = await draw("ok", "120x40", searched("f3", *"vm"))
    assert "ups-26740 " not in wide


async def test_every_letter_is_the_fields_until_it_is_left(
    draw: Callable[..., Awaitable[str]],
) -> None:
    async def act(pilot: Pilot[None]) -> None:
        await searched("f3", *"qdv:?1", "d", "backspace", "đ")(pilot)
        assert isinstance(pilot.app.screen, DeviceScreen)
        pilot.app.screen.post_message(Paste("a\u0301"))

    assert " / qdv:?1đá " in await draw("ok", "80x24", act)


async def test_escape_leaves_the_field_then_the_screen(
    draw: Callable[..., Awaitable[str]],
) -> None:
    home = await draw("ok", "80x24")
    for keys in (("escape",), (*"vm", "escape"), (*"vm", "enter", "escape")):
        listed = await draw("ok", "80x24", searched("f3", *keys))
        assert "ups-26740" in listed
        assert "· Esc" not in listed
    assert await draw("ok", "80x24", searched("f3", *"vm", "enter", "escape", "escape")) == home


async def test_nothing_that_fits_is_said_and_breaks_no_key(
    draw: Callable[..., Awaitable[str]],
) -> None:
    keys = (*"zzz", "enter", "down", "enter", "left", "right", "pagedown", "r")
    for key in ("f3", "f4"):
        assert "Không có mục nào khớp" in await draw("metronet", "80x24", searched(key, *keys[:4]))
        await draw("metronet", "120x40", searched(key, *keys))
