"""Cisco wireless controllers with AireOS (AIRESPACE-SWITCHING-MIB beside Cisco's own)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.cisco import HEALTH
from probes.snmp.parts import Gauge, Memory, vendor

DEVICE_TYPE = DeviceType(
    kind="cisco_wlc",
    vendor="Cisco",
    device_class="ap",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(
        Gauge("cpu", vendor("14179.1.1.5.1"), label="controller"),
        Memory("ram", total=vendor("14179.1.1.5.2"), free=vendor("14179.1.1.5.3")),
        Gauge(
            "temperature",
            vendor("14179.2.3.1.13"),
            label="internal",
            kind="module",
            verified=False,
        ),
        *HEALTH,
    ),
    unverified=("temperature",),
)
