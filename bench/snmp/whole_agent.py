"""`wardops agent` on 336 switches: its CPU and memory, scraped as Prometheus does."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.snmp import processes, switch
from inventory.units import units

WARDS = 168
STARTS_WITHIN_S = 120.0
SETTLE_S, SCRAPE_EVERY_S = 45.0, 30.0
MEASURED_S = 120.0 if os.environ.get("WARDOPS_SOAK") == "1" else 60.0
WARDOPS = str(Path(sys.executable).with_name("wardops"))


@dataclass(frozen=True)
class Found:
    """What the agent cost: share of one core, megabytes at most, and the last scrape."""

    core_share: float
    rss_mb: float
    devices_ok: int
    scrape_octets: int
    scrape_s: float


def write_inventory(folder: Path, port: int, version: str, export: str) -> None:
    """168 wards of two switches each, which export their uplink or all ports."""
    folder.mkdir()
    (folder / "site.yaml").write_text("schema: wardops/site/1\nvantage: hub\n", encoding="utf-8")
    secret = folder / "snmp.secret"
    secret.write_text(switch.USER if version == "3" else switch.COMMUNITY, encoding="utf-8")
    secret.chmod(0o600)
    for place, code in enumerate(sorted(units())[:WARDS]):
        lines = ["schema: wardops/inventory/1", f'ward: "{code}"', "devices:"]
        for half, role in enumerate(("core", "access")):
            number = place * 2 + half
            lines.append(
                f"  - {{name: sw-{code}-{half + 1}, kind: generic_switch, role: {role},"
                f" uplink: Gi1/0/1, export: {export}, address: {switch.address(number)},"
                f' snmp: {{auth: "file:snmp.secret", port: {port}}}}}'
            )
        (folder / f"{code}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def measured(port: int, version: str, export: str) -> Found:
    """Start an agent, let it settle, watch it with a scrape every 30 s."""
    with tempfile.TemporaryDirectory(prefix="wardops-bench-") as place:
        folder, at = Path(place), f"127.0.0.1:{processes.free_port()}"
        write_inventory(folder / "wards", port, version, export)
        command = [WARDOPS, "agent", "--inventory", str(folder / "wards"), "--state",
                   str(folder / "state"), "--listen", at]  # fmt: skip
        log = (folder / "log").open("w", encoding="utf-8")
        with log, processes.child(command, stdout=log, stderr=subprocess.STDOUT) as agent:
            url = f"http://{at}/metrics"
            try:
                processes.fetch_when_up(url, STARTS_WITHIN_S)
            except OSError:
                raise RuntimeError((folder / "log").read_text(encoding="utf-8")[-600:]) from None
            processes.pause(SETTLE_S)
            return _watched(agent.pid, url)


def _watched(pid: int, url: str) -> Found:
    before, begun, scrape_s, page = processes.cpu_s(pid), time.monotonic(), 0.0, ""
    for turn in range(int(MEASURED_S / SCRAPE_EVERY_S)):
        processes.pause(begun + turn * SCRAPE_EVERY_S + 1 - time.monotonic())
        asked = time.monotonic()
        page = processes.fetch(url, zipped=True)
        scrape_s = time.monotonic() - asked
    processes.pause(begun + MEASURED_S - time.monotonic())
    share = (processes.cpu_s(pid) - before) / (time.monotonic() - begun)
    ok = sum(
        row.startswith("wardops_probe_success{") and 'probe="snmp-interfaces"' in row
        and row.endswith(" 1")
        for row in page.splitlines()
    )  # fmt: skip
    return Found(share, processes.peak_mb(pid), ok, len(page.encode()), scrape_s)
