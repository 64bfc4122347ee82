"""`make bench`: what 168 Cisco endpoints, asked every 30 s, cost the agent; nothing is judged.

    PYTHONPATH=. python -m bench.vc [idle] [talking]      default: idle

The real `wardops agent` with kept TLS connections, each certificate pinned; the endpoints stand on
loopback in another process and answer 80 kB each. Those that are talking are asked every 10 s.
Beside it the same agent with nothing to ask of them, and what a plain client costs: httpx with a
new connection for each poll, the tree read by defusedxml. Shares are of one core, user and system,
from /proc. A line of bench/results/vc.jsonl.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.line import STARTS_WITHIN_S, WARDOPS, place, runs_of, watched
from bench.snmp import processes
from inventory.units import units
from probes.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDPOINTS = 168
SETTLE_S = 45.0
MEASURED_S = 300.0 if os.environ.get("WARDOPS_SOAK") == "1" else 90.0
NAIVE_POLLS = 336
RESULTS = processes.ROOT / "bench/results/vc.jsonl"
WORD = "poll:bench"


@contextmanager
def codecs(folder: Path, port: int, mood: str = "idle") -> Iterator[str]:
    """Endpoints answer inside the block; the pin of their certificate."""
    command = [sys.executable, "-m", "bench.codecs", str(folder), str(port), mood]
    command += [place(31, number) for number in range(ENDPOINTS)]
    with processes.child(command, stdout=subprocess.PIPE) as process:
        if process.stdout:  # a pipe: it is always there
            with process.stdout:
                yield process.stdout.readline().strip()


def write_inventory(folder: Path, port: int, pin: str, *, asked: bool) -> None:
    """168 wards with an endpoint each, which is asked or not."""
    folder.mkdir()
    (folder / "site.yaml").write_text("schema: wardops/site/1\nvantage: hub\n", encoding="utf-8")
    way = f", https: {{auth: 'env:WARDOPS_BENCH_VC', port: {port}, pin: '{pin}'}}" if asked else ""
    for number, code in enumerate(sorted(units())[:ENDPOINTS]):
        device = (
            f"{{name: vc-{code}, kind: cisco_ce, role: vc, address: {place(31, number)},"
            f" ping: false{way}}}"
        )
        text = f'schema: wardops/inventory/1\nward: "{code}"\ndevices:\n  - {device}\n'
        (folder / f"{code}.yaml").write_text(text, encoding="utf-8")


def agent_share(
    folder: Path, port: int, pin: str, *, asked: bool
) -> tuple[float, Counter[str], float]:
    """Share of a core of one agent, its runs by reason, and the most memory it held."""
    place_of = folder / ("asked" if asked else "idle")
    place_of.mkdir()
    write_inventory(place_of / "wards", port, pin, asked=asked)
    at = f"127.0.0.1:{processes.free_port()}"
    command = [WARDOPS, "agent", "--inventory", str(place_of / "wards"), "--state",
               str(place_of / "state"), "--listen", at]  # fmt: skip
    log = (place_of / "log").open("w", encoding="utf-8")
    environ = {"WARDOPS_BENCH_VC": WORD}
    with (
        log,
        processes.child(command, stdout=log, stderr=subprocess.STDOUT, environ=environ) as agent,
    ):
        url = f"http://{at}/metrics"
        try:
            processes.fetch_when_up(url, STARTS_WITHIN_S)
        except OSError:
            said = (place_of / "log").read_text(encoding="utf-8")
            raise RuntimeError(said[-600:]) from None
        watched(agent.pid, url, SETTLE_S)
        before = runs_of(processes.fetch(url, zipped=True))
        share, _page = watched(agent.pid, url, MEASURED_S)
        after = runs_of(processes.fetch(url, zipped=True))
        after.subtract(before)
        runs = Counter[str]()
        for (probe, reason), count in after.items():
            runs["ok" if reason == "ok" else f"{probe} {reason}"] += count
        return share, +runs, processes.peak_mb(agent.pid)


_NAIVE = """
import sys, httpx
from defusedxml.ElementTree import fromstring
hosts = sys.argv[3:]
for number in range(int(sys.argv[2])):
    url = f"https://{hosts[number % len(hosts)]}:{sys.argv[1]}/status.xml"
    answer = httpx.get(url, auth=("poll", "bench"), verify=False)
    tree = fromstring(answer.content)
    tree.findtext("SystemUnit/Uptime")
"""


def naive_ms(port: int, polls: int) -> float:
    """CPU of one poll by a plain client, without what its start costs."""
    hosts = [place(31, number) for number in range(ENDPOINTS)]
    used = []
    for count in (1, polls):
        command = [sys.executable, "-W", "ignore", "-c", _NAIVE, str(port), str(count), *hosts]
        begun = os.times()
        subprocess.run(command, check=True)  # noqa: S603 - our own words
        ended = os.times()
        used.append(
            ended.children_user + ended.children_system - begun.children_user
            - begun.children_system
        )  # fmt: skip
    return (used[1] - used[0]) / (polls - 1) * 1000


def measure(mood: str) -> None:
    """Measure, say it, and keep it."""
    with tempfile.TemporaryDirectory(prefix="wardops-bench-") as name:
        folder, port = Path(name), processes.free_port()
        with codecs(folder, port, mood) as pin:
            idle, _runs, _mb = agent_share(folder, port, pin, asked=False)
            share, runs, rss_mb = agent_share(folder, port, pin, asked=True)
            plain_ms = naive_ms(port, NAIVE_POLLS)
    per_s = sum(runs.values()) / MEASURED_S
    ours_ms = (share - idle) / per_s * 1000
    failed = {reason: count for reason, count in runs.items() if reason != "ok"}
    sys.stdout.write(
        f"vc, {mood}: {ENDPOINTS} endpoints over kept TLS, {runs['ok']} good polls in"
        f" {MEASURED_S:.0f} s: {share:.1%} of a core ({idle:.1%} with nothing to ask),"
        f" {ours_ms:.1f} ms a poll, {rss_mb:.0f} MB at most, failed: {failed or 'none'};"
        f" httpx and defusedxml without keep-alive: {plain_ms:.1f} ms a poll,"
        f" {plain_ms * per_s / 1000:.1%} of a core, {plain_ms / ours_ms:.1f} times as much\n"
    )
    RESULTS.parent.mkdir(exist_ok=True)
    at = SystemClock().now().isoformat(timespec="seconds")
    kept = {
        "at": at, "mood": mood, "share": share, "idle": idle, "ours_ms": ours_ms,
        "naive_ms": plain_ms, "rss_mb": rss_mb, "ok": runs["ok"], "failed": failed,
    }  # fmt: skip
    with RESULTS.open("a", encoding="utf-8") as record:
        record.write(json.dumps(kept) + "\n")


def main(moods: list[str]) -> None:
    """Measure what was named."""
    for mood in moods or ("idle",):
        measure(mood)


if __name__ == "__main__":
    main(sys.argv[1:])
