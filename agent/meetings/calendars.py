"""Reads the inventory's calendars again and again; one that fails keeps what it said last."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from inventory.credentials import resolve
from inventory.errors import InputError, Problem, StoreError
from inventory.meetings import rooms_of
from probes.errors import ProbeError
from probes.meeting.calendar import Rules, folded, read_calendar
from probes.meeting.ical_text import MAX_BYTES
from probes.transports.login import login_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from agent.meetings.shelf import Change, Shelf
    from inventory.errors import WardopsError
    from inventory.meetings import MeetingCalendar, MeetingSettings
    from inventory.model import Inventory
    from probes.clock import Clock
    from probes.meeting.calendar import CalendarReading, Place
    from probes.transports.model import HttpClient

_log = logging.getLogger(__name__)
BACK, AHEAD = timedelta(days=1), timedelta(days=60)
FETCH_S = 30.0
MOST_FILES = 1000
_GOOD = range(200, 300)


@dataclass(frozen=True, slots=True)
class CalendarState:
    """How one calendar stands: when it was last read well, what was left out, and what is wrong."""

    name: str
    read_at: datetime | None = None
    problem: WardopsError | None = None
    left_out: int = 0


class Calendars:
    """The calendars of one agent; `run` reads each in its rhythm."""

    def __init__(
        self,
        settings: MeetingSettings,
        inventory: Inventory,
        shelf: Shelf,
        http: HttpClient,
        clock: Clock,
        changed: Callable[[Change], None],
    ) -> None:
        """`changed` is told of every reading that changed the shelf."""
        self._settings = settings
        self._inventory = inventory
        self._shelf = shelf
        self._http = http
        self._clock = clock
        self._changed = changed
        self._states = {one.id: CalendarState(one.id) for one in settings.calendars}

    @property
    def states(self) -> tuple[CalendarState, ...]:
        """How each calendar stands, in the file's order."""
        return tuple(self._states.values())

    async def run(self) -> None:
        """Read all calendars, each again after its minutes, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for one in self._settings.calendars:
                group.create_task(self._follow(one))

    async def _follow(self, calendar: MeetingCalendar) -> None:
        while True:
            await self.refresh(calendar)
            await self._clock.sleep(calendar.every_min * 60.0)

    async def refresh(self, calendar: MeetingCalendar) -> None:
        """Read one calendar now; what goes wrong is kept as its problem and said once."""
        before = self._states[calendar.id]
        try:
            files = await self._files(calendar)
            reading = await self.understood(files, calendar)
            change = self._shelf.take_calendar(calendar.id, reading.meetings, self._clock.now())
        except (InputError, StoreError) as error:
            self._states[calendar.id] = replace(before, problem=error)
            if before.problem is None:
                _log.warning("calendar lost name=%s problem=%s", calendar.id, error)
            return
        if before.problem is not None:
            _log.info("calendar back name=%s", calendar.id)
        self._states[calendar.id] = CalendarState(
            calendar.id, self._clock.now(), None, len(reading.notes)
        )
        if change:
            self._changed(change)

    async def understood(
        self, files: list[tuple[str, bytes]], calendar: MeetingCalendar
    ) -> CalendarReading:
        """What these files say, read beside the loop. Raises Problem."""
        now = self._clock.now()
        rules = rules_of(calendar, self._settings, self._inventory)
        return await asyncio.to_thread(read_calendar, files, rules, now - BACK, now + AHEAD)

    async def _files(self, calendar: MeetingCalendar) -> list[tuple[str, bytes]]:
        if calendar.url is not None:
            return [(calendar.id, await self._fetched(calendar))]
        path = Path(self._inventory.folder) / (calendar.file or "")
        return await asyncio.to_thread(lambda: list(files_at(path)))

    async def _fetched(self, calendar: MeetingCalendar) -> bytes:
        """The calendar's text. The address stands in no message: it may hold a key."""
        folder = Path(self._inventory.folder)
        deadline = self._clock.monotonic() + FETCH_S
        try:
            login = login_of(resolve(calendar.auth, folder)) if calendar.auth else (None, None)
            answer = await self._http.get(
                calendar.url or "", deadline=deadline, user=login[0], password=login[1],
                ca=str(folder / calendar.ca) if calendar.ca else None, pin=calendar.pin,
                max_bytes=MAX_BYTES,
            )  # fmt: skip
        except ProbeError as error:
            reason = error.reason.value
            raise Problem(calendar.id, "meeting.not_fetched", reason=reason) from None
        if answer.status not in _GOOD:
            status = f"HTTP {answer.status}"
            raise Problem(calendar.id, "meeting.not_fetched", reason=status)
        return answer.body


def rules_of(calendar: MeetingCalendar, settings: MeetingSettings, inventory: Inventory) -> Rules:
    """How one calendar is read. Raises InputError for a key that is gone."""
    key = b"wardops"
    if settings.key is not None:
        key = resolve(settings.key, Path(inventory.folder)).reveal().encode()
    only = (calendar.ward, calendar.room) if calendar.ward and calendar.room else None
    return Rules(
        calendar.id, _rooms(settings, inventory), only,
        re.compile(settings.code) if settings.code else None, key,
        calendar.join, calendar.profile,
    )  # fmt: skip


def files_at(path: Path) -> Iterator[tuple[str, bytes]]:
    """A calendar file, or all of a folder, by name and text. Raises Problem when not readable.

    Files of a folder are counted instead of named: people name them after their meetings.
    """
    try:
        is_folder = path.is_dir()
        paths = sorted(path.glob("*.ics")) if is_folder else [path]
        for number, one in enumerate(paths[:MOST_FILES], start=1):
            with one.open("rb") as file:
                name = f"{path.name}/{number}.ics" if is_folder else one.name
                yield name, file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Problem(path.name, "inventory.unreadable", cause=error.strerror) from None


def _rooms(settings: MeetingSettings, inventory: Inventory) -> Mapping[str, frozenset[Place]]:
    """Places by folded name: what people call them, and a room's own where only one has it."""
    found: dict[str, set[Place]] = defaultdict(set)
    own: dict[str, set[Place]] = defaultdict(set)
    for code, ward in inventory.wards.items():
        for room in rooms_of(ward):
            own[folded(room)].add((code, room))
    for name, places in own.items():
        if len(places) == 1:
            found[name] |= places
    for one in settings.rooms:
        for name in one.names:
            found[folded(name)].add((one.ward, one.room))
    return {name: frozenset(places) for name, places in found.items() if name}
