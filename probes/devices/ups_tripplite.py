"""Tripp Lite UPS: RFC 1628."""

from __future__ import annotations

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="ups_tripplite",
    vendor="Tripp Lite",
    device_class="ups",
    probes=("icmp", "snmp-ups", "snmp-identity", "snmp-health"),
    unverified=("ups",),
)
