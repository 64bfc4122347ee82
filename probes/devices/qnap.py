"""QNAP NAS with QTS or QuTS hero (NAS-MIB, QTS-MIB, and the storage tables between them)."""

from __future__ import annotations

from probes.model import DeviceType
from probes.snmp.parts import (
    HR_CPU,
    HR_MEMORY,
    Gauge,
    Part,
    State,
    Status,
    Volumes,
    When,
    Worded,
    vendor,
)

_STORAGE = "24681.1.4.1.1.1.1"
_DISK = f"{_STORAGE}.5.2.1"
_OLD_DISK = "24681.1.2.11.1"
# QTS 5 and QuTS hero tell the same under an enterprise number of their own, in these two places.
_NEW_DISKS = tuple(f"55062.{tree}.10.2.1.7" for tree in (1, 2))
_NEW_ARRAYS = tuple(f"55062.{tree}.10.5.1.4" for tree in (1, 2))
_SUMMARY = f"{_DISK}.4"


def _told(arcs: str) -> Worded:
    """A state that the NAS says in English words."""
    return Worded(
        vendor(arcs),
        good="good|ready|normal",
        bad="error|fail|abnormal|degraded|not active|inactive|offline|unmounted",
    )


HEALTH: tuple[Part, ...] = (
    HR_CPU,
    HR_MEMORY,
    Volumes(path="/share/"),
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
    *(Status("disk", _told(one), label="disk", verified=False) for one in _NEW_DISKS),
    *(Status("raid", _told(one), label="raid", verified=False) for one in _NEW_ARRAYS),
    Status("disk", _told(_SUMMARY), label="disk", unless=tuple(map(vendor, _NEW_DISKS))),
    Status(
        "raid",
        _told("24681.1.4.1.1.1.2.1.2.1.5"),
        label="raid",
        unless=tuple(map(vendor, _NEW_ARRAYS)),
        verified=False,
    ),
    # HdStatus: ready(0) unknown(-4) noDisk(-5) invalid(-6) rwError(-9)
    Status(
        "disk",
        State(vendor(f"{_OLD_DISK}.4"), good=(0,), bad=(-6, -9), absent=(-5,)),
        label="disk",
        unless=tuple(map(vendor, (*_NEW_DISKS, _SUMMARY))),
    ),
)

DEVICE_TYPE = DeviceType(
    kind="qnap",
    vendor="QNAP",
    device_class="storage",
    probes=("icmp", "snmp-health", "snmp-interfaces", "snmp-identity"),
    health=HEALTH,
    unverified=("verdicts on arrays", "the tables of QTS 5 and QuTS hero"),
)
