"""Where meetings are read from and how rooms are called there: `meetings.yaml` of the inventory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints

from inventory.credentials import SecretRef, resolve
from inventory.document import read
from inventory.errors import InputError, InventoryError
from inventory.model import Role
from inventory.text import one_line
from inventory.validate import validate
from inventory.values import PIN, Frozen, HttpUrl, LineProfile, Name, WardCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from inventory.document import Document
    from inventory.errors import Problem
    from inventory.model import Device, Inventory, Ward

FILE = "meetings.yaml"


class MeetingCalendar(Frozen):
    """One iCalendar source: a file, a folder of `.ics` files, or an HTTP(S) address.

    `file` is relative to the inventory's folder. `auth` refers to user and password and is sent
    over HTTPS alone; `ca` is a file of trusted certificates, `pin` the one that is trusted. It is
    read every `every_min` minutes. With `ward` and `room` it is one room's own calendar. `join` and
    `profile` hold for all of its meetings.
    """

    id: Name
    file: str | None = None
    url: HttpUrl | None = None
    auth: SecretRef | None = None
    ca: str | None = None
    pin: Annotated[str, StringConstraints(pattern=PIN)] | None = None
    every_min: int = Field(default=15, ge=1, le=1440)
    ward: WardCode | None = None
    room: str | None = None
    join: Literal["dial_in", "dial_out"] | None = None
    profile: LineProfile = "hd-meeting"


class RoomNames(Frozen):
    """How a room of the inventory is called where meetings are booked; its own name is known."""

    ward: WardCode
    room: str
    names: tuple[Annotated[str, StringConstraints(min_length=2, max_length=100)], ...] = Field(
        min_length=1
    )


class MeetingSettings(Frozen):
    """All of `meetings.yaml`.

    `code` is a regular expression for the number of an order in a meeting's title, which then names
    the meeting; without one, and where it finds nothing, a hash does, keyed with `key`.
    """

    schema_: Literal["wardops/meetings/1"] = Field(alias="schema", default="wardops/meetings/1")
    calendars: tuple[MeetingCalendar, ...] = ()
    rooms: tuple[RoomNames, ...] = ()
    code: str | None = None
    key: SecretRef | None = None


def room_of(device: Device) -> str:
    """The room a device stands in; an endpoint without one is its own room."""
    return device.room or device.name


def rooms_of(ward: Ward) -> tuple[str, ...]:
    """The meeting rooms of a ward: where a video endpoint stands, or where a device names one."""
    found = (room_of(one) for one in ward.devices if one.role is Role.VC or one.room)
    return tuple(dict.fromkeys(found))


def read_meetings(inventory: Inventory, folder: Path) -> MeetingSettings:
    """The settings of an inventory folder, none when the file is absent.

    Raises InventoryError with every problem of the file as `file:line:column key: …`.
    """
    path = folder / FILE
    if not path.is_file():
        return MeetingSettings(schema="wardops/meetings/1")
    document = read(path, FILE)
    settings, problems = validate(MeetingSettings, document)
    found = [*document.problems, *problems]
    if settings is not None:
        found += _crosscheck(settings, document, inventory.wards, folder)
    if settings is None or found:
        raise InventoryError(found)
    return settings


def _crosscheck(
    settings: MeetingSettings, document: Document, wards: Mapping[str, Ward], folder: Path
) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, one in enumerate(settings.calendars):
        keys = ("calendars", number)
        if (one.file is None) is (one.url is None):
            yield document.problem(keys, "meetings.file_or_url")
        if one.id in seen:
            yield document.problem((*keys, "id"), "meetings.doubled", name=one.id)
        seen.add(one.id)
        if one.auth is not None and not (one.url or "").startswith("https://"):
            yield document.problem((*keys, "auth"), "meetings.plain_auth")
        if (one.ward is None) is not (one.room is None):
            yield document.problem(keys, "meetings.ward_and_room")
        if one.ward is not None and one.room is not None:
            yield from _room(document, keys, one.ward, one.room, wards)
        yield from _secret(document, (*keys, "auth"), one.auth, folder)
    for number, names in enumerate(settings.rooms):
        yield from _room(document, ("rooms", number), names.ward, names.room, wards)
    yield from _secret(document, ("key",), settings.key, folder)
    if settings.code is not None:
        try:
            re.compile(settings.code)
        except re.error as error:
            problem = one_line(str(error), 80)
            yield document.problem(("code",), "meetings.bad_code", problem=problem)


def _room(
    document: Document, keys: tuple[str | int, ...], code: str, room: str, wards: Mapping[str, Ward]
) -> Iterator[Problem]:
    if code not in wards:
        yield document.problem((*keys, "ward"), "meetings.no_ward", code=code)
    elif room not in rooms_of(wards[code]):
        known = ", ".join(rooms_of(wards[code])) or "-"
        yield document.problem(
            (*keys, "room"), "meetings.no_room", room=one_line(room, 60), known=known
        )


def _secret(
    document: Document, keys: tuple[str | int, ...], reference: str | None, folder: Path
) -> Iterator[Problem]:
    if reference is None:
        return
    try:
        resolve(reference, folder)
    except InputError as error:
        yield document.problem(keys, error.key, **error.values)
