"""Dell servers by their iDRAC (IDRAC-MIB-SMIv2)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, State, Status, vendor

_TEMPERATURE, _FAN, _SUPPLY = (
    f"674.10892.5.4.{table}" for table in ("700.20.1", "700.12.1", "600.12.1")
)
_VOLTAGE = "674.10892.5.4.600.20.1"
_DISK = "674.10892.5.5.1.20.130.4.1"


def _verdict(table: str) -> State:
    """ObjectStatusEnum: other(1) unknown(2) ok(3) nonCritical(4) critical(5) and upper, lower."""
    return State(vendor(f"{table}.5"), good=(3,), bad=(4, 5, 6, 7, 8, 9, 10))


HEALTH = (
    Gauge(
        "temperature",
        vendor(f"{_TEMPERATURE}.6"),
        0.1,
        name=vendor(f"{_TEMPERATURE}.8"),
        state=_verdict(_TEMPERATURE),
        high=vendor(f"{_TEMPERATURE}.11"),
        critical=vendor(f"{_TEMPERATURE}.10"),
    ),
    Gauge("fan", vendor(f"{_FAN}.6"), name=vendor(f"{_FAN}.8"), state=_verdict(_FAN)),
    Gauge("voltage", vendor(f"{_VOLTAGE}.6"), 0.001, name=vendor(f"{_VOLTAGE}.8")),
    Status("psu", _verdict(_SUPPLY), name=vendor(f"{_SUPPLY}.8")),
    # physicalDiskComponentStatus
    Status(
        "disk",
        State(vendor(f"{_DISK}.24"), good=(3,), bad=(4, 5, 6)),
        name=vendor(f"{_DISK}.55"),
    ),
)

DEVICE_TYPE = DeviceType(
    kind="dell_idrac",
    vendor="Dell",
    device_class="bmc",
    probes=("icmp", "snmp-identity", "snmp-health"),
    health=HEALTH,
)
