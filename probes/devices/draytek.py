"""DrayTek Vigor routers: standard MIBs."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import HR_CPU, HR_MEMORY

DEVICE_TYPE = DeviceType(
    kind="draytek",
    vendor="DrayTek",
    device_class="router",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(HR_CPU, HR_MEMORY),
)
