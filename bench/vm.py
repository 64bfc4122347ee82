"""`make bench`: what 504 machines and the hosts they run on cost the agent, judging included.

    PYTHONPATH=. python -m bench.vm

The real `wardops agent` with kept connections. The exporters, asked every 30 s, stand on loopback
in another process and answer the page of Debian's prometheus-node-exporter on this machine; so do
four hosts with all the machines as their guests (Proxmox's API over TLS), asked every 120 s. Every
machine is judged by all rules, and each ward has a quota. Beside it the same agent with nothing to
ask of them, with exporters alone, and what prometheus-client's parser costs for the same page.
Shares are of one core, user and system, from /proc. No figure is judged; a line of
bench/results/vm.jsonl.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from bench.line import STARTS_WITHIN_S, WARDOPS, place, runs_of, watched
from bench.snmp import processes
from inventory.units import units
from probes.clock import SystemClock
from probes.vm.node_exporter import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WARDS, MACHINES_A_WARD, PERIOD_S = 168, 3, 30.0
MACHINES = WARDS * MACHINES_A_WARD
HOSTS = 4
SETTLE_S = 65.0  # what 504 log-ins and first pages cost is not what follows
MEASURED_S = 300.0 if os.environ.get("WARDOPS_SOAK") == "1" else 120.0  # all hosts once
PARSED = 50
RESULTS = processes.ROOT / "bench/results/vm.jsonl"
EXPORTER = "prometheus-node-exporter"


@dataclass(frozen=True)
class Cost:
    """What an agent cost: share of a core, megabytes at most, and its runs by reason.

    `judged` are the machines whose rules it tells, `told` those whose power a host told it.
    """

    share: float
    rss_mb: float
    runs: dict[str, int]
    judged: int
    told: int


def page_of_this_machine() -> str:
    """What Debian's exporter says here; raises SystemExit where it is not installed."""
    if shutil.which(EXPORTER) is None:
        sys.exit(f"bench.vm needs {EXPORTER}: apt-get install {EXPORTER}")
    at = f"127.0.0.1:{processes.free_port()}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with processes.child([EXPORTER, f"--web.listen-address={at}"], **quiet):
        return processes.fetch_when_up(f"http://{at}/metrics", STARTS_WITHIN_S)


@contextmanager
def exporters(page: Path) -> Iterator[int]:
    """Machines answer inside the block; their port."""
    command = [sys.executable, "-m", "bench.exporters", str(page)]
    command += [place(25, number) for number in range(MACHINES)]
    with processes.child(command, stdout=subprocess.PIPE) as process:
        if process.stdout:  # a pipe: it is always there
            with process.stdout:
                yield int(process.stdout.readline())


@contextmanager
def hosts() -> Iterator[int]:
    """Hypervisors with all machines answer inside the block; their port."""
    command = [sys.executable, "-m", "bench.hosts", str(MACHINES)]
    command += [place(26, number) for number in range(HOSTS)]
    with processes.child(command, stdout=subprocess.PIPE) as process:
        if process.stdout:  # a pipe: it is always there
            with process.stdout:
                yield int(process.stdout.readline())


@dataclass(frozen=True)
class Ports:
    """Where exporters and hosts answer; None where nobody is asked."""

    exporters: int | None = None
    hosts: int | None = None


