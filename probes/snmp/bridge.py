"""What a bridge has learned: MAC table, ARP table, spanning tree, power over its ports.

Sources: BRIDGE-MIB (RFC 4188), Q-BRIDGE-MIB (RFC 4363), IP-MIB (RFC 4293), POWER-ETHERNET-MIB
(RFC 3621). Addresses are for people who ask; they never become series.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from probes import oids
from probes.snmp import ber, values

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from probes.snmp.types import SnmpClient, SnmpTarget, Varbind

_MAC_OCTETS = 6
_MAX_ROWS = 8192
_STP = (
    oids.dot1dStpTimeSinceTopologyChange,
    oids.dot1dStpTopChanges,
    oids.dot1dStpDesignatedRoot,
    oids.dot1dStpRootCost,
    oids.dot1dStpRootPort,
)
_FORWARDING = 5
_POE = (oids.pethPsePortAdminEnable, oids.pethPsePortDetectionStatus)
_DELIVERING, _FAULTS = 3, (4, 6)  # pethPsePortDetectionStatus: fault(4), otherFault(6)
_POE_STATES = range(1, 7)


@dataclass(frozen=True, slots=True)
class Learned:
    """One row of the MAC table: behind which port an address was seen, and in which VLAN if told.

    `if_index` is None where the bridge does not say which interface the bridge port is.
    """

    mac: str
    bridge_port: int
    if_index: int | None
    vlan: int | None = None


@dataclass(frozen=True, slots=True)
class SpanningTree:
    """The bridge's place in the tree. `root` is priority and MAC of the root, as hexadecimal.

    `changes` counts since the bridge started; `forwarding` and `blocked` are ports by their state.
    """

    root: str | None = None
    root_cost: int | None = None
    root_port: int | None = None
    changes: int | None = None
    since_change_s: float | None = None
    forwarding: int = 0
    blocked: int = 0


@dataclass(frozen=True, slots=True)
class PoePort:
    """Power over one port. `name` is the interface's, else group and port as the agent counts."""

    name: str
    delivering: bool
    fault: bool


async def read_fdb(client: SnmpClient, target: SnmpTarget, deadline: float) -> tuple[Learned, ...]:
    """The MAC table: by VLAN where the bridge has it so, else the plain one. Raises ProbeError."""
    ports = await base_ports(client, target, deadline)
    tagged = await client.table(
        target, (oids.dot1qTpFdbPort,), max_rows=_MAX_ROWS, deadline=deadline
    )
    vlans = await client.table(target, (oids.dot1qVlanFdbId,), deadline=deadline)
    found = tuple(learned_by_vlan(tagged.rows, vlans.rows, ports))
    if found:
        return found
    plain = await client.table(
        target, (oids.dot1dTpFdbPort,), max_rows=_MAX_ROWS, deadline=deadline
    )
    return tuple(learned(plain.rows, ports))


async def read_arp(
    client: SnmpClient, target: SnmpTarget, deadline: float
) -> tuple[tuple[str, str, int], ...]:
    """Rows of ipNetToMediaTable: address, MAC, ifIndex. Raises a ProbeError leaf."""
    table = await client.table(
        target, (oids.ipNetToMediaPhysAddress,), max_rows=_MAX_ROWS, deadline=deadline
    )
    rows = ((ber.index_arcs(index), values.mac(cell)) for index, (cell,) in table.rows.items())
    return tuple(
        (str(ip_address(bytes(arcs[1:]))), mac, arcs[0])
        for arcs, mac in rows
        if mac and len(arcs) == 5 and max(arcs[1:]) < 256
    )


async def read_spanning_tree(
    client: SnmpClient, target: SnmpTarget, deadline: float
) -> SpanningTree | None:
    """The bridge's place in the tree; None where it has no tree. Raises a ProbeError leaf."""
    table = await client.table(target, (oids.dot1dStpPortState,), scalars=_STP, deadline=deadline)
    told = {cell.oid: cell for cell in table.scalars}
    if not told and not table.rows:
        return None
    states = [values.number(cell) for (cell,) in table.rows.values()]
    root = told.get(oids.dot1dStpDesignatedRoot)
    ticks = values.count(told.get(oids.dot1dStpTimeSinceTopologyChange))
    return SpanningTree(
        root=root.value.hex() if root is not None and isinstance(root.value, bytes) else None,
        root_cost=values.count(told.get(oids.dot1dStpRootCost)),
        root_port=values.count(told.get(oids.dot1dStpRootPort)),
        changes=values.count(told.get(oids.dot1dStpTopChanges)),
        since_change_s=None if ticks is None else ticks / 100,
        forwarding=sum(state == _FORWARDING for state in states),
        blocked=sum(state == 2 for state in states),
    )


