"""Axis cameras (AXIS-VIDEO-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, State, vendor

DEVICE_TYPE = DeviceType(
    kind="axis_camera",
    vendor="Axis",
    device_class="camera",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health"),
    health=(
        Gauge(
            "temperature",
            vendor("368.4.1.3.1.4"),
            label="sensor",
            # ok(1) failure(2) outOfBoundary(3)
            state=State(vendor("368.4.1.3.1.3"), good=(1,), bad=(2, 3)),
        ),
    ),
)