def write_inventory(folder: Path, ports: Ports) -> None:
    """168 wards with three machines each, which are asked or not; the hosts are the first ward's.

    With hosts each machine says which guest of which host it is.
    """
    folder.mkdir()
    (folder / "token").write_text("look@pve!ward=0123-4567", encoding="utf-8")
    (folder / "token").chmod(0o600)
    (folder / "site.yaml").write_text("schema: wardops/site/1\nvantage: hub\n", encoding="utf-8")
    for number, code in enumerate(sorted(units())[:WARDS]):
        lines = ["schema: wardops/inventory/1", f'ward: "{code}"', "devices:"]
        for turn in range(MACHINES_A_WARD):
            guest = number * MACHINES_A_WARD + turn
            host = place(25, guest)
            page = f"http://{host}:{ports.exporters}/metrics"
            way = f", node_exporter: '{page}'" if ports.exporters else ""
            on = f"hypervisor: pve-{guest * HOSTS // MACHINES}, id: '{guest}'"
            way += f", machine: {{hosting: dc, guest: {{{on}}}}}" if ports.hosts else ""
            lines.append(
                f"  - {{name: vm-{code}-{turn}, kind: linux_vm, role: vm, site: dc,"
                f" address: {host}, ping: false{way}}}"
            )
        if ports.hosts:
            lines += [_host(turn, ports.hosts) for turn in range(HOSTS if number == 0 else 0)]
            lines.append("quota: {cpu_cores: 16, memory_gib: 32, disk_gib: 256}")
        (folder / f"{code}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _host(turn: int, port: int) -> str:
    access = f"{{auth: 'file:token', port: {port}, insecure: true}}"
    return (
        f"  - {{name: pve-{turn}, kind: proxmox, address: {place(26, turn)}, ping: false,"
        f" https: {access}}}"
    )


def agent_cost(folder: Path, name: str, ports: Ports) -> Cost:
    """Start an agent, let it settle, watch it."""
    own = folder / name
    own.mkdir()
    write_inventory(own / "wards", ports)
    at = f"127.0.0.1:{processes.free_port()}"
    command = [WARDOPS, "agent", "--inventory", str(own / "wards"), "--state", str(own / "state"),
               "--listen", at]  # fmt: skip
    log = (own / "log").open("w", encoding="utf-8")
    with log, processes.child(command, stdout=log, stderr=subprocess.STDOUT) as agent:
        url = f"http://{at}/metrics"
        processes.fetch_when_up(url, STARTS_WITHIN_S)
        watched(agent.pid, url, SETTLE_S)
        before = runs_of(processes.fetch(url, zipped=True))
        share, _page = watched(agent.pid, url, MEASURED_S)
        page = processes.fetch(url, zipped=True)
        after = runs_of(page)
        after.subtract(before)
        runs = Counter[str]()
        for (_probe, reason), count in after.items():
            runs[reason] += count
        judged = page.count('severity="crit",result="pass"}')
        told = len(re.findall(r'wardops_vm_power_state\{[^}]*state="on"\} 1', page))
        return Cost(share, processes.peak_mb(agent.pid), dict(+runs), judged, told)


def cpu_ms(work: Callable[[], object]) -> float:
    """Milliseconds of CPU that one turn of the work takes."""
    begun = os.times()
    for _turn in range(PARSED):
        work()
    ended = os.times()
    return (ended.user + ended.system - begun.user - begun.system) / PARSED * 1000


def main() -> None:
    """Measure, say it, and keep it."""
    text = page_of_this_machine()
    page = text.encode()
    ours_ms = cpu_ms(lambda: read(page))
    peer_ms = cpu_ms(lambda: list(text_string_to_metric_families(text)))
    with tempfile.TemporaryDirectory(prefix="wardops-bench-") as name:
        folder = Path(name)
        (folder / "page").write_bytes(page)
        with exporters(folder / "page") as pages, hosts() as guests:
            idle = agent_cost(folder, "idle", Ports())
            asked = agent_cost(folder, "asked", Ports(pages))
            whole = agent_cost(folder, "whole", Ports(pages, guests))
    failed = {reason: count for reason, count in (Counter(asked.runs) + Counter(whole.runs)).items()
              if reason != "ok"}  # fmt: skip
    sys.stdout.write(
        f"vm: {MACHINES} machines every {PERIOD_S:g} s, {len(page) / 1000:.0f} kB a page,"
        f" {asked.runs.get('ok', 0)} polls in {MEASURED_S:.0f} s, failed: {failed or 'none'}:"
        f" {asked.share:.1%} of a core ({idle.share:.1%} with nothing to ask),"
        f" {asked.rss_mb:.0f} MB at most ({idle.rss_mb:.0f});"
        f" with their {HOSTS} hosts {whole.share:.1%}, {whole.rss_mb:.0f} MB,"
        f" {whole.judged} judged, power told of {whole.told};"
        f" reading a page {ours_ms:.2f} ms, prometheus-client {peer_ms:.1f} ms\n"
    )
    RESULTS.parent.mkdir(exist_ok=True)
    kept = {
        "at": SystemClock().now().isoformat(timespec="seconds"), "idle": asdict(idle),
        "asked": asdict(asked), "whole": asdict(whole), "ours_ms": ours_ms, "peer_ms": peer_ms,
    }  # fmt: skip
    with RESULTS.open("a", encoding="utf-8") as record:
        record.write(json.dumps(kept) + "\n")


if __name__ == "__main__":
    main()
