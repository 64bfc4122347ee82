"""D-Link switches (DLINKSW-ENTITY-EXT-MIB, and the older EQUIPMENT-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, Memory, State, Status, vendor

_ENTITY = "171.14.5.1"
_OLD = "171.12"
_VERDICT = State(vendor(f"{_ENTITY}.1.1.1.7"), good=(1,), bad=(2,))

HEALTH = (
    Gauge("cpu", vendor(f"{_ENTITY}.7.1.4"), label="cpu"),
    Memory(
        "memory",
        total=vendor(f"{_ENTITY}.4.1.3"),
        used=vendor(f"{_ENTITY}.4.1.4"),
        free=vendor(f"{_ENTITY}.4.1.5"),
    ),
    Gauge(
        "temperature",
        vendor(f"{_ENTITY}.1.1.1.4"),
        name=vendor(f"{_ENTITY}.1.1.1.3"),
        label="sensor",
        kind="module",
        state=_VERDICT,
        high=vendor(f"{_ENTITY}.1.1.1.6"),
    ),
    Status("fan", State(vendor(f"{_ENTITY}.1.2.1.4"), good=(1,), bad=(2,)), label="fan"),
    Status("psu", State(vendor(f"{_ENTITY}.1.3.1.3"), good=(1,), bad=(3,), absent=(4,))),
    Gauge("cpu", vendor(f"{_OLD}.1.1.6.2"), label="cpu"),
    Memory("memory", percent=vendor(f"{_OLD}.1.1.9.1.4"), verified=False),
    Gauge(
        "temperature",
        vendor(f"{_OLD}.11.1.8.1.2"),
        label="unit",
        kind="module",
        verified=False,
    ),
)

DEVICE_TYPE = DeviceType(
    kind="dlink",
    vendor="D-Link",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=HEALTH,
    unverified=("health of the DES and DGS-3000 series",),
)
