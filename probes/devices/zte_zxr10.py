"""ZTE ZXR10 switches: ports, bridge and LLDP alone."""

from __future__ import annotations

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="zte_zxr10",
    vendor="ZTE",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
)
