"""Ruijie switches, and those that FS sells (RUIJIE-PROCESS-MIB, -MEMORY-MIB, -SYSTEM-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, Memory, When, vendor

DEVICE_TYPE = DeviceType(
    kind="ruijie",
    vendor="Ruijie",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(
        Gauge("cpu", vendor("4881.1.1.10.2.36.1.1.2"), label="cpu"),
        Memory("memory", percent=vendor("4881.1.1.10.2.35.1.1.1.3")),
        Gauge(
            "temperature",
            vendor("4881.1.1.10.2.1.1.16"),
            label="board",
            kind="module",
            when=When(vendor("4881.1.1.10.2.1.1.16")),
            verified=False,
        ),
    ),
    unverified=("temperature",),
)
