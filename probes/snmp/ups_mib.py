"""How a UPS vendor's own MIB tells what RFC 1628 tells, as data. It fills what is missing there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from probes.snmp.types import Oid

# A column (without the .0 of a scalar) and what one unit of it is in the base unit.
Scaled: TypeAlias = "tuple[Oid, float]"


@dataclass(frozen=True, slots=True)
class UpsMib:
    """Columns of a vendor's UPS MIB; of several for one thing the first that is known counts.

    `charge` and `load` come in per cent, `runtime` in seconds, `volts` in volts, `temperature` in
    degrees Celsius. `source` tells where the output comes from. `replace` is a column and the
    number with which it asks for a new battery.
    """

    source: Oid | None = None
    on_battery: tuple[int, ...] = ()
    on_mains: tuple[int, ...] = ()
    charge: tuple[Scaled, ...] = ()
    runtime: tuple[Scaled, ...] = ()
    load: tuple[Scaled, ...] = ()
    input_volts: tuple[Scaled, ...] = ()
    battery_volts: tuple[Scaled, ...] = ()
    temperature: tuple[Scaled, ...] = ()
    replace: tuple[Oid, int] | None = None

    def columns(self) -> tuple[Oid, ...]:
        """Every column, each once."""
        scaled = (
            *self.charge, *self.runtime, *self.load, *self.input_volts, *self.battery_volts,
            *self.temperature,
        )  # fmt: skip
        plain = (self.source, self.replace[0] if self.replace else None)
        listed = (*plain, *(oid for oid, _ in scaled))
        return tuple(dict.fromkeys(oid for oid in listed if oid is not None))
