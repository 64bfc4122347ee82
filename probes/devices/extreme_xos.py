"""Extreme switches with ExtremeXOS (EXTREME-SYSTEM-MIB, -SOFTWARE-MONITOR-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, State, Status, vendor

DEVICE_TYPE = DeviceType(
    kind="extreme_xos",
    vendor="Extreme",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(
        Gauge("cpu", vendor("1916.1.32.1.2"), label="cpu", verified=False),
        Gauge(
            "temperature",
            vendor("1916.1.1.1.8"),
            label="system",
            kind="module",
            state=State(vendor("1916.1.1.1.7"), good=(2,), bad=(1,)),
            verified=False,
        ),
        Gauge("fan", vendor("1916.1.1.1.9.1.4"), label="fan", verified=False),
        Status(
            "fan",
            State(vendor("1916.1.1.1.9.1.2"), good=(1,), bad=(2,)),
            label="fan",
            verified=False,
        ),
        Status(
            "psu",
            State(vendor("1916.1.1.1.27.1.2"), good=(2,), bad=(3,), absent=(1,)),
            label="psu",
            verified=False,
        ),
    ),
    unverified=("health",),
)
