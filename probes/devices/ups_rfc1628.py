"""Any UPS with the UPS-MIB of RFC 1628."""

from __future__ import annotations

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="ups_rfc1628",
    vendor="",
    device_class="ups",
    probes=("icmp", "snmp-ups", "snmp-identity", "snmp-health"),
)
