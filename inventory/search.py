"""Finding a unit by what people type: code, name, slug or a name from before 1 July 2025.

All names are folded once; a query is a linear scan over 661 entries, so there is no index.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from inventory.text import accent_key, fold, has_accents, nfc, sort_key
from inventory.units import FormerName, former_names, units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.model import Unit

# Words that say what kind of unit a name belongs to, folded; they never identify it.
_WARD_WORDS = frozenset({("phuong",), ("xa",), ("dac", "khu"), ("thi", "tran"), ("p",), ("x",)})
_DISTRICT_WORDS = frozenset(
    {("quan",), ("huyen",), ("thi", "xa"), ("thanh", "pho"), ("q",), ("h",), ("tx",), ("tp",)}
)
# "p4", "Q.3" and "tp.thu duc" are written without a space as often as with one.
_GLUED = re.compile(r"\b([pq])\.?(?=\d)|\b(tp|tx|[pxqh])\.")
_NUMBERED = re.compile(r"\d{1,2}")
_TELEX_WORD = re.compile(r"([^aeiouyw]*)([aeiouyw].*)?", re.DOTALL)

_Order: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A unit that fits a query; `former` is the former name that made it fit, if one did."""

    unit: Unit
    former: FormerName | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a query fits, best first.

    `districts` is filled when the query is a former number without its district ("phường 4"), which
    means nothing until one of these is chosen.
    """

    hits: tuple[Hit, ...]
    districts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Query:
    text: str
    district: str
    accents: str | None


@dataclass(frozen=True, slots=True)
class _Entry:
    """A name under which a unit can be found, folded; `districts` are the former ones it spans."""

    hit: Hit
    name: str
    accents: str
    districts: tuple[str, ...]
    line: str
    place: _Order


def search(query: str) -> Found:
    """Find units by code, name, slug or former name, however it is typed.

    Accents, case, tone-mark style and kind words do not matter; a query with accents puts hits with
    the same accents first. Within that the order is: code, name, beginning of the name, beginning
    of a word, former name (whole before part), anything inside. A district alone finds the units
    made from it. Raw Telex counts when nothing else fits. A senseless query finds nothing.
    """
    found = _find(_parse(query))
    return found if found.hits else _find(_parse(_untelex(fold(query))))


def bare_name(name: str) -> str:
    """A unit's name without its kind word, accents kept: `Phường Sài Gòn` -> `Sài Gòn`."""
    words = name.split()
    size = _kind_size(fold(name).split())
    return " ".join(words[size:])


def _parse(query: str) -> _Query:
    """Split a query into the unit's part and the district's, without kind words.

    A named district alone is taken as a name: `thanh pho an` asks for `an`. A numbered one is not.
    """
    spaced = _GLUED.sub(lambda found: f"{found[1] or found[2]} ", fold(query))
    words = re.sub(r"[^\w\s-]", " ", spaced).split()
    parts: dict[bool, list[str]] = {False: [], True: []}
    in_district = False
    while words:
        size = _kind_size(words)
        if size:
            in_district = tuple(words[:size]) in _DISTRICT_WORDS
        parts[in_district] += [] if size else words[:1]
        words = words[size or 1 :]
    text, district = " ".join(parts[False]), " ".join(parts[True])
    accents = accent_key(bare_name(nfc(query))) if has_accents(query) else None
    if not text and not _NUMBERED.fullmatch(district):
        return _Query(district, "", accents)
    return _Query(text, district, accents)


def _kind_size(words: list[str]) -> int:
    """How many words in front are a kind word; one with nothing behind it is part of a name."""
    kinds = _WARD_WORDS | _DISTRICT_WORDS
    return next((n for n in (2, 1) if len(words) > n and tuple(words[:n]) in kinds), 0)


def _find(query: _Query) -> Found:
    if not query.text and not query.district:
        return Found(())
    best: dict[str, tuple[_Order, Hit]] = {}
    for entry in _entries():
        rank = _rank(query, entry)
        if rank is None:
            continue
        foreign = query.accents is not None and not _same_accents(query.accents, entry.accents)
        order = (foreign, rank, entry.place)
        code = entry.hit.unit.code
        if code not in best or order < best[code][0]:
            best[code] = (order, entry.hit)
    hits = tuple(hit for _, hit in sorted(best.values(), key=lambda pair: pair[0]))
    lacks_district = _NUMBERED.fullmatch(query.text) and not query.district
    return Found(hits, _districts_of(query.text) if lacks_district else ())


