"""Extreme (Avaya, Nortel) switches with BOSS (S5-CHASSIS-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, Memory, vendor

DEVICE_TYPE = DeviceType(
    kind="extreme_boss",
    vendor="Extreme",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(
        Memory("unit", total=vendor("45.1.6.3.8.1.1.12"), free=vendor("45.1.6.3.8.1.1.13")),
        Gauge("temperature", vendor("45.1.6.3.7.1.1.5"), 0.5, label="unit", kind="module"),
    ),
    unverified=("cpu",),
)
