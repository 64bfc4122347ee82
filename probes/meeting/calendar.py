"""Meetings out of iCalendar files (RFC 5545): rooms and times, and a code in place of all texts.

Titles, descriptions, people and the events' own ids are looked at here and go no further: a meeting
is named by the order's number where the inventory says how that looks, else by a keyed hash.
"""

from __future__ import annotations

import hmac
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from unicodedata import combining, normalize

from inventory.document import Mark, where
from inventory.errors import Problem
from probes.meeting.ical_text import MAX_EVENTS, read_text
from probes.meeting.ical_time import OddTimeError, moment_of, series_of, written, zones_of
from probes.meeting.model import CODE, Meeting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from inventory.values import LineProfile
    from probes.meeting.ical_text import Field, Part
    from probes.meeting.model import Join

LONGEST = timedelta(hours=24)
MAX_MEETINGS = 20_000
MAX_STEPS = 200_000  # of laying rules out: some seconds
_TITLE, _TEXT = 500, 4000  # characters that are searched for an order's number
_ROOM_KINDS = frozenset({"ROOM", "RESOURCE"})
_WORD = re.compile(r"[^a-z0-9]+")

_SERIES = "CATEGORIES:series"  # for its codes, also where no second time falls into the stretch

Place = tuple[str, str]  # ward code, room


@dataclass(frozen=True, slots=True)
class Rules:
    """How one calendar is read.

    `rooms` gives places by folded name (`folded`); `only` is the place of a room's own calendar.
    `code` finds an order's number in a title; without one `key` makes codes.
    """

    calendar: str
    rooms: Mapping[str, frozenset[Place]] = field(default_factory=dict)
    only: Place | None = None
    code: re.Pattern[str] | None = None
    key: bytes = b"wardops"
    join: Join | None = None
    profile: LineProfile = "hd-meeting"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was left out or guessed: where, and the sentence's key."""

    where: str
    key: str


