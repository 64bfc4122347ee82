"""Dell UPS: RFC 1628."""

from __future__ import annotations

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="ups_dell",
    vendor="Dell",
    device_class="ups",
    probes=("icmp", "snmp-ups", "snmp-identity", "snmp-health"),
    unverified=("ups",),
)
