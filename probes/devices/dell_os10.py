"""Dell switches with OS10 (DELLEMC-OS10-CHASSIS-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, vendor

DEVICE_TYPE = DeviceType(
    kind="dell_os10",
    vendor="Dell",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(
        Gauge(
            "temperature",
            vendor("674.11000.5000.100.4.1.1.3.1.11"),
            label="chassis",
            kind="module",
            verified=False,
        ),
    ),
    unverified=("health",),
)
