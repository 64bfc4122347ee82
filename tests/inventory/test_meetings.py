"""`meetings.yaml`: every mistake on its own line, with file, line and key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from inventory.errors import InventoryError
from inventory.load import load
from inventory.meetings import read_meetings

if TYPE_CHECKING:
    from pathlib import Path

    from inventory.meetings import MeetingSettings

WARD = """\
schema: wardops/inventory/1
ward: "26740"
devices:
  - {name: vc-1, kind: cisco_ce, role: vc, address: 192.0.2.9, room: hop-a}
  - {name: vc-2, kind: cisco_ce, role: vc, address: 192.0.2.10}
"""


def settings(folder: Path, text: str) -> MeetingSettings:
    (folder / "26740.yaml").write_text(WARD, encoding="utf-8")
    (folder / "meetings.yaml").write_text(f"schema: wardops/meetings/1\n{text}", encoding="utf-8")
    return read_meetings(load(folder), folder)


def test_calendars_rooms_and_the_pattern_of_orders_are_read(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        "calendars:\n"
        "  - {id: ubnd, url: 'https://lich.example/a.ics', every_min: 5, join: dial_out}\n"
        "  - {id: hop-a, file: hop.ics, ward: '26740', room: hop-a}\n"
        "rooms: [{ward: '26740', room: vc-2, names: [Phòng khách]}]\n"
        "code: '\\d+/TB'\n",
    )
    assert [one.id for one in found.calendars] == ["ubnd", "hop-a"]
    assert found.calendars[0].every_min == 5
    assert found.rooms[0].names == ("Phòng khách",)


def test_without_the_file_there_are_no_calendars(tmp_path: Path) -> None:
    (tmp_path / "26740.yaml").write_text(WARD, encoding="utf-8")
    assert read_meetings(load(tmp_path), tmp_path).calendars == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("calendars: [{id: a}]", "meetings.yaml:2:13 calendars[0]: "),
        ("calendars: [{id: a, file: a, url: 'https://x/'}]", "calendars[0]: "),
        ("calendars: [{id: a, file: a}, {id: a, file: b}]", "2:32 calendars[1].id: "),
        ("calendars: [{id: a, url: 'http://x/', auth: 'env:HOME'}]", "calendars[0].auth: "),
        (
            "calendars: [{id: a, url: 'https://x/', auth: 'env:NO_SUCH_NAME'}]",
            "calendars[0].auth: ",
        ),
        ("calendars: [{id: a, file: a, ward: '26740'}]", "calendars[0]: "),
        ("calendars: [{id: a, file: a, ward: '26743', room: x}]", "calendars[0].ward: "),
        ("calendars: [{id: a, file: a, ward: '26740', room: x}]", "hop-a, vc-2"),
        ("calendars: [{id: a, file: a, every_min: 0}]", "calendars[0].every_min: "),
        ("calendars: [{id: a, file: a, title: x}]", "calendars[0].title: "),
        ("rooms: [{ward: '26740', room: nowhere, names: [ab]}]", "rooms[0].room: "),
        ("rooms: [{ward: '26740', room: hop-a, names: []}]", "rooms[0].names: "),
        ("code: '('", "meetings.yaml:2:1 code: "),
    ],
)
def test_each_mistake_has_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InventoryError) as refused:
        settings(tmp_path, text + "\n")
    (problem,) = refused.value.problems
    for language in ("vi", "en"):
        line = problem.text(language)
        assert line.startswith("meetings.yaml:2:")
        assert said in line
        assert "\n" not in line
