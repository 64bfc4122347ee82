"""Every device type says how well it is known, and its recorded devices are polled."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from inventory.credentials import Secret
from inventory.model import SnmpAccess
from probes import registry
from probes.clock import SystemClock
from probes.model import ProbeContext, Reading, Target, Transports
from probes.snmp.engine_fast import FastEngine, UdpDatagrams

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
LEVELS = ("none", "bronze", "silver", "gold")
BASE = "127.95.0.0"


def quality(kind: str) -> dict[str, Any]:
    """The quality.yaml of a kind; fails by its name where there is none."""
    path = HERE / kind / "quality.yaml"
    if not path.is_file():
        pytest.fail(f"device type {kind}: tests/probes/devices/{kind}/quality.yaml is missing")
    found: dict[str, Any] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return found


def recordings() -> Path:
    """The folder of recorded devices; absent -> skipped."""
    folder = ROOT / os.environ.get("WARDOPS_RECORDINGS", "../shared/recordings")
    if not (folder / "index.json").is_file():
        pytest.skip(f"no recordings at {folder} (WARDOPS_RECORDINGS)")
    return folder


@pytest.mark.parametrize("kind", registry.kinds())
def test_a_device_type_says_how_well_it_is_known(kind: str) -> None:
    found = quality(kind)
    assert found["level"] in LEVELS
    assert (found["level"] == "none") == (not found.get("recorded"))


@pytest.mark.parametrize("kind", registry.kinds())
def test_what_a_device_type_claims_as_recorded_exists(kind: str) -> None:
    named = quality(kind).get("recorded") or ()
    folder = recordings() if named else Path()
    assert [name for name in named if not (folder / name).is_file()] == []


@pytest.mark.realtime
@pytest.mark.parametrize("kind", registry.kinds())
def test_the_probes_of_a_device_type_read_its_recorded_devices(kind: str) -> None:
    walks = [n for n in quality(kind).get("recorded") or () if ".snmprec" in n]
    asked = [name for name in registry.device_type(kind).probes if name.startswith("snmp-")]
    if not walks or not asked:
        pytest.skip(f"{kind} names no recorded walk")
    folder = recordings()
    port = _free_port()
    command = [sys.executable, str(folder / "tools/snmpserve.py"), str(port), BASE]
    with subprocess.Popen(
        [*command, *(str(folder / walk) for walk in walks)], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        assert server.stdout.readline().strip() == "ready"
        hosts = [str(ipaddress.ip_address(BASE) + n) for n in range(1, len(walks) + 1)]
        readings = asyncio.run(_poll(kind, hosts, port, asked))
        server.terminate()
    assert all(reading.complete for reading in readings)
    assert all(
        reading.interfaces or reading.identity or reading.ups or reading.vm for reading in readings
    )


async def _poll(kind: str, hosts: list[str], port: int, asked: list[str]) -> list[Reading]:
    engine = FastEngine(UdpDatagrams())
    missing: Any = None
    context = ProbeContext(
        SystemClock(),
        asyncio.get_running_loop().time() + 20,
        Transports(engine, missing, missing, missing),
        lambda _ref: Secret("public"),
    )
    access = SnmpAccess(auth="env:SNMP", port=port)
    targets = [Target("26740", kind, kind, "other", host, snmp=access) for host in hosts]
    probes = registry.probes()
    try:
        return [await probes[name].run(target, context) for target in targets for name in asked]
    finally:
        engine.close()


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
