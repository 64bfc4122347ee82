"""`make bench`: what lines and services of 168 wards cost the agent of a centre; nothing is judged.

    PYTHONPATH=. python -m bench.line [echoes] [stamp]      default: both

The real `wardops agent` with its real sockets; what it asks stands on loopback in another process.
Each ward has the two ends of its line (an echo every 5 s, a burst of five every 30 s) and five
services (each every 60 s: three pages, a port, a resolver); with `stamp` a reflector as well, to
which 150 packets go every 30 s. Two figures of CPU: of the first minute, in which everything is
asked for the first time, and of what follows. Also a line each of bench/results/line.jsonl.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.snmp import processes
from inventory.units import units
from probes.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator

WARDS = 168
SETTLE_S, SCRAPE_EVERY_S = 75.0, 30.0  # the last services are first asked a minute after the start
MEASURED_S = 300.0 if os.environ.get("WARDOPS_SOAK") == "1" else 60.0
STARTS_WITHIN_S = 120.0
RESULTS = processes.ROOT / "bench/results/line.jsonl"
WARDOPS = str(Path(sys.executable).with_name("wardops"))
_RUNS = re.compile(r'wardops_probe_runs_total\{.*probe="([^"]+)",reason="([^"]+)"\} (\d+)')
_SKIPPED = re.compile(r"wardops_agent_polls_skipped_total\{.*\} (\d+)")
_LAG = re.compile(r'wardops_agent_loop_lag_seconds_bucket\{le="([^"]+)"\} (\d+)')
_LATE_S = "0.1"


@dataclass(frozen=True)
class Found:
    """What the agent cost, and whether it kept its rhythm: shares of one core, megabytes, counts.

    `late_ticks` are the seconds in which the loop came back more than 0.1 s late.
    """

    core_share: float
    first_share: float
    rss_mb: float
    polls_per_s: float
    by_probe: dict[str, int]
    failed: dict[str, int]
    skipped: int
    late_ticks: int


def place(net: int, number: int) -> str:
    """An address of loopback for a ward: one /16 for each kind of thing."""
    return f"127.{net}.{number // 200}.{1 + number % 200}"


@contextmanager
def far_ends() -> Iterator[dict[str, int]]:
    """Services and reflectors answer inside the block; the port of each kind."""
    command = [sys.executable, "-m", "bench.far_ends", *(place(23, n) for n in range(WARDS))]
    with processes.child(command, stdout=subprocess.PIPE) as process:
        if process.stdout:  # a pipe: it is always there
            with process.stdout:
                yield json.loads(process.stdout.readline())


def write_inventory(folder: Path, at: dict[str, int], what: str) -> None:
    """168 wards as the centre sees them: their lines, and the services that all of them use."""
    folder.mkdir()
    (folder / "site.yaml").write_text("schema: wardops/site/1\nvantage: hub\n", encoding="utf-8")
    for number, code in enumerate(sorted(units())[:WARDS]):
        far = f", ward_reflector: {{address: {place(23, number)}, port: {at['stamp']}}}"
        lines = [
            "schema: wardops/inventory/1",
            f'ward: "{code}"',
            "devices:",
            f"  - {{name: ce-{code}, kind: generic_router, role: ce,"
            f" address: {place(21, number)}}}",
            f"path: {{gateway: {{address: {place(22, number)}}}{far if what == 'stamp' else ''}}}",
            "services:",
            *(
                f'  - {{id: {name}, name: {{vi: "{name}", en: "{name}"}}, module: {module},'
                f' url: "{url}"}}'
                for name, module, url in services(at)
            ),
        ]
        (folder / f"{code}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def services(at: dict[str, int]) -> Iterator[tuple[str, str, str]]:
    """Name, module and URL of the five."""
    for name in ("tthc", "portal", "mail"):
        yield name, "http_2xx", f"http://127.0.0.1:{at['http']}/{name}"
    yield "storage", "tcp_connect", f"tcp://127.0.0.1:{at['http']}"
    yield "names", "dns", f"dns://127.0.0.1:{at['dns']}/tthc.example"


def measured(what: str) -> Found:
    """Start an agent, watch its first minute and what follows, with a scrape every 30 s."""
    with tempfile.TemporaryDirectory(prefix="wardops-bench-") as name, far_ends() as ports:
        folder, at = Path(name), f"127.0.0.1:{processes.free_port()}"
        write_inventory(folder / "wards", ports, what)
        command = [WARDOPS, "agent", "--inventory", str(folder / "wards"), "--state",
                   str(folder / "state"), "--listen", at]  # fmt: skip
        log = (folder / "log").open("w", encoding="utf-8")
        with log, processes.child(command, stdout=log, stderr=subprocess.STDOUT) as agent:
            url = f"http://{at}/metrics"
            try:
                processes.fetch_when_up(url, STARTS_WITHIN_S)
            except OSError:
                raise RuntimeError((folder / "log").read_text(encoding="utf-8")[-600:]) from None
            first, _page = watched(agent.pid, url, SETTLE_S)
            before = processes.fetch(url, zipped=True)
            share, after = watched(agent.pid, url, MEASURED_S)
            return found(before, after, first, share, processes.peak_mb(agent.pid))


def watched(pid: int, url: str, for_s: float) -> tuple[float, str]:
    """The share of a core over that time, and the last page of a scrape every 30 s."""
    used, begun, page = processes.cpu_s(pid), time.monotonic(), ""
    for turn in range(1, 1 + int(for_s / SCRAPE_EVERY_S)):
        processes.pause(begun + turn * SCRAPE_EVERY_S - 1 - time.monotonic())
        page = processes.fetch(url, zipped=True)
    processes.pause(begun + for_s - time.monotonic())
    return (processes.cpu_s(pid) - used) / (time.monotonic() - begun), page


def found(before: str, after: str, first: float, share: float, rss_mb: float) -> Found:
    """What the two pages say was done between them."""
    runs = runs_of(after)
    runs.subtract(runs_of(before))
    by_probe, failed = Counter[str](), Counter[str]()
    for (probe, reason), count in runs.items():
        by_probe[probe] += count
        if reason != "ok" and count:
            failed[f"{probe} {reason}"] += count
    skipped, late = (count(after) - count(before) for count in (skipped_of, late_of))
    between_s = MEASURED_S - 1  # the last scrape is a second before the end
    return Found(
        share, first, rss_mb, by_probe.total() / between_s, dict(by_probe), dict(failed),
        skipped, late,
    )  # fmt: skip


def runs_of(page: str) -> Counter[tuple[str, str]]:
    """Runs by probe and reason."""
    told = Counter[tuple[str, str]]()
    for probe, reason, count in _RUNS.findall(page):
        told[probe, reason] += int(count)
    return told


def skipped_of(page: str) -> int:
    """Runs that were left out because the one before still ran."""
    return sum(map(int, _SKIPPED.findall(page)))


def late_of(page: str) -> int:
    """Ticks of the loop that came too late."""
    lags = {bound: int(count) for bound, count in _LAG.findall(page)}
    return lags.get("+Inf", 0) - lags.get(_LATE_S, 0)


def show(what: str, one: Found) -> None:
    """Say it, and keep it."""
    counts = ", ".join(f"{count} {probe}" for probe, count in sorted(one.by_probe.items()))
    failed = ", ".join(f"{count} {problem}" for problem, count in one.failed.items()) or "none"
    sys.stdout.write(
        f"line, {what}: {WARDS} wards, {one.polls_per_s:.0f} polls/s ({counts}),"
        f" a scrape each 30 s: {one.core_share:.1%} of a core ({one.first_share:.1%} in the first"
        f" {SETTLE_S:.0f} s), {one.rss_mb:.0f} MB at most, {one.skipped} polls left out,"
        f" {one.late_ticks} late ticks, failed: {failed}\n"
    )
    sys.stdout.flush()
    RESULTS.parent.mkdir(exist_ok=True)
    at = SystemClock().now().isoformat(timespec="seconds")
    with RESULTS.open("a", encoding="utf-8") as record:
        record.write(json.dumps({"at": at, "what": what, **asdict(one)}) + "\n")


def main(words: list[str]) -> None:
    """Measure what was named, or both."""
    for what in words or ("echoes", "stamp"):
        show(what, measured(what))


if __name__ == "__main__":
    main(sys.argv[1:])
