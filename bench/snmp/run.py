"""`make bench`: what a poll costs here, beside pysnmp and snmp_exporter; nothing is judged.

    PYTHONPATH=. python -m bench.snmp.run [rounds] [sweep] [busy] [agent]      default: all four

A minute or two for each part; with WARDOPS_SOAK=1 10,080 busy polls instead of 2,016, and the agent
also on v3, for longer.

CPU is user and system of the polling process alone, from /proc. Engines take turns within a round,
and the ratio is taken within it, because the machine is not equally fast at all times. Each figure
is also one line of bench/results/snmp.jsonl.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.snmp import processes, switch, whole_agent
from probes.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator

RESULTS = processes.ROOT / "bench/results/snmp.jsonl"
IS_WHOLE = os.environ.get("WARDOPS_SOAK") == "1"
ROUNDS, POLLS, PYSNMP_POLLS, SWEEPS = 5, 100, 4, 5
BUSY_SWEEPS = 30 if IS_WHOLE else 6
BUSY_DEADLINE_S = 120.0  # all polls of a sweep wait for one starved process
ROUND_TRIP_MS = 5
MODULES = {"2c": "bench_v2", "3": "bench_v3"}


def say(line: str) -> None:
    """One line of the report."""
    print(line, flush=True)  # noqa: T201 - a report


def keep(what: str, **figures: Any) -> None:
    """One line of the record."""
    RESULTS.parent.mkdir(exist_ok=True)
    at = SystemClock().now().isoformat(timespec="seconds")
    with RESULTS.open("a", encoding="utf-8") as record:
        record.write(json.dumps({"at": at, "what": what, **figures}) + "\n")


@dataclass(frozen=True)
class Cost:
    """What one engine's polls of one round came to, per poll."""

    cpu_ms: float
    wall_ms: float
    pdus: float
    rss_mb: float


def by_client(client: processes.Client, engine: str, version: str, port: int) -> Cost | str:
    """Polls by our process; what it said when it could not."""
    polls = POLLS if engine == "fast" else PYSNMP_POLLS
    tally = client.batch(
        engine=engine, version=version, port=port, polls=polls, switches=20, parallel=1
    )
    if tally["failed"] or tally["wrong"]:
        return str(tally["error"] or f"{tally['wrong']} polls did not have 705 varbinds")
    pdus = tally["pdus"] / polls
    return Cost(tally["cpu_s"] / polls * 1e3, tally["wall_s"] / polls * 1e3, pdus, tally["rss_mb"])


def by_exporter(exporter: processes.Exporter, version: str, port: int) -> Cost | str:
    """The same polls by snmp_exporter."""
    before, begun, sent = processes.cpu_s(exporter.pid), time.perf_counter(), 0.0
    for number in range(POLLS):
        page = exporter.page(switch.address(number % 20), port, MODULES[version])
        told = dict(row.split(" ") for row in page.splitlines() if row.startswith("snmp_scrape_"))
        if told.get("snmp_scrape_pdus_returned") != str(switch.VARBINDS):
            return "snmp_exporter did not have 705 varbinds"
        sent += float(told["snmp_scrape_packets_sent"])
    wall_s, used_s = time.perf_counter() - begun, processes.cpu_s(exporter.pid) - before
    rss_mb = processes.peak_mb(exporter.pid)
    return Cost(used_s / POLLS * 1e3, wall_s / POLLS * 1e3, sent / POLLS, rss_mb)


def rounds(program: Path) -> None:
    """The table: engines by turns, v2c and v3."""
    with ExitStack() as stack:
        port = stack.enter_context(switch.responding(program))
        ours = stack.enter_context(processes.client())
        slow = stack.enter_context(processes.client())
        other = _exporter(stack)
        say(f"\n{'CPU ms/poll':26}{'median':>8}{'min':>8}{'max':>8}{'wall ms':>9}{'PDUs':>6}"
            f"{'RSS MB':>8}   of snmp_exporter, within a round")  # fmt: skip
        for version in MODULES:
            found: dict[str, list[Cost | str]] = {}
            for turn in range(ROUNDS + 1):  # the first warms up and does not count
                costs = {
                    "wardops": by_client(ours, "fast", version, port),
                    "pysnmp": by_client(slow, "pysnmp", version, port),
                }
                if other is not None:
                    costs["snmp_exporter"] = by_exporter(other, version, port)
                if turn:
                    for name, cost in costs.items():
                        found.setdefault(name, []).append(cost)
            for name, of_rounds in found.items():
                _row(name, version, of_rounds, found.get("snmp_exporter", []))


def _exporter(stack: ExitStack) -> processes.Exporter | None:
    if shutil.which(processes.EXPORTER) is None:
        say("snmp_exporter is not here; apt-get install prometheus-snmp-exporter")
        return None
    say(f"beside: {processes.exporter_version()}")
    return stack.enter_context(processes.exporter())


