"""Probe "snmp-interfaces": every port of a switch or router, and how long it has been running."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes import oids
from probes.errors import TimedOut
from probes.model import Probe, Reading
from probes.snmp import ports, values
from probes.snmp.ask import snmp_target

if TYPE_CHECKING:
    from probes.model import ProbeContext, Target
    from probes.snmp.types import Oid, SnmpTarget, Varbind

# The engine's two numbers tell a restart from the wrap of sysUpTime; few devices have them.
_SCALARS = (oids.sysUpTime, oids.snmpEngineBoots, oids.snmpEngineTime)

Rows = dict[int, dict["Oid", "Varbind | None"]]


async def run(target: Target, context: ProbeContext) -> Reading:
    """Read the interface tables. Raises a ProbeError leaf.

    The older 32-bit columns are read only when a port lacks the newer ones.
    """
    asked = snmp_target(target, context)
    table = await context.transports.snmp.table(
        asked, ports.COLUMNS, scalars=_SCALARS, deadline=context.deadline
    )
    rows = ports.rows_by_index(ports.COLUMNS, table.rows)
    is_whole = table.complete and await _add_older(asked, context, rows)
    told = {varbind.oid: varbind for varbind in table.scalars}
    uptime_ticks = values.count(told.get(oids.sysUpTime))
    found = ports.interfaces(rows)
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
