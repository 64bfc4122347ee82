"""HPE servers by their iLO (CPQHLTH-MIB, CPQIDA-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, Kind, Part, State, Status, When, vendor

_TEMPERATURE, _FAN, _SUPPLY = "232.6.2.6.8.1", "232.6.2.6.7.1", "232.6.2.9.3.1"
_DISK = "232.3.2.5.1.1"
_DISK_NAME = vendor(f"{_DISK}.64")
_PLACE = vendor(f"{_TEMPERATURE}.3")
# CompaqCondition: other(1) ok(2) degraded(3) failed(4)
_GOOD, _BAD = (2,), (3, 4)
# cpqHeTemperatureLocale
_PLACES: tuple[tuple[int, str, Kind], ...] = (
    (3, "system", "module"),
    (4, "system board", "module"),
    (5, "io board", "module"),
    (6, "cpu", "cpu"),
    (7, "memory", "module"),
    (8, "storage", "other"),
    (9, "removable media", "other"),
    (10, "psu", "psu"),
    (11, "ambient", "ambient"),
    (12, "chassis", "module"),
    (13, "bridge card", "module"),
)


def _temperature(place: int, label: str, kind: Kind) -> Gauge:
    return Gauge(
        "temperature",
        vendor(f"{_TEMPERATURE}.4"),
        label=label,
        kind=kind,
        state=State(vendor(f"{_TEMPERATURE}.6"), _GOOD, _BAD),
        critical=vendor(f"{_TEMPERATURE}.5"),
        when=When(_PLACE, (place,)),
    )


HEALTH: tuple[Part, ...] = (
    *(_temperature(*place) for place in _PLACES),
    Status("fan", State(vendor(f"{_FAN}.9"), _GOOD, _BAD), label="fan"),
    Status("psu", State(vendor(f"{_SUPPLY}.4"), _GOOD, _BAD), label="psu"),
    Gauge("power", vendor(f"{_SUPPLY}.7"), label="psu", kind="psu"),
    Gauge("temperature", vendor(f"{_DISK}.70"), name=_DISK_NAME, label="disk"),
    # cpqDaPhyDrvStatus: other(1) ok(2) failed(3) predictiveFailure(4)
    Status("disk", State(vendor(f"{_DISK}.6"), good=(2,), bad=(3, 4)), name=_DISK_NAME),
)

DEVICE_TYPE = DeviceType(
    kind="hpe_ilo",
    vendor="HPE",
    device_class="bmc",
    probes=("icmp", "snmp-identity", "snmp-health"),
    health=HEALTH,
)
