"""Aruba mobility controllers (WLSX-SYSTEMEXT-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, Memory, vendor

_SYSTEM = "14823.2.2.1.2.1"

DEVICE_TYPE = DeviceType(
    kind="aruba_os",
    vendor="Aruba",
    device_class="ap",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(
        Gauge("cpu", vendor(f"{_SYSTEM}.13.1.3"), name=vendor(f"{_SYSTEM}.13.1.2"), label="cpu"),
        Memory("ram", total=vendor(f"{_SYSTEM}.15.1.2"), used=vendor(f"{_SYSTEM}.15.1.3")),
        # A text: `22.00 degrees Celsius (NORMAL)`.
        Gauge("temperature", vendor(f"{_SYSTEM}.10"), label="internal", kind="module"),
    ),
)
