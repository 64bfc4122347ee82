"""The processes that the bench starts: what they cost, read from /proc, and how they are asked."""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
EXPORTER = "prometheus-snmp-exporter"
EXPORTER_YML = Path(__file__).with_name("snmp.yml")
_TICKS = os.sysconf("SC_CLK_TCK")


def pause(for_s: float) -> None:
    """Wait in real time; nothing else runs here meanwhile."""
    Event().wait(max(0.0, for_s))


def cpu_s(pid: int) -> float:
    """User and system seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def peak_mb(pid: int) -> float:
    """The most memory that a process has held."""
    for row in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if row.startswith("VmHWM:"):
            return int(row.split()[1]) / 1024
    return 0.0


def free_port() -> int:
    """A TCP port of loopback that nobody uses now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextmanager
def child(command: list[str], **given: Any) -> Iterator[subprocess.Popen[str]]:
    """A process for as long as the block runs."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT), **given.pop("environ", {})}
    process = subprocess.Popen(command, env=environ, text=True, cwd=ROOT, **given)  # noqa: S603
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@dataclass
class Client:
    """A `client.py` that polls when told to."""

    pid: int
    orders: IO[str]
    answers: IO[str]

    def batch(self, **order: Any) -> dict[str, Any]:
        """Let it poll; its tally, with the CPU that `/proc` gives as `cpu_s`."""
        before = cpu_s(self.pid)
        self.orders.write(json.dumps(order) + "\n")
        self.orders.flush()
        tally: dict[str, Any] = json.loads(self.answers.readline())
        return tally | {"cpu_s": cpu_s(self.pid) - before, "rss_mb": peak_mb(self.pid)}


@contextmanager
def client() -> Iterator[Client]:
    """A polling process."""
    command = [sys.executable, "-m", "bench.snmp.client"]
    with child(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        orders, answers = process.stdin, process.stdout
        if orders and answers:  # both are pipes: they are always there
            with orders, answers:
                yield Client(process.pid, orders, answers)


def fetch(url: str, timeout_s: float = 20, *, zipped: bool = False) -> str:
    """The text behind a URL of loopback; `zipped` on its way as Prometheus wants it."""
    headers = {"Accept-Encoding": "gzip"} if zipped else {}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=timeout_s) as answer:  # noqa: S310 - loopback
        body: bytes = answer.read()
        packed = answer.headers.get("Content-Encoding") == "gzip"
    return (gzip.decompress(body) if packed else body).decode()


def fetch_when_up(url: str, within_s: float = 20) -> str:
    """The same of a server that is about to start; OSError when it does not."""
    end = time.monotonic() + within_s
    while True:
        try:
            return fetch(url)
        except OSError:
            if time.monotonic() > end:
                raise
            pause(0.1)


@dataclass(frozen=True)
class Exporter:
    """A running snmp_exporter."""

    pid: int
    url: str

    def page(self, host: str, port: int, module: str) -> str:
        """What it shows of a device."""
        return fetch(f"{self.url}/snmp?target={host}:{port}&module={module}")


@contextmanager
def exporter() -> Iterator[Exporter]:
    """Debian's snmp_exporter with the bench's modules."""
    at = f"127.0.0.1:{free_port()}"
    command = [EXPORTER, f"--config.file={EXPORTER_YML}", f"--web.listen-address={at}"]
    with child(command, stderr=subprocess.DEVNULL) as process:
        fetch_when_up(f"http://{at}/")
        yield Exporter(process.pid, f"http://{at}")


def exporter_version() -> str:
    """What it says of itself, first line."""
    told = subprocess.run([EXPORTER, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    return (told.stdout or told.stderr).partition(" (")[0].strip()
