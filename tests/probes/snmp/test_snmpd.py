"""Debian's snmpd on loopback: both engines read what snmpget and snmpbulkwalk read."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from inventory.credentials import Secret
from probes import oids
from probes.errors import ProbeError, Refused, TimedOut
from probes.snmp import ber, health, host, interfaces, sensors
from probes.snmp.ask import snmp_target
from probes.snmp.choose import ChosenEngine
from probes.snmp.engine_fast import FastEngine, UdpDatagrams
from probes.snmp.engine_pysnmp import PysnmpEngine
from probes.snmp.parts import HR_STORAGE, Volumes
from probes.snmp.types import SnmpTarget

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from probes.snmp.types import Oid, SnmpClient
    from tests.probes.snmp.conftest import Lab

pytestmark = pytest.mark.realtime

COMMUNITY = "lab-only"
COLUMNS = (oids.ifName, oids.ifOperStatus, oids.ifHCInOctets)
ENGINES = ("fast", "pysnmp")


@pytest.fixture(scope="module")
def snmpd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The UDP port of an snmpd with a configuration of its own."""
    binary = shutil.which("snmpd") or shutil.which("snmpd", path="/usr/sbin")
    if binary is None:
        pytest.skip("no snmpd on this machine (apt-get install snmpd snmp)")
    folder = tmp_path_factory.mktemp("snmpd")
    conf = folder / "snmpd.conf"
    conf.write_text(f"rocommunity {COMMUNITY} 127.0.0.1\nsysName lab-snmpd\nsysLocation lab\n")
    port = _free_port()
    listen = f"udp:127.0.0.1:{port}"
    environment = {**os.environ, "SNMP_PERSISTENT_DIR": str(folder), "MIBS": ""}
    with (folder / "log").open("wb") as log:
        daemon = subprocess.Popen(
            [binary, "-C", "-c", str(conf), "-f", "-Lo", "-p", str(folder / "pid"), listen],
            stdout=log,
            stderr=log,
            env=environment,
        )
    with daemon:
        _wait_until_it_answers(port, daemon, folder / "log")
        yield port
        daemon.terminate()


def _wait_until_it_answers(port: int, daemon: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(40):
        if daemon.poll() is not None:
            pytest.fail(f"snmpd ended: {log.read_text()}")
        if _run("snmpget", "-r0", "-t0.5", *_where(port), "1.3.6.1.2.1.1.5.0").returncode == 0:
            return
    pytest.fail("snmpd does not answer")


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _where(port: int) -> tuple[str, ...]:
    return ("-v2c", "-c", COMMUNITY, "-On", "-Oe", "-OU", f"127.0.0.1:{port}")


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "MIBS": ""}
    )


def bulkwalk(port: int, root: Oid) -> dict[str, str]:
    """What snmpbulkwalk prints under an OID: OID -> value as text, without its type."""
    lines = _run("snmpbulkwalk", *_where(port), ber.oid_text(root)).stdout.splitlines()
    pairs = (line.lstrip(".").split(" = ", 1) for line in lines if " = " in line)
    return {oid: value.split(": ", 1)[-1].strip('"') for oid, value in pairs}


def open_engine(name: str) -> SnmpClient:
    """One of the two engines."""
    return FastEngine(UdpDatagrams()) if name == "fast" else PysnmpEngine()


def lab_target(port: int, community: str = COMMUNITY, **fields: str) -> SnmpTarget:
    """The daemon of this test."""
    return SnmpTarget("127.0.0.1", port, community=Secret(community), **fields)  # type: ignore[arg-type] # version and engine are literals


def deadline_in(seconds: float) -> float:
    """A deadline that far ahead, in loop time."""
    return asyncio.get_running_loop().time() + seconds


