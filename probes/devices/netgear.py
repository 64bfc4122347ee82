"""Netgear managed switches (Broadcom FASTPATH below Netgear's number)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.families import fastpath, fastpath_switching

DEVICE_TYPE = DeviceType(
    kind="netgear",
    vendor="Netgear",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(*fastpath_switching("4526.10.1.1"), *fastpath("4526.10")),
    unverified=("health",),
)
