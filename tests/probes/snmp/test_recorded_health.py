"""What the recorded devices tell of their health, and that each type reads what it is said to."""

from __future__ import annotations

import bz2
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from probes import registry
from probes.errors import ProbeError
from probes.model import Memory
from probes.snmp import ber, health, interfaces, topology, ups
from probes.snmp.ask import snmp_target
from probes.snmp.bridge import Learned, SpanningTree, read_fdb, read_spanning_tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.model import ProbeContext, Reading, Target
    from tests.probes.snmp.conftest import Lab

_PROBES = (interfaces.PROBE, health.PROBE, topology.PROBE, ups.PROBE)
# What the probes ask for: the rest of a walk is not served.
_ROOTS = ("1.3.6.1.2.1.", "1.3.6.1.4.1.", "1.0.8802.")
# 0 degrees in the empty cages of an SFP switch, loads of lines that a one-phase unit does not have,
# and two dates that the reference takes for a runtime.
_NOT_READ = 12
_CLASSES = ("temperature", "charge", "runtime", "load")


class Told:
    """What one recorded device told, all probes together."""

    def __init__(self, readings: list[Reading], fdb: tuple[Learned, ...], tree: Any) -> None:
        self.sensors = [sensor for reading in readings for sensor in reading.sensors]
        self.classes = {sensor.device_class for sensor in self.sensors}
        self.series = {sample.metric.name for reading in readings for sample in reading.samples}
        self.ports = sum(len(reading.interfaces or ()) for reading in readings)
        self.neighbours = sum(len(reading.neighbours or ()) for reading in readings)
        self.fdb, self.tree = fdb, tree


_PROOFS: dict[str, Callable[[Told], object]] = {
    "interfaces": lambda told: told.ports,
    "cpu": lambda told: "wardops_cpu_ratio" in told.series,
    "memory": lambda told: "wardops_memory_used_ratio" in told.series,
    "temperature": lambda told: "temperature" in told.classes,
    "fans": lambda told: "fan" in told.classes,
    "power_supplies": lambda told: "psu" in told.classes,
    "poe": lambda told: "wardops_poe_budget_watts" in told.series,
    "neighbours": lambda told: told.neighbours,
    "mac_table": lambda told: told.fdb,
    "spanning_tree": lambda told: isinstance(told.tree, SpanningTree),
    "charge": lambda told: "wardops_ups_charge_ratio" in told.series,
    "runtime": lambda told: "wardops_ups_runtime_seconds" in told.series,
    "load": lambda told: "wardops_ups_load_ratio" in told.series,
    "on_battery": lambda told: "wardops_ups_on_battery" in told.series,
    "volumes": lambda told: "wardops_storage_used_ratio" in told.series,
    "disks": lambda told: "wardops_storage_disk_ok" in told.series,
    "arrays": lambda told: "wardops_storage_raid_ok" in told.series,
}


def told_by(lab: Lab, file: Path) -> Told:
    """A recorded device, served from memory and asked as one that no inventory names."""
    with bz2.open(file) if file.suffix == ".bz2" else file.open("rb") as lines:
        listed = lab.snmprec(lines, _ROOTS)
    rows = {oid: cell for oid, cell in listed.items() if cell[0] != ber.NULL}
    engine, _ = lab.engine(lab.honest(lab.Agent(rows, max_octets=1472)))

    async def story() -> Told:
        target, context = lab.device(), lab.context(engine, timeout_s=600)
        asked, deadline = snmp_target(target, context), context.deadline
        readings = [
            reading for probe in _PROBES if (reading := await _read(probe, target, context))
        ]
        return Told(
            readings,
            await read_fdb(engine, asked, deadline),
            await read_spanning_tree(engine, asked, deadline),
        )

    found: Told = lab.on_virtual_time(story)
    return found


async def _read(probe: Any, target: Target, context: ProbeContext) -> Reading | None:
    alone = replace(context, memory=Memory())
    try:
        if probe is health.PROBE:  # a limit counts when three readings in a row have passed it
            await probe.run(target, alone)
            await probe.run(target, alone)
        reading: Reading = await probe.run(target, alone)
    except ProbeError:  # no UPS, no ports: said by its leaf, and nothing else may come out
        return None
    return reading


@pytest.fixture(scope="module")
def expected(recordings: Path) -> dict[str, list[tuple[str, float]]]:
    """Sensors of the reference by recording: class and value."""
    listed = json.loads((recordings / "index.json").read_text())
    entries = next(value for value in listed.values() if isinstance(value, list))
    found = {}
    for entry in entries:
        whole = json.loads((recordings / entry["expected"]).read_text())
        sensors = (whole.get("librenms") or {}).get("sensors") or []
        found[entry["file"]] = [
            (sensor["class"], float(sensor["value"]))
            for sensor in sensors
            if sensor.get("class") in _CLASSES and sensor.get("value") not in (None, "")
        ]
    return found


@pytest.fixture(scope="module")
def devices(lab: Lab, recordings: Path, expected: dict[str, Any]) -> dict[str, Told]:
    """All recorded devices, each asked once; the full walks are not all small."""
    return {name: told_by(lab, recordings / name) for name in expected}


def test_temperatures_and_batteries_are_within_one_per_cent_of_the_reference(
    devices: dict[str, Told], expected: dict[str, list[tuple[str, float]]]
) -> None:
    missed = [
        (name, quantity, value)
        for name, wanted in expected.items()
        for quantity, value in wanted
        if not _has(devices[name], quantity, value)
    ]
    assert len(missed) <= _NOT_READ, missed


def _has(told: Told, quantity: str, value: float) -> bool:
    # The reference counts runtimes in minutes, and rounds temperatures.
    wanted = (value, value * 60) if quantity == "runtime" else (value,)
    slack = 0.51 if quantity == "temperature" else 0.02
    return any(
        abs(sensor.value - one) <= max(0.01 * abs(one), slack)
        for sensor in told.sensors
        for one in wanted
        if sensor.device_class == quantity and sensor.value is not None
    )


def test_no_recorded_device_is_called_bad_unless_it_says_so_itself(
    devices: dict[str, Told],
) -> None:
    """None of the 59 says so, whatever their chips and modules read."""
    bad = [
        (name, sensor)
        for name, told in devices.items()
        for sensor in told.sensors
        if sensor.state == "bad"
    ]
    hot = [
        (name, sensor)
        for name, told in devices.items()
        for sensor in told.sensors
        if sensor.device_class == "temperature"
        and sensor.kind in ("inlet", "ambient")
        and (sensor.value or 0) > 45
    ]
    assert (bad, hot) == ([], [])


def test_what_a_type_says_a_recording_proves_is_read_from_it(
    devices: dict[str, Told],
) -> None:
    lacking = [
        (kind, capability, name)
        for kind in registry.kinds()
        for capability, name in _capabilities(kind).items()
        if name in devices and not _PROOFS[capability](devices[name])
    ]
    assert lacking == []


def _capabilities(kind: str) -> dict[str, str]:
    folder = Path(__file__).parents[1] / "devices" / kind
    quality = YAML(typ="safe").load((folder / "quality.yaml").read_text(encoding="utf-8"))
    return dict(quality.get("capabilities") or {})
