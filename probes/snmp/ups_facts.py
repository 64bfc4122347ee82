"""What a UPS says, in base units: by RFC 1628, by a vendor's MIB, and the one filled by the other.

Cards say -1, 65535 and the like for "not known", and some count in tenths or hundredths where the
MIB does not: numbers that cannot be are repaired by their range, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

from probes import oids
from probes.snmp import ber, values
from probes.snmp.readings import measure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probes.snmp.readings import Cells
    from probes.snmp.types import Oid, Varbind
    from probes.snmp.ups_mib import Scaled, UpsMib

# upsOutputSource: other(1) none(2) normal(3) bypass(4) battery(5) booster(6) reducer(7)
_ON_BATTERY = {3: False, 4: False, 5: True, 6: False, 7: False}
_NOT_MEASURED = (-1, 65535, 0x7FFFFFFF, 0xFFFFFFFF)
_CHARGED_PERCENT, _FULL_PERCENT = 50, 100
_WORST_LINE_VOLTS = 1000  # a line cannot have that: the agent counts in tenths
_ALARMS: dict[Oid, str] = {
    oids.upsAlarmBatteryBad: "battery_bad",
    oids.upsAlarmOnBattery: "on_battery",
    oids.upsAlarmLowBattery: "low_battery",
    oids.upsAlarmOutputOverload: "output_overload",
}


@dataclass(frozen=True, slots=True)
class UpsFacts:
    """Ratios 0 to 1, seconds, volts, degrees Celsius; None and empty where it does not say.

    `is_scale_fixed` says that the input volts came in another unit than the MIB's.
    """

    on_battery: bool | None = None
    charge_ratio: float | None = None
    runtime_s: float | None = None
    on_battery_s: float | None = None
    replace_battery: bool | None = None
    battery_volts: float | None = None
    temperature_celsius: float | None = None
    loads: Mapping[str, float] = field(default_factory=dict)
    input_volts: Mapping[str, float] = field(default_factory=dict)
    alarms: frozenset[str] = frozenset()
    is_scale_fixed: bool = False

    @property
    def says_the_most(self) -> bool:
        """Whether source, charge, runtime, temperature and load are told: enough of one MIB."""
        battery = (self.on_battery, self.charge_ratio, self.runtime_s, self.temperature_celsius)
        return None not in battery and bool(self.loads)

    def filled(self, other: UpsFacts) -> UpsFacts:
        """These facts, and the other's where these are not told."""
        told = {
            one.name: getattr(other, one.name)
            for one in fields(self)
            if getattr(self, one.name) is None or getattr(self, one.name) == {}
        }
        volts = self if self.input_volts else other
        return replace(self, **told, is_scale_fixed=volts.is_scale_fixed)


def standard(cells: Mapping[Oid, Varbind]) -> UpsFacts:
    """Values of the UPS-MIB (OIDs without the .0 of scalars) to facts."""
    alarms = _active_alarms(cells)
    has_alarms = without_zero(oids.upsAlarmsPresent) in cells
    volts = _input_volts(cells)
    return UpsFacts(
        on_battery=_ON_BATTERY.get(_measured(cells, oids.upsOutputSource) or 0),
        charge_ratio=_charge_ratio(cells),
        runtime_s=_runtime_s(cells),
        on_battery_s=_scaled(cells, oids.upsSecondsOnBattery, 1),
        replace_battery="battery_bad" in alarms if has_alarms else None,
        battery_volts=_scaled(cells, oids.upsBatteryVoltage, 10),
        temperature_celsius=_scaled(cells, oids.upsBatteryTemperature, 1),
        loads=_output_loads(cells),
        input_volts=_repaired(volts),
        alarms=frozenset(alarms),
        is_scale_fixed=_is_odd(volts),
    )


def of_vendor(mib: UpsMib, cells: Cells) -> UpsFacts:
    """Columns of a vendor's MIB to facts."""
    source = _first(cells, ((mib.source, 1.0),)) if mib.source else None
    charge = _first(cells, mib.charge)
    asks = _first(cells, ((mib.replace[0], 1.0),)) if mib.replace else None
    loads, volts = _rows(cells, mib.load), _rows(cells, mib.input_volts)
    return UpsFacts(
        on_battery=_by_source(mib, source),
        charge_ratio=charge / 100 if charge is not None and charge <= _FULL_PERCENT else None,
        runtime_s=_first(cells, mib.runtime),
        replace_battery=None if asks is None or mib.replace is None else asks == mib.replace[1],
        battery_volts=_first(cells, mib.battery_volts),
        temperature_celsius=_first(cells, mib.temperature),
        loads={line: load / 100 for line, load in loads.items()},
        input_volts=_repaired(volts),
        is_scale_fixed=_is_odd(volts),
    )


