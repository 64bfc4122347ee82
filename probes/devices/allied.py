"""Allied Telesis WebSmart switches: ports, bridge and LLDP alone."""

from __future__ import annotations

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="allied",
    vendor="Allied Telesis",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
)
