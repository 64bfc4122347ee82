"""Huawei and xFusion servers by their iBMC (HUAWEI-SERVER-IBMC-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, State, Status, vendor

_TEMPERATURE, _FAN, _SUPPLY = (f"2011.2.235.1.1.{table}.50.1" for table in ("26", "8", "6"))

HEALTH = (
    Gauge(
        "temperature",
        vendor(f"{_TEMPERATURE}.3"),
        0.1,
        name=vendor(f"{_TEMPERATURE}.2"),
        critical=vendor(f"{_TEMPERATURE}.5"),
    ),
    Gauge("fan", vendor(f"{_FAN}.2"), label="fan"),
    # ok(1) minor(2) major(3) critical(4) absence(5) unknown(6)
    Status("fan", State(vendor(f"{_FAN}.4"), good=(1,), bad=(2, 3, 4), absent=(5,)), label="fan"),
    Status(
        "psu",
        State(vendor(f"{_SUPPLY}.7"), good=(1,), bad=(2, 3, 4), absent=(5,)),
        name=vendor(f"{_SUPPLY}.13"),
        label="psu",
    ),
)

DEVICE_TYPE = DeviceType(
    kind="huawei_ibmc",
    vendor="Huawei",
    device_class="bmc",
    probes=("icmp", "snmp-identity", "snmp-health"),
    health=HEALTH,
)
