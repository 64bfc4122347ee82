"""Probe "snmp-topology": neighbours, spanning tree and power over ports, a few times an hour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes import oids
from probes.model import Metric, Probe, Reading, Sample
from probes.snmp import ber, values
from probes.snmp.ask import snmp_target
from probes.snmp.bridge import base_ports, pse_port_name, read_poe_ports, read_spanning_tree
from probes.snmp.neighbours import read_neighbours
from probes.snmp.poe_watts import read_poe_watts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from probes.model import ProbeContext, Target
    from probes.snmp.bridge import PoePort, SpanningTree
    from probes.snmp.neighbours import Neighbour
    from probes.snmp.types import SnmpTarget

NEIGHBOR_INFO = Metric(
    "wardops_lldp_neighbor_info",
    "info",
    "A device of the inventory at the other end of a port, by LLDP or CDP",
    ("ifName", "neighbor_device", "neighbor_port"),
)
NEIGHBORS = Metric(
    "wardops_lldp_neighbors",
    "gauge",
    "Neighbours by LLDP or CDP, those of the inventory and others",
    ("known",),
)
STP_CHANGES = Metric(
    "wardops_stp_topology_changes_total", "counter", "Changes of the spanning tree, as counted"
)
POE_DELIVERING = Metric(
    "wardops_poe_port_delivering", "gauge", "1 while the port gives power", ("ifName",)
)
POE_FAULT = Metric(
    "wardops_poe_port_fault", "gauge", "1 while the port refuses power for a fault", ("ifName",)
)
POE_WATTS = Metric(
    "wardops_poe_port_watts", "gauge", "Watts that the port gives", ("ifName",), "watts"
)
METRICS = (NEIGHBOR_INFO, NEIGHBORS, STP_CHANGES, POE_DELIVERING, POE_FAULT, POE_WATTS)
_MAX_NEIGHBORS = 64


async def run(target: Target, context: ProbeContext) -> Reading:
    """Read who stands behind the ports. Raises a ProbeError leaf; a device without any tells none.

    What a device does not have is no error: its neighbours are the empty tuple, its series absent.
    """
    asked = snmp_target(target, context)
    client, deadline = context.transports.snmp, context.deadline
    found = await read_neighbours(client, asked, deadline)
    tree = await read_spanning_tree(client, asked, deadline)
    watts = await read_poe_watts(client, asked, deadline)
    names = await _names(asked, context, is_needed=bool(watts))
    ports = await read_poe_ports(client, asked, names.by_bridge_port, deadline)
    context.note(f"{len(found)} neighbours, {len(ports)} ports with power, tree {tree}")
    samples = (
        *_neighbour_samples(target, found),
        *_tree_samples(tree),
        *_poe_samples(ports),
        *_watt_samples(watts, names),
    )
    return Reading(samples=samples, neighbours=found, method="snmp")


@dataclass(frozen=True, slots=True)
class _Names:
    """Interface names, by ifIndex and by bridge port."""

    by_index: Mapping[int, str]
    by_bridge_port: Mapping[int, str]


async def _names(asked: SnmpTarget, context: ProbeContext, *, is_needed: bool) -> _Names:
    client, deadline = context.transports.snmp, context.deadline
    bridge = await base_ports(client, asked, deadline)
    if not bridge and not is_needed:
        return _Names({}, {})
    table = await client.table(asked, (oids.ifName,), deadline=deadline)
    told = ((ber.index_arcs(index)[0], values.text(cell)) for index, (cell,) in table.rows.items())
    named = {index: name for index, name in told if name}
    return _Names(named, {port: named[at] for port, at in bridge.items() if at in named})


def known_device(target: Target, found: Neighbour) -> str | None:
    """The name of the inventory's device that a neighbour is, by address or by system name."""
    short = (found.system_name or "").partition(".")[0].casefold()
    for name, host in target.peers:
        if found.address == host or (short and name.casefold() == short):
            return name
    return None


def _neighbour_samples(target: Target, found: Iterable[Neighbour]) -> Iterator[Sample]:
    counts = {"yes": 0, "no": 0}
    told: set[tuple[str, ...]] = set()
    for one in found:
        name = known_device(target, one)
        counts["yes" if name else "no"] += 1
        labels = (one.local_port or "", name or "", one.port or "")
        if name and labels not in told and len(told) < _MAX_NEIGHBORS:
            told.add(labels)
            yield Sample(NEIGHBOR_INFO, 1, labels)
    if sum(counts.values()):
        yield from (Sample(NEIGHBORS, count, (known,)) for known, count in counts.items())


def _tree_samples(tree: SpanningTree | None) -> Iterator[Sample]:
    if tree is not None and tree.changes is not None:
        yield Sample(STP_CHANGES, tree.changes)


def _poe_samples(ports: Iterable[PoePort]) -> Iterator[Sample]:
    for port in ports:
        yield Sample(POE_DELIVERING, float(port.delivering), (port.name,))
        yield Sample(POE_FAULT, float(port.fault), (port.name,))


def _watt_samples(watts: Mapping[tuple[int, ...], float], names: _Names) -> Iterator[Sample]:
    groups = {arcs[0] for arcs in watts if len(arcs) > 1}
    for arcs, given in watts.items():
        if len(arcs) > 1:
            name = pse_port_name(arcs, groups, names.by_bridge_port)
        else:
            name = names.by_index.get(arcs[0], f"if{arcs[0]}")
        yield Sample(POE_WATTS, given, (name,))


PROBE = Probe("snmp-topology", period_s=900, timeout_s=20, run=run, metrics=METRICS)
