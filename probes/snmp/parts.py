"""How a device type says what health its MIBs tell: one value per column or table. Pure data.

The reader (`probes.snmp.sensors`) knows nothing of vendors; a new brand is a new list of parts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from probes.snmp import ber

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.snmp.types import Oid

Quantity: TypeAlias = Literal[
    "temperature",
    "voltage",
    "current",
    "power",
    "fan",
    "humidity",
    "frequency",
    "optical_rx",
    "optical_tx",
    "cpu",
]
Kind: TypeAlias = Literal["inlet", "ambient", "cpu", "module", "psu", "fan", "optical", "other", ""]


def mib2(arcs: str) -> Oid:
    """The OID of those arcs behind 1.3.6.1.2.1."""
    return ber.oid(f"1.3.6.1.2.1.{arcs}")


def vendor(arcs: str) -> Oid:
    """The OID of those arcs behind 1.3.6.1.4.1 (enterprises)."""
    return ber.oid(f"1.3.6.1.4.1.{arcs}")


ENT_NAME = mib2("47.1.1.1.1.7")
ENT_DESCR = mib2("47.1.1.1.1.2")
IF_NAME = mib2("31.1.1.1.1")
IF_DESCR = mib2("2.2.1.2")
# Names that stand in another table, indexed by the first arc of a row's index; in order of trust.
FAR_NAMES: dict[bytes, tuple[bytes, ...]] = {
    ENT_NAME: (ENT_NAME, ENT_DESCR),
    ENT_DESCR: (ENT_DESCR, ENT_NAME),
    IF_NAME: (IF_NAME, IF_DESCR),
}


@dataclass(frozen=True, slots=True)
class When:
    """A row counts only if `column` holds one of `values`, a positive number, or such a text."""

    column: Oid
    values: tuple[int | bytes, ...] = ()
    text: str = ""

    def holds(self, value: float | bytes | None) -> bool:
        """Whether a cell's value fulfils the condition; an absent cell does not."""
        if value is None:
            return False
        if self.text:
            words = value if isinstance(value, bytes) else str(value).encode()
            return re.search(self.text.encode(), words, re.IGNORECASE) is not None
        if self.values:
            return value in self.values
        return not isinstance(value, bytes) and value > 0


@dataclass(frozen=True, slots=True)
class State:
    """The device's own verdict on a row: which numbers are good, which are bad.

    `absent` are those of a thing that is not there: the row is no sensor. Others are unknown.
    """

    column: Oid
    good: tuple[int, ...]
    bad: tuple[int, ...]
    absent: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Worded:
    """The same where the device says it in words, as regular expressions.

    Good is the whole text, bad anything in it; case does not count.
    """

    column: Oid
    good: str
    bad: str


@dataclass(frozen=True, slots=True)
class Gauge:
    """One number per row: value times `scale` is in the quantity's base unit (cpu: per cent).

    A text cell counts with the first number in it, or with the group of `pattern`. `name` is the
    column of the row's name; without one the sensor is `label` and the row's index. `high` and
    `critical` are the device's own limits, on the same scale. `kind` "" is told from the name. With
    `once` equal values count once: some agents repeat a board's temperature for all its ports.
    """

    quantity: Quantity
    value: Oid
    scale: float = 1.0
    name: Oid | None = None
    label: str = ""
    kind: Kind = ""
    state: State | None = None
    high: Oid | None = None
    critical: Oid | None = None
    when: When | None = None
    pattern: str = ""
    convert: Callable[[float], float | None] | None = None
    once: bool = False
    verified: bool = True


@dataclass(frozen=True, slots=True)
class Memory:
    """A pool of memory: its used per cent, or two of total, used and free, in one unit.

    `reclaimable` are columns of what counts as free beside `free`: buffers and caches.
    """

    label: str
    percent: Oid | None = None
    total: Oid | None = None
    used: Oid | None = None
    free: Oid | None = None
    reclaimable: tuple[Oid, ...] = ()
    name: Oid | None = None
    when: When | None = None
    verified: bool = True


