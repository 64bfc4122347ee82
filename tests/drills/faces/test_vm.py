"""The node_exporter face: strict Prometheus text, and the figures that SNMP shows too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from drills.faces import vm
from drills.model import Ask
from probes import oids
from probes.snmp import ber
from probes.vm import node_exporter

if TYPE_CHECKING:
    from collections.abc import Callable

    from drills.model import Page
    from drills.world import World
    from probes.clock import ManualClock

METRICS = Ask("GET", "/metrics")


def _page(world: World, request: Ask = METRICS) -> Page | None:
    node = world.topology.nodes["vm-26740-1"]
    return vm.respond(world, "hub", node, request, world.time())


def _samples(world: World) -> dict[str, float]:
    page = _page(world)
    assert page is not None
    families = text_string_to_metric_families(page.body.decode())
    return {
        sample.name + str(sorted(sample.labels.items()) or ""): sample.value
        for family in families
        for sample in family.samples
    }


def test_the_page_is_strict_text_with_what_a_machine_is_judged_by(world: World) -> None:
    found = _samples(world)
    for name in ("MemAvailable_bytes", "MemTotal_bytes"):
        assert found[f"node_memory_{name}"] > 0
    assert {"node_load1", "node_boot_time_seconds", "node_time_seconds"} <= found.keys()
    for name in ("avail_bytes", "size_bytes", "files", "files_free"):
        assert sum(key.startswith(f"node_filesystem_{name}[") for key in found) == 2


def test_every_family_is_declared_once_before_its_samples(world: World) -> None:
    page = _page(world)
    assert page is not None
    families = list(text_string_to_metric_families(page.body.decode()))
    names = [family.name for family in families]
    assert len(set(names)) == len(names)
    kinds = {family.type: family.documentation for family in families}
    assert set(kinds) == {"gauge", "counter"}
    assert all(kinds.values())
    assert page.body.endswith(b"\n")


def test_its_clock_is_the_worlds(world: World, clock: ManualClock) -> None:
    clock.move(90)
    found = _samples(world)
    assert found["node_time_seconds"] == pytest.approx(clock.now().timestamp())
    assert found["node_boot_time_seconds"] < found["node_time_seconds"] - 20 * 86_400


def test_snmp_shows_the_same_memory_and_disks(
    world: World, ask: Callable[..., ber.Message | None]
) -> None:
    page = _page(world)
    assert page is not None
    status = node_exporter.read(page.body)[0]
    node = world.topology.nodes["vm-26740-1"]

    def got(column: bytes, row: int) -> int:
        answer = ask(node, ber.GET, f"{ber.oid_text(column)}.{row}")
        assert answer is not None
        value = answer.varbinds[0].value
        assert isinstance(value, int)
        return value

    free_kib = got(oids.hrStorageSize, 1) - got(oids.hrStorageUsed, 1)
    given_back_kib = got(oids.hrStorageUsed, 6) + got(oids.hrStorageUsed, 7)
    assert (free_kib + given_back_kib) * 1024 == status.memory_available_bytes
    disks = {disk.mount: disk.avail_bytes for disk in status.filesystems}
    for row, mount in ((31, "/"), (32, "/var")):
        left = got(oids.hrStorageSize, row) - got(oids.hrStorageUsed, row)
        assert left * got(oids.hrStorageAllocationUnits, row) == disks[mount]


def test_other_paths_and_methods_are_refused_and_a_dark_machine_is_silent(world: World) -> None:
    paths = [_page(world, Ask("GET", "/")), _page(world, Ask("POST", "/metrics"))]
    assert [page.status if page else None for page in paths] == [404, 405]
    world.change("power", "vm-26740-1", False, who="test", source="inject")
    assert _page(world) is None
