"""Who hangs on which port, as the cables lie: LLDP-MIB (IEEE 802.1AB-2005), BRIDGE-MIB (RFC 4188),
and in which VLAN a port is: Q-BRIDGE-MIB (RFC 4363).

A bridge counts its LLDP ports as its bridge ports, from 1; management addresses are not told, so
that all switches of a size share one index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drills.mib.look import ENTERPRISES, MIB2, Entry, text
from drills.model import node_of
from probes.snmp import ber

if TYPE_CHECKING:
    from drills.mib.look import Look
    from drills.model import Node, Port

BRIDGES = frozenset({"core", "access"})
_SPEAKERS = BRIDGES | {"ce", "vc", "ap"}
_LLDP = "1.0.8802.1.1.2.1"
_BY_MAC, _BY_NAME = 4, 5  # LldpChassisIdSubtype macAddress, LldpPortIdSubtype interfaceName
_LEARNED = 1  # the only remote system of a port: lldpRemIndex


def speaks(node: Node) -> bool:
    """Whether a device announces itself; desks, cameras and the UPS do not."""
    return node.role in _SPEAKERS


def neighbour_ports(look: Look) -> tuple[int, ...]:
    """The ports, counted from 1, behind which somebody announces himself now.

    A port that has lost its link forgets its neighbour at once (IEEE 802.1AB, 9.2.7).
    """
    if not speaks(look.node):
        return ()
    return tuple(
        number
        for number, port in enumerate(look.node.ports, start=1)
        if (far := _far(look, number)) and speaks(far[0]) and look.oper(port.index)
    )


def _far(look: Look, number: int) -> tuple[Node, Port] | None:
    """The node and port at the other end of a port's cable; None where none is plugged in."""
    ref = look.ref(_port(look, number).index)
    topology = look.world.topology
    cable = topology.at_port.get(ref)
    far = cable.far_end(ref) if cable else ""
    port = topology.port(far) if far else None
    return (topology.nodes[node_of(far)], port) if port else None


def _port(look: Look, number: int) -> Port:
    return look.node.ports[number - 1]


def _there(look: Look, number: int) -> tuple[Node, Port]:
    found = _far(look, number)
    if found is None:
        raise LookupError(f"{look.node.name}: nothing behind port {number}")
    return found


def _mac(node: Node) -> bytes:
    """The chassis' own address: that of its first port."""
    return node.ports[0].mac


BRIDGE = (
    Entry(f"{MIB2}.17.1.1", ber.OCTET_STRING, lambda look, _: _mac(look.node)),
    Entry(f"{MIB2}.17.1.2", ber.INTEGER, lambda look, _: len(look.node.ports)),
    Entry(f"{MIB2}.17.1.3", ber.INTEGER, lambda _look, _: 2),
)

BRIDGE_PORTS = (
    Entry(f"{MIB2}.17.1.4.1.1", ber.INTEGER, lambda _look, row: row),
    Entry(f"{MIB2}.17.1.4.1.2", ber.INTEGER, lambda look, row: _port(look, row).index),
)


def _vlan(look: Look, port: int) -> int:
    vlan: int = look.world.fact("vlan", look.ref(port))
    return vlan


PORT_VLANS = (
    Entry(
        f"{MIB2}.17.7.1.4.5.1.1", ber.GAUGE32, lambda look, row: _vlan(look, _port(look, row).index)
    ),
)

# CISCO-VLAN-MEMBERSHIP-MIB, by ifIndex: what such switches have instead of Q-BRIDGE-MIB.
MEMBER_VLANS = (Entry(f"{ENTERPRISES}.9.9.68.1.2.2.1.2", ber.INTEGER, _vlan),)

LOCAL = (
    Entry(f"{_LLDP}.3.1", ber.INTEGER, lambda _look, _: _BY_MAC),
    Entry(f"{_LLDP}.3.2", ber.OCTET_STRING, lambda look, _: _mac(look.node)),
    Entry(f"{_LLDP}.3.3", ber.OCTET_STRING, lambda look, _: text(look.node.name)),
    Entry(f"{_LLDP}.3.4", ber.OCTET_STRING, lambda look, _: text(look.node.sys_descr)),
)

LOCAL_PORTS = (
    Entry(f"{_LLDP}.3.7.1.2", ber.INTEGER, lambda _look, _: _BY_NAME),
    Entry(f"{_LLDP}.3.7.1.3", ber.OCTET_STRING, lambda look, row: text(_port(look, row).name)),
    Entry(f"{_LLDP}.3.7.1.4", ber.OCTET_STRING, lambda look, row: text(_port(look, row).descr)),
)

_REMOTE = f"{_LLDP}.4.1.1"
_INDEX = f"0.{{}}.{_LEARNED}"  # lldpRemTimeMark, lldpRemLocalPortNum, lldpRemIndex

REMOTE = (
    Entry(f"{_REMOTE}.4", ber.INTEGER, lambda _look, _: _BY_MAC, _INDEX),
    Entry(f"{_REMOTE}.5", ber.OCTET_STRING, lambda look, row: _mac(_there(look, row)[0]), _INDEX),
    Entry(f"{_REMOTE}.6", ber.INTEGER, lambda _look, _: _BY_NAME, _INDEX),
    Entry(
        f"{_REMOTE}.7", ber.OCTET_STRING, lambda look, row: text(_there(look, row)[1].name), _INDEX
    ),
    Entry(
        f"{_REMOTE}.8", ber.OCTET_STRING, lambda look, row: text(_there(look, row)[1].descr), _INDEX
    ),
    Entry(
        f"{_REMOTE}.9", ber.OCTET_STRING, lambda look, row: text(_there(look, row)[0].name), _INDEX
    ),
    Entry(
        f"{_REMOTE}.10",
        ber.OCTET_STRING,
        lambda look, row: text(_there(look, row)[0].sys_descr),
        _INDEX,
    ),
)
