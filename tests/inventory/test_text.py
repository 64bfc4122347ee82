"""Vietnamese text: folding, sorting, and width in cells."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.text import (
    accent_key,
    cells,
    cut,
    fold,
    nfc,
    one_line,
    pad,
    sort_key,
    unaccented,
    whole_percent,
)


def test_folding_maps_the_barred_d_and_drops_accents_case_and_spaces() -> None:
    assert fold("  Đặc khu   CÔN Đảo ") == "dac khu con dao"
    assert unaccented("Đường truyền") == "Duong truyen"


def test_both_tone_mark_styles_have_one_accent_key() -> None:
    assert accent_key("Hòa Bình") == accent_key("Hoà Bình")
    assert accent_key("Thạnh An") != accent_key("Thanh An")
    assert accent_key("Tân") != accent_key("Tấn")


def test_names_sort_as_in_a_vietnamese_dictionary() -> None:
    names = ["Đa Kao", "Duy", "Ấp", "Dĩ An", "Bến", "Âm", "An", "Ăn"]
    expected = ["An", "Ăn", "Âm", "Ấp", "Bến", "Dĩ An", "Duy", "Đa Kao"]
    assert sorted(names, key=sort_key) == expected
    tones = ["mạ", "má", "ma", "mã", "mà", "mả"]
    assert sorted(tones, key=sort_key) == ["ma", "mà", "mả", "mã", "má", "mạ"]


def test_width_is_counted_in_cells() -> None:
    name = "Phường Bến Nghé"
    assert cells(name) == cells(unicodedata.normalize("NFD", name)) == 15
    assert cells("漢字") == 4


@pytest.mark.parametrize(
    ("text", "width", "padded"),
    [
        ("Thủ Đức", 10, "Thủ Đức   "),
        ("Phường Sài Gòn", 8, "Phường …"),
        ("漢字", 3, "漢…"),
        ("漢字漢", 4, "漢… "),
        ("abc", 0, ""),
    ],
)
def test_padding_fills_or_cuts_to_the_cell(text: str, width: int, padded: str) -> None:
    assert pad(text, width) == padded


def test_numbers_are_padded_on_the_left() -> None:
    assert pad("12,5", 6, "right") == "  12,5"


@given(st.text(max_size=30), st.integers(0, 40))
def test_a_padded_text_has_exactly_its_width(text: str, width: int) -> None:
    assert cells(pad(text, width)) == width
    assert cells(cut(text, width)) <= max(width, 0)


@given(st.text())
def test_folding_is_the_same_for_both_forms_and_done_once(text: str) -> None:
    composed, decomposed = nfc(text), unicodedata.normalize("NFD", text)
    assert fold(composed) == fold(decomposed)
    assert unaccented(unaccented(text)) == unaccented(text)


@given(st.text())
def test_a_value_in_a_message_stays_on_one_short_line(text: str) -> None:
    shown = one_line(text)
    assert shown.isprintable()
    assert cells(shown) <= 60


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, 0), (0.074, 7), (0.445, 45), (1 - 0.04, 96), (1 - 0.0405, 96), (0.85, 85),
        (1 - 0.15, 85), (0.8534, 86), (0.8466, 84), (0.147, 14), (0.85004, 86), (0.9971, 99),
        (1.0, 100), (1.204, 120),
    ],
)  # fmt: skip
def test_a_share_is_rounded_half_up_but_never_onto_a_limit_that_it_is_not(
    share: float, said: int
) -> None:
    assert whole_percent(share) == said
