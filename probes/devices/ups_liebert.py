"""Vertiv Liebert UPS and PDU (LIEBERT-GP-MIBs, RFC 1628)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, When, vendor

_STRIP = "476.1.42.3.8.60.15.1"
_FLEXIBLE = "476.1.42.3.9.20.1"

DEVICE_TYPE = DeviceType(
    kind="ups_liebert",
    vendor="Vertiv",
    device_class="ups",
    probes=("icmp", "snmp-ups", "snmp-identity", "snmp-health"),
    health=(
        # lgpPduAuxMeasTable: sensors of a power strip, tenths of a degree
        Gauge(
            "temperature",
            vendor(f"{_STRIP}.70"),
            0.1,
            name=vendor(f"{_STRIP}.20"),
            label="sensor",
            kind="ambient",
        ),
        Gauge(
            "temperature",
            vendor("476.1.42.3.4.1.3.3.1.3"),
            label="sensor",
            kind="ambient",
            verified=False,
        ),
        # lgpFlexible: value, name and unit are texts
        Gauge(
            "temperature",
            vendor(f"{_FLEXIBLE}.20"),
            name=vendor(f"{_FLEXIBLE}.10"),
            when=When(vendor(f"{_FLEXIBLE}.30"), text=r"^deg ?C|^.{0,2}C$"),
            verified=False,
        ),
    ),
    unverified=("ups of its own MIB",),
)
