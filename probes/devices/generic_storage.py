"""Storage for files of any maker: what HOST-RESOURCES-MIB (RFC 2790) tells of its volumes."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import HR_CPU, HR_MEMORY, LM_SENSORS, Volumes

DEVICE_TYPE = DeviceType(
    kind="generic_storage",
    vendor="",
    device_class="storage",
    probes=("icmp", "snmp-health", "snmp-interfaces", "snmp-identity"),
    health=(HR_CPU, HR_MEMORY, Volumes(), *LM_SENSORS),
    unverified=("volumes of other agents than net-snmp's", "temperature", "fans"),
)
