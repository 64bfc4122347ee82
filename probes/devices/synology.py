"""Synology NAS with DSM (SYNOLOGY-SYSTEM, -DISK, -RAID-MIB)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import HR_CPU, UCD_MEMORY, Gauge, State, Status, Volumes, vendor

_SYSTEM, _DISK, _RAID = "6574.1", "6574.2.1.1", "6574.3.1.1"
_DISK_NAME = vendor(f"{_DISK}.2")
# diskStatus: normal(1) initialized(2) notInitialized(3) systemPartitionFailed(4) crashed(5)
_DISK_STATE = State(vendor(f"{_DISK}.5"), good=(1, 2, 3), bad=(4, 5))
# diskHealthStatus: normal(1) warning(2) critical(3) failing(4)
_DISK_HEALTH = State(vendor(f"{_DISK}.13"), good=(1,), bad=(3, 4))

HEALTH = (
    HR_CPU,
    UCD_MEMORY,
    Volumes(path="/volume"),
    Gauge("temperature", vendor(f"{_SYSTEM}.2"), label="system", kind="module"),
    Gauge("temperature", vendor(f"{_DISK}.6"), name=_DISK_NAME),
    Status("psu", State(vendor(f"{_SYSTEM}.3"), good=(1,), bad=(2,)), label="psu"),
    Status("fan", State(vendor(f"{_SYSTEM}.4.1"), good=(1,), bad=(2,)), label="system fan"),
    Status("fan", State(vendor(f"{_SYSTEM}.4.2"), good=(1,), bad=(2,)), label="cpu fan"),
    Status("disk", _DISK_STATE, name=_DISK_NAME, also=_DISK_HEALTH),
    # raidStatus: normal(1), repairs and changes 2-10 and 13-21, degrade(11), crashed(12)
    Status("raid", State(vendor(f"{_RAID}.3"), good=(1,), bad=(11, 12)), name=vendor(f"{_RAID}.2")),
)

DEVICE_TYPE = DeviceType(
    kind="synology",
    vendor="Synology",
    device_class="storage",
    probes=("icmp", "snmp-health", "snmp-interfaces", "snmp-identity"),
    health=HEALTH,
)
