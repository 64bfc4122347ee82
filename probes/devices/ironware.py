"""Brocade and Ruckus ICX switches (FOUNDRY-SN-AGENT-MIB); temperatures come in half degrees."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, Memory, State, Status, vendor

_CHASSIS, _AGENT = "1991.1.1.1", "1991.1.1.2"
_ITEM = {"good": (2,), "bad": (3,), "absent": (1,)}

DEVICE_TYPE = DeviceType(
    kind="ironware",
    vendor="Brocade",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(
        Gauge("cpu", vendor(f"{_AGENT}.1.52"), label="cpu"),
        Memory("ram", percent=vendor(f"{_AGENT}.1.53")),
        Gauge("temperature", vendor(f"{_AGENT}.13.1.1.4"), 0.5, name=vendor(f"{_AGENT}.13.1.1.3")),
        Status("psu", State(vendor(f"{_CHASSIS}.2.1.1.3"), **_ITEM), label="psu"),
        Status("fan", State(vendor(f"{_CHASSIS}.3.1.1.3"), **_ITEM), label="fan", verified=False),
    ),
)
