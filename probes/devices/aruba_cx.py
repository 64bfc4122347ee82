"""Aruba switches with AOS-CX: standard MIBs."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import HR_CPU, HR_MEMORY

DEVICE_TYPE = DeviceType(
    kind="aruba_cx",
    vendor="Aruba",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(HR_CPU, HR_MEMORY),
)