def _districts_of(number: str) -> tuple[str, ...]:
    """The districts that had a unit of this number."""
    named = {f.district for f in former_names() if fold(bare_name(f.name)) == number}
    return tuple(sorted(named, key=sort_key))


@cache
def _entries() -> tuple[_Entry, ...]:
    return (*_unit_entries(), *_former_entries())


def _unit_entries() -> Iterator[_Entry]:
    for unit in units().values():
        bare = bare_name(unit.name)
        former = {f.district for f in former_names() if f.code == unit.code}
        yield _Entry(
            hit=Hit(unit),
            name=fold(bare),
            accents=accent_key(bare),
            districts=tuple(fold(bare_name(district)) for district in former),
            line=fold(f"{bare} {unit.area}"),
            place=((), unit.code),
        )


def _former_entries() -> Iterator[_Entry]:
    for former in former_names():
        bare, district = bare_name(former.name), bare_name(former.district)
        yield _Entry(
            hit=Hit(units()[former.code], former),
            name=fold(bare),
            accents=accent_key(bare),
            districts=(fold(district),),
            line=fold(f"{bare} {district} {former.area}"),
            place=(sort_key(former.district), former.code),
        )


def _rank(query: _Query, entry: _Entry) -> float | None:
    """How well an entry fits, 0 best, None not at all."""
    former = entry.hit.former
    if query.district and not any(_fits_district(query.district, d) for d in entry.districts):
        return None
    if not query.text:
        return 6 if former else None
    return _former_rank(query.text, entry, former) if former else _unit_rank(query.text, entry)


def _unit_rank(text: str, entry: _Entry) -> float | None:
    """0 code, 1 name or slug, 2 its first words, 3 other words, 7 inside, 8 all words somewhere."""
    unit = entry.hit.unit
    if text == unit.code:
        return 0
    if text in {entry.name, unit.slug}:
        return 1
    rank = _whole_words(text, entry.name)
    if rank is not None:
        return 2 + rank
    if not _NUMBERED.fullmatch(text) and (text in unit.slug or unit.code.startswith(text)):
        return 7
    return _loose_rank(text, entry)


def _former_rank(text: str, entry: _Entry, former: FormerName) -> float | None:
    """4 whole name of a whole unit, 4.5 of a part, 5 some words, 6 district, 7 and 8 as above."""
    if entry.name == text:
        return 4 if former.whole else 4.5
    rank = _whole_words(text, entry.name)
    if rank is not None:
        return 5 + rank / 2
    if text in entry.districts and not _NUMBERED.fullmatch(text):
        return 6
    return _loose_rank(text, entry)


def _whole_words(text: str, name: str) -> int | None:
    """0 when the name begins with exactly these words, 1 when they follow later."""
    if f"{name} ".startswith(f"{text} "):
        return 0
    return 1 if f" {text} " in f" {name} " else None


def _loose_rank(text: str, entry: _Entry) -> float | None:
    """Words begun but not finished come before letters anywhere, then words of name and place.

    A former number is never found by a part of it: 1 is not 10.
    """
    if _NUMBERED.fullmatch(text):
        return None
    if f" {text}" in f" {entry.name}":
        return 6.5
    if text in entry.name or any(text in district for district in entry.districts):
        return 7 if entry.hit.former or text in entry.name else None
    words = entry.line.split()
    if all(any(word.startswith(part) for word in words) for part in text.split()):
        return 8
    return None


def _fits_district(asked: str, district: str) -> bool:
    return district == asked if asked.isdigit() else district.startswith(asked)


def _same_accents(asked: str, name: str) -> bool:
    # Either may hold the other: a query may name the district too, or only begin the name.
    return bool(name) and (name in asked or asked in name)


def _untelex(folded: str) -> str:
    """Raw Telex keystrokes as the folded text they stand for: `beens nghes` -> `ben nghe`.

    After a syllable's first vowel the letters s f r x j z are tone keys and w a vowel sign; doubled
    a e o and an initial dd are single letters.
    """
    return " ".join(_untelex_word(word) for word in folded.split())


def _untelex_word(word: str) -> str:
    parts = _TELEX_WORD.fullmatch(word)
    head, tail = (parts[1], parts[2] or "") if parts else (word, "")
    tail = "u" + tail[1:] if tail.startswith("w") else tail
    tail = tail[:1] + re.sub(r"[sfrxjzw]", "", tail[1:])
    return re.sub(r"([aeo])\1", r"\1", head.replace("dd", "d") + tail)
