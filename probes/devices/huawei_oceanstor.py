"""Huawei OceanStor storage (ISM-STORAGE-SVC-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import Gauge, State, Status, vendor

_DISK, _CONTROLLER = "34774.4.1.23.5.1.1", "34774.4.1.23.5.2.1"
_NAME = vendor(f"{_DISK}.4")

HEALTH = (
    Gauge("temperature", vendor(f"{_DISK}.11"), name=_NAME, label="disk"),
    # health status: unknown(0) normal(1) fault(2) preFail(3)
    Status("disk", State(vendor(f"{_DISK}.2"), good=(1,), bad=(2, 3)), name=_NAME),
    Gauge("cpu", vendor(f"{_CONTROLLER}.8"), label="controller", verified=False),
)

DEVICE_TYPE = DeviceType(
    kind="huawei_oceanstor",
    vendor="Huawei",
    device_class="storage",
    probes=("icmp", "snmp-identity", "snmp-health"),
    health=HEALTH,
)