@dataclass(frozen=True, slots=True)
class Status:
    """Something that is good or bad and has no number: a fan, a power supply, a disk, an array.

    What a second state `also` calls bad is bad. Nothing is read where the device fills one of the
    columns `unless`, which tell of the same things.
    """

    subject: Literal["fan", "psu", "disk", "raid", "other"]
    state: State | Worded
    name: Oid | None = None
    label: str = ""
    also: State | None = None
    unless: tuple[Oid, ...] = ()
    verified: bool = True


@dataclass(frozen=True, slots=True)
class EntitySensors:
    """A table shaped as entPhySensorTable (RFC 3433): each row says its type, scale and precision.

    `precision` overrides what a firmware says wrongly. `limits` is the entry of the maker's own
    thresholds, shaped as entSensorThresholdTable of CISCO-ENTITY-SENSOR-MIB.
    """

    entry: Oid
    precision: int | None = None
    limits: Oid | None = None
    verified: bool = True


@dataclass(frozen=True, slots=True)
class Volumes:
    """The disks of hrStorageTable (RFC 2790) that people fill: used share and free octets.

    `path` is how their names begin, as a regular expression, where the firmware's own stand beside
    them.
    """

    path: str = ""
    verified: bool = True


@dataclass(frozen=True, slots=True)
class PoeBudget:
    """pethMainPseTable (RFC 3621): watts that may be given and that are given, over all groups."""

    verified: bool = True


Part: TypeAlias = Gauge | Memory | Status | EntitySensors | Volumes | PoeBudget

HR_STORAGE = tuple(mib2(f"25.2.3.1.{n}") for n in range(2, 7))  # type, name, unit, size, used
POE = tuple(mib2(f"105.1.3.1.1.{n}") for n in (2, 4))  # nominal watts, consumption in watts
ENTITY_SENSORS = EntitySensors(mib2("99.1.1.1"))
CISCO_ENTITY_SENSORS = EntitySensors(vendor("9.9.91.1.1.1.1"), limits=vendor("9.9.91.1.2.1.1"))
HR_CPU = Gauge("cpu", mib2("25.3.3.1.2"))
HR_MEMORY = Memory(
    "ram",
    total=mib2("25.2.3.1.5"),
    used=mib2("25.2.3.1.6"),
    when=When(mib2("25.2.3.1.2"), (mib2("25.2.1.2"),)),
)
LM_SENSORS = (  # LM-SENSORS-MIB of net-snmp, in thousandths
    Gauge(
        "temperature",
        vendor("2021.13.16.2.1.3"),
        0.001,
        name=vendor("2021.13.16.2.1.2"),
        verified=False,
    ),
    Gauge("fan", vendor("2021.13.16.3.1.3"), name=vendor("2021.13.16.3.1.2"), verified=False),
)
UCD_MEMORY = Memory(
    "ram",
    total=vendor("2021.4.5"),
    free=vendor("2021.4.6"),
    reclaimable=(vendor("2021.4.14"), vendor("2021.4.15")),
)


def limits_of(part: Part) -> tuple[Oid, ...]:
    """The columns of a part that hardly ever change: severity, relation and value of thresholds."""
    if isinstance(part, EntitySensors) and part.limits is not None:
        return tuple(part.limits + bytes((n,)) for n in (2, 3, 4))
    return ()


def columns_of(part: Part) -> tuple[Oid, ...]:
    """The columns a part needs, those of names in other tables and of thresholds aside."""
    match part:
        case EntitySensors():
            return tuple(part.entry + bytes((n,)) for n in range(1, 6))
        case Volumes():
            return HR_STORAGE
        case PoeBudget():
            return POE
        case Memory():
            wanted = (part.percent, part.total, part.used, part.free, part.name, *part.reclaimable)
        case Status():
            wanted = (part.state.column, part.name, part.also.column if part.also else None)
        case Gauge():
            wanted = (part.value, part.name, part.high, part.critical)
            wanted += (part.state.column if part.state else None,)
    condition = getattr(part, "when", None)
    listed = (*wanted, condition.column if condition else None)
    return tuple(oid for oid in listed if oid is not None and oid not in FAR_NAMES)
