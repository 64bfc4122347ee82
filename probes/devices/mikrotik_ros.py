"""MikroTik routers and switches with RouterOS (MIKROTIK-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp import mikrotik
from probes.snmp.parts import HR_CPU, HR_MEMORY

DEVICE_TYPE = DeviceType(
    kind="mikrotik_ros",
    vendor="MikroTik",
    device_class="router",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(HR_CPU, HR_MEMORY, *mikrotik.HEALTH, *mikrotik.OPTICS),
)
