"""Lenovo's XClarity Controller (LENOVO-XCC-MIB), laid out as the IMM-MIB before it."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, vendor

_TEMPERATURE, _VOLTAGE = "19046.11.1.1.1.2.1", "19046.11.1.1.2.2.1"

DEVICE_TYPE = DeviceType(
    kind="lenovo_xcc",
    vendor="Lenovo",
    device_class="bmc",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health"),
    health=(
        Gauge(
            "temperature",
            vendor(f"{_TEMPERATURE}.3"),
            name=vendor(f"{_TEMPERATURE}.2"),
            verified=False,
        ),
        Gauge(
            "voltage",
            vendor(f"{_VOLTAGE}.3"),
            0.001,
            name=vendor(f"{_VOLTAGE}.2"),
            verified=False,
        ),
    ),
    unverified=("health",),
)
