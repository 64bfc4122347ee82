"""Rows of health tables to readings: what is measured, what is not, what the device calls bad."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from probes.snmp import ber, values
from probes.snmp.parts import (
    ENT_NAME,
    HR_STORAGE,
    POE,
    EntitySensors,
    Gauge,
    Memory,
    PoeBudget,
    Status,
    Volumes,
    Worded,
    limits_of,
)
from probes.snmp.stores import filled_by_people, stores_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from probes.snmp.parts import Kind, Part, State
    from probes.snmp.types import Oid, Varbind

Cells: TypeAlias = "Mapping[Oid, Mapping[bytes, Varbind]]"

# What stands for "not measured" wherever it comes (and -1 where nothing can be below zero).
_NEVER = frozenset((32767, -32768, 65535, 0x7FFFFFFF, -0x80000000, 0xFFFFFFFF, -99999, -9999))
_PLAUSIBLE_CELSIUS = (-40.0, 150.0)
_NOT_CELSIUS = (127, 255)
# EntitySensorDataType and EntitySensorDataScale of RFC 3433, 3
_TYPES = {3: "voltage", 4: "voltage", 5: "current", 6: "power", 7: "frequency"} | {
    8: "temperature", 9: "humidity", 10: "fan", 14: "optical_rx"
}  # fmt: skip
_UNITS_SCALE = 9
_SCALES, _PRECISIONS = range(1, 18), range(-8, 10)  # RFC 3433, 2: what lies beyond is no scale
# entSensorThresholdSeverity and -Relation of CISCO-ENTITY-SENSOR-MIB: greaterThan, greaterOrEqual
_CRITICAL_SEVERITY, _ABOVE = 30, (3, 4)
_SENSOR_WORKS = 1
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Found:
    """One reading of a row before its name is known. `value` None: a state without a number."""

    quantity: str
    value: float | None
    name: Oid | None
    label: str
    index: bytes
    kind: Kind
    ok: bool | None = None
    high: float | None = None
    critical: float | None = None
    octets: float | None = None
    size: int | None = None


def found_in(part: Part, cells: Cells) -> tuple[Found, ...]:
    """The readings of one part; rows that measure nothing are left out."""
    match part:
        case Gauge():
            return tuple(_gauges(part, cells))
        case Memory():
            return tuple(_pools(part, cells))
        case Status():
            return tuple(_states(part, cells))
        case EntitySensors():
            return tuple(_entity_sensors(part, cells))
        case Volumes():
            return tuple(_volumes(part, cells))
        case PoeBudget():
            return tuple(_poe(cells))


def _gauges(part: Gauge, cells: Cells) -> Iterator[Found]:
    column = cells.get(part.value, {})
    # Zero in several rows of one table of temperatures: places where no sensor is.
    empty_rows = part.quantity == "temperature" and _zeros(column) > 1
    told: set[float] = set()
    for index, cell in column.items():
        if part.when and not part.when.holds(_raw(cells, part.when.column, index)):
            continue
        raw = measure(cell, part.pattern)
        ok, is_there = _verdict(part.state, cells, index)
        if raw is None or raw in _NEVER or not is_there or (raw == 0 and empty_rows):
            continue
        value = part.convert(raw) if part.convert else raw * part.scale
        if value is None or not _is_plausible(part.quantity, raw, value):
            continue
        if part.once and value in told:
            continue
        told.add(value)
        high = _limit(part, cells, part.high, index)
        critical = _limit(part, cells, part.critical, index)
        yield Found(
            part.quantity, value, part.name, part.label, index, part.kind, ok, high, critical
        )


def _zeros(column: Mapping[bytes, Varbind]) -> int:
    return sum(measure(cell) == 0 for cell in column.values())


def _limit(part: Gauge, cells: Cells, column: Oid | None, index: bytes) -> float | None:
    """The device's own limit; one that is not above zero is none."""
    if column is None:
        return None
    raw = measure(cells.get(column, {}).get(index))
    return None if raw is None or raw in _NEVER or raw <= 0 else raw * part.scale


def _pools(part: Memory, cells: Cells) -> Iterator[Found]:
    base = part.percent or part.used or part.free or b""
    for index in cells.get(base, {}):
        if part.when and not part.when.holds(_raw(cells, part.when.column, index)):
            continue
        percent, total, used, free = (
            measure(cells.get(oid, {}).get(index)) if oid else None
            for oid in (part.percent, part.total, part.used, part.free)
        )
        extra = (measure(cells.get(oid, {}).get(index)) or 0 for oid in part.reclaimable)
        free = None if free is None else free + sum(extra)
        ratio = _used_ratio(percent, total, used, free)
        if ratio is not None and 0 <= ratio <= 1:
            yield Found("memory", ratio * 100, part.name, part.label, index, "other")


def _used_ratio(
    percent: float | None, total: float | None, used: float | None, free: float | None
) -> float | None:
    if percent is not None:
        return percent / 100
    if used is not None and free is not None and total is None:
        total = used + free
    if used is None and free is not None and total is not None:
        used = total - free
    return used / total if used is not None and total else None


def _states(part: Status, cells: Cells) -> Iterator[Found]:
    if any(cells.get(column) for column in part.unless):
        return
    kind: Kind = part.subject if part.subject in ("fan", "psu") else "other"
    for index in cells.get(part.state.column, {}):
        ok, is_there = _verdict(part.state, cells, index)
        ok = False if _verdict(part.also, cells, index)[0] is False else ok
        if is_there and ok is not None:
            label = part.label or part.subject
            yield Found(part.subject, None, part.name, label, index, kind, ok)


