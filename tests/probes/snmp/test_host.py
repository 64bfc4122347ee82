"""HOST-RESOURCES to a machine's status: caches are free, kernel mounts are no disks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from probes import oids
from probes.errors import Unsupported
from probes.snmp import ber, host
from probes.vm.status import Filesystem

if TYPE_CHECKING:
    from probes.model import Reading
    from tests.probes.snmp.conftest import Lab

GIB = 1 << 30
OTHER = ber.oid("1.3.6.1.2.1.25.2.1.1")


def stores(*rows: tuple[bytes, str, int, int, int]) -> dict[str, tuple[int, Any]]:
    """hrStorageTable with rows of (type, name, unit, size, used)."""
    values: dict[str, tuple[int, Any]] = {}
    for n, (kind, name, unit, size, used) in enumerate(rows, start=1):
        base = "1.3.6.1.2.1.25.2.3.1"
        values[f"{base}.2.{n}"] = (ber.OID, kind)
        values[f"{base}.3.{n}"] = (ber.OCTET_STRING, name.encode())
        values[f"{base}.4.{n}"] = (ber.INTEGER, unit)
        values[f"{base}.5.{n}"] = (ber.INTEGER, size)
        values[f"{base}.6.{n}"] = (ber.INTEGER, used)
    return values


LINUX = stores(
    (oids.hrStorageRam, "Physical memory", 1024, 8 << 20, 6 << 20),
    (OTHER, "Memory buffers", 1024, 8 << 20, 1 << 20),
    (OTHER, "Cached memory", 1024, 1 << 20, 1 << 20),
    (oids.hrStorageVirtualMemory, "Swap space", 1024, 2 << 20, 1 << 19),
    (oids.hrStorageFixedDisk, "/", 4096, 1000, 750),
    (oids.hrStorageFixedDisk, "/run", 4096, 1000, 1),
    (oids.hrStorageFixedDisk, "/data", 4096, -1_294_967_296, 0),
) | {
    "1.3.6.1.2.1.25.1.1.0": (ber.TIMETICKS, 360_000),
    "1.3.6.1.2.1.25.3.3.1.2.196608": (ber.INTEGER, 10),
    "1.3.6.1.2.1.25.3.3.1.2.196609": (ber.INTEGER, 30),
}


def read(lab: Lab, values: dict[str, tuple[int, Any]]) -> Reading:
    """A reading of a machine with these values."""
    engine, _ = lab.engine(lab.honest(lab.Agent(values)))

    async def story() -> Reading:
        return await host.run(lab.device(), lab.context(engine))

    reading: Reading = lab.on_virtual_time(story)
    return reading


def test_a_linux_machine_is_read(lab: Lab) -> None:
    reading = read(lab, LINUX)
    assert reading.vm
    assert reading.vm.memory_available_bytes == 4 * GIB
    assert reading.vm.memory_used_ratio == 0.5
    assert reading.vm.cpu_ratio == pytest.approx(0.2)
    assert reading.vm.uptime_s == 3600
    assert reading.vm.filesystems == (
        Filesystem("/", 0.25, 250 * 4096.0),
        Filesystem("/data", 1.0, 3_000_000_000 * 4096.0),
    )
    samples = {(s.metric.name, *s.labels): s.value for s in reading.samples}
    assert samples["wardops_vm_up",] == 1
    assert samples["wardops_cpu_ratio", "0"] == 0.1
    assert samples["wardops_cpu_ratio", "1"] == 0.3
    assert samples["wardops_memory_used_ratio", "ram"] == 0.5
    assert samples["wardops_memory_used_ratio", "swap"] == 0.25
    assert samples["wardops_vm_filesystem_avail_ratio", "/"] == 0.25


def test_what_a_machine_does_not_say_has_no_sample(lab: Lab) -> None:
    reading = read(lab, {"1.3.6.1.2.1.25.1.1.0": (ber.TIMETICKS, 100)})
    assert {s.metric.name for s in reading.samples} == {
        "wardops_vm_up",
        "wardops_vm_uptime_seconds",
    }


def test_a_device_without_host_resources_is_unsupported(lab: Lab) -> None:
    with pytest.raises(Unsupported):
        read(lab, {"1.3.6.1.2.1.1.5.0": (ber.OCTET_STRING, b"sw-1")})
