"""Switches with Broadcom FASTPATH whose brand the number does not tell."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.families import fastpath, fastpath_switching

DEVICE_TYPE = DeviceType(
    kind="fastpath",
    vendor="",
    device_class="switch",
    unverified=("health",),
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(*fastpath_switching("4413.1.1.1.1"), *fastpath("4413.1.1")),
)
