"""Fortinet FortiSwitch."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import ENTITY_SENSORS, EntitySensors, Gauge, Memory, vendor

DEVICE_TYPE = DeviceType(
    kind="fortiswitch",
    vendor="Fortinet",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(
        Gauge("cpu", vendor("12356.106.4.1.2"), label="cpu"),
        Memory("memory", used=vendor("12356.106.4.1.3"), total=vendor("12356.106.4.1.4")),
        # The firmware says precision 1 of whole degrees and per cents.
        EntitySensors(ENTITY_SENSORS.entry, precision=0),
    ),
)
