"""Cisco firewalls with ASA or Firepower software."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp import cisco

DEVICE_TYPE = DeviceType(
    kind="cisco_asa",
    vendor="Cisco",
    device_class="firewall",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(cisco.CPU, cisco.POOLS, cisco.ENHANCED_POOLS),
    unverified=("health",),
)
