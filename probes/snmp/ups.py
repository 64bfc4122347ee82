"""Probe "snmp-ups": what a UPS says of its battery and its load, by UPS-MIB (RFC 1628)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes import oids
from probes.errors import Unsupported
from probes.model import Metric, Probe, Reading, Sample, Sensor, UpsStatus
from probes.snmp import ber, values
from probes.snmp.ask import snmp_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from probes.model import ProbeContext, Target
    from probes.snmp.types import Oid, Varbind

ON_BATTERY = Metric("wardops_ups_on_battery", "gauge", "1 when the load runs on the battery")
CHARGE_RATIO = Metric(
    "wardops_ups_charge_ratio", "gauge", "Charge of the battery, 0 to 1", unit="ratio"
)
RUNTIME = Metric(
    "wardops_ups_runtime_seconds", "gauge", "How long the battery still lasts", unit="seconds"
)
LOAD_RATIO = Metric(
    "wardops_ups_load_ratio", "gauge", "Load of an output line", ("line",), unit="ratio"
)
INPUT_VOLTS = Metric(
    "wardops_ups_input_volts", "gauge", "Voltage of an input line", ("line",), unit="volts"
)
BATTERY_VOLTS = Metric("wardops_ups_battery_volts", "gauge", "Battery voltage", unit="volts")
TEMPERATURE = Metric(
    "wardops_ups_temperature_celsius", "gauge", "Temperature at the battery", unit="celsius"
)
REPLACE_BATTERY = Metric(
    "wardops_ups_replace_battery", "gauge", "1 when the UPS asks for a new battery"
)
ALARM_ACTIVE = Metric("wardops_ups_alarm_active", "gauge", "1 while the alarm stands", ("alarm",))

METRICS = (
    ON_BATTERY,
    CHARGE_RATIO,
    RUNTIME,
    LOAD_RATIO,
    INPUT_VOLTS,
    BATTERY_VOLTS,
    TEMPERATURE,
    REPLACE_BATTERY,
    ALARM_ACTIVE,
)

# upsOutputSource: other(1) none(2) normal(3) bypass(4) battery(5) booster(6) reducer(7)
_ON_BATTERY = {3: False, 4: False, 5: True, 6: False, 7: False}
_NOT_MEASURED = (-1, 65535, 0x7FFFFFFF, 0xFFFFFFFF)
_CHARGED_PERCENT = 50
_WORST_LINE_VOLTS = 1000  # a line cannot have that: the agent counts in tenths
_ALARMS: dict[Oid, str] = {
    oids.upsAlarmBatteryBad: "battery_bad",
    oids.upsAlarmOnBattery: "on_battery",
    oids.upsAlarmLowBattery: "low_battery",
    oids.upsAlarmOutputOverload: "output_overload",
}
_GROUPS = (oids.upsBattery, oids.upsInput, oids.upsOutput, oids.upsAlarm)


async def run(target: Target, context: ProbeContext) -> Reading:
    """Read the UPS-MIB. Raises a ProbeError leaf, Unsupported when the device has none.

    The groups are walked, because some agents leave out the trailing .0 of scalars.
    """
    asked = snmp_target(target, context)
    cells: dict[Oid, Varbind] = {}
    is_whole = True
    for group in _GROUPS:
        walk = await context.transports.snmp.walk(
            asked, group, max_varbinds=200, deadline=context.deadline
        )
        cells.update((_without_zero(varbind.oid), varbind) for varbind in walk.varbinds)
        is_whole = is_whole and walk.complete
    if not cells:
        raise Unsupported("ups_mib")
    context.note(f"{len(cells)} values of the UPS-MIB")
    return read(cells, complete=is_whole)


def read(cells: Mapping[Oid, Varbind], *, complete: bool = True) -> Reading:
    """Values of the UPS-MIB (OIDs without the .0 of scalars) to a status and its samples."""
    alarms = _active_alarms(cells)
    has_alarms = _without_zero(oids.upsAlarmsPresent) in cells
    loads = _output_loads(cells)
    status = UpsStatus(
        on_battery=_ON_BATTERY.get(_measured(cells, oids.upsOutputSource) or 0),
        charge_ratio=_charge_ratio(cells),
        runtime_s=_runtime_s(cells),
        load_ratio=max(loads.values(), default=None),
        replace_battery="battery_bad" in alarms if has_alarms else None,
    )
    temperature = _scaled(cells, oids.upsBatteryTemperature, 1)
    samples = (
        *_plain_samples(status),
        *_optional(BATTERY_VOLTS, _scaled(cells, oids.upsBatteryVoltage, 10)),
        *_optional(TEMPERATURE, temperature),
        *(Sample(LOAD_RATIO, ratio, (line,)) for line, ratio in loads.items()),
        *(Sample(INPUT_VOLTS, volts, (line,)) for line, volts in _input_volts(cells).items()),
        *(Sample(ALARM_ACTIVE, 1, (alarm,)) for alarm in sorted(alarms)),
    )
    return Reading(
        samples=samples,
        ups=status,
        sensors=_sensors(status, temperature, loads),
        complete=complete,
        method="snmp",
    )


def _plain_samples(status: UpsStatus) -> Iterator[Sample]:
    pairs = (
        (ON_BATTERY, status.on_battery),
        (CHARGE_RATIO, status.charge_ratio),
        (RUNTIME, status.runtime_s),
        (REPLACE_BATTERY, status.replace_battery),
    )
    for metric, value in pairs:
        yield from _optional(metric, None if value is None else float(value))


def _optional(metric: Metric, value: float | None) -> tuple[Sample, ...]:
    return () if value is None else (Sample(metric, value),)


def _sensors(
    status: UpsStatus, temperature: float | None, loads: Mapping[str, float]
) -> tuple[Sensor, ...]:
    """The readings as sensors, in per cent where people speak of per cent."""
    found = [
        ("charge", "battery", _percent(status.charge_ratio), "%"),
        ("runtime", "battery", status.runtime_s, "s"),
        ("temperature", "battery", temperature, "°C"),
        *(("load", f"line {line}", _percent(ratio), "%") for line, ratio in loads.items()),
    ]
    return tuple(Sensor(*sensor) for sensor in found if sensor[2] is not None)


def _percent(ratio: float | None) -> float | None:
    return None if ratio is None else round(ratio * 100, 3)


def _measured(cells: Mapping[Oid, Varbind], oid: Oid) -> int | None:
    """A number that stands for a measurement: the usual stand-ins for "not known" are None."""
    value = values.number(cells.get(_without_zero(oid)))
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
        line: volt / 10 if volt > _WORST_LINE_VOLTS else volt
        for line, volt in volts.items()
        if volt or frequencies.get(line) or not is_multi
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


def _without_zero(oid: Oid) -> Oid:
    return oid[:-1] if oid.endswith(b"\0") else oid


PROBE = Probe("snmp-ups", period_s=30, timeout_s=8, run=run, metrics=METRICS)
