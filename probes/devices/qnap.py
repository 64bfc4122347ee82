"""QNAP NAS with QTS (NAS-MIB, and the storage tables of newer firmware)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import HR_CPU, HR_MEMORY, Gauge, Volumes, When, vendor

_STORAGE = "24681.1.4.1.1.1.1"
_DISK = f"{_STORAGE}.5.2.1"
_OLD_DISK = "24681.1.2.11.1"

HEALTH = (
    HR_CPU,
    HR_MEMORY,
    Volumes(),
    Gauge("temperature", vendor(f"{_STORAGE}.1.2.1.7"), label="enclosure", kind="module"),
    Gauge("temperature", vendor(f"{_DISK}.6"), label="disk"),
    Gauge("fan", vendor(f"{_STORAGE}.2.2.1.5"), label="fan"),
    # Older firmware tells temperatures as text with both scales: `28 C/82 F`.
    Gauge(
        "temperature",
        vendor(f"{_OLD_DISK}.3"),
        label="HDD",
        pattern=r"(-?\d+) ?C",
        when=When(vendor(f"{_OLD_DISK}.3"), text=r"\d ?C"),
    ),
)

DEVICE_TYPE = DeviceType(
    kind="qnap",
    vendor="QNAP",
    device_class="storage",
    probes=("icmp", "snmp-health", "snmp-interfaces", "snmp-identity"),
    health=HEALTH,
    unverified=("verdicts on disks and arrays",),
)
