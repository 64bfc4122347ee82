"""Any switch with IF-MIB."""

from __future__ import annotations

from probes.model import DeviceType

DEVICE_TYPE = DeviceType(
    kind="generic_switch",
    vendor="",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity"),
)
