"""What the history of machines says, as rules look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.errors import OtherRealm
from agent.journal.database import read_database
from agent.machines.forecast import DAY_S, DAY_SLOTS, MONTH, WEEK, Point, forecast, slot_at
from agent.machines.history_shelf import (
    QUOTA,
    counts_since,
    first_slot,
    loads_since,
    rooms_since,
)
from agent.samples.shelf import FILE_NAME
from probes.vm.trend import Count, Load, Room, Trends

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from agent.journal.database import Database
    from agent.machines.history_shelf import Busy, Counted

ROOM_DAYS = 30
LOAD_DAYS = 30
COUNT_DAYS = 90
_HISTORY_SCHEMA = 2  # of the samples' file


def trends_of(
    rooms: Mapping[str, Sequence[Point]],
    loads: Iterable[Busy],
    counts: Iterable[Counted],
    now_s: float,
) -> Trends:
    """The trends of one machine or ward: points by mount or resource, each series oldest first."""
    return Trends(
        tuple(_room(name, points, now_s) for name, points in sorted(rooms.items()) if points),
        _load(loads, now_s),
        _count(counts, now_s),
    )


def _room(name: str, points: Sequence[Point], now_s: float) -> Room:
    last = points[-1]
    used = 1 - last.left / last.size if last.size > 0 else None
    return Room(name, used, forecast(points, WEEK, now_s), forecast(points, MONTH, now_s))


def _load(loads: Iterable[Busy], now_s: float) -> Load | None:
    begin = first_slot(slot_at(now_s), LOAD_DAYS)
    found = [one for one in loads if one.slot >= begin and one.looks]
    if not found:
        return None
    looks = sum(one.looks for one in found)
    return Load(len(found) / DAY_SLOTS, sum(one.busy for one in found) / looks)


def _count(counts: Iterable[Counted], now_s: float) -> Count | None:
    begin = first_slot(slot_at(now_s), COUNT_DAYS)
    found = [one for one in counts if one.slot >= begin]
    if not found:
        return None
    days = (found[-1].slot - found[0].slot) / DAY_S
    return Count(found[-1].machines, found[0].machines, days)


def kept_trends(
    folder: Path, wards: Iterable[str], realm: str, now_s: float
) -> Mapping[str, Mapping[str, Trends]]:
    """The trends of these wards from an agent's state folder, which may be at work beside.

    Empty for a file of before there was a history. Raises InputError where there is no file, or one
    of another realm, StoreError when it cannot be read.
    """
    database = read_database(folder, FILE_NAME)
    try:
        found = database.meta("realm")
        if found != realm:
            raise OtherRealm("store.other_realm", path=database.path, found=found, wanted=realm)
        if int(database.meta("schema_version") or 0) < _HISTORY_SCHEMA:
            return {}
        return {ward: trends_in(database, ward, now_s) for ward in wards}
    finally:
        database.close()


def trends_in(database: Database, ward: str, now_s: float) -> Mapping[str, Trends]:
    """The trends of a ward's machines by name, of its quota under ``, from a file of samples.

    Raises StoreError when it cannot be read.
    """
    slot = slot_at(now_s)
    rooms: dict[str, dict[str, list[Point]]] = {}
    for place, point in rooms_since(database, first_slot(slot, ROOM_DAYS), ward):
        rooms.setdefault(place.machine, {}).setdefault(place.name, []).append(point)
    loads: dict[str, list[Busy]] = {}
    for _ward, machine, load in loads_since(database, first_slot(slot, LOAD_DAYS), ward):
        loads.setdefault(machine, []).append(load)
    counts = [one for _ward, one in counts_since(database, first_slot(slot, COUNT_DAYS), ward)]
    names = {*rooms, *loads, *([QUOTA] if counts else [])}
    return {
        name: trends_of(
            rooms.get(name, {}), loads.get(name, ()), counts if name == QUOTA else (), now_s
        )
        for name in sorted(names)
    }
