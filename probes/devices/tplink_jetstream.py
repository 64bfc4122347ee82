"""TP-Link JetStream switches (TPLINK-SYSMONITOR-MIB, TPLINK-DDMSTATUS-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import IF_NAME, Gauge, Memory, When, vendor

_OPTIC = "11863.6.96.1.7.1.1"

DEVICE_TYPE = DeviceType(
    kind="tplink_jetstream",
    vendor="TP-Link",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=(
        Gauge("cpu", vendor("11863.6.4.1.1.1.1.3"), label="unit"),
        Memory("unit", percent=vendor("11863.6.4.1.2.1.1.2")),
        Gauge(
            "temperature",
            vendor(f"{_OPTIC}.2"),
            name=IF_NAME,
            kind="optical",
            when=When(vendor(f"{_OPTIC}.3"), text=r"[1-9]"),
            verified=False,
        ),
    ),
    unverified=("temperature",),
)
