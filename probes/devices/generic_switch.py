"""Any switch with IF-MIB; what more it is asked for, it says itself."""

from __future__ import annotations

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="generic_switch",
    vendor="",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
)
