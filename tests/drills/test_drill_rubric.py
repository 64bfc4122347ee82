"""A failed input method never costs points."""

from __future__ import annotations

import unicodedata

import pytest

from drills.loading import find
from drills.rubric import contains, says
from drills.scenario import Rubric
from inventory.text import fold, unaccented

# Every Vietnamese phrase of the shipped rubrics as people write it; English and acronyms as is.
WRITTEN = (
    "LOS", "đèn đỏ", "đèn FX", "red light", "CPE", "uplink", "switch", "cổng",
    "đứt cáp", "mất kết nối", "đường truyền", "Metronet", "cable", "line",
    "NOC", "cấp trên", "đang xử lý", "dự kiến", "nhà mạng", "handed over", "expected",
    "cable_cut", "đứt đường truyền", "cáp quang", "cable cut", "fibre cut", "cut cable",
)  # fmt: skip
_TONES = {"\u0301": "s1", "\u0300": "f2", "\u0309": "r3", "\u0303": "x4", "\u0323": "j5"}
_TELEX = {"\u0302": "{0}", "\u0306": "w", "\u031b": "w"}
_VNI = {"\u0302": "6", "\u0306": "8", "\u031b": "7"}


def keys_of(text: str, *, vni: bool) -> str:
    """What the keyboard sends for a text when the input method is off: tones at the word's end."""
    return " ".join(_word(word, vni=vni) for word in text.split())


def _word(word: str, *, vni: bool) -> str:
    typed, tone = "", ""
    for char in unicodedata.normalize("NFD", word):
        if char in "đĐ":
            typed += "d9" if vni else "dd"
        elif char in _TONES:
            tone = _TONES[char][1 if vni else 0]
        elif char in _TELEX:
            typed += _VNI[char] if vni else _TELEX[char].format(typed[-1])
        else:
            typed += char
    return typed + tone


def phrases() -> set[str]:
    """Every phrase of every shipped rubric."""
    rubrics = [item.rubric for item in find("DR-NET-02").expected if item.rubric]
    groups = [g for one in rubrics for g in (one.contains_any, *one.contains_each)]
    return {phrase for group in groups for phrase in group}


def test_every_shipped_phrase_is_tried_below() -> None:
    assert {fold(text) for text in WRITTEN} == phrases()


@pytest.mark.parametrize("written", WRITTEN)
def test_a_phrase_counts_in_whatever_form_it_was_typed(written: str) -> None:
    forms = {
        "composed": unicodedata.normalize("NFC", written),
        "decomposed": unicodedata.normalize("NFD", written),
        "unaccented": unaccented(written),
        "upper": written.upper(),
        "telex": keys_of(written, vni=False),
        "vni": keys_of(written, vni=True),
    }
    for form, text in forms.items():
        assert contains(f"Bao cao: {text}, het.", fold(written)), form


@pytest.mark.parametrize(
    "typed", ["nguyeen nhaan", "nguye6n nha6n", "nguyên nhân", "NGUYÊN NHÂN", "nguyên   nhân"]
)
def test_what_an_input_method_left_behind_is_undone(typed: str) -> None:
    assert contains(typed, "nguyen nhan")


@pytest.mark.parametrize("typed", ["dduwowngf truyeenf", "dduowfng truyeefn", "d9u7o7ng2 truye6n2"])
def test_horned_letters_and_tones_are_undone_wherever_they_stand(typed: str) -> None:
    assert contains(typed, "duong truyen")


def test_a_phrase_is_whole_words() -> None:
    assert not contains("losing", "los")
    assert not contains("đườngtruyền", "duong truyen")


def test_each_group_is_needed_and_a_long_text_fails() -> None:
    rubric = Rubric(contains_each=(("los",), ("cpe", "switch")), max_chars=40)
    assert says("LOS đỏ, CPE tốt", rubric)
    assert not says("LOS đỏ", rubric)
    assert not says("LOS đỏ, CPE tốt " + "rất " * 20, rubric)
    assert says("switch", Rubric(contains_any=("cpe", "switch")))
    assert not says("không rõ", Rubric(contains_any=("cpe", "switch")))