@pytest.mark.parametrize("name", ENGINES)
async def test_sysname_is_what_snmpget_reads(snmpd: int, name: str) -> None:
    theirs = _run("snmpget", "-Oqv", *_where(snmpd), "1.3.6.1.2.1.1.5.0").stdout.strip()
    client = open_engine(name)
    try:
        result = await client.get(lab_target(snmpd), (oids.sysName,), deadline=deadline_in(8))
    finally:
        client.close()
    assert result.varbinds[0].value == b"lab-snmpd"
    assert "lab-snmpd" in theirs


@pytest.mark.parametrize("name", ENGINES)
async def test_the_interface_table_is_what_snmpbulkwalk_reads(snmpd: int, name: str) -> None:
    client = open_engine(name)
    before = bulkwalk(snmpd, oids.ifHCInOctets)
    try:
        table = await client.table(
            lab_target(snmpd), COLUMNS, scalars=(oids.sysUpTime,), deadline=deadline_in(8)
        )
    finally:
        client.close()
    after = bulkwalk(snmpd, oids.ifHCInOctets)
    names, states = bulkwalk(snmpd, oids.ifName), bulkwalk(snmpd, oids.ifOperStatus)
    assert table.complete
    assert len(table.rows) == len(names) > 0
    assert [v.oid for v in table.scalars] == [oids.sysUpTime]
    for index, (ifname, state, octets) in table.rows.items():
        assert ifname
        assert state
        assert octets
        assert ifname.value == names[ber.oid_text(oids.ifName + index)].encode()
        assert state.value == int(states[ber.oid_text(oids.ifOperStatus + index)])
        low, high = (int(seen[ber.oid_text(octets.oid)]) for seen in (before, after))
        assert isinstance(octets.value, int)
        assert low <= octets.value <= high


@pytest.mark.parametrize("name", ENGINES)
async def test_a_walk_finds_the_oids_that_snmpbulkwalk_finds(snmpd: int, name: str) -> None:
    root = ber.oid("1.3.6.1.2.1.2.2")
    client = open_engine(name)
    try:
        walk = await client.walk(lab_target(snmpd), root, deadline=deadline_in(20))
    finally:
        client.close()
    assert walk.complete
    assert [ber.oid_text(v.oid) for v in walk.varbinds] == list(bulkwalk(snmpd, root))


async def test_both_engines_read_the_same(snmpd: int) -> None:
    root = ber.oid("1.3.6.1.2.1.1")
    fast, pysnmp = FastEngine(UdpDatagrams()), PysnmpEngine()
    try:
        ours = await fast.walk(lab_target(snmpd), root, deadline=deadline_in(8))
        theirs = await pysnmp.walk(lab_target(snmpd), root, deadline=deadline_in(20))
    finally:
        fast.close()
        pysnmp.close()
    still = [v for v in ours.varbinds if v.tag != ber.TIMETICKS]
    assert still == [v for v in theirs.varbinds if v.tag != ber.TIMETICKS]
    assert len(still) > 10


@pytest.mark.parametrize("name", ENGINES)
async def test_v1_is_read_by_both_engines(snmpd: int, name: str) -> None:
    client = ChosenEngine(FastEngine(UdpDatagrams()), PysnmpEngine)
    try:
        table = await client.table(
            lab_target(snmpd, version="1", engine=name),
            (oids.ifDescr, oids.ifOperStatus),
            scalars=(oids.sysUpTime,),
            deadline=deadline_in(20),
        )
        missing = await client.get(
            lab_target(snmpd, version="1", engine=name),
            (oids.sysName, oids.upsBatteryStatus),
            deadline=deadline_in(8),
        )
    finally:
        client.close()
    assert table.stats.engine == name
    assert len(table.rows) == len(bulkwalk(snmpd, oids.ifDescr))
    assert all(cell for cells in table.rows.values() for cell in cells)
    assert [v.value for v in missing.varbinds] == [b"lab-snmpd", None]


