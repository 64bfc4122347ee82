"""What columns of health say: cells and parts to sensors and samples. Pure, no vendor in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from probes.model import Sample, Sensor
from probes.snmp import ber, values
from probes.snmp.parts import FAR_NAMES
from probes.snmp.readings import found_in
from probes.snmp.sensor_metrics import (
    CPU_RATIO,
    CURRENT,
    DISK_OK,
    FAN,
    FREQUENCY,
    HUMIDITY,
    MEMORY_USED_RATIO,
    OPTICAL,
    POE_BUDGET,
    POE_USED,
    POWER,
    RAID_OK,
    SENSOR_OK,
    STORAGE_AVAIL,
    STORAGE_USED,
    TEMPERATURE,
    THRESHOLD,
    VOLTAGE,
)
from probes.vm.estate import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from probes.model import Metric
    from probes.snmp.parts import Kind, Part
    from probes.snmp.readings import Cells, Found
    from probes.snmp.types import Oid, Varbind


_METRIC_OF = {
    "temperature": TEMPERATURE,
    "voltage": VOLTAGE,
    "current": CURRENT,
    "power": POWER,
    "fan": FAN,
    "humidity": HUMIDITY,
    "frequency": FREQUENCY,
    "optical_rx": OPTICAL,
    "optical_tx": OPTICAL,
}
_UNIT_OF = {
    "temperature": "°C",
    "voltage": "V",
    "current": "A",
    "power": "W",
    "fan": "rpm",
    "humidity": "%",
    "frequency": "Hz",
    "optical_rx": "dBm",
    "optical_tx": "dBm",
}
_SUSPECT_CELSIUS = 5.0
# Where people and machines breathe, without a limit of the device's own; and how often in a row a
# limit must be passed before it counts: one reading alone is a draught or a wrong answer.
_WARM_PLACES, _WARM_CELSIUS, _SAMPLES_BEYOND = ("inlet", "ambient"), 45.0, 3
_MAX_SENSORS, _MAX_SERIES, _MAX_THRESHOLDS = 64, 4, 16
_MAX_VOLUMES, _MAX_LABEL = 12, 64
_MAX_STORAGE = 24  # series of a device's volumes, arrays and disks together
_NO_SENSORS = ("cpu", "memory", "volume", "poe_budget", "poe_used")
# RFC 3433 knows no direction of light: makers say it in the sensor's name.
_SENDS = r"\btransmit|\btx\b|\bbias\b|output power"
_KIND_WORDS: tuple[tuple[Kind, str], ...] = (
    ("inlet", r"inlet|intake|\bair in\b"),
    ("ambient", r"ambient|\broom\b|outside"),
    ("psu", r"\bpsu?\d*\b|power ?supply|pwr|\bps\d"),
    ("optical", r"sfp|xfp|qsfp|transceiver|optic|\blaser"),
    ("fan", r"\bfan"),
    ("cpu", r"\bcpu|processor|on-die|\bcore\b"),
    ("module", r"module|board|chassis|slot|\bfpc\b|routing engine|unit"),
)


@dataclass(frozen=True, slots=True)
class Health:
    """What a device says of its health; `stores` are its volumes.

    `beyond` says by sensor how many readings in a row passed its limit, for the next reading.
    """

    sensors: tuple[Sensor, ...]
    samples: tuple[Sample, ...]
    beyond: Mapping[str, int] = field(default_factory=dict)
    stores: tuple[Store, ...] = ()


def names_needed(parts: Iterable[Part], cells: Cells) -> tuple[Oid, ...]:
    """Instances of names in other tables that the readings of these cells need."""
    needed = (
        column + ber.index_from_arcs(ber.index_arcs(found.index)[:1])
        for part in parts
        for found in found_in(part, cells)
        if found.name in FAR_NAMES and found.index
        for column in FAR_NAMES[found.name]
    )
    return tuple(dict.fromkeys(needed))


def read(
    parts: Iterable[Part],
    cells: Cells,
    names: Mapping[Oid, Varbind],
    before: Mapping[str, int] | None = None,
) -> Health:
    """Sensors and samples of all parts. `names` holds the instances that `names_needed` named.

    `before` is what the reading before this one left in `beyond`; None for a first one.
    """
    found = [one for part in parts for one in found_in(part, cells)]
    named = _named(found, cells, names)
    cpus = [(name, one.value) for name, one in named if one.quantity == "cpu"]
    pools = [(name, one.value) for name, one in named if one.quantity == "memory"]
    volumes = [(name, one) for name, one in named if one.quantity == "volume"]
    judged = [
        _judged(name, one, before or {}) for name, one in named if one.quantity not in _NO_SENSORS
    ]
    others = [(name, one) for name, one, _ in judged]
    sensors = tuple(_sensor(name, one) for name, one in others)
    verdicts = tuple(_verdicts(others))
    samples = (
        *_ratios(CPU_RATIO, cpus),
        *_ratios(MEMORY_USED_RATIO, pools),
        *(sample for name, one in others[:_MAX_SENSORS] for sample in _values(name, one)),
        *_storage(volumes, verdicts),
        *(Sample(metric, one.value) for metric, one in _budgets(found) if one.value is not None),
        *(sample for sample in verdicts if sample.metric is SENSOR_OK),
        *_thresholds(others),
    )
    beyond = {_key(name, one): times for name, one, times in judged if times}
    return Health(sensors, samples, beyond, tuple(_stores(volumes)))


# ---- verdicts ----


def _judged(name: str, one: Found, before: Mapping[str, int]) -> tuple[str, Found, int]:
    """The reading with its verdict, and how often in a row it has passed its limit now.

    The device's own state decides; else its own limit, else that of a warm place. Fewer readings
    beyond a limit than it takes are neither good nor bad.
    """
    limit = one.critical if one.critical is not None else one.high
    if limit is None and one.quantity == "temperature" and one.kind in _WARM_PLACES:
        limit = _WARM_CELSIUS
    if one.ok is not None or limit is None or one.value is None or one.value <= _SUSPECT_CELSIUS:
        return name, one, 0
    if one.value < limit:
        return name, replace(one, ok=True), 0
    times = min(before.get(_key(name, one), 0) + 1, _SAMPLES_BEYOND)
    return name, replace(one, ok=False if times == _SAMPLES_BEYOND else None), times


def _key(name: str, one: Found) -> str:
    return f"{one.quantity} {name}"


# ---- names ----


def _named(
    found: Sequence[Found], cells: Cells, names: Mapping[Oid, Varbind]
) -> list[tuple[str, Found]]:
    """Each reading with a name of its own: doubled names get `#2`, `#3`, in order."""
    seen: dict[tuple[str, str], int] = {}
    named = []
    for raw in found:
        name = _name(raw, cells, names)
        one = _directed(name, raw)
        key = (f"{one.quantity}{'' if one.value is not None else ' state'}", name)
        seen[key] = times = seen.get(key, 0) + 1
        ending = "" if times == 1 else f"#{times}"
        kind = one.kind or _kind(name, one.quantity)
        named.append((name[: _MAX_LABEL - len(ending)] + ending, replace(one, kind=kind)))
    return named


def _directed(name: str, one: Found) -> Found:
    is_sent = one.quantity == "optical_rx" and re.search(_SENDS, name, re.IGNORECASE)
    return replace(one, quantity="optical_tx") if is_sent else one


def _name(one: Found, cells: Cells, names: Mapping[Oid, Varbind]) -> str:
    told = None
    if one.name in FAR_NAMES:
        first = ber.index_from_arcs(ber.index_arcs(one.index)[:1])
        texts = (values.text(names.get(column + first)) for column in FAR_NAMES[one.name])
        told = next((text for text in texts if text), None)
    elif one.name is not None:
        told = values.text(cells.get(one.name, {}).get(one.index))
    if told:
        return told
    index = ".".join(map(str, ber.index_arcs(one.index)))
    if index == "0" and one.label:
        return one.label
    return f"{one.label} {index}".strip()


def _kind(name: str, quantity: str) -> Kind:
    if quantity.startswith("optical"):
        return "optical"
    if quantity == "fan":
        return "fan"
    words = ((kind, re.search(words, name, re.IGNORECASE)) for kind, words in _KIND_WORDS)
    return next((kind for kind, found in words if found), "other")


# ---- samples ----


def _sensor(name: str, one: Found) -> Sensor:
    state = None if one.ok is None else "ok" if one.ok else "bad"
    value = one.value
    if one.quantity == "temperature" and value is not None and value < _SUSPECT_CELSIUS:
        state = "suspect"
    rounded = None if value is None else round(value, 3)
    return Sensor(one.quantity, name, rounded, _UNIT_OF.get(one.quantity, ""), one.kind, state)


def _ratios(metric: Metric, found: Sequence[tuple[str, float | None]]) -> Iterator[Sample]:
    """One series each, the mean for a device with more than the budget holds."""
    known = [(name, value / 100) for name, value in found if value is not None]
    if len(known) > _MAX_SERIES:
        known = [("all", sum(value for _, value in known) / len(known))]
    yield from (Sample(metric, value, (name or "0",)) for name, value in known)


def _values(name: str, one: Found) -> Iterator[Sample]:
    metric = _METRIC_OF.get(one.quantity)
    if metric is None or one.value is None:
        return
    if metric is OPTICAL:
        yield Sample(metric, one.value, (name, one.quantity.removeprefix("optical_")))
    else:
        yield Sample(metric, one.value / 100 if metric is HUMIDITY else one.value, (name,))


def _budgets(found: Iterable[Found]) -> Iterator[tuple[Metric, Found]]:
    metrics = {"poe_budget": POE_BUDGET, "poe_used": POE_USED}
    yield from ((metrics[one.quantity], one) for one in found if one.quantity in metrics)


def _volume(name: str, one: Found) -> Iterator[Sample]:
    if one.value is not None:
        yield Sample(STORAGE_USED, one.value / 100, (name,))
    if one.octets is not None:
        yield Sample(STORAGE_AVAIL, one.octets, (name,))


def _stores(volumes: Iterable[tuple[str, Found]]) -> Iterator[Store]:
    for name, one in volumes:
        if one.octets is not None and one.size:
            yield Store(name, None, one.size, one.octets / one.size)


def _storage(
    volumes: Sequence[tuple[str, Found]], verdicts: Iterable[Sample]
) -> tuple[Sample, ...]:
    """Volumes, arrays and disks within their budget: what is bad is never left out."""
    told = [one for one in verdicts if one.metric in (RAID_OK, DISK_OK)]
    told.sort(key=lambda one: (one.value, one.metric is DISK_OK))
    bad = [one for one in told if not one.value]
    room = [one for name, found in volumes[:_MAX_VOLUMES] for one in _volume(name, found)]
    return tuple((*bad, *room, *told[len(bad) :])[:_MAX_STORAGE])


def _verdicts(found: Iterable[tuple[str, Found]]) -> Iterator[Sample]:
    """The device's word, once per sensor and kind: bad when one of its readings is bad."""
    told: dict[tuple[Metric, tuple[str, ...]], bool] = {}
    for name, one in found:
        if one.ok is None:
            continue
        metric = {"disk": DISK_OK, "raid": RAID_OK}.get(one.quantity, SENSOR_OK)
        labels: tuple[str, ...] = (name, one.kind) if metric is SENSOR_OK else (name,)
        told[metric, labels] = told.get((metric, labels), True) and one.ok
    for (metric, labels), ok in list(told.items())[:_MAX_SENSORS]:
        yield Sample(metric, float(ok), labels)


def _thresholds(found: Iterable[tuple[str, Found]]) -> Iterator[Sample]:
    limits = [
        Sample(THRESHOLD, limit, (name, level))
        for name, one in found
        if one.quantity == "temperature"
        for level, limit in (("high", one.high), ("critical", one.critical))
        if limit is not None
    ]
    yield from limits[:_MAX_THRESHOLDS]
