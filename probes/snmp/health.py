"""Probe "snmp-health": processor, memory, sensors, fans, power supplies, disks of any device."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from probes import oids
from probes.model import Probe, Reading
from probes.registry import device_type, kinds
from probes.snmp import sensor_metrics, sensors, values
from probes.snmp.ask import snmp_target
from probes.snmp.identify import identify
from probes.snmp.identity import is_vague, refined
from probes.snmp.kin import STORAGE, kin_of
from probes.snmp.parts import (
    ENTITY_SENSORS,
    HR_CPU,
    HR_MEMORY,
    LM_SENSORS,
    EntitySensors,
    PoeBudget,
    columns_of,
    limits_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from probes.model import DeviceType, ProbeContext, Target
    from probes.snmp.parts import Part
    from probes.snmp.types import Oid, SnmpTarget, Varbind

_MAX_COLUMNS = 20  # in one table: more columns than this do not fit one datagram
_MAX_ROWS = 1024
_LIMITS_EVERY_S = 3600.0
_GENERIC = ("generic_switch", "generic_router", "generic_host", "ups_rfc1628", STORAGE)
# What any device is asked beside its own parts.
_STANDARD: tuple[Part, ...] = (ENTITY_SENSORS, PoeBudget())
_UNKNOWN: tuple[Part, ...] = (*_STANDARD, HR_CPU, HR_MEMORY, *LM_SENSORS)


async def run(target: Target, context: ProbeContext) -> Reading:
    """Read what the device type says can be read. Raises a ProbeError leaf.

    A generic kind, or a device that no inventory names, is identified first. A device that answers
    and tells nothing of its health gives an empty reading: that is no fault.
    """
    asked = snmp_target(target, context)
    parts = await health_parts(target, asked, context)
    cells, is_whole = await read_columns(asked, context, parts)
    kept = await _kept(asked, context, parts)
    cells = {**cells, **kept.limits}
    wanted = sensors.names_needed(parts, cells)
    names = await context.transports.snmp.get(asked, wanted, deadline=context.deadline)
    found = sensors.read(parts, cells, {cell.oid: cell for cell in names.varbinds}, kept.beyond)
    context.memory.kept = replace(kept, beyond=found.beyond)
    context.note(f"{len(parts)} parts, {len(cells)} columns told, {len(found.sensors)} sensors")
    return Reading(
        samples=found.samples,
        sensors=found.sensors,
        stores=found.stores or None,
        complete=is_whole,
        method="snmp",
    )


@dataclass(frozen=True, slots=True)
class _Kept:
    """What one run leaves to the next: thresholds, when they were read, who is beyond them."""

    limits: Mapping[Oid, Mapping[bytes, Varbind]]
    at_s: float
    beyond: Mapping[str, int] = field(default_factory=dict)


async def _kept(asked: SnmpTarget, context: ProbeContext, parts: Iterable[Part]) -> _Kept:
    """What the run before left; thresholds hardly ever change and are many, so seldom read."""
    known, now_s = context.memory.kept, context.clock.monotonic()
    if isinstance(known, _Kept) and now_s - known.at_s < _LIMITS_EVERY_S:
        return known
    wanted = tuple(column for part in parts for column in limits_of(part))
    limits, _ = await columns(asked, context, wanted)
    return _Kept(limits, now_s, known.beyond if isinstance(known, _Kept) else {})


async def health_parts(
    target: Target, asked: SnmpTarget, context: ProbeContext
) -> tuple[Part, ...]:
    """What to ask this device: by its kind, else by what it says it is."""
    kind, object_id = await typed(target, asked, context)
    if kind is None:
        return _UNKNOWN
    family = kind.family_health(object_id) if kind.family_health and object_id else ()
    own = (*kind.health, *family)
    # A type that reads the standard table its own way (a wrong precision) reads it once.
    tables = {part.entry for part in own if isinstance(part, EntitySensors)}
    standard = (p for p in _STANDARD if not isinstance(p, EntitySensors) or p.entry not in tables)
    return tuple(dict.fromkeys((*own, *standard)))


async def typed(
    target: Target, asked: SnmpTarget, context: ProbeContext
) -> tuple[DeviceType | None, Oid | None]:
    """The device's type and sysObjectID; a type of the inventory that says enough is not asked."""
    named = None
    if target.kind in _kinds() and target.kind not in _GENERIC:
        named = device_type(target.kind)
        if not named.family_health:
            return named, None
    object_id = await _cell(asked, context, oids.sysObjectID)
    found = object_id.value if isinstance(object_id.value, bytes) else None
    if named is not None:
        return named, found
    descr = await _cell(asked, context, oids.sysDescr)
    identity = identify(values.oid_text(object_id), values.text(descr))
    if is_vague(identity):
        identity = await refined(asked, context, identity)
    kind = kin_of(identity.os, identity.device_class, _kinds())
    if target.kind == STORAGE and (not kind or device_type(kind).device_class != "storage"):
        kind = STORAGE  # a NAS on a Linux of its own says that it is a Linux machine
    return (device_type(kind) if kind else None), found


@cache
def _kinds() -> frozenset[str]:
    return frozenset(kinds())


async def _cell(asked: SnmpTarget, context: ProbeContext, oid: Oid) -> Varbind:
    # One at a time: some agents fail on both at once.
    result = await context.transports.snmp.get(asked, (oid,), deadline=context.deadline)
    return result.varbinds[0]


async def read_columns(
    asked: SnmpTarget, context: ProbeContext, parts: Iterable[Part]
) -> tuple[Mapping[Oid, Mapping[bytes, Varbind]], bool]:
    """The columns of the parts, cell by index, and whether all of them came."""
    wanted = tuple(dict.fromkeys(column for part in parts for column in columns_of(part)))
    return await columns(asked, context, wanted)


async def columns(
    asked: SnmpTarget, context: ProbeContext, wanted: tuple[Oid, ...]
) -> tuple[Mapping[Oid, Mapping[bytes, Varbind]], bool]:
    """Columns of any tables, a scalar being a column with one row; absent ones have no rows."""
    found: dict[Oid, dict[bytes, Varbind]] = {}
    is_whole = True
    for at in range(0, len(wanted), _MAX_COLUMNS):
        some = wanted[at : at + _MAX_COLUMNS]
        table = await context.transports.snmp.table(
            asked, some, max_rows=_MAX_ROWS, deadline=context.deadline
        )
        is_whole = is_whole and table.complete
        for index, row in table.rows.items():
            for column, cell in zip(some, row, strict=True):
                if cell is not None:
                    found.setdefault(column, {})[index] = cell
    return found, is_whole


PROBE = Probe("snmp-health", period_s=60, timeout_s=8, run=run, metrics=sensor_metrics.METRICS)
