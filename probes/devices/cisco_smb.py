"""Cisco Small Business and CBS switches."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.families import radlan

DEVICE_TYPE = DeviceType(
    kind="cisco_smb",
    vendor="Cisco",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=radlan("9.6.1.101", temperature=10, verified=False),
    unverified=("health",),
)
