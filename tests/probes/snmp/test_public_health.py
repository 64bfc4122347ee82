"""Health of devices whose walks anyone can install (PyPI `snmpsim-data`, BSD-2-Clause)."""

from __future__ import annotations

import bz2
import importlib.util
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from probes.snmp import health

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probes.model import Reading
    from tests.probes.snmp.conftest import Lab

# What the walks say, read off their rows by hand: sensors by name, ratios by name.
TOLD: dict[str, tuple[str, dict[tuple[str, str], float], dict[tuple[str, str], float]]] = {
    "aruba_os": (
        "network/wifi/aruba-7210.snmprec.bz2",
        {("temperature", "internal"): 22.0},
        {("wardops_memory_used_ratio", "ram 1"): 2_621_056 / 5_170_880},
    ),
    "ironware": (
        "network/switch/brocade-icx6430-24.snmprec.bz2",
        {
            ("temperature", "Management module: CPU temperature"): 49.0,
            ("temperature", "Management module: MAC 1 temperature"): 48.0,
        },
        {("wardops_cpu_ratio", "cpu"): 0.01, ("wardops_memory_used_ratio", "ram"): 0.59},
    ),
    "brocade": (
        "network/switch/brocade-ds-5100b.snmprec.bz2",
        {
            ("temperature", "SLOT #0: TEMP #1"): 32.0,
            ("temperature", "SLOT #0: TEMP #2"): 18.0,
            ("fan", "FAN #1"): 14_673.0,
            ("fan", "FAN #2"): 15_000.0,
        },
        {},
    ),
    "cisco_wlc": (
        "network/appliance/cisco-controller.snmprec.bz2",
        {},
        {
            ("wardops_cpu_ratio", "controller"): 0.07,
            ("wardops_memory_used_ratio", "ram"): (1_000_948 - 460_940) / 1_000_948,
        },
    ),
    "ibm_imm": (
        "os/linux/ibm-x3550-m3.snmprec.bz2",
        {("temperature", "Ambient Temp"): 20.0, ("voltage", "Planar 12V"): 11.77},
        {},
    ),
}
LARGE = ("network/appliance/cisco-controller.snmprec.bz2",)
# What is asked: the rest of a walk is not served.
SERVED = tuple(
    b"1.3.6.1." + arcs
    for arcs in (
        b"2.1.1.", b"2.1.99.", b"2.1.47.1.1.1.1.7.", b"4.1.14823.2.2.1.2.", b"4.1.1991.1.1.",
        b"4.1.1588.2.1.1.1.1.22.", b"4.1.1588.2.1.1.1.26.", b"4.1.14179.1.1.5.",
        b"4.1.14179.2.3.1.",
        b"4.1.2.3.51.3.1.",
    )
)  # fmt: skip


def rows(walk: str) -> Iterable[bytes]:
    """The served rows of a public walk; absent -> skipped."""
    package = importlib.util.find_spec("snmpsim_data")
    if package is None or not package.submodule_search_locations:
        pytest.skip("snmpsim-data is not installed (pip install snmpsim-data)")
    if walk in LARGE and not os.environ.get("WARDOPS_SOAK"):
        pytest.skip("a walk of many megabytes (WARDOPS_SOAK=1 reads it)")
    with bz2.open(Path(package.submodule_search_locations[0]) / "data" / walk) as lines:
        return [line for line in lines if line.startswith(SERVED)]


@pytest.mark.parametrize("kind", sorted(TOLD))
def test_what_a_public_walk_tells_of_its_health_is_read(lab: Lab, kind: str) -> None:
    walk, sensors, ratios = TOLD[kind]
    engine, _ = lab.engine(lab.honest(lab.Agent(lab.snmprec(rows(walk)))))

    async def story() -> Reading:
        return await health.run(replace(lab.device(), kind=kind), lab.context(engine))

    found: Any = lab.on_virtual_time(story)
    values = {(one.device_class, one.name): one.value for one in found.sensors}
    series = {(s.metric.name, s.labels[0]): s.value for s in found.samples if s.labels}
    assert {key: values.get(key) for key in sensors} == pytest.approx(sensors)
    assert {key: series.get(key) for key in ratios} == pytest.approx(ratios)
    assert [one for one in found.sensors if one.state == "bad"] == []


def test_a_manager_behind_a_bare_linux_is_asked_as_what_it_is(lab: Lab) -> None:
    """The system group of an IMM says Linux alone."""
    engine, _ = lab.engine(lab.honest(lab.Agent(lab.snmprec(rows(TOLD["ibm_imm"][0])))))

    async def story() -> Reading:
        return await health.run(lab.device(), lab.context(engine))

    found: Any = lab.on_virtual_time(story)
    assert ("temperature", 20.0) in {(one.device_class, one.value) for one in found.sensors}
