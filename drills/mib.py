"""Which SNMP objects a simulated device has, and how the world answers each.

An index of sorted OIDs is shared by all devices of the same shape; values are computed when asked.
Sources: RFC 3418 (system), RFC 2863 (IF-MIB), RFC 2790 (HOST-RESOURCES), RFC 1628 (UPS-MIB) and
net-snmp's UCD-SNMP-MIB for memory and load.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from probes.snmp import ber

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from drills.model import Node, Port
    from drills.traffic import Counters
    from drills.world import World
    from probes.snmp.types import Oid

_U32 = 0xFFFFFFFF
_U64 = 0xFFFFFFFFFFFFFFFF
_MIB2 = "1.3.6.1.2.1"
_UCD = "1.3.6.1.4.1.2021"
_ETHERNET = 6
_ON_BATTERY = 2  # upsAlarmOnBattery, the last arc of 1.3.6.1.2.1.33.1.6.3.2
_LOW_BATTERY = 3
_LOW_CHARGE = 0.3
_FIRST_DISK = 31  # net-snmp numbers file systems from here
_FIRST_PROCESSOR = 196608


@dataclass(frozen=True, slots=True)
class Look:
    """One look at one device: the world, the device, when (seconds since the world began)."""

    world: World
    node: Node
    t: float
    ports: Mapping[int, Port]

    @classmethod
    def at(cls, world: World, node: Node, t: float) -> Look:
        """Look at a device now."""
        return cls(world, node, t, {port.index: port for port in node.ports})

    @property
    def ticks(self) -> int:
        """sysUpTime: hundredths of a second since the device started."""
        return self.ticks_at(self.t)

    def ticks_at(self, t: float) -> int:
        """sysUpTime as it was at another time; 0 before the device started."""
        return int(max(0.0, t - self.world.booted_at(self.node.name)) * 100) & _U32

    def port(self, index: int) -> Port:
        """The port of that ifIndex."""
        return self.ports[index]

    def ref(self, index: int) -> str:
        """The port of that ifIndex, as `node:port`."""
        return f"{self.node.name}:{self.port(index).name}"

    def counters(self, index: int) -> Counters:
        """The port's counters now."""
        return self.world.counters(self.ref(index), self.t)

    def oper(self, index: int) -> bool:
        """Whether the port has link now."""
        return self.world.oper(self.ref(index), self.t)

    @property
    def charge(self) -> float:
        """The battery's charge, 0 to 1."""
        return self.world.charge(self.node.name, self.t)

    @property
    def on_battery(self) -> bool:
        """Whether the UPS lives on its battery."""
        return self.world.on_battery(self.node.name)


Read: TypeAlias = "Callable[[Look, int], int | bytes]"


class Cell(NamedTuple):
    """One instance: its tag, how its value is read, and the row it stands in (0 for a scalar)."""

    tag: int
    read: Read
    row: int


class Shape(NamedTuple):
    """What decides which instances a device has; devices of one shape share one index."""

    ports: tuple[int, ...]
    stores: tuple[int, ...]
    processors: tuple[int, ...]
    has_battery: bool
    alarms: tuple[int, ...]


class Index(NamedTuple):
    """Instances in SNMP's order: sort keys, OIDs, cells; where each OID stands; object prefixes."""

    keys: tuple[tuple[int, ...], ...]
    oids: tuple[Oid, ...]
    cells: tuple[Cell, ...]
    places: dict[Oid, int]
    objects: tuple[Oid, ...]


def shape_of(look: Look) -> Shape:
    """The device's shape now; a UPS has a row per alarm."""
    node = look.node
    machine = node.machine
    stores = tuple(store.row for store in _stores(look)) if machine else ()
    busy = machine.busy if machine else ()
    return Shape(
        tuple(port.index for port in node.ports),
        stores,
        tuple(_FIRST_PROCESSOR + n for n in range(len(busy))),
        node.battery is not None,
        _alarms(look) if node.battery else (),
    )


@cache
def index_of(shape: Shape) -> Index:
    """The sorted instances of every device of that shape."""
    found: list[tuple[Oid, Cell]] = []
    objects: list[Oid] = []
    for entry, rows in _entries(shape):
        objects.append(ber.oid(entry.oid))
        found += [(ber.oid(f"{entry.oid}.{row}"), Cell(entry.tag, entry.read, row)) for row in rows]
    found.sort(key=lambda pair: ber.oid_key(pair[0]))
    oids = tuple(oid for oid, _ in found)
    return Index(
        tuple(map(ber.oid_key, oids)),
        oids,
        tuple(cell for _, cell in found),
        {oid: place for place, oid in enumerate(oids)},
        tuple(objects),
    )


