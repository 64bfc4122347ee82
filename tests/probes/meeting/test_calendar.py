"""Calendars as they are found in the wild, and as an enemy would write them."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.errors import Problem
from probes.meeting.calendar import CalendarReading, Rules, folded, read_calendar
from probes.meeting.ical_text import MAX_BYTES

FROM, TO = datetime(2026, 11, 20, tzinfo=UTC), datetime(2027, 1, 20, tzinfo=UTC)
A, B = ("26740", "phong-hop-a"), ("26743", "hop-2")
ROOMS = {
    folded("Phòng họp A"): frozenset({A}),
    folded("UBND phường B"): frozenset({B}),
    folded("toàn thành phố"): frozenset({A, B}),
}
CANARY = "KÍN-ông-Nguyễn-Văn-Canary"


def event(
    start: str = "DTSTART;TZID=Asia/Ho_Chi_Minh:20261123T080000",
    end: str = "DTEND;TZID=Asia/Ho_Chi_Minh:20261123T093000",
    *more: str,
    place: str = "Phòng họp A",
    uid: str = f"{CANARY}@x",
) -> str:
    lines = (
        "BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", start, end,
        f"SUMMARY:{CANARY} họp giao ban", f"DESCRIPTION:https://mcu.example/{CANARY}",
        f"ORGANIZER;CN={CANARY}:mailto:{CANARY}@x.vn", f"ATTENDEE;CN={CANARY}:mailto:a@x.vn",
        f"LOCATION:{place}", *more, "END:VEVENT",
    )  # fmt: skip
    return "\r\n".join(line for line in lines if line)


def calendar(*parts: str, method: str = "PUBLISH") -> bytes:
    head = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x", f"METHOD:{method}")
    return "\r\n".join([*head, *parts, "END:VCALENDAR", ""]).encode()


def read(*parts: str, **rules: Any) -> CalendarReading:
    known = Rules("city", **{"rooms": ROOMS, **rules})
    return read_calendar([("city.ics", calendar(*parts))], known, FROM, TO)


def times(reading: CalendarReading) -> list[str]:
    return [f"{one.start:%m-%dT%H:%M}/{one.end:%H:%M}" for one in reading.meetings]


def keys(reading: CalendarReading) -> list[str]:
    return [note.key.removeprefix("calendar.") for note in reading.notes]


def test_a_single_meeting_has_a_room_times_and_a_code_and_nothing_of_its_texts() -> None:
    found = read(event())
    (one,) = found.meetings
    assert (one.ward, one.room) == A
    assert times(found) == ["11-23T01:00/02:30"]
    assert re.fullmatch(r"L-[0-9a-f]{10}", one.code)
    assert (one.source, one.calendar, one.test_uri) == ("calendar", "city", None)
    assert "Canary" not in repr(found)


@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        (";TZID=Asia/Ho_Chi_Minh", "01"),
        (";TZID=Asia/Saigon", "01"),
        ("", "01"),
        (";TZID=SE Asia Standard Time", "01"),
        (';TZID="(UTC+07:00) Bangkok, Hanoi, Jakarta"', "01"),
        (';TZID="(GMT+08.00) Kuala Lumpur"', "00"),
        (";TZID=Tokyo Standard Time", "23"),
        (";TZID=Europe/Paris", "07"),
    ],
)
def test_each_way_to_name_a_zone_is_understood(zone: str, hour: str) -> None:
    found = read(event(f"DTSTART{zone}:20261123T080000", f"DTEND{zone}:20261123T090000"))
    assert [f"{one.start:%H}" for one in found.meetings] == [hour]
    assert keys(found) == []


def test_a_zone_of_no_known_name_is_taken_as_the_citys_own_and_that_is_said() -> None:
    found = read(event("DTSTART;TZID=Giờ nhà:20261123T080000", "DTEND:20261123T090000"))
    assert times(found) == ["11-23T01:00/02:00"]
    assert [(note.where, note.key) for note in found.notes] == [
        ("city.ics:5:1", "calendar.zone_unknown")
    ]


def test_a_zone_that_the_file_describes_is_taken_from_there_unless_it_has_summer_time() -> None:
    def zone(name: str, *parts: str) -> str:
        block = [f"BEGIN:{part}\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:+0900\r\n"
                 f"TZOFFSETTO:+0900\r\nEND:{part}" for part in parts]  # fmt: skip
        return "\r\n".join(["BEGIN:VTIMEZONE", f"TZID:{name}", *block, "END:VTIMEZONE"])

    one = event("DTSTART;TZID=Own:20261123T080000", "DTEND;TZID=Own:20261123T090000")
    assert times(read(zone("Own", "STANDARD"), one)) == ["11-22T23:00/00:00"]
    summer = read(zone("Own", "STANDARD", "DAYLIGHT"), one)
    assert (times(summer), keys(summer)) == ([], ["odd_zone"])


def test_a_series_has_its_exceptions_its_moved_one_and_an_end() -> None:
    series = event(
        "DTSTART;TZID=Asia/Ho_Chi_Minh:20261123T080000", "DURATION:PT1H",
        "RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE;TZID=Asia/Ho_Chi_Minh:20261130T080000",
    )  # fmt: skip
    moved = event(
        "DTSTART;TZID=Asia/Ho_Chi_Minh:20261208T140000", "DURATION:PT2H",
        "RECURRENCE-ID;TZID=Asia/Ho_Chi_Minh:20261207T080000",
    )  # fmt: skip
    found = read(series, moved)
    assert times(found) == ["11-23T01:00/02:00", "12-08T07:00/09:00", "12-14T01:00/02:00"]
    assert len({one.code for one in found.meetings}) == 3
    before = {one.start: one.code for one in read(series).meetings}
    moved_code = before[datetime(2026, 12, 7, 1, tzinfo=UTC)]
    assert found.meetings[1].code == moved_code  # the same one, an hour and a day later


def test_one_of_a_series_that_is_called_off_is_gone_and_so_is_a_whole_one() -> None:
    series = event("DTSTART:20261123T080000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3")
    off = event(
        "DTSTART:20261124T080000", "DURATION:PT1H", "RECURRENCE-ID:20261124T080000",
        "STATUS:CANCELLED",
    )  # fmt: skip
    assert times(read(series, off)) == ["11-23T01:00/02:00", "11-25T01:00/02:00"]
    assert read(series, event("DTSTART:20261123T080000", "", "STATUS:CANCELLED", "SEQUENCE:1",
                              "RRULE:FREQ=DAILY;COUNT=3")).meetings == ()  # fmt: skip


def test_the_newest_word_on_an_event_counts_also_from_another_file() -> None:
    first, later = event(), event("DTSTART:20261123T100000", "DTEND:20261123T110000", "SEQUENCE:2")
    files = [("b.ics", calendar(later)), ("a.ics", calendar(first))]
    rules = Rules("city", rooms=ROOMS)
    assert times(read_calendar(files, rules, FROM, TO)) == ["11-23T03:00/04:00"]
    off = ("c.ics", calendar(event("DTSTART:20261123T100000", "", "SEQUENCE:3"), method="CANCEL"))
    assert read_calendar([*files, off], rules, FROM, TO).meetings == ()


def test_rooms_are_found_by_every_name_they_have_and_the_longest_wins() -> None:
    rooms = {**ROOMS, folded("Phòng họp A tầng 2"): frozenset({B})}
    for place, where in (
        ("PHONG HOP A", [A]),
        ("Trụ sở\\, phòng họp A.", [A]),
        ("Phòng họp A - tầng 2", [B]),
        ("Toàn Thành phố", [A, B]),
        ("Phòng họp AB", []),
        ("", []),
    ):
        found = read(event(place=place), rooms=rooms)
        assert sorted((one.ward, one.room) for one in found.meetings) == where, place
        assert keys(found) == ([] if where else ["no_room"])
    room = 'ATTENDEE;CUTYPE=ROOM;CN="UBND phường B":mailto:r@x.vn'
    invited = read(event("DTSTART:20261123T080000", "DURATION:PT1H", room, place=""))
    assert [(one.ward, one.room) for one in invited.meetings] == [B]
    own = read(event(place=""), only=A)
    assert [(one.ward, one.room) for one in own.meetings] == [A]


def test_an_orders_number_is_the_code_where_the_inventory_says_how_it_looks() -> None:
    def titled(title: str, uid: str, hour: str) -> str:
        text = event(f"DTSTART:20261123T{hour}0000", "DURATION:PT1H", uid=uid)
        return text.replace("SUMMARY:", f"SUMMARY:{title} ")

    code = re.compile(r"\d{1,5}/[A-ZĐ]{2,3}-[A-ZĐ]+")
    found = read(
        titled("Họp theo TB 123/TB-UBND", "a", "08"), titled("123/TB-UBND chiều", "b", "14"),
        titled("GM 77/GM-VP", "c", "16"), titled("không số", "d", "18"), code=code,
    )  # fmt: skip
    codes = [one.code for one in found.meetings]
    assert [one[:11] for one in codes[:2]] == ["123/TB-UBND"] * 2
    assert codes[2] == "77/GM-VP"
    assert codes[3].startswith("L-")
    assert len(set(codes)) == 4


def test_the_key_makes_codes_that_nobody_else_can_compute() -> None:
    one, other = (read(event(), key=key).meetings[0].code for key in (b"one", b"other"))
    assert one != other
    assert read(event(), key=b"one").meetings[0].code == one


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (event("DTSTART;VALUE=DATE:20261123", ""), "all_day"),
        (event("DTSTART:20261123T080000", ""), "no_length"),
        (event("DTSTART:20261123T080000", "DURATION:P3D"), "no_length"),
        (event("", "DURATION:PT1H"), "no_start"),
        (event("DTSTART:20261323T080000"), "bad_time"),
        (event("DTSTART:20261123T080000", "DURATION:xx"), "bad_event"),
        (event("DTSTART:20261123T080000", "DURATION:PT1H", "RRULE:FREQ=SECONDLY"), "bad_rule"),
        (event("DTSTART:00010101T080000", "DURATION:PT1H", "RRULE:FREQ=DAILY"), "bad_rule"),
        (event("DTSTART:20261123T080000", "DURATION:PT1H", "RRULE:FREQ=DAILY;BYSECOND=1,2"),
         "bad_rule"),
        (event("DTSTART:20261123T080000", "DURATION:PT1H", "RRULE:FREQ=DAILY;INTERVAL=0"),
         "bad_rule"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_left_out_with_its_line(text: str, note: str) -> None:
    found = read(text)
    assert found.meetings == ()
    assert [(one.where, one.key) for one in found.notes] == [("city.ics:5:1", f"calendar.{note}")]


def test_a_rule_that_never_comes_ends_by_itself() -> None:
    never = event(
        "DTSTART:20260123T080000", "DURATION:PT1H",
        "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5",
    )  # fmt: skip
    assert read(never).meetings == ()


@pytest.mark.parametrize(
    ("raw", "where", "word"),
    [
        (b"", "city.ics:1:1", "not_calendar"),
        (b"<html>", "city.ics:1:1", "not_line"),
        (b"BEGIN:VEVENT\nEND:VEVENT\n", "city.ics:1:1", "not_calendar"),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", "city.ics:3:1", "wrong_end"),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "city.ics:2:1", "cut_off"),
        (b"BEGIN:VCALENDAR\nh\xe9llo:1\nEND:VCALENDAR", "city.ics:2:1", "not_utf8"),
        (b"BEGIN:VCALENDAR\nX:\x00\nEND:VCALENDAR", "city.ics:2:1", "binary"),
        (b"BEGIN:VCALENDAR\n" + b"BEGIN:X\n" * 100_000, "city.ics:9:1", "too_deep"),
        (b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nEND:VEVENT\n" * 6000, "", "too_many"),
        (b"X" * (MAX_BYTES + 1), "city.ics:1:1", "too_large"),
        (b"BEGIN:VCALENDAR\nSUMMARY" + f" {CANARY}\n".encode(), "city.ics:2:1", "not_line"),
    ],
)
def test_a_hostile_file_is_refused_with_one_line_that_repeats_nothing_of_it(
    raw: bytes, where: str, word: str
) -> None:
    with pytest.raises(Problem) as refused:
        read_calendar([("city.ics", raw)], Rules("city", rooms=ROOMS), FROM, TO)
    assert refused.value.key.endswith(f".{word}")
    for said in (refused.value.text("vi"), refused.value.text("en")):
        assert said.startswith(where)
        assert "\n" not in said
        assert "Canary" not in said


def test_endless_series_are_refused_before_they_are_laid_out() -> None:
    daily = [
        event("DTSTART:20000103T080000", "DURATION:PT1H", "RRULE:FREQ=DAILY", uid=str(number))
        for number in range(60)
    ]
    with pytest.raises(Problem) as refused:
        read(*daily)
    assert refused.value.key == "calendar.too_much"


_PIECES = ("BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "DTSTART:",
           "20261123T080000", ";TZID=", "RRULE:FREQ=WEEKLY;", "COUNT=2", "\r\n", " ",
           "DURATION:PT1H", "UID:", ":", ";", ",", "Z", "RECURRENCE-ID:", "EXDATE:",
           "99999999T999999")  # fmt: skip


@settings(max_examples=150)
@given(st.lists(st.sampled_from(_PIECES) | st.text(max_size=4), max_size=40))
def test_nothing_but_a_problem_ever_comes_of_a_broken_file(pieces: list[str]) -> None:
    body = "".join(pieces).encode("utf-8", "surrogatepass")
    for raw in (body, calendar(event()) + body, calendar(body.decode("utf-8", "replace"))):
        with suppress(Problem):
            found = read_calendar([("x.ics", raw)], Rules("city", only=A), FROM, TO)
            assert all(one.start < one.end for one in found.meetings)
