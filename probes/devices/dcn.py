"""DCN switches: ports, bridge and LLDP alone."""

from __future__ import annotations

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="dcn",
    vendor="DCN",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
)
