"""Zyxel switches with ZyNOS (ZYXEL-ES-COMMON, ZYXEL-HW-MONITOR-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, Memory, vendor

DEVICE_TYPE = DeviceType(
    kind="zyxel_zynos",
    vendor="Zyxel",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(
        Gauge("cpu", vendor("890.1.15.3.2.7"), label="cpu"),
        Memory("memory", percent=vendor("890.1.15.3.2.5")),
        Gauge("fan", vendor("890.1.15.3.26.1.1.1.3"), label="fan", verified=False),
        Gauge("temperature", vendor("890.1.15.3.26.1.2.1.3"), label="sensor", verified=False),
    ),
    unverified=("temperature", "fans"),
)
