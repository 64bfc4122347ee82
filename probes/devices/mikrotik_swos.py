"""MikroTik switches with SwOS."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp import mikrotik

DEVICE_TYPE = DeviceType(
    kind="mikrotik_swos",
    vendor="MikroTik",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(*mikrotik.HEALTH, *mikrotik.OPTICS),
)
