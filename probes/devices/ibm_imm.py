"""IBM's Integrated Management Module (IMM-MIB): temperatures and voltages of the server."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, vendor

_TEMPERATURE, _VOLTAGE = "2.3.51.3.1.1.2.1", "2.3.51.3.1.2.2.1"

DEVICE_TYPE = DeviceType(
    kind="ibm_imm",
    vendor="IBM",
    device_class="bmc",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health"),
    health=(
        Gauge(
            "temperature",
            vendor(f"{_TEMPERATURE}.3"),
            name=vendor(f"{_TEMPERATURE}.2"),
            high=vendor(f"{_TEMPERATURE}.7"),
            critical=vendor(f"{_TEMPERATURE}.6"),
        ),
        Gauge("voltage", vendor(f"{_VOLTAGE}.3"), 0.001, name=vendor(f"{_VOLTAGE}.2")),
    ),
)
