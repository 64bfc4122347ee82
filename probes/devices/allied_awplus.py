"""Allied Telesis switches with AlliedWare Plus (AT-ENVMONv2-MIB, AT-SYSINFO-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, State, Status, vendor

_SYSTEM = "207.8.4.4.3"
_ENVMON = f"{_SYSTEM}.12"

HEALTH = (
    Gauge("cpu", vendor(f"{_SYSTEM}.3.3"), label="cpu", verified=False),
    Gauge(
        "temperature",
        vendor(f"{_ENVMON}.4.1.5"),
        name=vendor(f"{_ENVMON}.4.1.4"),
        state=State(vendor(f"{_ENVMON}.4.1.8"), good=(2,), bad=(1,)),
        critical=vendor(f"{_ENVMON}.4.1.6"),
        verified=False,
    ),
    Gauge(
        "fan",
        vendor(f"{_ENVMON}.2.1.5"),
        name=vendor(f"{_ENVMON}.2.1.4"),
        state=State(vendor(f"{_ENVMON}.2.1.7"), good=(2,), bad=(1,), absent=(3,)),
        verified=False,
    ),
    Status(
        "psu",
        State(vendor(f"{_ENVMON}.5.1.6"), good=(2,), bad=(1,), absent=(3,)),
        name=vendor(f"{_ENVMON}.5.1.5"),
        verified=False,
    ),
)

DEVICE_TYPE = DeviceType(
    kind="allied_awplus",
    vendor="Allied Telesis",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=HEALTH,
    unverified=("health",),
)
