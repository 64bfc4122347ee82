"""Machines: HOST-RESOURCES-MIB (RFC 2790), net-snmp's UCD-SNMP-MIB for memory and load."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from drills.mib.look import ENTERPRISES, MIB2, Entry, text
from probes.snmp import ber

if TYPE_CHECKING:
    from drills.mib.look import Look

_UCD = f"{ENTERPRISES}.2021"
_FIRST_DISK = 31  # net-snmp numbers file systems from here
FIRST_PROCESSOR = 196608


class _Store(NamedTuple):
    """One row of hrStorageTable; sizes in units of `unit` bytes."""

    row: int
    kind: str
    descr: str
    unit: int
    size: int
    used: int


def stores(look: Look) -> tuple[_Store, ...]:
    """The rows of hrStorageTable."""
    machine, chassis = look.machine, look.node.chassis
    if machine is None:
        if chassis is None or look.node.kind == "cisco_ios":  # Cisco tells its own pools
            return ()
        size, used = (octets // 1024 for octets in (chassis.memory_bytes, chassis.used_bytes))
        return (_Store(1, "2", "RAM", 1024, size, used),)
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
    return next(store for store in stores(look) if store.row == row)


def _kib(look: Look, name: str) -> int:
    machine = look.machine
    return 0 if machine is None else int(getattr(machine, name)) // 1024


def _free_kib(look: Look) -> int:
    return _kib(look, "available_bytes") - _kib(look, "buffers_bytes") - _kib(look, "cached_bytes")


def busy(look: Look) -> tuple[float, ...]:
    """The busy share of each processor; none for what tells none in this MIB."""
    node, machine = look.node, look.machine
    if machine is not None:
        return machine.busy
    return (node.chassis.busy,) if node.chassis and node.kind != "cisco_ios" else ()


def _busy_percent(look: Look, row: int) -> int:
    return round(busy(look)[row - FIRST_PROCESSOR] * 100)


def _load1(look: Look, _row: int) -> bytes:
    machine = look.machine
    return b"" if machine is None else text(f"{machine.load1:.2f}")


HOST: tuple[Entry, ...] = (
    Entry(f"{MIB2}.25.1.1", ber.TIMETICKS, lambda look, _: look.ticks),
    Entry(f"{MIB2}.25.2.2", ber.INTEGER, lambda look, _: _kib(look, "memory_bytes")),
    Entry(f"{_UCD}.4.3", ber.INTEGER, lambda look, _: _kib(look, "swap_bytes")),
    Entry(f"{_UCD}.4.5", ber.INTEGER, lambda look, _: _kib(look, "memory_bytes")),
    Entry(f"{_UCD}.4.6", ber.INTEGER, lambda look, _: _free_kib(look)),
    Entry(f"{_UCD}.4.14", ber.INTEGER, lambda look, _: _kib(look, "buffers_bytes")),
    Entry(f"{_UCD}.4.15", ber.INTEGER, lambda look, _: _kib(look, "cached_bytes")),
)

_HR_STORAGE = f"{MIB2}.25.2.3.1"

STORAGE: tuple[Entry, ...] = (
    Entry(f"{_HR_STORAGE}.1", ber.INTEGER, lambda _look, row: row),
    Entry(
        f"{_HR_STORAGE}.2",
        ber.OID,
        lambda look, row: ber.oid(f"{MIB2}.25.2.1.{_store(look, row).kind}"),
    ),
    Entry(f"{_HR_STORAGE}.3", ber.OCTET_STRING, lambda look, row: text(_store(look, row).descr)),
    Entry(f"{_HR_STORAGE}.4", ber.INTEGER, lambda look, row: _store(look, row).unit),
    Entry(f"{_HR_STORAGE}.5", ber.INTEGER, lambda look, row: _store(look, row).size),
    Entry(f"{_HR_STORAGE}.6", ber.INTEGER, lambda look, row: _store(look, row).used),
)

PROCESSORS: tuple[Entry, ...] = (Entry(f"{MIB2}.25.3.3.1.2", ber.INTEGER, _busy_percent),)

LOAD: tuple[Entry, ...] = (Entry(f"{_UCD}.10.1.3", ber.OCTET_STRING, _load1),)
