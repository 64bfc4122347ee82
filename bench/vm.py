"""`make bench`: what 504 machines, asked by their exporter every 30 s, cost the agent.

    PYTHONPATH=. python -m bench.vm

The real `wardops agent` with kept connections; the exporters stand on loopback in another process
and answer the page of Debian's prometheus-node-exporter on this machine. Beside it the same agent
with nothing to ask of them, and what prometheus-client's parser costs for the same page. Shares are
of one core, user and system, from /proc. Nothing is judged; a line of bench/results/vm.jsonl.
"""

from __future__ import annotations

import json
import os
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
SETTLE_S = 65.0  # what 504 log-ins and first pages cost is not what follows
MEASURED_S = 300.0 if os.environ.get("WARDOPS_SOAK") == "1" else 60.0
PARSED = 50
RESULTS = processes.ROOT / "bench/results/vm.jsonl"
EXPORTER = "prometheus-node-exporter"


@dataclass(frozen=True)
class Cost:
    """What an agent cost: share of a core, megabytes at most, and its runs by reason."""

    share: float
    rss_mb: float
    runs: dict[str, int]


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


def write_inventory(folder: Path, port: int, *, asked: bool) -> None:
    """168 wards with three machines each, which are asked or not."""
    folder.mkdir()
    (folder / "site.yaml").write_text("schema: wardops/site/1\nvantage: hub\n", encoding="utf-8")
    for number, code in enumerate(sorted(units())[:WARDS]):
        lines = ["schema: wardops/inventory/1", f'ward: "{code}"', "devices:"]
        for turn in range(MACHINES_A_WARD):
            host = place(25, number * MACHINES_A_WARD + turn)
            way = f", node_exporter: 'http://{host}:{port}/metrics'" if asked else ""
            lines.append(
                f"  - {{name: vm-{code}-{turn}, kind: linux_vm, role: vm, site: dc,"
                f" address: {host}, ping: false{way}}}"
            )
        (folder / f"{code}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def agent_cost(folder: Path, port: int, *, asked: bool) -> Cost:
    """Start an agent, let it settle, watch it."""
    own = folder / ("asked" if asked else "idle")
    own.mkdir()
    write_inventory(own / "wards", port, asked=asked)
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
        after = runs_of(processes.fetch(url, zipped=True))
        after.subtract(before)
        runs = Counter[str]()
        for (_probe, reason), count in after.items():
            runs[reason] += count
        return Cost(share, processes.peak_mb(agent.pid), dict(+runs))


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
        with exporters(folder / "page") as port:
            idle = agent_cost(folder, port, asked=False)
            asked = agent_cost(folder, port, asked=True)
    failed = {reason: count for reason, count in asked.runs.items() if reason != "ok"}
    sys.stdout.write(
        f"vm: {MACHINES} machines every {PERIOD_S:g} s, {len(page) / 1000:.0f} kB a page,"
        f" {asked.runs.get('ok', 0)} polls in {MEASURED_S:.0f} s, failed: {failed or 'none'}:"
        f" {asked.share:.1%} of a core ({idle.share:.1%} with nothing to ask),"
        f" {asked.rss_mb:.0f} MB at most ({idle.rss_mb:.0f});"
        f" reading a page {ours_ms:.2f} ms, prometheus-client {peer_ms:.1f} ms\n"
    )
    RESULTS.parent.mkdir(exist_ok=True)
    kept = {
        "at": SystemClock().now().isoformat(timespec="seconds"), "idle": asdict(idle),
        "asked": asdict(asked), "ours_ms": ours_ms, "peer_ms": peer_ms,
    }  # fmt: skip
    with RESULTS.open("a", encoding="utf-8") as record:
        record.write(json.dumps(kept) + "\n")


if __name__ == "__main__":
    main()
