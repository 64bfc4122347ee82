"""Probe "snmp-interfaces": every port of a switch or router, and how long it has been running.

States and counters are read at every run. What a port is (name, alias, speed) seldom changes: it is
read at the first run, every ten minutes, and at once when something says that it moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from probes import oids
from probes.counters import uptime_story
from probes.errors import ProbeError, TimedOut
from probes.model import Probe, Reading
from probes.snmp import ber, ports, values
from probes.snmp.ask import snmp_target
from probes.snmp.types import Varbind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probes.model import Interface, ProbeContext, Target
    from probes.snmp.types import Oid, SnmpTarget, TableResult

SLOW_EVERY_S = 600.0

# The engine's two numbers tell a restart from the wrap of sysUpTime; few devices have them.
_SCALARS = (
    oids.sysUpTime,
    oids.snmpEngineBoots,
    oids.snmpEngineTime,
    oids.ifNumber,
    oids.ifTableLastChange,
)
_MOVES_WITH_THE_TABLE = (oids.ifNumber, oids.ifTableLastChange, oids.snmpEngineBoots)
STATES = (oids.ifAdminStatus, oids.ifOperStatus)
_MOVES_WITH_THE_PORT = (*STATES, oids.ifLastChange)

Rows = dict[int, dict["Oid", "Varbind | None"]]


@dataclass(frozen=True, slots=True)
class _Whole:
    """The last reading of all columns: when (monotonic seconds), what, and what to ask till next.

    `rows` are the cells of the `slow` columns by ifIndex, `states` what the ports said of their
    state. `scalars` leaves out those that the device does not have.
    """

    at_s: float
    slow: tuple[Oid, ...]
    rows: Mapping[int, tuple[Varbind | None, ...]]
    states: Mapping[int, tuple[object, ...]]
    told: Mapping[Oid, Varbind]
    quick: tuple[Oid, ...]
    scalars: tuple[Oid, ...]

    def joined(self, index: int, cells: dict[Oid, Varbind | None]) -> dict[Oid, Varbind | None]:
        """A whole row from its quick cells, just read, and the slow ones."""
        return dict(zip(self.slow, self.rows[index], strict=True)) | cells


async def run(target: Target, context: ProbeContext) -> Reading:
    """Read the interface tables. Raises a ProbeError leaf.

    The older 32-bit columns are read only when a port lacks the newer ones.
    """
    asked, known = snmp_target(target, context), context.memory.kept
    now_s = context.clock.monotonic()
    if isinstance(known, _Whole) and now_s - known.at_s < SLOW_EVERY_S:
        table = await context.transports.snmp.table(
            asked, known.quick, scalars=known.scalars, deadline=context.deadline
        )
        rows = ports.rows_by_index(known.quick, table.rows)
        if not _has_moved(known, rows, table, context.clock.monotonic()):
            joined = {index: known.joined(index, cells) for index, cells in rows.items()}
            return _reading(target, context, joined, table, is_whole=table.complete)
    return await _read_all(target, asked, context)


async def _read_all(target: Target, asked: SnmpTarget, context: ProbeContext) -> Reading:
    table = await context.transports.snmp.table(
        asked, ports.COLUMNS, scalars=_SCALARS, deadline=context.deadline
    )
    rows = ports.rows_by_index(ports.COLUMNS, table.rows)
    await _drop_vanished(asked, context, rows)
    is_whole = table.complete and await _add_older(asked, context, rows)
    context.memory.kept = _kept(table, rows, context.clock.monotonic()) if is_whole else None
    return _reading(target, context, rows, table, is_whole=is_whole)


def _reading(
    target: Target, context: ProbeContext, rows: Rows, table: TableResult, *, is_whole: bool
) -> Reading:
    told = {varbind.oid: varbind for varbind in table.scalars}
    uptime_ticks = values.count(told.get(oids.sysUpTime))
    found: tuple[Interface, ...] = ports.interfaces(rows)
    context.note(f"{len(found)} ports, {table.stats.pdus} PDUs, {table.stats.bytes_in} octets")
    return Reading(
        samples=ports.samples(target, found, rows, uptime_ticks),
        interfaces=found,
        uptime_ticks=uptime_ticks,
        complete=is_whole,
        method=table.stats.engine,
        engine_boots=values.number(told.get(oids.snmpEngineBoots)),
        engine_time_s=values.number(told.get(oids.snmpEngineTime)),
    )


def _kept(table: TableResult, rows: Rows, at_s: float) -> _Whole:
    told = {varbind.oid: varbind for varbind in table.scalars}
    absent = frozenset(table.dropped_columns)
    older = ports.OLDER_OCTETS if any(oids.ifInOctets in row for row in rows.values()) else ()
    quick = tuple(column for column in (*ports.QUICK_COLUMNS, *older) if column not in absent)
    scalars = tuple(scalar for scalar in _SCALARS if scalar in told)
    slow = tuple(sorted({c for row in rows.values() for c in row if c not in quick}))
    cells = {
        index: tuple(_shared_cell(row.get(column)) for column in slow)
        for index, row in rows.items()
    }
    states = {index: _states(row) for index, row in rows.items()}
    return _Whole(at_s, slow, cells, states, told, quick or ports.QUICK_COLUMNS, scalars)


def _shared_cell(cell: Varbind | None) -> Varbind | None:
    return cell and _shared(cell[1], cell[2])


@lru_cache(maxsize=1 << 15)  # kept for every port of every device: most say the same few things
def _shared(tag: int, value: int | float | bytes | None) -> Varbind:
    return Varbind(b"", tag, value)


def _has_moved(known: _Whole, rows: Rows, table: TableResult, now_s: float) -> bool:
    """Whether the device restarted, or its table or the state of one of its ports changed.

    An answer that was cut shows nothing beyond its last row: missing rows are no change then.
    """
    told = {varbind.oid: varbind for varbind in table.scalars}
    ticks = [values.count(one.get(oids.sysUpTime)) for one in (known.told, told)]
    if uptime_story(ticks[0], ticks[1], now_s - known.at_s) in ("restarted", "jumped"):
        return True
    if any(_value(known.told, oid) != _value(told, oid) for oid in _MOVES_WITH_THE_TABLE):
        return True
    if rows.keys() - known.rows.keys() or (table.complete and len(rows) < len(known.rows)):
        return True
    return any(_states(row) != known.states[index] for index, row in rows.items())


def _states(row: Mapping[Oid, Varbind | None]) -> tuple[object, ...]:
    return tuple(_value(row, column) for column in _MOVES_WITH_THE_PORT)


def _value(cells: Mapping[Oid, Varbind | None] | Mapping[Oid, Varbind], oid: Oid) -> object:
    cell = cells.get(oid)
    return None if cell is None else cell[2]


async def _drop_vanished(asked: SnmpTarget, context: ProbeContext, rows: Rows) -> None:
    """Drop ports that went while the table was read: half a row, and no state when asked again."""
    doubtful = [n for n, row in rows.items() if all(_value(row, c) is None for c in STATES)]
    if not doubtful or len(doubtful) == len(rows):
        return
    wanted = [_instance(oids.ifAdminStatus, index) for index in doubtful]
    try:
        again = await context.transports.snmp.get(asked, wanted, deadline=context.deadline)
    except ProbeError:  # it stays unknown; what is known of the port is no lie
        return
    for index, cell in zip(doubtful, again.varbinds, strict=True):
        if cell.value is None:
            del rows[index]
        else:
            rows[index][oids.ifAdminStatus] = cell


def _instance(column: Oid, index: int) -> Oid:
    return ber.oid_from_arcs((*ber.oid_arcs(column), index))


async def _add_older(asked: SnmpTarget, context: ProbeContext, rows: Rows) -> bool:
    """Put the older columns into the rows that are there; whether they came whole."""
    columns = ports.missing_columns(rows)
    if not columns:
        return True
    try:
        older = await context.transports.snmp.table(asked, columns, deadline=context.deadline)
    except TimedOut:  # the ports are read; that some speeds are missing is no reason to lose them
        return False
    for index, cells in ports.rows_by_index(columns, older.rows).items():
        if index in rows:
            rows[index].update(cells)
    return older.complete


PROBE = Probe("snmp-interfaces", period_s=30, timeout_s=8, run=run, metrics=ports.METRICS)