async def read_poe_ports(
    client: SnmpClient, target: SnmpTarget, names: Mapping[int, str], deadline: float
) -> tuple[PoePort, ...]:
    """Ports of the power sourcing equipment; `names` are interface names by bridge port."""
    table = await client.table(target, _POE, max_rows=_MAX_ROWS, deadline=deadline)
    return tuple(poe_ports(table.rows, names))


def poe_ports(
    rows: Mapping[bytes, Sequence[Varbind | None]], names: Mapping[int, str]
) -> Iterator[PoePort]:
    """Rows of pethPsePortTable: index group and port. A port counts as a bridge port only where
    there is one group: with several, the numbers of a stack's members would fall together.
    """
    indexed = [(ber.index_arcs(index), cells) for index, cells in rows.items()]
    groups = {arcs[0] for arcs, _ in indexed}
    for arcs, (_, detection) in indexed:
        state = values.number(detection)
        if state not in _POE_STATES or len(arcs) < 2:
            continue
        name = pse_port_name(arcs, groups, names)
        yield PoePort(name, state == _DELIVERING, state in _FAULTS)


def pse_port_name(arcs: tuple[int, ...], groups: Collection[int], names: Mapping[int, str]) -> str:
    """The interface's name of a group and port, where one group counts; else the two numbers."""
    own = names.get(arcs[1]) if len(groups) == 1 else None
    return own or "/".join(map(str, arcs[:2]))


async def base_ports(client: SnmpClient, target: SnmpTarget, deadline: float) -> dict[int, int]:
    """ifIndex by bridge port. Raises a ProbeError leaf."""
    table = await client.table(target, (oids.dot1dBasePortIfIndex,), deadline=deadline)
    pairs = ((ber.index_arcs(index), values.count(cell)) for index, (cell,) in table.rows.items())
    return {arcs[0]: at for arcs, at in pairs if len(arcs) == 1 and at is not None}


def learned(
    rows: Mapping[bytes, Sequence[Varbind | None]], ports: Mapping[int, int]
) -> Iterator[Learned]:
    """Rows of dot1dTpFdbTable; port 0 is the bridge itself."""
    for index, (cell,) in rows.items():
        mac, port = _mac(ber.index_arcs(index)), values.number(cell)
        if mac and port is not None and port > 0:
            yield Learned(mac, port, ports.get(port))


def learned_by_vlan(
    rows: Mapping[bytes, Sequence[Varbind | None]],
    vlans: Mapping[bytes, Sequence[Varbind | None]],
    ports: Mapping[int, int],
) -> Iterator[Learned]:
    """Rows of dot1qTpFdbTable; its first arc is a filtering database, no VLAN number."""
    named = dict(_vlan_of_fdb(vlans))
    for index, (cell,) in rows.items():
        arcs = ber.index_arcs(index)
        mac, port = _mac(arcs[1:]), values.number(cell)
        if mac and port is not None and port > 0:
            yield Learned(mac, port, ports.get(port), named.get(arcs[0]))


def _vlan_of_fdb(
    rows: Mapping[bytes, Sequence[Varbind | None]],
) -> Iterable[tuple[int, int]]:
    """VLAN by filtering database (dot1qVlanFdbId is indexed by time mark and VLAN)."""
    for index, (cell,) in rows.items():
        database = values.count(cell)
        if database is not None:
            yield database, ber.index_arcs(index)[-1]


def _mac(arcs: tuple[int, ...]) -> str | None:
    """A MAC address from six arcs, or from seven with their number in front."""
    octets = arcs[1:] if len(arcs) == _MAC_OCTETS + 1 and arcs[0] == _MAC_OCTETS else arcs
    if len(octets) != _MAC_OCTETS or max(octets) > 255:
        return None
    return bytes(octets).hex(":")
