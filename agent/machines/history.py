"""Gathers the history of machines while the agent works, and keeps what it says of the future.

An observation costs a look into a table for each disk. Slots of six hours are written every hour;
forecasts are made anew once a slot is over, a few machines each second.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from agent.machines.forecast import DAY_SLOTS, MONTH, WEEK, Point, anew, slot_at
from agent.machines.history_shelf import (
    KEPT_DAYS,
    QUOTA,
    Busy,
    Counted,
    HistoryShelf,
    Place,
    counts_since,
    first_slot,
    loads_since,
    rooms_since,
)
from agent.machines.series import Series
from agent.machines.trends import COUNT_DAYS, LOAD_DAYS, ROOM_DAYS, trends_of
from inventory.errors import StoreError
from probes.model import Sample
from probes.registry import probes_for
from probes.vm.model import MAX_MOUNTS, VM_FILESYSTEM_FULL_IN
from probes.vm.trend import IDLE_BELOW, Forecast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from agent.journal.database import Database
    from probes.clock import Clock
    from probes.model import Observation, Target
    from probes.vm.estate import Guest
    from probes.vm.status import Filesystem, VmStatus
    from probes.vm.trend import Trends

Owner: TypeAlias = tuple[str, str]  # ward and machine; without a machine, the ward itself

_log = logging.getLogger(__name__)
# One source for each machine, since sources count differently: SNMP leaves out what is reserved.
_SOURCES = ("node-exporter", "vm-ssh", "snmp-host")
_WRITE_EVERY_S = 3600
_CLOSED_FOR_S = 60  # a slot is over for so long before forecasts are made of it
_ROUND_S = 120  # seconds in which all forecasts are made
_MADE_ROOM = 0.02  # of the size
_MOST_WAITING = 50_000  # slots of places; some days of a whole city while the disk is full


class History:
    """The history of one agent's machines; see the module's first line."""

    def __init__(
        self,
        targets: Iterable[Target],
        database: Database,
        clock: Clock,
        may_write: Callable[[], bool] = lambda: True,
        show: Callable[[Observation, Sequence[Sample]], None] = lambda _seen, _samples: None,
    ) -> None:
        """Begin with what is kept. `may_write` is False while the disk is too full.

        `show` is told with every look at a machine when its disks will be full. Raises StoreError
        when the file cannot be read.
        """
        self._sources = sources_of(targets)
        self._shelf = HistoryShelf(database)
        self._clock = clock
        self._may_write = may_write
        self._show = show
        self._rooms: dict[Place, Series[Point]] = {}
        self._loads: dict[Owner, Series[Busy]] = {}
        self._counts: dict[str, Series[Counted]] = {}
        self._names: dict[Owner, set[str]] = {}
        self._unwritten: dict[tuple[Place | Owner | str, int], None] = {}
        self._trends: dict[str, dict[str, Trends]] = {}
        self._shown: set[Owner] = set()
        self._slot = slot_at(self._now_s())
        self._made_of = -1
        self._waiting: list[Owner] = []
        self._written_at = self._now_s()
        self._failing = False
        self._shelf.cut(self._slot)
        self._restore(database)

    def trends(self, ward: str) -> Mapping[str, Trends]:
        """What the history of a ward's machines says by name; that of its quota under `QUOTA`."""
        return self._trends.get(ward, {})

    def take(self, seen: Observation) -> None:
        """Take in what a machine says of itself."""
        vm = seen.reading.vm
        ward, machine = seen.target.ward, seen.target.name
        if vm is None or self._sources.get((ward, machine)) != seen.probe:
            return
        slot = self._slot_now()
        for disk in vm.filesystems[:MAX_MOUNTS]:
            self._take_disk(Place(ward, machine, disk.mount), slot, disk)
        if vm.cpu_ratio is not None:
            self._take_load((ward, machine), slot, vm.cpu_ratio)
        self._show_forecasts((ward, machine), seen, vm)

    def take_guest(self, ward: str, machine: str, guest: Guest) -> None:
        """Take in how busy a hypervisor sees a machine that nobody asks itself."""
        if guest.cpu_ratio is not None and (ward, machine) not in self._sources:
            self._take_load((ward, machine), self._slot_now(), guest.cpu_ratio)

    def take_ward(
        self, ward: str, machines: int | None, shares: Iterable[tuple[str, float, float]]
    ) -> None:
        """Take in how many machines a ward has, and resources of its quota: name, used, limit."""
        slot = self._slot_now()
        for name, used, limit in shares:
            self._put_room(Place(ward, QUOTA, name), slot, max(0.0, limit - used), limit)
        if machines is not None:
            series = self._counts.setdefault(ward, Series(Counted, "L", COUNT_DAYS))
            self._names.setdefault((ward, QUOTA), set())
            if series.put(Counted(slot, machines)):
                self._unwritten[ward, slot] = None

    def turn(self) -> None:
        """Called every second: write once an hour, make some forecasts once a slot is over."""
        now_s = self._now_s()
        if now_s - self._written_at >= _WRITE_EVERY_S or now_s < self._written_at:
            self.write()
        slot = slot_at(now_s - _CLOSED_FOR_S)
        if slot != self._made_of:
            self._made_of, self._waiting = slot, sorted(self._names)
        for _ in range(min(len(self._waiting), 1 + len(self._names) // _ROUND_S)):
            owner = self._waiting.pop()
            ward, machine = owner
            self._trends.setdefault(ward, {})[machine] = self._made(owner, now_s)

    def write(self) -> bool:
        """Write what was gathered; False when it stays for the next time."""
        self._written_at = self._now_s()
        if not self._may_write():
            self._drop_oldest()
            return False
        rooms, loads, counts = self._news()
        try:
            self._shelf.put(rooms, loads, counts)
        except StoreError as error:
            if not self._failing:
                _log.error("machine history lost problem=%s", error)
            self._failing = True
            self._drop_oldest()
            return False
        if self._failing:
            _log.info("machine history back")
        self._failing = False
        self._unwritten.clear()
        return True

    def forget(self) -> None:
        """Drop what is too old, and machines of which nothing is left."""
        slot = self._slot_now()
        try:
            self._shelf.forget_before(first_slot(slot, KEPT_DAYS))
        except StoreError as error:
            _log.error("machine history not dropped problem=%s", error)
        begin = first_slot(slot, ROOM_DAYS)
        for place in [place for place, one in self._rooms.items() if one.last_slot < begin]:
            del self._rooms[place]
            self._names[place.ward, place.machine].discard(place.name)

    def _show_forecasts(self, owner: Owner, seen: Observation, vm: VmStatus) -> None:
        """Those of the disks that are there; nothing for a machine that has and had none."""
        ward, machine = owner
        trends = self._trends.get(ward, {}).get(machine)
        found = {
            room.name: room.week
            for room in (trends.rooms if trends is not None else ())
            if isinstance(room.week, Forecast)
        }
        if not found and owner not in self._shown:
            return
        now, told = self._clock.now(), list[Sample]()
        for disk in vm.filesystems[:MAX_MOUNTS]:
            if disk.mount not in found:
                continue
            if self._is_cleaned(Place(ward, machine, disk.mount), disk):
                self._withdraw(owner, disk.mount)
                continue
            in_s = max(0.0, (found[disk.mount].full_at - now).total_seconds())
            told.append(Sample(VM_FILESYSTEM_FULL_IN, in_s, (disk.mount,)))
        self._show(seen, told)
        (self._shown.add if told else self._shown.discard)(owner)

    def _is_cleaned(self, place: Place, disk: Filesystem) -> bool:
        """Whether there is more room than the last day ever had, by more than that day's swing."""
        day = [one for one in self._rooms[place].newest(DAY_SLOTS + 1) if one.slot < self._slot]
        if not day:
            return False
        most, least = max(one.left for one in day), min(one.left for one in day)
        return disk.avail_bytes > most + max(_MADE_ROOM * day[-1].size, most - least)

    def _withdraw(self, owner: Owner, name: str) -> None:
        """Take back what was told of a disk; once the slot is over it is told anew, if at all."""
        ward, machine = owner
        trends = self._trends[ward][machine]
        rooms = tuple(
            replace(room, week=anew(WEEK), month=anew(MONTH)) if room.name == name else room
            for room in trends.rooms
        )
        self._trends[ward][machine] = replace(trends, rooms=rooms)

    def _take_disk(self, place: Place, slot: int, disk: Filesystem) -> None:
        if disk.avail_ratio > 0:
            self._put_room(place, slot, disk.avail_bytes, disk.avail_bytes / disk.avail_ratio)
            return
        series = self._rooms.get(place)  # a full disk does not say its size
        if series is not None:
            self._put_room(place, slot, 0.0, series.last.size)

    def _put_room(self, place: Place, slot: int, left: float, size: float) -> None:
        series = self._rooms.get(place) or self._new_room(place)
        if series.last_slot == slot:
            left = min(left, series.last.left)
        if series.put(Point(slot, left, size)):
            self._unwritten[place, slot] = None

    def _new_room(self, place: Place) -> Series[Point]:
        series = self._rooms[place] = Series(Point, "dd", ROOM_DAYS)
        self._names.setdefault((place.ward, place.machine), set()).add(place.name)
        return series

    def _take_load(self, owner: Owner, slot: int, cpu_ratio: float) -> None:
        series = self._loads.get(owner)
        if series is None:
            series = self._loads[owner] = Series(Busy, "LL", LOAD_DAYS)
            self._names.setdefault(owner, set())
        before = series.last if series.last_slot == slot else Busy(slot, 0, 0)
        is_busy = cpu_ratio >= IDLE_BELOW
        series.put(Busy(slot, before.looks + 1, before.busy + is_busy))
        self._unwritten[owner, slot] = None

    def _made(self, owner: Owner, now_s: float) -> Trends:
        ward, machine = owner
        rooms = {
            name: list(self._rooms[Place(ward, machine, name)].rows())
            for name in self._names[owner]
        }
        loads = self._loads.get(owner)
        counts = self._counts.get(ward) if machine == QUOTA else None
        return trends_of(
            rooms,
            list(loads.rows()) if loads else (),
            list(counts.rows()) if counts else (),
            now_s,
        )

    def _news(
        self,
    ) -> tuple[list[tuple[Place, Point]], list[tuple[str, str, Busy]], list[tuple[str, Counted]]]:
        """What is to be written, by table."""
        rooms: list[tuple[Place, Point]] = []
        loads: list[tuple[str, str, Busy]] = []
        counts: list[tuple[str, Counted]] = []
        for key, slot in self._unwritten:
            if isinstance(key, Place):
                point = self._rooms[key].at(slot) if key in self._rooms else None
                rooms += [(key, point)] if point else []
            elif isinstance(key, tuple):
                load = self._loads[key].at(slot)
                loads += [(*key, load)] if load else []
            else:
                count = self._counts[key].at(slot)
                counts += [(key, count)] if count else []
        return rooms, loads, counts

    def _restore(self, database: Database) -> None:
        for place, point in rooms_since(database, first_slot(self._slot, ROOM_DAYS)):
            (self._rooms.get(place) or self._new_room(place)).put(point)
        for ward, machine, load in loads_since(database, first_slot(self._slot, LOAD_DAYS)):
            self._loads.setdefault((ward, machine), Series(Busy, "LL", LOAD_DAYS)).put(load)
            self._names.setdefault((ward, machine), set())
        for ward, count in counts_since(database, first_slot(self._slot, COUNT_DAYS)):
            self._counts.setdefault(ward, Series(Counted, "L", COUNT_DAYS)).put(count)
            self._names.setdefault((ward, QUOTA), set())

    def _drop_oldest(self) -> None:
        while len(self._unwritten) > _MOST_WAITING:
            del self._unwritten[next(iter(self._unwritten))]

    def _slot_now(self) -> int:
        """The slot that goes on; where the clock was set back, what lies after it goes."""
        slot = slot_at(self._now_s())
        if slot < self._slot:
            for series in self._every():
                series.cut(slot)
            try:
                self._shelf.cut(slot)
            except StoreError as error:
                _log.error("machine history not cut problem=%s", error)
            self._made_of = -1
        self._slot = slot
        return slot

    def _every(self) -> Iterator[Series[Any]]:
        yield from self._rooms.values()
        yield from self._loads.values()
        yield from self._counts.values()

    def _now_s(self) -> float:
        return self._clock.now().timestamp()


def sources_of(targets: Iterable[Target]) -> Mapping[Owner, str]:
    """The one probe that each machine's history is made of."""
    found: dict[Owner, str] = {}
    for target in targets:
        names = {probe.name for probe in probes_for(target)}
        source = next((one for one in _SOURCES if one in names), None)
        if source is not None:
            found[target.ward, target.name] = source
    return found