class _Entry(NamedTuple):
    oid: str
    tag: int
    read: Read


def _entries(shape: Shape) -> Iterator[tuple[_Entry, tuple[int, ...]]]:
    scalar = (0,)
    for entries, rows in (
        (_SYSTEM, scalar),
        (_INTERFACES, shape.ports),
        (_HOST, scalar if shape.stores else ()),
        (_STORAGE, shape.stores),
        (_PROCESSORS, shape.processors),
        (_LOAD, (1,) if shape.stores else ()),
        (_UPS, scalar if shape.has_battery else ()),
        (_UPS_LINE, (1,) if shape.has_battery else ()),
        (_UPS_ALARMS, shape.alarms),
    ):
        if rows:
            yield from ((_Entry(*entry), rows) for entry in entries)


def _text(text: str) -> bytes:
    return text.encode("ascii", "replace")


# ---- system and interfaces ----

_SYSTEM: tuple[tuple[str, int, Read], ...] = (
    (f"{_MIB2}.1.1", ber.OCTET_STRING, lambda look, _: _text(look.node.sys_descr)),
    (f"{_MIB2}.1.2", ber.OID, lambda look, _: ber.oid(look.node.sys_object_id)),
    (f"{_MIB2}.1.3", ber.TIMETICKS, lambda look, _: look.ticks),
    (f"{_MIB2}.1.4", ber.OCTET_STRING, lambda _look, _: b""),
    (f"{_MIB2}.1.5", ber.OCTET_STRING, lambda look, _: _text(look.node.name)),
    (f"{_MIB2}.1.6", ber.OCTET_STRING, lambda look, _: _text(look.node.location)),
    (f"{_MIB2}.1.7", ber.INTEGER, lambda look, _: 78 if look.node.forwards else 72),
    (f"{_MIB2}.2.1", ber.INTEGER, lambda look, _: len(look.node.ports)),
    (f"{_MIB2}.31.1.5", ber.TIMETICKS, lambda _look, _: 0),
)


def _if_status(is_up: bool) -> int:
    return 1 if is_up else 2


def _last_change(look: Look, row: int) -> int:
    return look.ticks_at(look.world.changed_at(look.ref(row), look.t))


_IF, _IFX = f"{_MIB2}.2.2.1", f"{_MIB2}.31.1.1.1"

