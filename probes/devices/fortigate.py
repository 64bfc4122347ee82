"""Fortinet FortiGate firewalls (FORTINET-FORTIGATE-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, Memory, State, When, vendor

_SENSOR = "12356.101.4.3.2.1"
_NAME = vendor(f"{_SENSOR}.2")
_VERDICT = State(vendor(f"{_SENSOR}.4"), good=(0,), bad=(1,))
_VALUE = vendor(f"{_SENSOR}.3")
# fgHwSensorEntValue has no unit: the name says what is measured.
_IS_TEMPERATURE = When(_NAME, text=r"temp|tmp|\bdts\b|\btd\d|therm|on-die")
_IS_FAN = When(_NAME, text=r"fan")

HEALTH = (
    Gauge("cpu", vendor("12356.101.4.1.3"), label="cpu"),
    Memory("memory", percent=vendor("12356.101.4.1.4")),
    Gauge("temperature", _VALUE, name=_NAME, state=_VERDICT, when=_IS_TEMPERATURE),
    Gauge("fan", _VALUE, name=_NAME, state=_VERDICT, when=_IS_FAN),
)

DEVICE_TYPE = DeviceType(
    kind="fortigate",
    vendor="Fortinet",
    device_class="firewall",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=HEALTH,
)
