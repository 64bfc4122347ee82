"""Huawei switches and routers with VRP (HUAWEI-ENTITY-EXTENT-MIB)."""

from __future__ import annotations

import math

from probes.model import DeviceType
from probes.snmp.parts import ENT_NAME, Gauge, Memory, State, Status, When, vendor

_STATE = "2011.5.25.31.1.1.1.1"
_OPTIC = "2011.5.25.31.1.1.3.1"
# Most entities are no boards and answer zero; a board has memory.
_IS_BOARD = When(vendor(f"{_STATE}.7"))
# A port without a module answers as well, with -1 or nothing; a module has a supply voltage.
_HAS_MODULE = When(vendor(f"{_OPTIC}.6"))


def _dbm(light: float) -> float | None:
    """Positive numbers are microwatts, negative ones hundredths of a dBm."""
    if light == 0:
        return None
    return light / 100 if light < 0 else 10 * math.log10(light / 1000)


HEALTH = (
    Gauge("cpu", vendor(f"{_STATE}.5"), name=ENT_NAME, when=_IS_BOARD),
    Memory("memory", percent=vendor(f"{_STATE}.7"), name=ENT_NAME, when=_IS_BOARD),
    Gauge(
        "temperature",
        vendor(f"{_STATE}.11"),
        name=ENT_NAME,
        kind="module",
        when=_IS_BOARD,
        high=vendor(f"{_STATE}.12"),
    ),
    Gauge("temperature", vendor(f"{_OPTIC}.5"), name=ENT_NAME, kind="optical", when=_HAS_MODULE),
    Gauge("voltage", vendor(f"{_OPTIC}.6"), 0.001, name=ENT_NAME, kind="optical", when=_HAS_MODULE),
    Gauge("optical_rx", vendor(f"{_OPTIC}.8"), name=ENT_NAME, convert=_dbm, when=_HAS_MODULE),
    Gauge("optical_tx", vendor(f"{_OPTIC}.9"), name=ENT_NAME, convert=_dbm, when=_HAS_MODULE),
    Status("fan", State(vendor("2011.5.25.31.1.1.10.1.7"), good=(1,), bad=(2,)), label="fan"),
    Status("psu", State(vendor("2011.5.25.31.1.1.18.1.6"), good=(1,), bad=(2,)), label="psu"),
)

DEVICE_TYPE = DeviceType(
    kind="huawei_vrp",
    vendor="Huawei",
    device_class="switch",
    probes=("icmp", "snmp-interfaces", "snmp-identity", "snmp-health", "snmp-topology"),
    health=HEALTH,
)
