"""Vietnamese text: composed form, folding for search, sorting, width in cells; whole percents."""

from __future__ import annotations

import unicodedata
from math import ceil, floor, isclose
from typing import Literal

_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}  # huyền hỏi ngã sắc nặng
_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_RANKS = {letter: rank for rank, letter in enumerate(_LETTERS, start=1)}
_LIMITS = frozenset({5, 15, 85, 90, 95, 100})  # in percent: what is judged by them, and full
_BARRED = str.maketrans("đĐ", "dD")


def nfc(text: str) -> str:
    """The composed form: what files, screens and the API carry."""
    return unicodedata.normalize("NFC", text)


def unaccented(text: str) -> str:
    """The text in plain Latin letters, case kept: `Đường truyền` -> `Duong truyen`.

    Unicode does not decompose the barred d, so it is mapped by hand.
    """
    decomposed = unicodedata.normalize("NFD", text.translate(_BARRED))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def fold(text: str) -> str:
    """The form that search compares: unaccented, without case, single spaces."""
    return " ".join(unaccented(text).casefold().split())


def accent_key(text: str) -> str:
    """A form equal for both tone-mark styles (`Hòa`, `Hoà`) and different for other accents.

    Each word's tone mark moves to its end, so it no longer matters which vowel carries it.
    """
    return " ".join(_toneless(word) + _tones(word) for word in text.casefold().split())


def has_accents(text: str) -> bool:
    """Whether anything in the text goes beyond plain Latin letters."""
    return unaccented(text) != text


def sort_key(text: str) -> tuple[tuple[int, ...], tuple[int, ...], str]:
    """Order of Vietnamese dictionaries: letters first, then tones, then the rest.

    Letters run a ă â b c d đ e ê …, tones ngang huyền hỏi ngã sắc nặng; f j w z stand after their
    Latin neighbours; digits and signs come before letters.
    """
    letters: list[int] = []
    tones: list[int] = []
    for char in nfc(text).casefold():
        bare = _toneless(char)
        letters.append(_RANKS.get(bare, ord(bare[:1] or " ") - 0x110000))
        tones.append(_TONES.get(_tones(char), 0))
    return tuple(letters), tuple(tones), text


def cells(text: str) -> int:
    """Width of the text in terminal cells: combining marks take none, wide East Asian two."""
    return sum(_cells(char) for char in text)


def cut(text: str, width: int) -> str:
    """The text in at most `width` cells; what is left out shows as `…`."""
    if cells(text) <= width:
        return text
    kept = ""
    for char in nfc(text):
        if cells(kept) + _cells(char) > width - 1:
            break
        kept += char
    return kept + "…" if width > 0 else ""


def pad(text: str, width: int, align: Literal["left", "right"] = "left") -> str:
    """The text in exactly `width` cells, cut or filled with spaces."""
    short = cut(text, width)
    blank = " " * (width - cells(short))
    return short + blank if align == "left" else blank + short


def whole_percent(share: float) -> int:
    """A share (1 is all) in whole percents, rounded half up, but never onto a limit that it is not.

    So 0.853 reads as 86 where 85 is the limit that it passes, and 0.997 as 99: it is not full.
    """
    exact = 100 * share
    shown = floor(exact + 0.5)
    if shown not in _LIMITS or isclose(shown, exact, rel_tol=1e-9):
        return shown
    return ceil(exact) if exact > shown else floor(exact)


def one_line(value: object, limit: int = 60) -> str:
    """A value from outside as it may stand in a message: one line, no control characters, short."""
    text = "".join(char if char.isprintable() else " " for char in nfc(str(value)))
    return cut(" ".join(text.split()), limit)


def _cells(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Me", "Cf", "Cc"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _toneless(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    return nfc("".join(char for char in decomposed if char not in _TONES))


def _tones(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", text) if char in _TONES)
