"""In which VLANs watched ports are: Q-BRIDGE-MIB, Cisco's own table, and devices that tell none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from probes.model import PortVlans
from probes.snmp import ber, port_vlans
from probes.snmp.types import Varbind

if TYPE_CHECKING:
    from probes.model import Reading
    from tests.probes.snmp.conftest import Lab

BASE, PVID = "1.3.6.1.2.1.17.1.4.1.2", "1.3.6.1.2.1.17.7.1.4.5.1.1"
STATIC = "1.3.6.1.2.1.17.7.1.4.3.1"
MEMBER = "1.3.6.1.4.1.9.9.68.1.2.2.1.2"
NAME, DESCR = "1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.2.2.1.2"
PORTS = {
    f"{column}.{100 + n}": (ber.OCTET_STRING, f"{word}{n}".encode())
    for n in (1, 2, 9)
    for column, word in ((NAME, "Gi1/"), (DESCR, "GigabitEthernet1/"))
}
BRIDGE = {f"{BASE}.{n}": (ber.INTEGER, 100 + n) for n in (1, 2, 9)}
PVIDS = {f"{PVID}.{n}": (ber.GAUGE32, vlan) for n, vlan in ((1, 10), (2, 1), (9, 20))}


def told(lab: Lab, values: dict[str, tuple[int, Any]], *watched: str) -> Any:
    """The ports' VLANs as the probe reads them from a device with these values."""
    engine, _ = lab.engine(
        lab.honest(lab.Agent({"1.3.6.1.2.1.1.3.0": (ber.TIMETICKS, 1), **values}))
    )

    async def story() -> Reading:
        device = lab.device(watched=watched or ("Gi1/1", "Gi1/2", "Gi1/9"))
        return await port_vlans.run(device, lab.context(engine, timeout_s=20))

    return lab.on_virtual_time(story).vlans


def vlans(number: int, egress: bytes, untagged: bytes) -> dict[str, tuple[int, Any]]:
    """A row of dot1qVlanStaticTable."""
    return {
        f"{STATIC}.2.{number}": (ber.OCTET_STRING, egress),
        f"{STATIC}.4.{number}": (ber.OCTET_STRING, untagged),
    }


def test_a_bridge_tells_the_vlan_without_a_tag_and_those_with_one(lab: Lab) -> None:
    """Port 1 is the highest bit of the first octet, port 9 that of the second (RFC 4363)."""
    static = vlans(10, b"\xc0\x80", b"\x80\x00") | vlans(20, b"\x40\x80", b"\x00\x80")
    assert told(lab, PORTS | BRIDGE | PVIDS | static) == (
        PortVlans("Gi1/1", "GigabitEthernet1/1", 10, ()),
        PortVlans("Gi1/2", "GigabitEthernet1/2", 1, (10, 20)),
        PortVlans("Gi1/9", "GigabitEthernet1/9", 20, (10,)),
    )


def test_only_ports_that_the_inventory_names_are_told_by_either_name(lab: Lab) -> None:
    found = told(lab, PORTS | BRIDGE | PVIDS, "GigabitEthernet1/9")
    assert found == (PortVlans("Gi1/9", "GigabitEthernet1/9", 20, None),)


def test_a_cisco_switch_tells_its_access_ports_by_its_own_table(lab: Lab) -> None:
    members = {f"{MEMBER}.101": (ber.INTEGER, 30), f"{MEMBER}.102": (ber.INTEGER, 0)}
    found = told(lab, PORTS | BRIDGE | members)
    assert found == (PortVlans("Gi1/1", "GigabitEthernet1/1", 30, None),)


@pytest.mark.parametrize("values", [{}, PORTS, PORTS | BRIDGE])
def test_a_device_that_tells_no_vlans_has_none(lab: Lab, values: dict[str, Any]) -> None:
    assert told(lab, values) == ()


def test_what_is_no_port_list_names_no_ports() -> None:
    assert port_vlans.ports_in(None) == frozenset()
    assert port_vlans.ports_in(Varbind(b"", ber.INTEGER, 3)) == frozenset()
    assert port_vlans.ports_in(Varbind(b"", ber.OCTET_STRING, b"\x00\x81")) == {9, 16}
