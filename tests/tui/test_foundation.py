"""What all screens stand on: freshness, legend, lines, keys, words, memory, the first text."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.client import state_folder
from agent.wire import DeviceStateName, StateName
from inventory.errors import AgentUnreachable
from inventory.language import LANGUAGES, catalogue
from inventory.text import cells
from tui import prepaint, resume
from tui.actions import ACTIONS, HELP, SCREENS, for_key, on_screen
from tui.freshness import Sight, freshness, retry_after_s
from tui.legend import mark_of, to_ascii
from tui.lines import Span, boxed, fit, line, spread, text, width, wrapped
from tui.opening import colours
from tui.text import Words
from tui.themes import PALETTES, Palette
from tui.view import Showing, keys_line, status_line
from tui.view_help import help_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agent.wire import Snapshot
    from inventory.language import Language

WORDS = st.text("aăâbớợể 0…●", max_size=60)


@pytest.mark.parametrize(
    ("age_s", "said"),
    [(0, "live"), (30, "live"), (31, "stale"), (90, "stale"), (91, "unknown"), (None, "unknown")],
)
def test_a_value_is_stale_after_its_ttl_and_unknown_after_three(
    age_s: float | None, said: str
) -> None:
    assert freshness(age_s, 30.0) == said


@pytest.mark.parametrize(
    ("silent_s", "link"),
    [(0, "live"), (6, "live"), (6.1, "slow"), (10, "slow"), (10.1, "lost"), (3600, "lost")],
)
def test_an_agent_is_slow_after_6_s_and_lost_after_10(
    silent_s: float, link: str, snapshots: Mapping[str, Snapshot]
) -> None:
    sight = Sight(snapshot=snapshots["ok"], heard=100.0)
    assert sight.link(100.0 + silent_s) == link


def test_a_copy_is_never_live(snapshots: Mapping[str, Snapshot]) -> None:
    copy = Sight(snapshot=snapshots["ok"], heard=100.0, is_copy=True, copy_age_s=1.0)
    assert copy.link(100.0) == "connecting"
    failed = copy.failed_now(AgentUnreachable("api.unreachable", where="x", problem="y"), 101.0)
    assert failed.link(100.0) == "lost"
    assert failed.age_s(102.0) == 3.0


def test_an_agent_is_asked_again_after_1_2_4_8_and_then_every_15_s() -> None:
    assert [retry_after_s(n) for n in range(1, 8)] == [1, 2, 4, 8, 15, 15, 15]


@pytest.mark.parametrize("state", [*get_args(StateName), *get_args(DeviceStateName), "new"])
def test_every_state_has_a_glyph_and_a_word_in_both_languages(state: str) -> None:
    mark = mark_of(state)
    assert cells(mark.glyph) == 1
    assert to_ascii(mark.glyph).isascii()
    assert all(mark.word in catalogue(language) for language in LANGUAGES)
    assert (mark.tone == "ok") == (state == "ok")


def test_no_two_states_look_alike_in_ascii() -> None:
    shown = {to_ascii(mark_of(state).glyph) for state in ("ok", "degraded", "down", "unknown")}
    assert len(shown) == 4


@given(WORDS, WORDS, st.integers(0, 50))
def test_a_line_is_made_exactly_as_wide_as_asked(one: str, two: str, wanted: int) -> None:
    made = fit(line(one, Span(two, "ok")), wanted)
    assert width(made) == wanted
    assert width(spread(line(one), line(two[:5]), max(wanted, 6))) == max(wanted, 6)


@given(WORDS, st.integers(5, 40), st.integers(1, 4))
def test_wrapped_text_fits_and_loses_nothing_without_a_sign(
    said: str, wanted: int, most: int
) -> None:
    rows = wrapped(said, wanted, most)
    assert len(rows) <= most
    assert all(cells(row) <= wanted for row in rows)
    if not any("…" in row for row in rows):
        assert " ".join(rows).split() == said.split()


def test_a_frame_is_as_wide_and_high_as_asked() -> None:
    rows = boxed([line("x" * 50), line("y")], 20, title=line("a long title, too long"), height=6)
    assert [width(row) for row in rows] == [20] * 6


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_is_whole_on_the_smallest_terminal(
    showing_of: Callable[..., Showing], snapshots: Mapping[str, Snapshot], language: Language
) -> None:
    for screen in SCREENS:
        rows = [text(one) for one in help_lines(showing_of(snapshots["ok"], language), screen)]
        assert len(rows) <= 24 - 3, screen
        assert all(cells(row) == 80 for row in rows), screen
        assert not any("…" in row.replace("F1…F10", "") for row in rows), screen
        for action in on_screen(screen):
            said = Words(language).say(f"{action.label}_long")
            assert any(said in row for row in rows), (screen, action.name)


def test_no_key_does_two_things_on_one_screen() -> None:
    for screen in (*SCREENS, HELP):
        keys = [key for action in on_screen(screen) for key in action.keys]
        assert sorted(set(keys)) == sorted(keys), screen


def test_an_action_of_every_screen_has_a_key_that_no_input_method_touches() -> None:
    for action in ACTIONS:
        if not action.screens:
            keys = action.keys
            safe = [key for key in keys if key.startswith("ctrl+") or key[1:].isdigit()]
            assert safe, action.name


def test_no_key_is_one_that_an_input_method_changes() -> None:
    keys = {key for action in ACTIONS for key in action.keys}
    assert keys.isdisjoint({"w", "W", "left_square_bracket", "right_square_bracket", "backspace"})
    assert for_key("home", "d") == for_key("home", "đ")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("screen", SCREENS)
def test_the_footer_holds_the_screens_own_keys_at_80_columns(
    screen: str, language: str, snapshots: Mapping[str, Snapshot]
) -> None:
    snapshot = snapshots["ok"]
    words = Words(language=language)  # type: ignore[arg-type]  # one of LANGUAGES
    showing = Showing(Sight(snapshot, heard=0.0), words, 1.0, snapshot.ts)
    said = text(keys_line(showing, screen))
    own = [a for a in on_screen(screen) if a.screens or a.name in {"help", "quit"}]
    wanted = [a for a in own if a.footer and not a.is_wide]
    assert [a.name for a in wanted if words.say(a.label) not in said] == []
    assert cells(said) == 80


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_the_path_fit_their_boxes(language: str) -> None:
    said = catalogue(language)
    for key in ("ok", "degraded", "lost", "unknown", "maintenance", "unreachable"):
        assert cells(said[f"tui.state.{key}"]) <= 9, key
    for segment in ("lan", "switch", "metronet", "dc", "service"):
        assert cells(said[f"tui.segment.{segment}"]) <= 14, segment


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_line_always_says_who_where_and_when(
    language: str, snapshots: Mapping[str, Snapshot]
) -> None:
    words = Words(language=language)  # type: ignore[arg-type]  # one of LANGUAGES
    failure = AgentUnreachable("api.unreachable", where="x", problem="y")
    lost = Sight(snapshots["ok"], heard=0.0, failure=failure, retry_at=4000.0)
    showing = Showing(lost, words, 3995.0, snapshots["ok"].ts)
    said = text(status_line(showing))
    assert cells(said) == 80
    assert words.place(snapshots["ok"].wards[0]) in said
    assert words.say("tui.bar.lost", age=words.lasted(3995)) in said
    assert "08:08:29" in said


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palette", [one for one in PALETTES.values() if not one.is_ansi])
def test_every_colour_can_be_read_on_its_background(palette: Palette) -> None:
    back = _luminance(palette.background)
    for name in ("text", "dim", "accent", "ok", "degraded", "down", "maintenance"):
        front = _luminance(getattr(palette, name))
        contrast = (max(front, back) + 0.05) / (min(front, back) + 0.05)
        assert contrast >= 4.5, (name, contrast)


def test_a_terminal_gets_the_colours_that_it_has() -> None:
    assert colours({"TERM": "xterm-256color"}) == (True, "")
    assert colours({"TERM": "linux"}) == (True, "ansi")
    assert colours({"TERM": "xterm", "COLORTERM": "truecolor"}) == (True, "")
    assert colours({"TERM": "xterm-256color", "NO_COLOR": "1"}) == (False, "ansi")


def test_a_person_finds_the_place_again_and_a_broken_file_is_no_place(tmp_path: Path) -> None:
    place = resume.Place("incident", "en", "light")
    resume.remember(tmp_path, place)
    assert resume.remembered(tmp_path) == place
    for broken in (b"", b"{", b"[1]", b'{"screen": 5, "x": 1}', b"\xff"):
        (tmp_path / resume.NAME).write_bytes(broken)
        assert resume.remembered(tmp_path) == resume.Place()
    resume.remember(tmp_path / resume.NAME / "no folder", place)


def test_the_first_text_says_old_data_and_never_a_bare_good(
    snapshots: Mapping[str, Snapshot],
) -> None:
    snapshot = snapshots["ok"]
    ward = json.loads(snapshot.model_dump_json(by_alias=True))
    state = {
        "generated_at": ward["ts"],
        "realm": "live",
        "wards": [{"ward": ward["ward"], "verdict": ward["verdict"]}],
    }
    said = prepaint.first_text(json.dumps(state).encode(), Words())
    assert "DỮ LIỆU CŨ" in said[0]
    assert any(row.startswith(" ? ") for row in said)
    assert not any(row.lstrip().startswith("●") for row in said)


@pytest.mark.parametrize(
    ("realm", "stripe"), [("drill", "▓▓ DIỄN TẬP ▓▓"), ("sim", "▓▓ MÔ PHỎNG ▓▓"), ("live", "▒▒")]
)
def test_the_first_text_has_the_stripe_of_what_is_no_real_ward(
    realm: str, stripe: str, snapshots: Mapping[str, Snapshot]
) -> None:
    snapshot = json.loads(snapshots["ok"].model_dump_json(by_alias=True))
    ward = {"ward": snapshot["ward"], "verdict": snapshot["verdict"]}
    state = {"generated_at": snapshot["ts"], "realm": realm, "wards": [ward]}
    assert prepaint.first_text(json.dumps(state).encode(), Words())[0].startswith(stripe)


@pytest.mark.parametrize("copy", [b"", b"{}", b"[]", b"{", b'{"generated_at": 5}', b"\xff\xfe"])
def test_without_a_readable_copy_the_first_text_says_it_connects(copy: bytes) -> None:
    assert prepaint.first_text(copy, Words()) == [Words().say("tui.pre.nothing")]


@pytest.mark.parametrize("environ", [{}, {"XDG_STATE_HOME": "/somewhere"}])
def test_the_first_text_looks_where_the_client_looks(environ: dict[str, str]) -> None:
    assert prepaint.state_folder(environ) == state_folder(environ)


def test_ascii_keeps_every_width() -> None:
    every = "".join(chr(code) for code in range(0x2500, 0x25FF)) + "«»›–—…×·→←↑↓°²"
    assert cells(to_ascii(every)) == cells(every)


def test_the_screens_say_nothing_outside_the_catalogue() -> None:
    """No accented letter stands in the code of the screens: it would be a text of its own."""
    root = Path(__file__).parents[2] / "tui"
    found = {
        f"{path.name}: {text}"
        for path in root.rglob("*.py")
        for text in path.read_text(encoding="utf-8").splitlines()
        if any(letter in text for letter in "ăâêôơưạảấầẩậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ")
    }
    allowed = ("text.py", "actions.py")  # kinds of units, and the letter that Telex makes of `dd`
    assert {one for one in found if not one.startswith(allowed) and "`" not in one} == set()


@pytest.fixture(autouse=True)
def _no_colour_of_the_tester(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "WARDOPS_LANG"):
        if name in os.environ:
            monkeypatch.delenv(name)


def test_ages_are_written_in_their_two_largest_units() -> None:
    words: Callable[[float], str] = Words().lasted
    assert [words(s) for s in (8, 724, 7800, 273600)] == ["8s", "12ph04s", "2h10ph", "3ng4h"]
