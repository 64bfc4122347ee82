"""Any router with IF-MIB, a provider CE among them; without SNMP access it is pinged alone."""

from __future__ import annotations

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="generic_router",
    vendor="",
    device_class="router",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
)