@dataclass(frozen=True, slots=True)
class CalendarReading:
    """What was understood: meetings in order of time, and what was left out or guessed."""

    meetings: tuple[Meeting, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class _Event:
    """One VEVENT with its file, its calendar's zones, and whether it only calls itself off."""

    file: str
    part: Part
    zones: Mapping[str, str | None]
    is_off: bool

    @property
    def uid(self) -> str:
        return _value(self.part, "UID")

    @property
    def version(self) -> tuple[int, str]:
        sequence = _value(self.part, "SEQUENCE")
        number = int(sequence) if sequence.isdecimal() and len(sequence) < 10 else 0
        return number, _value(self.part, "DTSTAMP") or _value(self.part, "LAST-MODIFIED")

    def note(self, key: str) -> Note:
        return Note(where(self.file, Mark(self.part.line)), key)


@dataclass(frozen=True, slots=True)
class _Found:
    """One occurrence: its event, times, and which of its series it is."""

    event: _Event
    start: datetime
    end: datetime
    recurrence: str


def folded(text: str) -> str:
    """A name as rooms are compared: without case, marks and anything between words."""
    plain = normalize("NFKD", text.casefold().replace("đ", "d"))
    return _WORD.sub(" ", "".join(c for c in plain if not combining(c))).strip()


def read_calendar(
    files: Iterable[tuple[str, bytes]], rules: Rules, start: datetime, end: datetime
) -> CalendarReading:
    """The meetings between two moments that these files of one calendar name.

    An event is the newest of all with its UID; what is called off, lasts all day or is in no known
    room is left out. Raises Problem (`file:line:column`) when a file is hostile or no calendar.
    """
    notes: list[Note] = []
    found: list[_Found] = []
    budget = MAX_STEPS
    for events in _series(files, rules):
        try:
            texts, steps = _texts(events, start - LONGEST, end, notes)
            budget -= steps
            if budget < 0:
                raise _too_much(events[0])
            found += _occurrences(texts, events, start, end)
        except OddTimeError as error:
            notes.append(events[0].note(error.key))
        if len(found) > MAX_MEETINGS:
            raise _too_much(events[0])
    meetings = tuple(_meetings(found, rules, notes))
    return CalendarReading(
        tuple(sorted(meetings, key=lambda one: (one.start, one.id))), tuple(dict.fromkeys(notes))
    )


def _too_much(event: _Event) -> Problem:
    return Problem(where(event.file, Mark(event.part.line)), "calendar.too_much")


def _series(files: Iterable[tuple[str, bytes]], rules: Rules) -> Iterator[tuple[_Event, ...]]:
    """Events by UID, of each occurrence the newest only; series that are called off left out."""
    groups: dict[str, list[_Event]] = defaultdict(list)
    count = 0
    for name, raw in files:
        for calendar in read_text(raw, name):
            is_off = _value(calendar, "METHOD").upper() == "CANCEL"
            zones = zones_of(calendar)
            for part in calendar.parts:
                if part.name != "VEVENT":
                    continue
                event = _Event(name, part, zones, is_off or _is_off(part))
                count += 1
                groups[event.uid or f"{rules.calendar}/{count}"].append(event)
    if count > MAX_EVENTS:
        raise Problem(rules.calendar, "calendar.too_many", limit=MAX_EVENTS)
    for events in groups.values():
        newest: dict[str, _Event] = {}
        for event in events:
            which = _value(event.part, "RECURRENCE-ID")
            if which not in newest or event.version >= newest[which].version:
                newest[which] = event
        whole = newest.get("")
        if whole is None or not whole.is_off:
            yield tuple(newest.values())


def _texts(
    events: Sequence[_Event], start: datetime, end: datetime, notes: list[Note]
) -> tuple[str, int]:
    """A calendar of this series alone, holding nothing but times, and the cost of laying it out.

    Raises OddTimeError.
    """
    lines, steps = ["BEGIN:VCALENDAR"], 0
    for number, event in enumerate(events):
        begin = event.part.of("DTSTART")
        if begin is None:
            raise OddTimeError("calendar.no_start")
        starts, is_guess = moment_of(begin, event.zones)
        if not isinstance(starts, datetime):
            raise OddTimeError("calendar.all_day")
        if is_guess:
            notes.append(event.note("calendar.zone_unknown"))
        lines += ["BEGIN:VEVENT", "UID:1", f"COMMENT:{number}", written("DTSTART", starts)]
        for one in event.part.all("DTEND", "RECURRENCE-ID", "EXDATE", "RDATE"):
            lines += _times(one, event)
        if (length := event.part.of("DURATION")) is not None:
            lines.append(f"DURATION:{length.value.strip()[:40]}")
        for rule in event.part.all("RRULE"):
            times, cost = series_of(rule.value, starts, start, end)
            lines += [written("RDATE", at) for at in times]
            steps += cost
        if event.part.of("RRULE") is not None:
            lines.append(_SERIES)
        lines.append("END:VEVENT")
    return "\r\n".join([*lines, "END:VCALENDAR", ""]), steps


def _times(one: Field, event: _Event) -> Iterator[str]:
    """Each time of a property that may hold several."""
    for piece in one.value.split(","):
        single = type(one)(one.line, one.name, one.params, piece)
        moment, _is_guess = moment_of(single, event.zones)
        yield written(one.name, moment)


def _occurrences(
    text: str, events: Sequence[_Event], start: datetime, end: datetime
) -> Iterator[_Found]:
    """What happens between two moments. Raises OddTimeError where the library gives up."""
    import recurring_ical_events  # noqa: PLC0415 - a fifth of a second, for who has calendars
    from icalendar import Calendar  # noqa: PLC0415

    try:
        calendar = Calendar.from_ical(text)
        laid_out = recurring_ical_events.of(calendar).between(start, end)
    except (ValueError, TypeError, KeyError, OverflowError, AttributeError):
        raise OddTimeError("calendar.bad_event") from None
    is_series = any(word in text for word in (_SERIES, "RDATE", "RECURRENCE-ID"))
    for one in laid_out:
        event = events[int(str(one["COMMENT"]))]
        begins, ends = one.get("DTSTART"), one.get("DTEND")
        which = one.get("RECURRENCE-ID") if is_series else None
        if not event.is_off and ends is not None and isinstance(ends.dt, datetime):
            recurrence = f"{which.dt.astimezone(UTC):%Y%m%dT%H%MZ}" if which is not None else ""
            yield _Found(event, begins.dt.astimezone(UTC), ends.dt.astimezone(UTC), recurrence)


def _meetings(found: Sequence[_Found], rules: Rules, notes: list[Note]) -> Iterator[Meeting]:
    """A meeting for each room of each occurrence; several of one code are told apart."""
    by_key: dict[tuple[Place, str], list[tuple[_Found, str]]] = defaultdict(list)
    for one in found:
        if not timedelta() < one.end - one.start <= LONGEST:
            notes.append(one.event.note("calendar.no_length"))
            continue
        places = _places(one.event.part, rules)
        if not places:
            notes.append(one.event.note("calendar.no_room"))
        made = _hashed(one, rules)
        for place in places:
            by_key[place, _number(one.event.part, rules) or f"L-{made}"].append((one, made))
    for (place, code), several in by_key.items():
        for one, made in several:
            told = code if len(several) == 1 else f"{code[:34]}-{made[:5]}"
            yield Meeting(
                code=told, ward=place[0], room=place[1], start=one.start, end=one.end,
                join=rules.join, profile=rules.profile, source="calendar", calendar=rules.calendar,
            )  # fmt: skip


def _places(part: Part, rules: Rules) -> tuple[Place, ...]:
    """The rooms that an event is booked in, by the names the inventory knows."""
    if rules.only is not None:
        return (rules.only,)
    said = [one.text for one in part.all("LOCATION", "RESOURCES")]
    said += [
        one.params.get("CN", "")
        for one in part.all("ATTENDEE")
        if one.params.get("CUTYPE", "").upper() in _ROOM_KINDS
    ]
    texts = [f" {folded(one)} " for one in said]
    names = [name for name in rules.rooms if any(f" {name} " in text for text in texts)]
    # "phong hop 1 tang 2" is no "phong hop 1".
    longest = [one for one in names if not any(one != other and one in other for other in names)]
    return tuple(sorted({place for name in longest for place in rules.rooms[name]}))


def _number(part: Part, rules: Rules) -> str | None:
    """The number of the order, where the inventory's pattern finds one."""
    if rules.code is None:
        return None
    for name, limit in (("SUMMARY", _TITLE), ("DESCRIPTION", _TEXT)):
        one = part.of(name)
        match = rules.code.search(one.text[:limit]) if one is not None else None
        if match is not None and CODE.fullmatch(match[0]):
            return match[0]
    return None


def _hashed(one: _Found, rules: Rules) -> str:
    said = f"{one.event.uid}\n{one.recurrence}"
    return hmac.new(rules.key, said.encode(), "sha256").hexdigest()[:10]


def _is_off(part: Part) -> bool:
    return _value(part, "STATUS").upper() == "CANCELLED"


def _value(part: Part, name: str) -> str:
    one = part.of(name)
    return one.value.strip() if one is not None else ""
