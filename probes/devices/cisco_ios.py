"""Cisco switches and routers with classic IOS."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp import cisco

DEVICE_TYPE = DeviceType(
    kind="cisco_ios",
    vendor="Cisco",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=cisco.HEALTH,
)