_INTERFACES: tuple[tuple[str, int, Read], ...] = (
    (f"{_IF}.1", ber.INTEGER, lambda _look, row: row),
    (f"{_IF}.2", ber.OCTET_STRING, lambda look, row: _text(look.port(row).descr)),
    (f"{_IF}.3", ber.INTEGER, lambda _look, _: _ETHERNET),
    (f"{_IF}.4", ber.INTEGER, lambda _look, _: 1500),
    (f"{_IF}.5", ber.GAUGE32, lambda look, row: min(look.port(row).speed_bps, _U32)),
    (f"{_IF}.6", ber.OCTET_STRING, lambda look, row: look.port(row).mac),
    (f"{_IF}.7", ber.INTEGER, lambda look, row: _if_status(look.world.admin(look.ref(row)))),
    (f"{_IF}.8", ber.INTEGER, lambda look, row: _if_status(look.oper(row))),
    (f"{_IF}.9", ber.TIMETICKS, _last_change),
    (f"{_IF}.10", ber.COUNTER32, lambda look, row: look.counters(row).in_octets & _U32),
    (f"{_IF}.11", ber.COUNTER32, lambda look, row: look.counters(row).in_packets & _U32),
    (f"{_IF}.13", ber.COUNTER32, lambda _look, _: 0),
    (f"{_IF}.14", ber.COUNTER32, lambda look, row: look.counters(row).in_errors & _U32),
    (f"{_IF}.16", ber.COUNTER32, lambda look, row: look.counters(row).out_octets & _U32),
    (f"{_IF}.17", ber.COUNTER32, lambda look, row: look.counters(row).out_packets & _U32),
    (f"{_IF}.19", ber.COUNTER32, lambda _look, _: 0),
    (f"{_IF}.20", ber.COUNTER32, lambda _look, _: 0),
    (f"{_IFX}.1", ber.OCTET_STRING, lambda look, row: _text(look.port(row).name)),
    (f"{_IFX}.6", ber.COUNTER64, lambda look, row: look.counters(row).in_octets & _U64),
    (f"{_IFX}.7", ber.COUNTER64, lambda look, row: look.counters(row).in_packets & _U64),
    (f"{_IFX}.10", ber.COUNTER64, lambda look, row: look.counters(row).out_octets & _U64),
    (f"{_IFX}.11", ber.COUNTER64, lambda look, row: look.counters(row).out_packets & _U64),
    (f"{_IFX}.15", ber.GAUGE32, lambda look, row: look.port(row).speed_bps // 1_000_000),
    (f"{_IFX}.17", ber.INTEGER, lambda _look, _: 1),
    (f"{_IFX}.18", ber.OCTET_STRING, lambda look, row: _text(look.port(row).alias)),
    (f"{_IFX}.19", ber.TIMETICKS, lambda _look, _: 0),
)


# ---- machines ----


class _Store(NamedTuple):
    """One row of hrStorageTable; sizes in units of `unit` bytes."""

    row: int
    kind: str
    descr: str
    unit: int
    size: int
    used: int


def _stores(look: Look) -> tuple[_Store, ...]:
    machine = look.node.machine
    if machine is None:
        return ()
    unit, ram, other, disk = 1024, "2", "1", "4"
    # net-snmp counts caches as used memory and lists them as rows of their own.
    taken = machine.used_bytes + machine.buffers_bytes + machine.cached_bytes
    memory, buffers, cached = (
        size // unit for size in (machine.memory_bytes, machine.buffers_bytes, machine.cached_bytes)
    )
    return (
        _Store(1, ram, "Physical memory", unit, memory, taken // unit),
        _Store(6, other, "Memory buffers", unit, memory, buffers),
        _Store(7, other, "Cached memory", unit, cached, cached),
        _Store(
            10, "3", "Swap space", unit, machine.swap_bytes // unit, machine.swap_used_bytes // unit
        ),
        *(
            _Store(n, disk, d.mount, 4096, d.size_bytes // 4096, d.used_bytes // 4096)
            for n, d in enumerate(machine.disks, start=_FIRST_DISK)
        ),
    )


def _store(look: Look, row: int) -> _Store:
    return next(store for store in _stores(look) if store.row == row)


def _kib(look: Look, name: str) -> int:
    machine = look.node.machine
    return 0 if machine is None else int(getattr(machine, name)) // 1024


def _free_kib(look: Look) -> int:
    return _kib(look, "available_bytes") - _kib(look, "buffers_bytes") - _kib(look, "cached_bytes")


def _busy_percent(look: Look, row: int) -> int:
    machine = look.node.machine
    return 0 if machine is None else round(machine.busy[row - _FIRST_PROCESSOR] * 100)


def _load1(look: Look, _row: int) -> bytes:
    machine = look.node.machine
    return b"" if machine is None else _text(f"{machine.load1:.2f}")


_HOST: tuple[tuple[str, int, Read], ...] = (
    (f"{_MIB2}.25.1.1", ber.TIMETICKS, lambda look, _: look.ticks),
    (f"{_MIB2}.25.2.2", ber.INTEGER, lambda look, _: _kib(look, "memory_bytes")),
    (f"{_UCD}.4.3", ber.INTEGER, lambda look, _: _kib(look, "swap_bytes")),
    (f"{_UCD}.4.5", ber.INTEGER, lambda look, _: _kib(look, "memory_bytes")),
    (f"{_UCD}.4.6", ber.INTEGER, lambda look, _: _free_kib(look)),
    (f"{_UCD}.4.14", ber.INTEGER, lambda look, _: _kib(look, "buffers_bytes")),
    (f"{_UCD}.4.15", ber.INTEGER, lambda look, _: _kib(look, "cached_bytes")),
)

_HR_STORAGE = f"{_MIB2}.25.2.3.1"

_STORAGE: tuple[tuple[str, int, Read], ...] = (
    (f"{_HR_STORAGE}.1", ber.INTEGER, lambda _look, row: row),
    (
        f"{_HR_STORAGE}.2",
        ber.OID,
        lambda look, row: ber.oid(f"{_MIB2}.25.2.1.{_store(look, row).kind}"),
    ),
    (f"{_HR_STORAGE}.3", ber.OCTET_STRING, lambda look, row: _text(_store(look, row).descr)),
    (f"{_HR_STORAGE}.4", ber.INTEGER, lambda look, row: _store(look, row).unit),
    (f"{_HR_STORAGE}.5", ber.INTEGER, lambda look, row: _store(look, row).size),
    (f"{_HR_STORAGE}.6", ber.INTEGER, lambda look, row: _store(look, row).used),
)

_PROCESSORS: tuple[tuple[str, int, Read], ...] = (
    (f"{_MIB2}.25.3.3.1.2", ber.INTEGER, _busy_percent),
)

_LOAD: tuple[tuple[str, int, Read], ...] = ((f"{_UCD}.10.1.3", ber.OCTET_STRING, _load1),)


# ---- UPS ----


def _alarms(look: Look) -> tuple[int, ...]:
    """upsAlarmId of what is wrong: the last arc of its well-known alarm."""
    if not look.on_battery:
        return ()
    return (_ON_BATTERY, _LOW_BATTERY) if look.charge < _LOW_CHARGE else (_ON_BATTERY,)


def _battery_status(look: Look) -> int:
    """batteryNormal(2) or batteryLow(3)."""
    return 3 if look.on_battery and look.charge < _LOW_CHARGE else 2


def _since_mains(look: Look) -> float:
    """Seconds without mains, 0 with it."""
    if not look.on_battery:
        return 0.0
    return look.t - next(
        m.t for m in reversed(look.world.mutations) if (m.kind, m.on) == ("mains", look.node.ward)
    )


def _minutes_left(look: Look) -> int:
    return int(look.charge * look.world.runtime_s(look.node.name) / 60)


def _load_percent(look: Look) -> int:
    return round(look.node.battery.load_ratio * 100) if look.node.battery else 0


_UPS_MIB = f"{_MIB2}.33.1"

_UPS: tuple[tuple[str, int, Read], ...] = (
    (f"{_UPS_MIB}.1.1", ber.OCTET_STRING, lambda _look, _: b"wardops simulated"),
    (f"{_UPS_MIB}.1.2", ber.OCTET_STRING, lambda _look, _: b"Simulated UPS 3 kVA"),
    (f"{_UPS_MIB}.1.3", ber.OCTET_STRING, lambda _look, _: b"1.0"),
    (f"{_UPS_MIB}.1.5", ber.OCTET_STRING, lambda look, _: _text(look.node.name)),
    (f"{_UPS_MIB}.2.1", ber.INTEGER, lambda look, _: _battery_status(look)),
    (f"{_UPS_MIB}.2.2", ber.INTEGER, lambda look, _: int(_since_mains(look))),
    (f"{_UPS_MIB}.2.3", ber.INTEGER, lambda look, _: _minutes_left(look)),
    (f"{_UPS_MIB}.2.4", ber.INTEGER, lambda look, _: int(look.charge * 100)),
    (f"{_UPS_MIB}.2.5", ber.INTEGER, lambda look, _: int(480 + 60 * look.charge)),
    (f"{_UPS_MIB}.2.7", ber.INTEGER, lambda _look, _: 28),
    (f"{_UPS_MIB}.3.2", ber.INTEGER, lambda _look, _: 1),
    (f"{_UPS_MIB}.4.1", ber.INTEGER, lambda look, _: 5 if look.on_battery else 3),
    (f"{_UPS_MIB}.4.2", ber.INTEGER, lambda _look, _: 500),
    (f"{_UPS_MIB}.4.3", ber.INTEGER, lambda _look, _: 1),
    (f"{_UPS_MIB}.6.1", ber.GAUGE32, lambda look, _: len(_alarms(look))),
)

_UPS_LINE: tuple[tuple[str, int, Read], ...] = (
    (f"{_UPS_MIB}.3.3.1.2", ber.INTEGER, lambda look, _: 0 if look.on_battery else 500),
    (f"{_UPS_MIB}.3.3.1.3", ber.INTEGER, lambda look, _: 0 if look.on_battery else 226),
    (f"{_UPS_MIB}.4.4.1.2", ber.INTEGER, lambda _look, _: 220),
    (f"{_UPS_MIB}.4.4.1.5", ber.INTEGER, lambda look, _: _load_percent(look)),
)

_UPS_ALARMS: tuple[tuple[str, int, Read], ...] = (
    (f"{_UPS_MIB}.6.2.1.2", ber.OID, lambda _look, row: ber.oid(f"{_UPS_MIB}.6.3.{row}")),
    (
        f"{_UPS_MIB}.6.2.1.3",
        ber.TIMETICKS,
        lambda look, _: look.ticks_at(look.t - _since_mains(look)),
    ),
)
