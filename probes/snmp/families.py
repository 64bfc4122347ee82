"""MIBs that several brands share because they share the switch software below their name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.snmp import ber
from probes.snmp.parts import Gauge, Memory, State, Status, vendor

if TYPE_CHECKING:
    from probes.snmp.parts import Part
    from probes.snmp.types import Oid

_FAMILY_ARCS = 4  # arcs of a family behind 1.3.6.1.4.1


def fastpath(root: str) -> tuple[Part, ...]:
    """Broadcom FASTPATH (EdgeSwitch, Dell N, Netgear M): BOXSERVICES-MIB below `root`.43.1."""
    box = f"{root}.43.1"
    sensor_state = State(vendor(f"{box}.8.1.4"), good=(1,), bad=(3, 4), absent=(5, 6))
    item = {"good": (2,), "bad": (3,), "absent": (1,)}
    return (
        Gauge("temperature", vendor(f"{box}.8.1.5"), label="sensor", state=sensor_state),
        Gauge("fan", vendor(f"{box}.6.1.4"), label="fan"),
        Status("fan", State(vendor(f"{box}.6.1.3"), **item), label="fan"),
        Status("psu", State(vendor(f"{box}.7.1.3"), **item), label="psu"),
    )


def fastpath_switching(root: str) -> tuple[Part, ...]:
    """FASTPATH-SWITCHING-MIB: free and total memory in kB, the processor as a text of three means.

    `5 Secs ( 31.1%) 60 Secs ( 16.7%) 300 Secs ( 14.2%)`: that of 60 seconds counts.
    """
    return (
        Gauge("cpu", vendor(f"{root}.4.9"), label="cpu", pattern=r"60 Sec\w* \(\s*([\d.]+)"),
        Memory("ram", free=vendor(f"{root}.4.1"), total=vendor(f"{root}.4.2")),
    )


def radlan(root: str, *, temperature: int, verified: bool) -> tuple[Part, ...]:
    """Marvell's RADLAN software (Dell PowerConnect 28xx, Cisco Small Business).

    rndMng's processor load of one minute, and rlPhdUnitEnvParamTable. `temperature` is the column
    of the sensor's value; its status stands behind it.
    """
    unit = f"{root}.53.15.1"
    works = State(vendor(f"{unit}.{temperature + 1}"), good=(1,), bad=(3,), absent=(2,))
    supply = {"good": (1,), "bad": (3, 4, 6), "absent": (5,)}
    return (
        Gauge("cpu", vendor(f"{root}.1.8"), label="cpu", verified=False),
        Gauge(
            "temperature",
            vendor(f"{unit}.{temperature}"),
            label="unit",
            kind="module",
            state=works,
            verified=verified,
        ),
        Status("psu", State(vendor(f"{unit}.2"), **supply), label="psu main", verified=False),
        Status("psu", State(vendor(f"{unit}.3"), **supply), label="psu spare", verified=False),
        Status("fan", State(vendor(f"{unit}.4"), **supply), label="fan 1 unit", verified=False),
        Status("fan", State(vendor(f"{unit}.5"), **supply), label="fan 2 unit", verified=False),
    )


def accton(object_id: Oid) -> tuple[Part, ...]:
    """Accton's software (Edgecore, FS S3900): it stands below the family in sysObjectID."""
    arcs = ber.oid_arcs(object_id)[6 : 6 + _FAMILY_ARCS]
    if len(arcs) < _FAMILY_ARCS:
        return ()
    root = ".".join(map(str, arcs)) + ".1"
    fan = State(vendor(f"{root}.1.9.1.3"), good=(1,), bad=(2,))
    return (
        Gauge("cpu", vendor(f"{root}.39.2.1"), label="cpu"),
        Memory("ram", total=vendor(f"{root}.39.3.1"), used=vendor(f"{root}.39.3.2")),
        Gauge("temperature", vendor(f"{root}.1.11.1.3"), label="unit", kind="module"),
        Gauge("fan", vendor(f"{root}.1.9.1.6"), label="fan", verified=False),
        Status("fan", fan, label="fan", verified=False),
    )
