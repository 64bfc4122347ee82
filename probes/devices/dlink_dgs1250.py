"""D-Link DGS-1250 switches: their MIBs stand below the model's own number."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import IF_NAME, Gauge, State, When, vendor

_ENTITY = "171.11.165.1000.5.1"
_OPTIC = "171.11.165.1000.72.1.4.1.1"

HEALTH = (
    Gauge("cpu", vendor(f"{_ENTITY}.7.1.5"), label="cpu"),
    Gauge(
        "temperature",
        vendor(f"{_ENTITY}.1.1.1.4"),
        label="unit",
        kind="module",
        state=State(vendor(f"{_ENTITY}.1.1.1.7"), good=(1,), bad=(2,)),
    ),
    Gauge(
        "temperature",
        vendor(f"{_OPTIC}.1"),
        0.001,
        name=IF_NAME,
        kind="optical",
        when=When(vendor(f"{_OPTIC}.7")),
        critical=vendor(f"{_OPTIC}.3"),
    ),
)

DEVICE_TYPE = DeviceType(
    kind="dlink_dgs1250",
    vendor="D-Link",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=HEALTH,
)