def _entity_sensors(part: EntitySensors, cells: Cells) -> Iterator[Found]:
    types, scales, precisions, readings, states = (
        cells.get(part.entry + bytes((n,)), {}) for n in range(1, 6)
    )
    limits = _limits_by_sensor(part, cells)
    zeros = {
        index
        for index, cell in readings.items()
        if values.number(cell) == 0 and values.number(types.get(index)) == 8
    }
    for index, cell in readings.items():
        quantity = _TYPES.get(values.number(types.get(index)) or 0)
        raw = values.number(cell)
        state = values.number(states.get(index))
        if quantity is None or raw is None or raw in _NEVER or state not in (None, _SENSOR_WORKS):
            continue
        if index in zeros and len(zeros) > 1:
            continue
        unit = _unit(part, scales.get(index), precisions.get(index))
        if _is_plausible(quantity, raw, raw * unit):
            high, critical = _thresholds(limits.get(index, ()), unit)
            yield Found(
                quantity, raw * unit, ENT_NAME, "sensor", index, "", high=high, critical=critical
            )


def _unit(part: EntitySensors, scale: Varbind | None, precision: Varbind | None) -> float:
    """What one unit of a row is in the quantity's base unit."""
    power = values.number(scale)
    power = power if power in _SCALES else _UNITS_SCALE
    digits = part.precision if part.precision is not None else values.number(precision)
    digits = digits if digits in _PRECISIONS else 0
    return 10.0 ** (3 * ((power or 0) - _UNITS_SCALE)) / 10.0 ** (digits or 0)


def _limits_by_sensor(
    part: EntitySensors, cells: Cells
) -> Mapping[bytes, tuple[tuple[int, int], ...]]:
    """Severity and value of the upper thresholds, by the index of their sensor."""
    severities, relations, limits = (
        (cells.get(column, {}) for column in limits_of(part)) if (part.limits) else ({}, {}, {})
    )
    found: dict[bytes, tuple[tuple[int, int], ...]] = {}
    for index, cell in limits.items():
        severity, raw = values.number(severities.get(index)), values.number(cell)
        arcs = ber.index_arcs(index)
        if values.number(relations.get(index)) in _ABOVE and severity and raw and len(arcs) == 2:
            sensor = ber.index_from_arcs(arcs[:1])
            found[sensor] = (*found.get(sensor, ()), (severity, raw))
    return found


def _thresholds(
    listed: tuple[tuple[int, int], ...], unit: float
) -> tuple[float | None, float | None]:
    """The lowest limit of the lesser severities, and that of the critical one."""
    highs = [raw * unit for severity, raw in listed if severity < _CRITICAL_SEVERITY and raw > 0]
    criticals = [raw * unit for severity, raw in listed if severity >= _CRITICAL_SEVERITY]
    return min(highs, default=None), min(criticals, default=None)


def _volumes(part: Volumes, cells: Cells) -> Iterator[Found]:
    rows = {
        index: tuple(cells.get(column, {}).get(index) for column in HR_STORAGE)
        for index in cells.get(HR_STORAGE[0], {})
    }
    for disk in filled_by_people(stores_of(rows)):
        free, size = disk.free_bytes, disk.size_bytes
        if re.match(part.path, disk.name):
            used = (1 - free / size) * 100
            yield Found(
                "volume", used, None, disk.name, b"", "other", octets=float(free), size=size
            )


def _poe(cells: Cells) -> Iterator[Found]:
    """One sum over the groups; a switch whose every group may give nothing has no PoE."""
    columns = (cells.get(column, {}) for column in POE)
    budget, used = ([measure(cell) or 0.0 for cell in rows.values()] for rows in columns)
    if sum(budget) > 0:
        yield Found("poe_budget", sum(budget), None, "poe", b"", "other")
        if used:
            yield Found("poe_used", sum(used), None, "poe", b"", "other")


def _verdict(state: State | Worded | None, cells: Cells, index: bytes) -> tuple[bool | None, bool]:
    """The device's own word on a row, and whether the thing is there at all."""
    if state is None:
        return None, True
    cell = cells.get(state.column, {}).get(index)
    if isinstance(state, Worded):
        return _in_words(state, values.text(cell)), True
    told = measure(cell)
    if told in state.absent:
        return None, False
    return (True if told in state.good else False if told in state.bad else None), True


def _in_words(state: Worded, words: str | None) -> bool | None:
    """The verdict in words; words that mean neither are unknown."""
    told = (words or "").strip()
    if re.fullmatch(state.good, told, re.IGNORECASE):
        return True
    return False if re.search(state.bad, told, re.IGNORECASE) else None


def measure(cell: Varbind | None, pattern: str = "") -> float | None:
    """The number in a cell; in a text the first one, or the group of `pattern`."""
    if cell is None:
        return None
    if isinstance(cell.value, int | float) and values.number(cell) is not None:
        return float(cell.value)
    words = values.text(cell)
    if words is None:
        return None
    found = re.search(pattern, words) if pattern else _NUMBER.search(words)
    return float(found[1] if pattern else found[0]) if found else None


def _raw(cells: Cells, column: Oid, index: bytes) -> float | bytes | None:
    cell = cells.get(column, {}).get(index)
    return cell.value if cell is not None else None


def _is_plausible(quantity: str, raw: float, value: float) -> bool:
    if not math.isfinite(value):
        return False
    if quantity == "temperature":
        low, high = _PLAUSIBLE_CELSIUS
        return low <= value <= high and raw not in _NOT_CELSIUS and raw != -1
    if quantity in ("fan", "cpu", "humidity", "frequency"):
        return value >= 0 and (quantity in ("fan", "frequency") or value <= 100)
    return not (raw == -1 and quantity in ("voltage", "current", "power"))