def _row(name: str, version: str, costs: list[Cost | str], others: list[Cost | str]) -> None:
    label = f"{name} v{version}"
    good = [cost for cost in costs if isinstance(cost, Cost)]
    if len(good) < len(costs):
        say(f"{label:26}{next(cost for cost in costs if isinstance(cost, str))}")
        return
    cpu = [cost.cpu_ms for cost in good]
    wall, pdus = (
        statistics.median(values)
        for values in zip(*((c.wall_ms, c.pdus) for c in good), strict=True)
    )
    ratios = [
        cost.cpu_ms / other.cpu_ms
        for cost, other in zip(good, others, strict=False)
        if isinstance(other, Cost) and other.cpu_ms
    ]
    told = ""
    if ratios and name != "snmp_exporter":
        told = f"   {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    rss = good[-1].rss_mb
    say(f"{label:26}{statistics.median(cpu):8.2f}{min(cpu):8.2f}{max(cpu):8.2f}{wall:9.2f}"
        f"{pdus:6.0f}{rss:8.1f}{told}")  # fmt: skip
    keep("rounds", engine=name, version=version, cpu_ms=cpu, wall_ms=wall, pdus=pdus,
         rss_mb=rss, ratios=ratios)  # fmt: skip


def sweep(program: Path) -> None:
    """All 336 switches at once, answers 5 ms away."""
    with switch.responding(program, ROUND_TRIP_MS) as port, processes.client() as ours:
        for version in MODULES:
            order = {"engine": "fast", "version": version, "port": port, "polls": switch.SWITCHES,
                     "switches": switch.SWITCHES, "parallel": switch.SWITCHES}  # fmt: skip
            tallies = [ours.batch(**order) for _ in range(SWEEPS + 1)][1:]
            bad = [tally for tally in tallies if tally["failed"] or tally["wrong"]]
            if bad:
                lost = sum(tally["failed"] + tally["wrong"] for tally in bad)
                say(f"sweep v{version}: {lost} polls came to nothing: {bad[0]['error']}")
                continue
            walls = [tally["wall_s"] for tally in tallies]
            spread = f"{min(walls):.2f} to {max(walls):.2f}"
            say(
                f"sweep v{version}: 336 switches, {ROUND_TRIP_MS} ms away: "
                f"median {statistics.median(walls):.2f} s ({spread})"
            )
            keep("sweep", version=version, wall_s=walls, cpu_s=[t["cpu_s"] for t in tallies])


@contextmanager
def spinners() -> Iterator[None]:
    """Two processes that take all of two cores that they are given."""
    command = [sys.executable, "-c", "while True: pass"]
    with processes.child(command), processes.child(command):
        yield


def busy(program: Path) -> None:
    """Polls of all switches at once while both cores have something else to do."""
    with switch.responding(program, ROUND_TRIP_MS) as port, processes.client() as ours, spinners():
        polls = BUSY_SWEEPS * switch.SWITCHES
        tally = ours.batch(engine="fast", version="2c", port=port, polls=polls,
                           switches=switch.SWITCHES, parallel=switch.SWITCHES,
                           deadline_s=BUSY_DEADLINE_S)  # fmt: skip
    say(f"busy: {polls} polls, 336 at once, two spinners: {tally['silent']} called silent, "
        f"{tally['failed']} failed, {tally['wrong']} wrong, {tally['retries']} asked again, "
        f"{tally['wall_s']:.0f} s")  # fmt: skip
    keep("busy", **tally)


def agent(program: Path) -> None:
    """The whole agent on 336 switches."""
    with switch.responding(program, ROUND_TRIP_MS) as port:
        for version in MODULES if IS_WHOLE else ("2c",):
            for export in ("uplink", "all"):
                _agent_row(whole_agent.measured(port, version, export), version, export)


def _agent_row(found: whole_agent.Found, version: str, export: str) -> None:
    say(f"agent v{version}, export {export}: 336 switches each 30 s, pings, a scrape each 30 s: "
        f"{found.core_share:.1%} of a core, {found.rss_mb:.0f} MB at most, "
        f"{found.devices_ok} of {switch.SWITCHES} ok, scrape {found.scrape_octets} octets "
        f"in {found.scrape_s:.2f} s")  # fmt: skip
    keep("agent", version=version, export=export, **found.__dict__)


PARTS = {"rounds": rounds, "sweep": sweep, "busy": busy, "agent": agent}


def main(words: list[str]) -> None:
    """Run the parts that were named, or all."""
    with tempfile.TemporaryDirectory(prefix="wardops-bench-") as folder:
        try:
            program = switch.build(Path(folder))
        except (RuntimeError, subprocess.CalledProcessError) as problem:
            say(f"bench/snmp left out: {problem}")
            return
        for name in words or PARTS:
            PARTS[name](program)


if __name__ == "__main__":
    main(sys.argv[1:])
