"""Any machine with net-snmp (HOST-RESOURCES-MIB, LM-SENSORS-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import LM_SENSORS

DEVICE_TYPE = DeviceType(
    kind="linux",
    vendor="Linux",
    device_class="server",
    probes=("icmp", "snmp-host", "snmp-interfaces", "snmp-identity", "snmp-health"),
    health=LM_SENSORS,
    unverified=("temperature", "fans"),
)
