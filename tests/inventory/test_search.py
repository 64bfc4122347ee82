"""Whatever staff type, the unit is among the first hits."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.search import search
from inventory.text import unaccented
from inventory.units import former_names, units


def codes(query: str) -> list[str]:
    """Codes of the hits, best first."""
    return [hit.unit.code for hit in search(query).hits]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("ben nghe", ["26740"]),
        ("Bến Nghé", ["26740"]),
        ("thanh an", ["25807", "27676"]),
        ("Thạnh An", ["27676"]),
        ("phuong 4 quan 3", ["27139", "27154"]),
        ("con dao", ["26732"]),
        ("26732", ["26732"]),
        ("hoa binh", ["27211"]),
        ("Hoà Bình", ["27211"]),
        ("tan phu", ["27031", "27487", "26842"]),
        ("P4 Q3", ["27139", "27154"]),
        ("p.4, q.3", ["27139", "27154"]),
        ("beens nghes", ["26740"]),
        ("phuowngf saif gonf", ["26740"]),
        ("tp. thu duc", ["26824"]),
        ("chợ quán", ["27301"]),
        ("thanh an binh duong", ["25807"]),
        ("sai go", ["26740"]),
    ],
)
def test_the_first_hits(query: str, first: list[str]) -> None:
    assert codes(query)[: len(first)] == first


def test_a_former_name_says_which_it_was() -> None:
    (hit,) = search("ben nghe").hits
    assert hit.unit.name == "Phường Sài Gòn"
    assert hit.former is not None
    assert (hit.former.name, hit.former.district, hit.former.whole) == (
        "Phường Bến Nghé",
        "Quận 1",
        True,
    )


def test_parts_of_a_split_unit_are_told_as_parts() -> None:
    formers = [hit.former for hit in search("phuong 4 quan 3").hits]
    assert [former and former.whole for former in formers] == [False, False]


def test_a_number_without_its_district_asks_for_the_district() -> None:
    found = search("phường 4")
    assert found.districts[:2] == ("Quận 10", "Quận 3")
    assert "Thành phố Vũng Tàu" in found.districts
    assert all(hit.former and hit.former.name == "Phường 4" for hit in found.hits)


def test_a_numbered_district_finds_what_was_made_from_it() -> None:
    assert codes("quan 1") == ["26737", "26740", "26743", "26758"]
    assert search("quan 1").districts == ()


def test_kind_words_alone_never_make_a_hit() -> None:
    assert search("thanh pho an") == search("an")
    assert codes("an")[0] == "25867"
    assert search("phường").hits == ()


@pytest.mark.parametrize("query", ["", "  ", "!?", "phường", "zzz", "hồ chí minh", "\x00"])
def test_senseless_queries_find_nothing(query: str) -> None:
    assert search(query).hits == ()


def _spellings(name: str) -> set[str]:
    return {
        name,
        unicodedata.normalize("NFD", name),
        unaccented(name),
        name.upper(),
        name.replace("òa", "oà").replace("ủy", "uỷ"),
    }


def test_every_name_finds_its_unit_first_in_every_spelling() -> None:
    missed = {
        (unit.name, spelling)
        for unit in units().values()
        for spelling in _spellings(unit.name) | {unit.slug, unit.code}
        if unit.code not in codes(spelling)[:2]
    }
    assert missed == set()


def test_every_former_name_finds_its_unit_in_every_spelling() -> None:
    missed = {
        (former.name, spelling)
        for former in former_names()
        for name in (f"{former.name} {former.district}".strip(), former.name or former.district)
        for spelling in _spellings(name)
        if former.code not in codes(spelling)
    }
    assert missed == set()


@given(st.text(max_size=40))
def test_no_query_raises_and_no_unit_comes_twice(query: str) -> None:
    found = codes(query)
    assert len(found) == len(set(found))
