"""Extreme switches with VOSS (RAPID-CITY MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, State, Status, vendor

DEVICE_TYPE = DeviceType(
    kind="extreme_voss",
    vendor="Extreme",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(
        Gauge("cpu", vendor("2272.1.1.20"), label="cpu", verified=False),
        Gauge("temperature", vendor("2272.1.4.7.1.1.3"), label="fan", kind="fan", verified=False),
        Status(
            "fan",
            State(vendor("2272.1.4.7.1.1.2"), good=(2,), bad=(3,)),
            label="fan",
            verified=False,
        ),
        Status(
            "psu",
            State(vendor("2272.1.4.8.1.1.2"), good=(3,), bad=(4,), absent=(2,)),
            label="psu",
            verified=False,
        ),
    ),
    unverified=("health",),
)
