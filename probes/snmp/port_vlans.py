"""Probe "snmp-vlans": in which VLANs the ports are that lead to something the inventory knows.

A port that somebody put into another VLAN has link and carries nothing: nothing else that a switch
tells gives it away. Sources: Q-BRIDGE-MIB (RFC 4363), CISCO-VLAN-MEMBERSHIP-MIB for switches that
have only that.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from probes import oids
from probes.model import PortVlans, Probe, Reading
from probes.snmp import ber, values
from probes.snmp.ask import snmp_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from probes.model import ProbeContext, Target
    from probes.snmp.types import SnmpClient, SnmpTarget, TableResult, Varbind

_VLANS = range(1, 4095)  # IEEE 802.1Q: 0 and 4095 are no VLANs
_MAX_VLANS, _MAX_PORTS = 1024, 4096


async def run(target: Target, context: ProbeContext) -> Reading:
    """Read the VLANs of the watched ports. Raises a ProbeError leaf.

    A device that tells no VLANs is no error: its ports are the empty tuple.
    """
    asked = snmp_target(target, context)
    client, deadline = context.transports.snmp, context.deadline
    base = await client.table(
        asked, (oids.dot1dBasePortIfIndex, oids.dot1qPvid), max_rows=_MAX_PORTS, deadline=deadline
    )
    untagged = dict(_port_vlans(base))
    tagged: Mapping[int, tuple[int, ...]] | None = None
    if untagged:
        tagged = await _read_tagged(client, asked, base, deadline)
    else:
        access = await client.table(asked, (oids.vmVlan,), max_rows=_MAX_PORTS, deadline=deadline)
        untagged = dict(_by_index(access))
    if not untagged and not tagged:
        context.note("no VLANs told")
        return Reading(vlans=(), method="snmp")
    names = await client.table(
        asked, (oids.ifName, oids.ifDescr), max_rows=_MAX_PORTS, deadline=deadline
    )
    found = tuple(_named(target, names, untagged, tagged))
    context.note(f"VLANs of {len(found)} ports")
    return Reading(vlans=found, method="snmp", complete=names.complete)


async def _read_tagged(
    client: SnmpClient, asked: SnmpTarget, base: TableResult, deadline: float
) -> Mapping[int, tuple[int, ...]] | None:
    """The VLANs that each port sends with a tag, by ifIndex; None where the table is not whole."""
    table = await client.table(
        asked,
        (oids.dot1qVlanStaticEgressPorts, oids.dot1qVlanStaticUntaggedPorts),
        max_rows=_MAX_VLANS,
        deadline=deadline,
    )
    if not table.complete or not table.rows or table.dropped_columns:
        return None
    index_of = dict(_if_indexes(base))
    found: defaultdict[int, list[int]] = defaultdict(list)
    for index, (egress, untagged) in table.rows.items():
        vlan = ber.index_arcs(index)[-1]
        for port in sorted(ports_in(egress) - ports_in(untagged)):
            if port in index_of:
                found[index_of[port]].append(vlan)
    return {at: tuple(sorted(found[at])) for at in index_of.values()}


def ports_in(cell: Varbind | None) -> frozenset[int]:
    """The bridge ports of a PortList (RFC 4363): a bit each, port 1 the first octet's highest."""
    octets = cell.value if cell is not None and isinstance(cell.value, bytes) else b""
    return frozenset(
        8 * place + bit + 1
        for place, octet in enumerate(octets)
        for bit in range(8)
        if octet & (0x80 >> bit)
    )


def _if_indexes(base: TableResult) -> Iterator[tuple[int, int]]:
    """Bridge port and ifIndex."""
    for index, (cell, _pvid) in base.rows.items():
        arcs, if_index = ber.index_arcs(index), values.count(cell)
        if len(arcs) == 1 and if_index:
            yield arcs[0], if_index


def _port_vlans(base: TableResult) -> Iterator[tuple[int, int]]:
    """ifIndex and PVID."""
    for cell, pvid in base.rows.values():
        if_index, vlan = values.count(cell), values.number(pvid)
        if if_index and vlan in _VLANS and vlan is not None:
            yield if_index, vlan


def _by_index(access: TableResult) -> Iterator[tuple[int, int]]:
    """ifIndex and VLAN of access ports."""
    for index, (cell,) in access.rows.items():
        arcs, vlan = ber.index_arcs(index), values.number(cell)
        if len(arcs) == 1 and vlan in _VLANS and vlan is not None:
            yield arcs[0], vlan


def _named(
    target: Target,
    names: TableResult,
    untagged: Mapping[int, int],
    tagged: Mapping[int, tuple[int, ...]] | None,
) -> Iterator[PortVlans]:
    """The watched ports that tell a VLAN."""
    for index, (name_cell, descr_cell) in names.rows.items():
        at = ber.index_arcs(index)[0]
        descr = values.text(descr_cell)
        name = values.text(name_cell) or descr
        told = untagged.get(at), tagged.get(at) if tagged is not None else None
        is_watched = name in target.watched or descr in target.watched
        if name and is_watched and told != (None, None):
            yield PortVlans(name, descr, *told)


PROBE = Probe("snmp-vlans", period_s=600, timeout_s=8, run=run)
