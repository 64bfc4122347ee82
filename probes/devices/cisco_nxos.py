"""Cisco Nexus switches with NX-OS."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp import cisco

DEVICE_TYPE = DeviceType(
    kind="cisco_nxos",
    vendor="Cisco",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(*cisco.HEALTH, cisco.ENHANCED_POOLS),
    unverified=("health",),
)
