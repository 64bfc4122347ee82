"""Probe "snmp-ups": what a UPS says of its battery and its load, by UPS-MIB (RFC 1628)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes import oids
from probes.errors import Unsupported
from probes.model import Metric, Probe, Reading, Sample, Sensor, UpsStatus
from probes.snmp import ups_facts
from probes.snmp.ask import snmp_target
from probes.snmp.health import columns, typed
from probes.snmp.ups_facts import UpsFacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import ProbeContext, Target
    from probes.snmp.types import Oid, SnmpTarget, Varbind

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

_SUSPECT_CELSIUS = 5.0  # indoors
_GROUPS = (oids.upsBattery, oids.upsInput, oids.upsOutput, oids.upsAlarm)


async def run(target: Target, context: ProbeContext) -> Reading:
    """Read the UPS-MIB, then the vendor's own for what is missing. Raises a ProbeError leaf.

    Unsupported when the device has neither. The groups of the UPS-MIB are walked, because some
    agents leave out the trailing .0 of scalars.
    """
    asked = snmp_target(target, context)
    cells: dict[Oid, Varbind] = {}
    is_whole = True
    for group in _GROUPS:
        walk = await context.transports.snmp.walk(
            asked, group, max_varbinds=200, deadline=context.deadline
        )
        cells.update((ups_facts.without_zero(varbind.oid), varbind) for varbind in walk.varbinds)
        is_whole = is_whole and walk.complete
    facts = ups_facts.standard(cells)
    context.note(f"{len(cells)} values of the UPS-MIB")
    if not facts.says_the_most:
        own, own_whole = await _of_vendor(target, asked, context)
        facts, is_whole = facts.filled(own), is_whole and own_whole
    if not cells and facts == UpsFacts():
        raise Unsupported("ups_mib")
    return reading_of(facts, complete=is_whole)


async def _of_vendor(
    target: Target, asked: SnmpTarget, context: ProbeContext
) -> tuple[UpsFacts, bool]:
    """What the vendor's own MIB says, and whether it came whole; nothing where none is known."""
    kind, _ = await typed(target, asked, context)
    if kind is None or kind.ups is None:
        return UpsFacts(), True
    cells, is_whole = await columns(asked, context, kind.ups.columns())
    context.note(f"{len(cells)} columns of the MIB of {kind.kind}")
    return ups_facts.of_vendor(kind.ups, cells), is_whole


def reading_of(facts: UpsFacts, *, complete: bool = True) -> Reading:
    """What a UPS says, as a status, samples and sensors."""
    status = UpsStatus(
        on_battery=facts.on_battery,
        charge_ratio=facts.charge_ratio,
        runtime_s=facts.runtime_s,
        load_ratio=max(facts.loads.values(), default=None),
        replace_battery=facts.replace_battery,
        is_scale_fixed=facts.is_scale_fixed,
    )
    samples = (
        *_plain_samples(status),
        *_optional(BATTERY_VOLTS, facts.battery_volts),
        *_optional(TEMPERATURE, facts.temperature_celsius),
        *(Sample(LOAD_RATIO, ratio, (line,)) for line, ratio in facts.loads.items()),
        *(Sample(INPUT_VOLTS, volts, (line,)) for line, volts in facts.input_volts.items()),
        *(Sample(ALARM_ACTIVE, 1, (alarm,)) for alarm in sorted(facts.alarms)),
    )
    return Reading(
        samples=samples,
        ups=status,
        sensors=_sensors(status, facts),
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


def _sensors(status: UpsStatus, facts: UpsFacts) -> tuple[Sensor, ...]:
    """The readings as sensors, in per cent where people speak of per cent."""
    found = [
        ("charge", "battery", _percent(status.charge_ratio), "%"),
        ("runtime", "battery", status.runtime_s, "s"),
        ("runtime", "time on battery", facts.on_battery_s, "s"),
        ("temperature", "battery", facts.temperature_celsius, "°C"),
        *(("load", f"line {line}", _percent(ratio), "%") for line, ratio in facts.loads.items()),
    ]
    return tuple(
        Sensor(quantity, name, round(value, 3), unit, state=_state(quantity, value))
        for quantity, name, value, unit in found
        if value is not None
    )


def _state(quantity: str, value: float) -> str | None:
    return "suspect" if quantity == "temperature" and value < _SUSPECT_CELSIUS else None


def _percent(ratio: float | None) -> float | None:
    return None if ratio is None else round(ratio * 100, 3)


PROBE = Probe("snmp-ups", period_s=30, timeout_s=8, run=run, metrics=METRICS)
