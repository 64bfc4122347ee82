"""Dell Force10 switches (DELL-NETWORKING-CHASSIS-MIB, and F10-S-SERIES-CHASSIS-MIB before it)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, vendor

DEVICE_TYPE = DeviceType(
    kind="dell_ftos",
    vendor="Dell",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=tuple(
        Gauge("temperature", vendor(column), label="unit", kind="module", verified=False)
        for column in ("6027.3.26.1.3.4.1.13", "6027.3.10.1.2.2.1.14", "6027.3.1.1.2.3.1.8")
    ),
    unverified=("health",),
)
