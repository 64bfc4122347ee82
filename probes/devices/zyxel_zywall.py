"""Zyxel firewalls (ZyWALL, USG, ATP)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, Memory, vendor

DEVICE_TYPE = DeviceType(
    kind="zyxel_zywall",
    vendor="Zyxel",
    device_class="firewall",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(
        Gauge("cpu", vendor("890.1.6.22.1.1"), label="cpu"),
        Memory("memory", percent=vendor("890.1.6.22.1.2")),
    ),
)
