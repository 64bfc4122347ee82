"""Every recorded device is read as it was recorded; the recordings are no part of the project."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from probes.errors import Unsupported
from probes.model import Reading
from probes.snmp import host, identity, interfaces, ups
from probes.snmp.engine_fast import FastEngine, UdpDatagrams
from probes.snmp.identify import identify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from probes.model import Probe
    from tests.probes.snmp.conftest import Lab

BASE = "127.94.0."
_STATUSES = {"up", "down", "testing", "unknown", "dormant", "notPresent", "lowerLayerDown"}
_SPEED_BEYOND_GAUGE = 4_294_967_295


@dataclass(frozen=True)
class Recorded:
    """One recorded device: its file's name, where it is served, and what must be read of it."""

    name: str
    host: str
    port: int
    entry: dict[str, Any]
    expected: dict[str, Any]


@pytest.fixture(scope="module")
def recorded(recordings: Path) -> Iterator[tuple[Recorded, ...]]:
    """All recordings, each served as an agent at an address of its own."""
    files = [(entry, recordings / entry["file"], recordings / entry["expected"])
             for folder in (recordings, recordings / "fullwalk")
             for entry in _entries(folder, recordings)]  # fmt: skip
    port = _free_port()
    server = subprocess.Popen(
        [
            sys.executable,
            str(recordings / "tools/snmpserve.py"),
            str(port),
            BASE + "0",
            *(str(path) for _, path, _ in files),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        assert server.stdout
        assert server.stdout.readline().strip() == "ready"
        yield tuple(
            Recorded(path.name, f"{BASE}{n}", port, entry, json.loads(expected.read_text()))
            for n, (entry, path, expected) in enumerate(files, start=1)
        )
        server.terminate()


def _entries(folder: Path, root: Path) -> list[dict[str, Any]]:
    index = json.loads((folder / "index.json").read_text())
    entries: list[dict[str, Any]] = next(v for v in index.values() if isinstance(v, list))
    prefix = folder.relative_to(root)
    return [
        {
            **entry,
            "file": _under(prefix, entry["file"]),
            "expected": _under(prefix, entry["expected"]),
        }
        for entry in entries
    ]


def _under(prefix: Path, name: str) -> str:
    return name if name.startswith(f"{prefix}/") else str(prefix / name)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def poll(lab: Lab, devices: tuple[Recorded, ...], probe: Probe) -> dict[str, Reading | Exception]:
    """One probe on every device, several at a time, over real sockets."""

    async def one(engine: FastEngine, device: Recorded) -> Reading | Exception:
        try:
            return await probe.run(
                lab.device(device.host, device.port), lab.context(engine, timeout_s=30)
            )
        except Exception as error:  # noqa: BLE001 - the test names every device that raised
            return error

    async def all_of_them() -> list[Reading | Exception]:
        engine = FastEngine(UdpDatagrams())
        try:
            return await asyncio.gather(*(one(engine, device) for device in devices))
        finally:
            engine.close()

    found = asyncio.run(all_of_them())
    return {device.name: reading for device, reading in zip(devices, found, strict=True)}


def differences(reading: Reading, expected: dict[str, Any]) -> list[str]:
    """How the ports of a reading differ from those of a recording."""
    have = {port.index: port for port in reading.interfaces or ()}
    recorded = {port["ifIndex"]: port for port in expected["ports"]["list"]}
    wrong = [f"{index} invented" for index in have if index not in recorded]
    for index, port in recorded.items():
        if port.get("ifOperStatus") is None:
            continue
        if index not in have:
            wrong.append(f"{index} missing")
            continue
        found = have[index]
        pairs = (
            ("oper", found.oper, _status(port["ifOperStatus"])),
            ("admin", found.admin, _status(port.get("ifAdminStatus"))),
            ("speed_bps", found.speed_bps, _speed(port.get("speed_bps"), found.speed_bps)),
            ("name", found.name, _name(port.get("ifName"), found.name)),
        )
        wrong += [
            f"{index}.{key} {ours}!={theirs}" for key, ours, theirs in pairs if ours != theirs
        ]
    return wrong


def _status(recorded: Any) -> str | None:
    if recorded is None:
        return None
    return str(recorded) if str(recorded) in _STATUSES else "unknown"


def _speed(recorded: int | None, ours: int | None) -> int | None:
    # "Too fast for this counter" without ifHighSpeed is unknown; an absent speed is not compared.
    return ours if recorded is None else None if recorded == _SPEED_BEYOND_GAUGE else recorded


def _name(recorded: str | None, ours: str) -> str:
    return recorded.strip("\0").strip() if recorded else ours


@pytest.mark.realtime
def test_the_ports_of_every_recorded_device_are_read_as_recorded(
    lab: Lab, recorded: tuple[Recorded, ...]
) -> None:
    readings = poll(lab, recorded, interfaces.PROBE)
    wrong = {
        device.name: differences(reading, device.expected)[:5]
        if isinstance(reading := readings[device.name], Reading)
        else [repr(reading)]
        for device in recorded
    }
    assert {name: found for name, found in wrong.items() if found} == {}
    assert len(recorded) >= 59


@pytest.mark.realtime
def test_every_table_of_a_recorded_device_is_read_to_its_end(
    lab: Lab, recorded: tuple[Recorded, ...]
) -> None:
    readings = poll(lab, recorded, interfaces.PROBE)
    incomplete = [
        name for name, r in readings.items() if not (isinstance(r, Reading) and r.complete)
    ]
    assert incomplete == []


@pytest.mark.realtime
@pytest.mark.parametrize("probe", [ups.PROBE, host.PROBE], ids=lambda probe: probe.name)
def test_no_recorded_device_breaks_a_probe(
    lab: Lab, recorded: tuple[Recorded, ...], probe: Probe
) -> None:
    """A device without that MIB says so by a ProbeError; nothing else comes out."""
    readings = poll(lab, recorded, probe)
    broken = {n: r for n, r in readings.items() if not isinstance(r, Reading | Unsupported)}
    assert broken == {}
    assert sum(isinstance(r, Reading) for r in readings.values()) >= 3


@pytest.mark.realtime
def test_vendor_and_class_of_the_recorded_devices_are_told(
    lab: Lab, recorded: tuple[Recorded, ...]
) -> None:
    known = tuple(device for device in recorded if device.entry.get("class"))
    readings = poll(lab, known, identity.PROBE)
    wrong = []
    for device in known:
        reading = readings[device.name]
        found = reading.identity if isinstance(reading, Reading) else None
        vendor = device.entry.get("vendor") or ""
        if found is None or (found.vendor or "?").lower() not in vendor.lower():
            wrong.append(f"{device.name}: {found and found.vendor} for {vendor}")
    assert len(wrong) <= 0.1 * len(known), wrong


def test_identity_meets_its_bars_on_the_large_list_of_devices(recordings: Path) -> None:
    """Vendor 96 %, class 92 %, and no UPS or video device in a wrong class."""
    accepted = json.loads((recordings / "os-vendors.json").read_text())["os"]
    listed = json.loads((recordings / "identify.json").read_text())["devices"]
    devices = [d for d in listed if d["expect"]["os"] in accepted and d.get("sysObjectID")]
    vendors = classes = 0
    astray = []
    for device in devices:
        want = accepted[device["expect"]["os"]]
        found = identify(device["sysObjectID"].strip("."), device.get("sysDescr"))
        vendors += found.vendor in want["vendors"]
        classes += found.device_class in want["classes"]
        is_wrong = found.device_class not in (*want["classes"], "unknown")
        if is_wrong and want["classes"][0] in ("ups", "video"):
            astray.append(device["id"])
    assert vendors >= 0.96 * len(devices)
    assert classes >= 0.92 * len(devices)
    assert astray == []
