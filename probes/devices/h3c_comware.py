"""H3C and HPE switches with Comware (HH3C-ENTITY-EXT-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import ENT_NAME, Gauge, Memory, State, Status, When, vendor

_STATE = "25506.2.6.1.1.1.1"
_DEVM = "25506.8.35.9.1"
# hh3cEntityExtErrorStatus: normal(2), the others are faults of one kind or another, 1 unsupported
_VERDICT = State(vendor(f"{_STATE}.19"), good=(2,), bad=(3, 4, 5, 11, 12, 21, 31, 32, 41, 51, 61))

HEALTH = (
    Gauge("cpu", vendor(f"{_STATE}.6"), name=ENT_NAME, when=When(vendor(f"{_STATE}.8"))),
    Memory(
        "memory",
        percent=vendor(f"{_STATE}.8"),
        name=ENT_NAME,
        when=When(vendor(f"{_STATE}.8")),
    ),
    Gauge(
        "temperature",
        vendor(f"{_STATE}.12"),
        name=ENT_NAME,
        state=_VERDICT,
        high=vendor(f"{_STATE}.13"),
        once=True,
    ),
    Status("fan", State(vendor(f"{_DEVM}.1.1.2"), good=(1,), bad=(2,), absent=(3,)), label="fan"),
    Status("psu", State(vendor(f"{_DEVM}.2.1.2"), good=(1,), bad=(2,), absent=(3,)), label="psu"),
)

DEVICE_TYPE = DeviceType(
    kind="h3c_comware",
    vendor="H3C",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=HEALTH,
)
