"""Ubiquiti airMAX radios with airOS."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import HR_CPU, HR_MEMORY

DEVICE_TYPE = DeviceType(
    kind="ubnt_airos",
    vendor="Ubiquiti",
    device_class="ap",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(HR_CPU, HR_MEMORY),
    unverified=("health",),
)
