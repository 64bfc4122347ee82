"""Check Point firewalls (CHECKPOINT-MIB); what a sensor reads is a text."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, Memory, State, vendor

_PERFORMANCE, _SENSORS = "2620.1.6.7", "2620.1.6.7.8"


def _state(table: int) -> State:
    return State(vendor(f"{_SENSORS}.{table}.1.6"), good=(0,), bad=(1,))


DEVICE_TYPE = DeviceType(
    kind="checkpoint",
    vendor="Check Point",
    device_class="firewall",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health"),
    health=(
        Gauge("cpu", vendor(f"{_PERFORMANCE}.2.4"), label="cpu", verified=False),
        Memory(
            "ram",
            total=vendor(f"{_PERFORMANCE}.4.3"),
            used=vendor(f"{_PERFORMANCE}.4.4"),
            verified=False,
        ),
        Gauge(
            "temperature",
            vendor(f"{_SENSORS}.1.1.3"),
            name=vendor(f"{_SENSORS}.1.1.2"),
            state=_state(1),
            verified=False,
        ),
        Gauge(
            "fan",
            vendor(f"{_SENSORS}.2.1.3"),
            name=vendor(f"{_SENSORS}.2.1.2"),
            state=_state(2),
            verified=False,
        ),
        Gauge(
            "voltage",
            vendor(f"{_SENSORS}.3.1.3"),
            name=vendor(f"{_SENSORS}.3.1.2"),
            state=_state(3),
            verified=False,
        ),
    ),
    unverified=("health",),
)