async def test_the_interfaces_probe_reads_every_port(lab: Lab, snmpd: int) -> None:
    client = FastEngine(UdpDatagrams())
    try:
        reading = await interfaces.run(
            lab.device("127.0.0.1", snmpd), lab.context(client, community=COMMUNITY)
        )
    finally:
        client.close()
    names = set(bulkwalk(snmpd, oids.ifName).values())
    assert {port.name for port in reading.interfaces or ()} == names
    loopback = next(port for port in reading.interfaces or () if port.name == "lo")
    assert loopback.oper == "up"
    assert loopback.counter_bits == 64
    exported = {sample.labels[0] for sample in reading.samples if sample.labels}
    assert exported == names
    assert reading.uptime_ticks is not None


async def test_the_host_probe_reads_memory_and_uptime(lab: Lab, snmpd: int) -> None:
    client = FastEngine(UdpDatagrams())
    try:
        reading = await host.run(
            lab.device("127.0.0.1", snmpd), lab.context(client, community=COMMUNITY)
        )
    finally:
        client.close()
    assert reading.vm
    assert reading.vm.uptime_s
    names = {sample.metric.name for sample in reading.samples}
    assert {"wardops_vm_up", "wardops_vm_uptime_seconds"} <= names


async def test_volumes_are_those_of_snmpbulkwalk_and_as_large_as_the_kernel_says(
    lab: Lab, snmpd: int
) -> None:
    kind, name, unit, size, used = HR_STORAGE
    listed = bulkwalk(snmpd, kind)
    fixed = {oid.rpartition(".")[2] for oid, told in listed.items() if told.endswith("25.2.1.4")}
    if not fixed:
        pytest.skip("snmpd lists no disk on this machine")
    before, client = bulkwalk(snmpd, used), FastEngine(UdpDatagrams())
    try:
        context = lab.context(client, community=COMMUNITY)
        asked = snmp_target(lab.device("127.0.0.1", snmpd), context)
        cells, is_whole = await health.read_columns(asked, context, (Volumes(),))
    finally:
        client.close()
    found = sensors.read((Volumes(),), cells, {})
    after = bulkwalk(snmpd, used)
    names, units, sizes = bulkwalk(snmpd, name), bulkwalk(snmpd, unit), bulkwalk(snmpd, size)
    rows = {names[f"{ber.oid_text(name)}.{row}"]: row for row in fixed}
    assert is_whole
    assert found.stores
    for one in found.stores:
        row = rows[one.name]
        octets = int(units[f"{ber.oid_text(unit)}.{row}"])
        told = int(sizes[f"{ber.oid_text(size)}.{row}"])
        mine = round((1 - one.free_ratio) * told)
        seen = [int(walk[f"{ber.oid_text(used)}.{row}"]) for walk in (before, after)]
        room = os.statvfs(one.name)
        assert one.total_bytes == octets * told == room.f_blocks * room.f_frsize
        assert min(seen) <= mine <= max(seen)


@pytest.mark.parametrize("name", ENGINES)
async def test_a_wrong_community_is_silence(snmpd: int, name: str) -> None:
    client = open_engine(name)
    try:
        with pytest.raises(TimedOut) as caught:
            await client.get(lab_target(snmpd, "wrong"), (oids.sysName,), deadline=deadline_in(1.5))
    finally:
        client.close()
    assert caught.value.detail_code == "silent"


async def test_a_closed_port_is_refused_and_the_next_device_is_still_read(snmpd: int) -> None:
    client = FastEngine(UdpDatagrams())
    closed = _free_port()
    try:
        for _ in range(3):
            with pytest.raises(ProbeError) as caught:
                await client.get(lab_target(closed), (oids.sysName,), deadline=deadline_in(8))
            assert isinstance(caught.value, Refused)
            assert caught.value.detail_code == "port_closed"
            good = await client.get(lab_target(snmpd), (oids.sysName,), deadline=deadline_in(8))
            assert good.varbinds[0].value == b"lab-snmpd"
    finally:
        client.close()
