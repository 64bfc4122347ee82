"""Edgecore switches (Accton's software)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.families import accton

DEVICE_TYPE = DeviceType(
    kind="edgecore",
    vendor="Edgecore",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    family_health=accton,
)
