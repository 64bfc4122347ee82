"""The unit tables are what their sources say, and stay it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from unicodedata import is_normalized

from inventory.text import fold
from inventory.units import former_names, units

DATA = Path(__file__).parents[2] / "inventory" / "data"


def test_there_are_168_units_sorted_by_code() -> None:
    assert len(units()) == 168
    assert list(units()) == sorted(units())


def test_kinds_and_areas_count_as_in_the_state_list() -> None:
    kinds = Counter(unit.kind for unit in units().values())
    areas = Counter((unit.area, unit.kind) for unit in units().values())
    assert kinds == {"phường": 113, "xã": 54, "đặc khu": 1}
    assert areas == {
        ("TP.HCM cũ", "phường"): 78,
        ("TP.HCM cũ", "xã"): 24,
        ("Bình Dương", "phường"): 24,
        ("Bình Dương", "xã"): 12,
        ("Bà Rịa-Vũng Tàu", "phường"): 11,
        ("Bà Rịa-Vũng Tàu", "xã"): 18,
        ("Bà Rịa-Vũng Tàu", "đặc khu"): 1,
    }


def test_there_are_493_former_names_of_known_units() -> None:
    assert len(former_names()) == 493
    assert {former.code for former in former_names()} <= set(units())
    assert all(former.area == units()[former.code].area for former in former_names())
    nameless = [former for former in former_names() if not former.name]
    assert [(former.code, former.district) for former in nameless] == [("26732", "Huyện Côn Đảo")]


def test_all_tables_are_composed_text() -> None:
    for path in DATA.glob("*.csv"):
        assert is_normalized("NFC", path.read_text(encoding="utf-8")), path.name


def test_slugs_are_unique_and_carry_the_code_only_where_two_names_fold_alike() -> None:
    slugs = [unit.slug for unit in units().values()]
    assert len(set(slugs)) == 168
    doubled = [unit for unit in units().values() if unit.slug.endswith(unit.code)]
    assert {unit.code for unit in doubled} == {"25807", "27676"}


def test_names_begin_with_their_kind_and_fit_their_columns() -> None:
    for unit in units().values():
        assert fold(unit.name).startswith(fold(unit.kind) + " ")
        assert len(unit.name) <= 22
        assert len(unit.slug) <= 15
