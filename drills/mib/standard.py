"""What every device says: system (RFC 3418) and IF-MIB (RFC 2863)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drills.mib.look import MIB2, Entry, text
from probes.snmp import ber

if TYPE_CHECKING:
    from drills.mib.look import Look

_U32 = 0xFFFFFFFF
_U64 = 0xFFFFFFFFFFFFFFFF
_ETHERNET = 6

SYSTEM: tuple[Entry, ...] = (
    Entry(f"{MIB2}.1.1", ber.OCTET_STRING, lambda look, _: text(look.node.sys_descr)),
    Entry(f"{MIB2}.1.2", ber.OID, lambda look, _: ber.oid(look.node.sys_object_id)),
    Entry(f"{MIB2}.1.3", ber.TIMETICKS, lambda look, _: look.ticks),
    Entry(f"{MIB2}.1.4", ber.OCTET_STRING, lambda _look, _: b""),
    Entry(f"{MIB2}.1.5", ber.OCTET_STRING, lambda look, _: text(look.node.name)),
    Entry(f"{MIB2}.1.6", ber.OCTET_STRING, lambda look, _: text(look.node.location)),
    Entry(f"{MIB2}.1.7", ber.INTEGER, lambda look, _: 78 if look.node.forwards else 72),
    Entry(f"{MIB2}.2.1", ber.INTEGER, lambda look, _: len(look.node.ports)),
    Entry(f"{MIB2}.31.1.5", ber.TIMETICKS, lambda _look, _: 0),
)


def _if_status(is_up: bool) -> int:
    return 1 if is_up else 2


def _last_change(look: Look, row: int) -> int:
    return look.ticks_at(look.world.changed_at(look.ref(row), look.t))


_IF, _IFX = f"{MIB2}.2.2.1", f"{MIB2}.31.1.1.1"

INTERFACES: tuple[Entry, ...] = (
    Entry(f"{_IF}.1", ber.INTEGER, lambda _look, row: row),
    Entry(f"{_IF}.2", ber.OCTET_STRING, lambda look, row: text(look.port(row).descr)),
    Entry(f"{_IF}.3", ber.INTEGER, lambda _look, _: _ETHERNET),
    Entry(f"{_IF}.4", ber.INTEGER, lambda _look, _: 1500),
    Entry(f"{_IF}.5", ber.GAUGE32, lambda look, row: min(look.speed_bps(row), _U32)),
    Entry(f"{_IF}.6", ber.OCTET_STRING, lambda look, row: look.port(row).mac),
    Entry(f"{_IF}.7", ber.INTEGER, lambda look, row: _if_status(look.world.admin(look.ref(row)))),
    Entry(f"{_IF}.8", ber.INTEGER, lambda look, row: _if_status(look.oper(row))),
    Entry(f"{_IF}.9", ber.TIMETICKS, _last_change),
    Entry(f"{_IF}.10", ber.COUNTER32, lambda look, row: look.counters(row).in_octets & _U32),
    Entry(f"{_IF}.11", ber.COUNTER32, lambda look, row: look.counters(row).in_packets & _U32),
    Entry(f"{_IF}.13", ber.COUNTER32, lambda _look, _: 0),
    Entry(f"{_IF}.14", ber.COUNTER32, lambda look, row: look.counters(row).in_errors & _U32),
    Entry(f"{_IF}.16", ber.COUNTER32, lambda look, row: look.counters(row).out_octets & _U32),
    Entry(f"{_IF}.17", ber.COUNTER32, lambda look, row: look.counters(row).out_packets & _U32),
    Entry(f"{_IF}.19", ber.COUNTER32, lambda _look, _: 0),
    Entry(f"{_IF}.20", ber.COUNTER32, lambda _look, _: 0),
    Entry(f"{_IFX}.1", ber.OCTET_STRING, lambda look, row: text(look.port(row).name)),
    Entry(f"{_IFX}.6", ber.COUNTER64, lambda look, row: look.counters(row).in_octets & _U64),
    Entry(f"{_IFX}.7", ber.COUNTER64, lambda look, row: look.counters(row).in_packets & _U64),
    Entry(f"{_IFX}.10", ber.COUNTER64, lambda look, row: look.counters(row).out_octets & _U64),
    Entry(f"{_IFX}.11", ber.COUNTER64, lambda look, row: look.counters(row).out_packets & _U64),
    Entry(f"{_IFX}.15", ber.GAUGE32, lambda look, row: look.speed_bps(row) // 1_000_000),
    Entry(f"{_IFX}.17", ber.INTEGER, lambda _look, _: 1),
    Entry(f"{_IFX}.18", ber.OCTET_STRING, lambda look, row: text(look.port(row).alias)),
    Entry(f"{_IFX}.19", ber.TIMETICKS, lambda _look, _: 0),
)
