"""Barco ClickShare base units."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, vendor

DEVICE_TYPE = DeviceType(
    kind="clickshare",
    vendor="Barco",
    device_class="video",
    probes=("icmp", "snmp-identity", "snmp-health"),
    duty="meeting",
    health=(
        Gauge(
            "temperature",
            vendor("7312.2468.1.2.3"),
            label="case",
            kind="module",
            critical=vendor("7312.2468.1.2.4"),
        ),
    ),
)
