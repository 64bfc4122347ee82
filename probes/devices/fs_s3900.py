"""FS S3900 switches (Accton's software)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.families import accton

DEVICE_TYPE = DeviceType(
    kind="fs_s3900",
    vendor="FS",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    family_health=accton,
)
