"""Ubiquiti EdgeRouter with EdgeOS."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import HR_CPU, UCD_MEMORY

DEVICE_TYPE = DeviceType(
    kind="ubnt_edgeos",
    vendor="Ubiquiti",
    device_class="router",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(HR_CPU, UCD_MEMORY),
    unverified=("health",),
)
