"""A switch's own health: what Cisco's MIBs tell of one, and what the standard MIBs tell of another.

Sources: CISCO-PROCESS-MIB, CISCO-MEMORY-POOL-MIB and CISCO-ENVMON-MIB; ENTITY-MIB (RFC 6933),
ENTITY-SENSOR-MIB (RFC 3433) and POWER-ETHERNET-MIB (RFC 3621).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drills.mib.look import ENTERPRISES, MIB2, Entry, text
from drills.model import Chassis, node_of
from probes.snmp import ber

if TYPE_CHECKING:
    from drills.mib.look import Look, Rows

_CISCO = f"{ENTERPRISES}.9.9"
_ENVMON = f"{_CISCO}.13.1"
_NORMAL = 1  # CiscoEnvMonState
_TOO_HOT_CELSIUS = 85
_BOX, _TEMPERATURE, _FAN, _SUPPLY = range(1, 5)  # rows of entPhysicalTable
_CLASSES = {_BOX: 3, _TEMPERATURE: 8, _FAN: 7, _SUPPLY: 6}
_NAMES = {_BOX: "Chassis", _TEMPERATURE: "Board", _FAN: "Fan 1", _SUPPLY: "PSU 1"}
_CELSIUS, _RPM = 8, 10  # EntitySensorDataType
_UNITS = 9  # EntitySensorDataScale
_DELIVERING, _SEARCHING = 3, 2  # pethPsePortDetectionStatus


def chassis_rows(look: Look) -> tuple[Rows, ...]:
    """The objects that this device has of its health, with their rows; none for what has none."""
    node = look.node
    if node.chassis is None:
        return ()
    if node.kind == "cisco_ios":
        return ((_CISCO_SWITCH, (1,)),)
    if not node.chassis.poe_budget_w:
        return _PLAIN_SWITCH
    ports = tuple(range(1, len(node.ports) + 1))
    return (*_PLAIN_SWITCH, (_POE, (1,)), (_POE_PORTS, ports))


def _chassis(look: Look) -> Chassis:
    if look.node.chassis is None:
        raise LookupError(f"{look.node.name}: no chassis")
    return look.node.chassis


def _percent(look: Look) -> int:
    return round(_chassis(look).busy * 100)


def _free(look: Look) -> int:
    return _chassis(look).memory_bytes - _chassis(look).used_bytes


_CISCO_SWITCH = (
    Entry(f"{_CISCO}.109.1.1.1.1.8", ber.GAUGE32, lambda look, _: _percent(look)),
    Entry(f"{_CISCO}.48.1.1.1.2", ber.OCTET_STRING, lambda _look, _: b"Processor"),
    Entry(f"{_CISCO}.48.1.1.1.5", ber.GAUGE32, lambda look, _: _chassis(look).used_bytes),
    Entry(f"{_CISCO}.48.1.1.1.6", ber.GAUGE32, lambda look, _: _free(look)),
    Entry(f"{_ENVMON}.3.1.2", ber.OCTET_STRING, lambda _look, _: b"Board"),
    Entry(f"{_ENVMON}.3.1.3", ber.GAUGE32, lambda look, _: _chassis(look).celsius),
    Entry(f"{_ENVMON}.3.1.4", ber.INTEGER, lambda _look, _: _TOO_HOT_CELSIUS),
    Entry(f"{_ENVMON}.3.1.6", ber.INTEGER, lambda _look, _: _NORMAL),
    Entry(f"{_ENVMON}.4.1.2", ber.OCTET_STRING, lambda _look, _: b"Fan 1"),
    Entry(f"{_ENVMON}.4.1.3", ber.INTEGER, lambda _look, _: _NORMAL),
    Entry(f"{_ENVMON}.5.1.2", ber.OCTET_STRING, lambda _look, _: b"PSU 1"),
    Entry(f"{_ENVMON}.5.1.3", ber.INTEGER, lambda _look, _: _NORMAL),
)


def _reading(look: Look, row: int) -> int:
    return _chassis(look).celsius if row == _TEMPERATURE else _chassis(look).fan_rpm


_ENTITY = (
    Entry(f"{MIB2}.47.1.1.1.1.2", ber.OCTET_STRING, lambda _look, row: text(_NAMES[row])),
    Entry(f"{MIB2}.47.1.1.1.1.5", ber.INTEGER, lambda _look, row: _CLASSES[row]),
    Entry(f"{MIB2}.47.1.1.1.1.7", ber.OCTET_STRING, lambda _look, row: text(_NAMES[row])),
)
_SENSORS = (
    Entry(
        f"{MIB2}.99.1.1.1.1", ber.INTEGER,
        lambda _look, row: _CELSIUS if row == _TEMPERATURE else _RPM,
    ),
    Entry(f"{MIB2}.99.1.1.1.2", ber.INTEGER, lambda _look, _: _UNITS),
    Entry(f"{MIB2}.99.1.1.1.3", ber.INTEGER, lambda _look, _: 0),
    Entry(f"{MIB2}.99.1.1.1.4", ber.INTEGER, _reading),
    Entry(f"{MIB2}.99.1.1.1.5", ber.INTEGER, lambda _look, _: 1),
)  # fmt: skip
_PLAIN_SWITCH: tuple[Rows, ...] = (
    (_ENTITY, (_BOX, _TEMPERATURE, _FAN, _SUPPLY)),
    (_SENSORS, (_TEMPERATURE, _FAN)),
)


# ---- power over ports ----


def _feeds(look: Look, number: int) -> bool:
    """Whether what hangs on a port lives on this switch's power and gets it now."""
    port = look.node.ports[number - 1]
    ref = look.ref(port.index)
    cable = look.world.topology.at_port.get(ref)
    if cable is None:
        return False
    far = look.world.topology.nodes[node_of(cable.far_end(ref))]
    return far.feed == look.node.name and look.oper(port.index)


def _given_w(look: Look) -> int:
    """Watts that are given now."""
    fed = sum(_feeds(look, number) for number in range(1, len(look.node.ports) + 1))
    return fed * _chassis(look).poe_port_w


_POE = (
    Entry(f"{MIB2}.105.1.3.1.1.2", ber.GAUGE32, lambda look, _: _chassis(look).poe_budget_w),
    Entry(f"{MIB2}.105.1.3.1.1.3", ber.INTEGER, lambda _look, _: 1),
    Entry(f"{MIB2}.105.1.3.1.1.4", ber.GAUGE32, lambda look, _: _given_w(look)),
)
_POE_PORTS = (
    Entry(f"{MIB2}.105.1.1.1.3", ber.INTEGER, lambda _look, _: 1, "1.{}"),
    Entry(
        f"{MIB2}.105.1.1.1.6",
        ber.INTEGER,
        lambda look, row: _DELIVERING if _feeds(look, row) else _SEARCHING,
        "1.{}",
    ),
)
