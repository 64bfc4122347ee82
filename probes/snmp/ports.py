"""Rows of the interface tables to ports and samples. Pure; the rules come from recorded devices.

A third of them have no 64-bit counters, a fifth no ifName, some answer states outside the MIB's
enumeration. What a device does not say is unknown, never zero and never "down".
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Literal, TypeAlias

from probes import oids
from probes.model import AdminStatus, Interface, Metric, OperStatus, Sample
from probes.snmp import ber, values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from probes.model import MetricType, Target
    from probes.snmp.types import Oid, Varbind

_OPER: dict[int, OperStatus] = {
    1: "up",
    2: "down",
    3: "testing",
    4: "unknown",
    5: "dormant",
    6: "notPresent",
    7: "lowerLayerDown",
}
_ADMIN: dict[int, AdminStatus] = {1: "up", 2: "down", 3: "testing"}
_UNKNOWN_STATUS = 4
_SPEED_BEYOND_GAUGE = 0xFFFFFFFF  # RFC 2863: the link is faster than ifSpeed can say
_COUNTER_MODULUS = 1 << 53  # the largest whole number a sample carries exactly
_MAX_LABEL = 64

PORT_LABELS = ("ifName", "ifDescr", "ifAlias")


def _metric(name: str, kind: MetricType, help_text: str, unit: str = "") -> Metric:
    return Metric(name, kind, help_text, PORT_LABELS, unit)


IF_HC_IN_OCTETS = _metric("ifHCInOctets", "counter", "Octets received, 64 bits, modulo 2^53")
IF_HC_OUT_OCTETS = _metric("ifHCOutOctets", "counter", "Octets sent, 64 bits, modulo 2^53")
IF_IN_OCTETS = _metric("ifInOctets", "counter", "Octets received, 32 bits")
IF_OUT_OCTETS = _metric("ifOutOctets", "counter", "Octets sent, 32 bits")
IF_IN_ERRORS = _metric("ifInErrors", "counter", "Received packets with errors")
IF_OUT_ERRORS = _metric("ifOutErrors", "counter", "Packets not sent because of errors")
IF_IN_DISCARDS = _metric("ifInDiscards", "counter", "Received packets dropped without error")
IF_OUT_DISCARDS = _metric("ifOutDiscards", "counter", "Packets dropped before sending")
IF_OPER_STATUS = _metric(
    "ifOperStatus",
    "gauge",
    "1 up 2 down 3 testing 4 unknown 5 dormant 6 notPresent 7 lowerLayerDown",
)
IF_ADMIN_STATUS = _metric("ifAdminStatus", "gauge", "1 up 2 down 3 testing 4 unknown")
IF_LAST_CHANGE = _metric("ifLastChange", "gauge", "sysUpTime at the last change of state, 1/100 s")
IF_HIGH_SPEED = _metric("ifHighSpeed", "gauge", "Speed in Mbit/s")
IF_SPEED = _metric("ifSpeed", "gauge", "Speed in bit/s, where ifHighSpeed is not given")
SYS_UP_TIME = Metric("sysUpTime", "gauge", "Time since the management part started, 1/100 s")

METRICS = (
    IF_HC_IN_OCTETS,
    IF_HC_OUT_OCTETS,
    IF_IN_OCTETS,
    IF_OUT_OCTETS,
    IF_IN_ERRORS,
    IF_OUT_ERRORS,
    IF_IN_DISCARDS,
    IF_OUT_DISCARDS,
    IF_OPER_STATUS,
    IF_ADMIN_STATUS,
    IF_LAST_CHANGE,
    IF_HIGH_SPEED,
    IF_SPEED,
    SYS_UP_TIME,
)

_Cell: TypeAlias = "tuple[Metric, Oid, Callable[[Varbind | None], int | None]]"

COLUMNS: tuple[Oid, ...] = (
    oids.ifName,
    oids.ifDescr,
    oids.ifAlias,
    oids.ifType,
    oids.ifPhysAddress,
    oids.ifAdminStatus,
    oids.ifOperStatus,
    oids.ifLastChange,
    oids.ifHighSpeed,
    oids.ifHCInOctets,
    oids.ifHCOutOctets,
    oids.ifInErrors,
    oids.ifOutErrors,
    oids.ifInDiscards,
    oids.ifOutDiscards,
    oids.ifCounterDiscontinuityTime,
)
OLDER_OCTETS = (oids.ifInOctets, oids.ifOutOctets)

# What moves from minute to minute; the other columns say what a port is.
QUICK_COLUMNS: tuple[Oid, ...] = (
    oids.ifAdminStatus,
    oids.ifOperStatus,
    oids.ifLastChange,
    oids.ifHCInOctets,
    oids.ifHCOutOctets,
    oids.ifInErrors,
    oids.ifOutErrors,
    oids.ifInDiscards,
    oids.ifOutDiscards,
)


def rows_by_index(
    columns: Sequence[Oid], rows: Mapping[bytes, Sequence[Varbind | None]]
) -> dict[int, dict[Oid, Varbind | None]]:
    """Rows of an interface table by ifIndex; rows whose index is not one number are no ports."""
    return {
        arcs[0]: dict(zip(columns, cells, strict=True))
        for index, cells in rows.items()
        if len(arcs := ber.index_arcs(index)) == 1
    }


def missing_columns(rows: Mapping[int, Mapping[Oid, Varbind | None]]) -> tuple[Oid, ...]:
    """The older columns that some port needs: 32-bit octets without 64-bit ones, ifSpeed."""
    octets = any(not _has_64_bit_octets(row) for row in rows.values())
    speed = any(not values.count(row.get(oids.ifHighSpeed)) for row in rows.values())
    return (*(OLDER_OCTETS if octets else ()), *((oids.ifSpeed,) if speed else ()))


def interfaces(rows: Mapping[int, Mapping[Oid, Varbind | None]]) -> tuple[Interface, ...]:
    """Every port of the device in order of ifIndex, named as the device names it."""
    return tuple(_interface(index, rows[index]) for index in sorted(rows))


def samples(
    target: Target,
    ports: Iterable[Interface],
    rows: Mapping[int, Mapping[Oid, Varbind | None]],
    uptime_ticks: int | None,
) -> tuple[Sample, ...]:
    """The samples of the exported ports, under the names of the MIB, and sysUpTime."""
    uptime = () if uptime_ticks is None else (Sample(SYS_UP_TIME, uptime_ticks),)
    ports = tuple(ports)
    names = _label_names(ports)
    listed = (
        _port_samples(port, rows[port.index], names[port.index]) for port in exported(target, ports)
    )
    return (*uptime, *chain.from_iterable(listed))


def exported(target: Target, ports: Iterable[Interface]) -> tuple[Interface, ...]:
    """The ports that go to /metrics: all, the uplink, or the uplink and the watched ones.

    A device for which the inventory names no port at all exports every port: small switches are
    few series, and leaving them out would look like a fault. Ports are named by ifName, or by
    ifDescr where the person who wrote the inventory read that.
    """
    ports = tuple(ports)
    named = {name for name in (target.uplink, *_watched(target)) if name}
    if target.export == "all" or not named:
        return ports
    return tuple(port for port in ports if port.name in named or port.descr in named)


def _watched(target: Target) -> tuple[str, ...]:
    return target.watched if target.export == "watched" else ()


def _interface(index: int, row: Mapping[Oid, Varbind | None]) -> Interface:
    descr = values.text(row.get(oids.ifDescr))
    wide = _has_64_bit_octets(row)
    taken = (oids.ifHCInOctets, oids.ifHCOutOctets) if wide else OLDER_OCTETS
    octets = (values.count(row.get(taken[0])), values.count(row.get(taken[1])))
    bits: Literal[32, 64] | None = 64 if wide else 32 if None not in octets else None
    name = values.text(row.get(oids.ifName))
    return Interface(
        index=index,
        name=name or descr or f"if{index}",
        descr=descr,
        alias=values.text(row.get(oids.ifAlias)),
        type=values.number(row.get(oids.ifType)),
        admin=_admin(row.get(oids.ifAdminStatus)),
        oper=_oper(row.get(oids.ifOperStatus)),
        speed_bps=_speed_bps(row),
        mac=values.mac(row.get(oids.ifPhysAddress)),
        in_octets=octets[0],
        out_octets=octets[1],
        counter_bits=bits,
        name_source="ifName" if name else "ifDescr" if descr else "ifIndex",
        discontinuity_ticks=values.count(row.get(oids.ifCounterDiscontinuityTime)),
        in_errors=values.count(row.get(oids.ifInErrors)),
        out_errors=values.count(row.get(oids.ifOutErrors)),
    )


def _has_64_bit_octets(row: Mapping[Oid, Varbind | None]) -> bool:
    into, out = row.get(oids.ifHCInOctets), row.get(oids.ifHCOutOctets)
    return values.count(into) is not None and values.count(out) is not None


def _oper(cell: Varbind | None) -> OperStatus | None:
    value = values.number(cell)
    return None if value is None else _OPER.get(value, "unknown")


def _admin(cell: Varbind | None) -> AdminStatus | None:
    value = values.number(cell)
    return None if value is None else _ADMIN.get(value, "unknown")


def _speed_bps(row: Mapping[Oid, Varbind | None]) -> int | None:
    if mbps := values.count(row.get(oids.ifHighSpeed)):
        return mbps * 1_000_000
    speed = values.count(row.get(oids.ifSpeed))
    return None if speed == _SPEED_BEYOND_GAUGE else speed


def _label_names(ports: Iterable[Interface]) -> dict[int, str]:
    """The ifName label of each port by ifIndex, unique within the device.

    A name that comes twice gets `#2`, `#3` in order of ifIndex, so that series stay apart.
    """
    seen: dict[str, int] = {}
    names = {}
    for port in ports:
        seen[port.name] = times = seen.get(port.name, 0) + 1
        ending = "" if times == 1 else f"#{times}"
        names[port.index] = port.name[: _MAX_LABEL - len(ending)] + ending
    return names


def _port_samples(port: Interface, row: Mapping[Oid, Varbind | None], name: str) -> list[Sample]:
    labels = tuple((part or "")[:_MAX_LABEL] for part in (name, port.descr, port.alias))
    found = ((metric, read(row.get(column))) for metric, column, read in _cells(port))
    made = [Sample(metric, value, labels) for metric, value in found if value is not None]
    return made + _speed_samples(port, row, labels)


def _cells(
    port: Interface,
) -> tuple[_Cell, ...]:
    return (*_OCTETS_OF[port.counter_bits], *_PLAIN)


def _speed_samples(
    port: Interface, row: Mapping[Oid, Varbind | None], labels: tuple[str, ...]
) -> list[Sample]:
    if mbps := values.count(row.get(oids.ifHighSpeed)):
        return [Sample(IF_HIGH_SPEED, mbps, labels)]
    if port.speed_bps is not None:
        return [Sample(IF_SPEED, port.speed_bps, labels)]
    return []


def _exact(cell: Varbind | None) -> int | None:
    value = values.count(cell)
    return None if value is None else value % _COUNTER_MODULUS


def _oper_number(cell: Varbind | None) -> int | None:
    value = values.number(cell)
    return None if value is None else value if value in _OPER else _UNKNOWN_STATUS


def _admin_number(cell: Varbind | None) -> int | None:
    value = values.number(cell)
    return None if value is None else value if value in _ADMIN else _UNKNOWN_STATUS


_OCTETS_OF: dict[int | None, tuple[_Cell, ...]] = {
    64: (
        (IF_HC_IN_OCTETS, oids.ifHCInOctets, _exact),
        (IF_HC_OUT_OCTETS, oids.ifHCOutOctets, _exact),
    ),
    32: (
        (IF_IN_OCTETS, oids.ifInOctets, values.count),
        (IF_OUT_OCTETS, oids.ifOutOctets, values.count),
    ),
    None: (),
}
_PLAIN: tuple[_Cell, ...] = (
    (IF_IN_ERRORS, oids.ifInErrors, values.count),
    (IF_OUT_ERRORS, oids.ifOutErrors, values.count),
    (IF_IN_DISCARDS, oids.ifInDiscards, values.count),
    (IF_OUT_DISCARDS, oids.ifOutDiscards, values.count),
    (IF_OPER_STATUS, oids.ifOperStatus, _oper_number),
    (IF_ADMIN_STATUS, oids.ifAdminStatus, _admin_number),
    (IF_LAST_CHANGE, oids.ifLastChange, values.count),
)
