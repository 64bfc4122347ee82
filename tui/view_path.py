"""The way from the desks to the services as five boxes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.wire import Service
from inventory.text import pad
from tui.legend import DOWN, OK, UNKNOWN, Mark, mark_of
from tui.lines import BLANK, Line, Span, boxed, line
from tui.stretch import STATIONS, is_behind, node_of, poor_way, segment_of
from tui.view_device import broken_devices, device_mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.wire import Device
    from tui.text import Words
    from tui.view import Showing

ROWS = 6
_GAP = 2
_INSIDE = 3


@dataclass(frozen=True, slots=True)
class Station:
    """One box: its mark and word, what stands there, how old that is."""

    segment: str
    mark: Mark
    word: str
    what: Line = BLANK
    age: str = ""


def path_lines(showing: Showing) -> list[Line]:
    """Titles and boxes; a link is dashed where nothing is known, double beside a break."""
    stations = [_station(showing, name) for name in STATIONS]
    box = (showing.columns - 2 - _GAP * (len(STATIONS) - 1)) // len(STATIONS)
    titles = (
        pad(f" {showing.words.say(f'tui.segment.{one.segment}')}", box + _GAP) for one in stations
    )
    rows = [line(" ", Span("".join(titles).rstrip(), "strong"))]
    drawn = [_box(station, box - 2) for station in stations]
    for number in range(_INSIDE + 2):
        parts: Line = (Span(" "),)
        for place, one in enumerate(drawn):
            is_linked, is_last = number == 1, place == len(drawn) - 1
            cells = _joined(one[1], place, is_last, stations[place]) if is_linked else one[number]
            link = _link(stations, place) if is_linked else Span(" " * _GAP)
            parts = (*parts, *cells, *(() if is_last else (link,)))
        rows.append(parts)
    return rows


def _joined(row: Line, place: int, is_last: bool, station: Station) -> Line:
    """The row of a box where the links meet its edges."""
    left, right = ("╣", "╠") if station.mark is DOWN else ("┤", "├")
    first, *middle, last = row
    return (
        first if place == 0 else Span(left, first.tone),
        *middle,
        last if is_last else Span(right, last.tone),
    )


def _link(stations: Sequence[Station], place: int) -> Span:
    pair = stations[place : place + 2]
    if any(one.mark.glyph == UNKNOWN.glyph for one in pair):
        return Span("╌" * _GAP, "dim")
    if any(one.mark is DOWN for one in pair):
        return Span("═" * _GAP, "down")
    return Span("─" * _GAP, "dim")


def _box(station: Station, inside: int) -> list[Line]:
    is_down = station.mark is DOWN
    word = Span(f"{station.mark.glyph} {station.word}", "alarm" if is_down else station.mark.tone)
    rows = [line(" ", word), (Span(" "), *station.what), line(" ", Span(station.age, "dim"))]
    return boxed(rows, inside + 2, double=is_down, tone="down" if is_down else "dim")


def mark_shown(showing: Showing, thing: Device | Service) -> Mark:
    """The mark of a device or service: unknown behind a break and while the agent is silent."""
    if not showing.is_current or is_behind(showing, segment_of(thing)):
        return UNKNOWN
    if isinstance(thing, Service) or showing.snapshot is None:
        return mark_of(thing.state)
    return device_mark(thing, broken_devices(showing.snapshot.devices), showing)


def _station(showing: Showing, segment: str) -> Station:
    """What is known of one stretch; behind a break, or with the agent silent, only what was."""
    words, node = showing.words, node_of(showing, segment)
    things = _things(showing, segment)
    ages = [one.data_age_s for one in things if one.data_age_s is not None]
    age_s = showing.age_s(max(ages)) if ages else None
    if node is None or not showing.is_current:
        was = mark_of(node.state).glyph if node is not None else ""
        what = line(Span(f"~{was}", "stale")) if was else BLANK
        past = showing.sight.age_s(showing.mono)
        return Station(segment, UNKNOWN, words.say("tui.state.unknown"), what, _ago(words, past))
    mark = mark_of(node.state)
    if is_behind(showing, segment):
        return Station(
            segment, UNKNOWN, words.say("tui.state.unreachable"), BLANK, _ago(words, age_s, "~")
        )
    word = words.say("tui.state.lost" if mark is DOWN else mark.word)
    return Station(segment, mark, word, _what(showing, segment, things), _ago(words, age_s))


def _ago(words: Words, age_s: float | None, sign: str = "") -> str:
    return f"{sign}{words.say('tui.age.ago', age=words.coarse(age_s))}" if age_s is not None else ""


def _things(showing: Showing, segment: str) -> list[Device | Service]:
    """Devices (on duty) or services of that stretch."""
    snapshot = showing.snapshot
    if snapshot is None:
        return []
    if segment == "service":
        return list(snapshot.services)
    return [one for one in snapshot.devices if one.on_duty and segment_of(one) == segment]


def _what(showing: Showing, segment: str, things: Sequence[Device | Service]) -> Line:
    """The second line of a box: the switch by its name, the terminal device, how many are good."""
    words = showing.words
    match segment:
        case "switch":
            core = sorted(things, key=lambda one: getattr(one, "role", "") != "core")
            return line(str(core[0].name)) if core else BLANK
        case "metronet":
            marks = [mark_shown(showing, one) for one in things if getattr(one, "role", "") == "ce"]
            said = words.say("tui.home.ce")
            ce = line(f"{said} ", Span(marks[0].glyph, marks[0].tone)) if marks else BLANK
            way = poor_way(showing)
            return (*ce, Span(f" {way}", "degraded")) if way else ce
        case "dc":
            hops = [one for one in things if getattr(one, "role", "") == "gateway"]
            marks = [mark_shown(showing, one) for one in hops]
            said = words.say("tui.home.gateway")
            return line(f"{said} ", Span(marks[0].glyph, marks[0].tone)) if marks else BLANK
        case _:
            # What waits for something behind the break was not measured, so it does not count.
            counted = [one for one in things if one.state != "unreachable"] or things
            good = sum(1 for one in counted if mark_shown(showing, one) is OK)
            said = words.say("tui.home.good", good=good, all=len(counted))
            return line(said) if things else BLANK
