"""Neighbours counted, known ones by name; the MAC table by port and VLAN; power by port."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from probes.snmp import ber, topology
from probes.snmp.bridge import Learned, PoePort, poe_ports, read_fdb, read_spanning_tree
from probes.snmp.types import Varbind

if TYPE_CHECKING:
    from probes.model import Reading
    from tests.probes.snmp.conftest import Lab

UP = {"1.3.6.1.2.1.1.3.0": (ber.TIMETICKS, 1)}
REMOTE = "1.0.8802.1.1.2.1.4.1.1"
BRIDGE = "1.3.6.1.2.1.17"
BASE = {f"{BRIDGE}.1.4.1.2.1": (ber.INTEGER, 101), f"{BRIDGE}.1.4.1.2.2": (ber.INTEGER, 102)}
MAC_ARCS = "2.0.94.16.0.1"


def run(lab: Lab, values: dict[str, tuple[int, Any]], **fields: Any) -> Reading:
    """What the probe makes of a device with these values."""
    engine, _ = lab.engine(lab.honest(lab.Agent(UP | values)))

    async def story() -> Reading:
        return await topology.run(lab.device(**fields), lab.context(engine, timeout_s=20))

    found: Reading = lab.on_virtual_time(story)
    return found


def neighbour(port: int, name: str) -> dict[str, tuple[int, Any]]:
    """A row of lldpRemTable behind a bridge port."""
    return {
        f"{REMOTE}.5.0.{port}.1": (ber.OCTET_STRING, b"\x02\0\x5e\x10\0" + bytes((port,))),
        f"{REMOTE}.7.0.{port}.1": (ber.OCTET_STRING, b"Gi0/1"),
        f"{REMOTE}.9.0.{port}.1": (ber.OCTET_STRING, name.encode()),
        f"1.3.6.1.2.1.31.1.1.1.1.{100 + port}": (ber.OCTET_STRING, f"Gi1/{port}".encode()),
    }


def test_only_a_neighbour_of_the_inventory_has_a_series_of_its_own(lab: Lab) -> None:
    values = BASE | neighbour(1, "SW-26740-02.example") | neighbour(2, "someone")
    found = run(lab, values, peers=(("sw-26740-02", "192.0.2.12"),))
    assert {(s.metric.name, *s.labels): s.value for s in found.samples} == {
        ("wardops_lldp_neighbor_info", "Gi1/1", "sw-26740-02", "Gi0/1"): 1,
        ("wardops_lldp_neighbors", "yes"): 1,
        ("wardops_lldp_neighbors", "no"): 1,
    }
    assert len(found.neighbours or ()) == 2


def test_a_device_without_neighbours_says_so_and_has_no_series(lab: Lab) -> None:
    found = run(lab, {})
    assert (found.neighbours, found.samples) == ((), ())


def test_the_mac_table_is_read_by_vlan_and_leaves_out_the_switch_itself(lab: Lab) -> None:
    values = BASE | {
        f"{BRIDGE}.7.1.2.2.1.2.262144.{MAC_ARCS}": (ber.INTEGER, 2),
        f"{BRIDGE}.7.1.2.2.1.2.262144.2.0.94.16.0.2": (ber.INTEGER, 0),
        f"{BRIDGE}.7.1.4.2.1.3.0.10": (ber.GAUGE32, 262144),
    }
    engine, _ = lab.engine(lab.honest(lab.Agent(UP | values)))

    async def story() -> tuple[Learned, ...]:
        return await read_fdb(engine, lab.target(), asyncio.get_running_loop().time() + 8)

    assert lab.on_virtual_time(story) == (Learned("02:00:5e:10:00:01", 2, 102, 10),)


def test_a_plain_mac_table_has_no_vlan(lab: Lab) -> None:
    values = BASE | {f"{BRIDGE}.4.3.1.2.{MAC_ARCS}": (ber.INTEGER, 1)}
    engine, _ = lab.engine(lab.honest(lab.Agent(UP | values)))

    async def story() -> tuple[Learned, ...]:
        return await read_fdb(engine, lab.target(), asyncio.get_running_loop().time() + 8)

    assert lab.on_virtual_time(story) == (Learned("02:00:5e:10:00:01", 1, 101),)


def test_a_bridge_without_a_tree_has_none(lab: Lab) -> None:
    engine, _ = lab.engine(lab.honest(lab.Agent(UP)))

    async def story() -> Any:
        now = asyncio.get_running_loop().time()
        return await read_spanning_tree(engine, lab.target(), now + 8)

    assert lab.on_virtual_time(story) is None


def test_power_by_port_has_the_interfaces_name_only_where_one_group_counts() -> None:
    def row(state: int) -> tuple[Varbind | None, Varbind]:
        return None, Varbind(b"", ber.INTEGER, state)

    def index(group: int, port: int) -> bytes:
        return ber.index_from_arcs((group, port))

    names = {1: "Gi1/1"}
    alone = {index(1, 1): row(3), index(1, 2): row(4), index(1, 3): row(9)}
    assert tuple(poe_ports(alone, names)) == (
        PoePort("Gi1/1", delivering=True, fault=False),
        PoePort("1/2", delivering=False, fault=True),
    )
    stack = {index(1, 1): row(2), index(2, 1): row(2)}
    assert [port.name for port in poe_ports(stack, names)] == ["1/1", "2/1"]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ({"9.9.402.1.2.1.9.1.2": 2509, "9.9.402.1.2.1.9.1.9": 0}, {"Gi1/2": 2.509, "1/9": 0.0}),
        ({"9.9.402.1.2.1.9.1.2": 7000, "9.9.402.1.2.1.9.2.2": 15}, {"1/2": 7.0, "2/2": 0.015}),
        ({"2011.5.25.195.3.1.10.102": 6400}, {"Gi1/2": 6.4}),
        ({"2011.5.25.195.3.1.10.7": 1}, {"if7": 0.001}),
        ({"14988.1.1.15.1.1.6.101": 45}, {"Gi1/1": 4.5}),
        ({"9.9.402.1.2.1.9.1.1": 4_294_967_295}, {}),
        ({}, {}),
    ],
)  # fmt: skip
def test_what_a_port_gives_is_told_by_the_makers_own_columns(
    lab: Lab, rows: dict[str, int], told: dict[str, float]
) -> None:
    names = {f"1.3.6.1.2.1.31.1.1.1.1.10{n}": (ber.OCTET_STRING, b"Gi1/%d" % n) for n in (1, 2)}
    drawn = {f"1.3.6.1.4.1.{arcs}": (ber.GAUGE32, raw) for arcs, raw in rows.items()}
    samples = run(lab, BASE | names | drawn).samples
    watts = {s.labels[0]: s.value for s in samples if s.metric.name == "wardops_poe_port_watts"}
    assert watts == pytest.approx(told)