def _by_source(mib: UpsMib, source: float | None) -> bool | None:
    if source in mib.on_battery:
        return True
    return False if source in mib.on_mains else None


def _first(cells: Cells, listed: tuple[Scaled, ...]) -> float | None:
    """The first of these columns that tells a number, in its base unit."""
    for column, scale in listed:
        for cell in cells.get(column, {}).values():
            value = measure(cell)
            if value is not None and value not in _NOT_MEASURED and value >= 0:
                return value * scale
    return None


def _rows(cells: Cells, listed: tuple[Scaled, ...]) -> dict[str, float]:
    """The first of these columns that tells numbers, by line; lines that all read zero but one
    are lines that a one-phase unit does not have.
    """
    for column, scale in listed:
        told = {
            str(ber.index_arcs(index)[-1] or 1): value * scale
            for index, cell in cells.get(column, {}).items()
            if (value := measure(cell)) is not None and value not in _NOT_MEASURED and value >= 0
        }
        if told:
            live = {line: value for line, value in told.items() if value}
            return live or dict(tuple(told.items())[:1])
    return {}


def _repaired(volts: Mapping[str, float]) -> dict[str, float]:
    return {line: volt / 10 if volt > _WORST_LINE_VOLTS else volt for line, volt in volts.items()}


def _is_odd(volts: Mapping[str, float]) -> bool:
    return any(volt > _WORST_LINE_VOLTS for volt in volts.values())


def _measured(cells: Mapping[Oid, Varbind], oid: Oid) -> int | None:
    """A number that stands for a measurement: the usual stand-ins for "not known" are None."""
    value = values.number(cells.get(without_zero(oid)))
    return None if value in _NOT_MEASURED else value


def _scaled(cells: Mapping[Oid, Varbind], oid: Oid, divisor: float) -> float | None:
    value = _measured(cells, oid)
    return None if value is None else value / divisor


def _charge_ratio(cells: Mapping[Oid, Varbind]) -> float | None:
    charge = _scaled(cells, oids.upsEstimatedChargeRemaining, 100)
    # An empty battery that still lasts for minutes is an agent that does not know the charge.
    if charge == 0 and _measured(cells, oids.upsEstimatedMinutesRemaining):
        return None
    return charge


def _runtime_s(cells: Mapping[Oid, Varbind]) -> float | None:
    minutes = _measured(cells, oids.upsEstimatedMinutesRemaining)
    charge = _measured(cells, oids.upsEstimatedChargeRemaining)
    # A recorded Phoenixtec card says 0 minutes at 100 %: it does not know the runtime.
    if minutes is None or (minutes == 0 and (charge or 0) >= _CHARGED_PERCENT):
        return None
    return minutes * 60.0


def _lines(cells: Mapping[Oid, Varbind], column: Oid, divisor: float) -> dict[str, float]:
    """A column of a line table by line number."""
    found = {}
    for oid in cells:
        value = _scaled(cells, oid, divisor) if oid.startswith(column) else None
        arcs = ber.index_arcs(oid[len(column) :])
        if value is not None and arcs:
            found[str(arcs[0])] = value
    return found


def _input_volts(cells: Mapping[Oid, Varbind]) -> dict[str, float]:
    volts = _lines(cells, oids.upsInputVoltage, 1)
    frequencies = _lines(cells, oids.upsInputFrequency, 1)
    # A one-phase unit may fill a three-phase table with zeros: a line without frequency either.
    is_multi = any(volts.values())
    return {
        line: volt for line, volt in volts.items() if volt or frequencies.get(line) or not is_multi
    }


def _output_loads(cells: Mapping[Oid, Varbind]) -> dict[str, float]:
    """Load ratio by output line, without the lines that the unit does not have."""
    loads = _lines(cells, oids.upsOutputPercentLoad, 100)
    volts = _lines(cells, oids.upsOutputVoltage, 1)
    is_multi = any(volts.values())
    return {line: load for line, load in loads.items() if load or volts.get(line) or not is_multi}


def _active_alarms(cells: Mapping[Oid, Varbind]) -> set[str]:
    """Names of the alarms in the table of those that stand now; others have no series."""
    described = (v.value for oid, v in cells.items() if oid.startswith(oids.upsAlarmDescr))
    return {_ALARMS[kind] for kind in described if isinstance(kind, bytes) and kind in _ALARMS}


def without_zero(oid: Oid) -> Oid:
    """The OID of a scalar without the .0 that some agents leave out."""
    return oid[:-1] if oid.endswith(b"\0") else oid
