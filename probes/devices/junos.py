"""Juniper EX, QFX, SRX and MX with Junos (JUNIPER-MIB, JUNIPER-DOM-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import IF_NAME, Gauge, Memory, State, When, vendor

_OPERATING = "2636.3.1.13.1"
_OPTIC = "2636.3.60.1.1.1.1"
_NAME = vendor(f"{_OPERATING}.5")
# jnxOperatingState: running(2) ready(3) reset(4) runningAtFullSpeed(5) down(6) standby(7)
_VERDICT = State(vendor(f"{_OPERATING}.6"), good=(2, 3, 5, 7), bad=(6,))

HEALTH = (
    Gauge("cpu", vendor(f"{_OPERATING}.8"), name=_NAME, when=When(vendor(f"{_OPERATING}.11"))),
    Memory(
        "memory",
        percent=vendor(f"{_OPERATING}.11"),
        name=_NAME,
        when=When(vendor(f"{_OPERATING}.11")),
    ),
    Gauge(
        "temperature",
        vendor(f"{_OPERATING}.7"),
        name=_NAME,
        state=_VERDICT,
        when=When(vendor(f"{_OPERATING}.7")),
    ),
    Gauge("optical_rx", vendor(f"{_OPTIC}.5"), 0.01, name=IF_NAME),
    Gauge("optical_tx", vendor(f"{_OPTIC}.7"), 0.01, name=IF_NAME),
    Gauge("temperature", vendor(f"{_OPTIC}.8"), name=IF_NAME, kind="optical"),
)

DEVICE_TYPE = DeviceType(
    kind="junos",
    vendor="Juniper",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=HEALTH,
)
