"""Debian's snmp_exporter and our page of the same device say the same, name by name."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families as text_format

from agent.exposition.snmp_page import snmp_page
from bench.snmp import processes, switch
from inventory.access import SnmpAccess
from inventory.credentials import Secret
from probes.clock import SystemClock
from probes.model import ProbeContext, Target
from probes.snmp.datagrams import UdpDatagrams
from probes.snmp.engine_fast import FastEngine
from probes.snmp.modules import MODULES, read_module
from probes.transports.model import Transports

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(
        shutil.which(processes.EXPORTER) is None,
        reason=f"{processes.EXPORTER} is not installed (Debian)",
    ),
]
RECORDING = "data/ios_2960x.snmprec"
NEVER_TOLD = {"sysContact", "sysLocation"}

Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


async def our_page(host: str, port: int, module: str) -> str:
    """The page as the agent writes it."""
    clock, missing, engine = SystemClock(), None, FastEngine(UdpDatagrams())
    ways: Any = Transports(engine, missing, missing, missing)  # type: ignore[arg-type] # only SNMP
    access = SnmpAccess.model_validate({"auth": "env:SNMP", "port": port})
    target = Target("26740", "sw", "generic_switch", "core", host, snmp=access)
    try:
        deadline = clock.monotonic() + 20
        context = ProbeContext(clock, deadline, ways, lambda _reference: Secret("public"))
        return snmp_page([await read_module(MODULES[module], target, context)]).decode()
    finally:
        engine.close()


def series(page: str) -> Series:
    """Value by name and labels, but for what the scrape says of itself."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_format(page)
        for sample in family.samples
        if not family.name.startswith("snmp_scrape_")
    }


def types(page: str) -> dict[str, str]:
    """Type by family."""
    found = {family.name: family.type for family in text_format(page)}
    return {name: kind for name, kind in found.items() if not name.startswith("snmp_scrape_")}


def helps_end_in_oids(page: str) -> dict[str, str]:
    """What stands behind the last dash of each HELP: the object's OID."""
    rows = [row.split(" ", 3) for row in page.splitlines() if row.startswith("# HELP ")]
    return {row[2]: row[3].rpartition(" - ")[2] for row in rows if " - 1.3." in row[3]}


async def same(host: str, port: int, module: str) -> int:
    """Compare both pages of a device; how many series there are. Moving values lie in between."""
    with processes.exporter() as exporter:
        before = await our_page(host, port, module)
        theirs = await asyncio.to_thread(exporter.page, host, port, module)
        after = await our_page(host, port, module)
    told, lower, upper = series(theirs), series(before), series(after)
    hidden = {key for key in told if key[0] in NEVER_TOLD}
    ours = {key for key in lower if key[0] not in NEVER_TOLD}
    assert ours ^ (set(told) - hidden) == set()
    assert {key for key in ours if not lower[key] <= told[key] <= upper[key]} == set()
    assert types(theirs) == types(before)
    assert helps_end_in_oids(theirs) == helps_end_in_oids(before)
    return len(ours)


@pytest.mark.skipif(switch.compiler() is None, reason="no C compiler for the bench's switches")
@pytest.mark.parametrize("module", ["if_mib", "system"])
async def test_a_switch_with_vietnamese_names_and_huge_counters(
    module: str, tmp_path: Path
) -> None:
    with switch.responding(switch.build(tmp_path)) as port:
        count = await same("127.0.1.7", port, module)
    assert count == (2 + 54 * 38 if module == "if_mib" else 5)


@contextmanager
def recorded(recordings: Path) -> Iterator[tuple[str, int]]:
    """One recorded device at an address of its own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
    command = [sys.executable, str(recordings / "tools/snmpserve.py"), str(port), "127.77.0.0",
               str(recordings / RECORDING)]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            assert server.stdout.readline().strip() == "ready"
            yield "127.77.0.1", port
        finally:
            server.terminate()


@pytest.mark.parametrize("module", ["if_mib", "system"])
async def test_a_recorded_switch_of_146_ports(module: str) -> None:
    folder = Path(os.environ.get("WARDOPS_RECORDINGS", "../shared/recordings"))
    folder = folder if folder.is_absolute() else processes.ROOT / folder
    if not (folder / RECORDING).is_file():
        pytest.skip(f"no recordings at {folder} (WARDOPS_RECORDINGS)")
    with recorded(folder) as (host, port):
        assert await same(host, port, module) >= (1000 if module == "if_mib" else 4)
