"""A flood through real sockets into the real agent: every datagram is accounted for."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from drills.sim import Simulation
from probes.clock import SystemClock
from tests.agent.hints.conftest import link_down

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

pytestmark = pytest.mark.realtime

WARDOPS = str(Path(sys.executable).with_name("wardops"))
FLOODS_S = 10 if os.environ.get("WARDOPS_SOAK") == "1" else 2
TRAPS_IN_TURN, LINES_IN_TURN, TURN_S = 20, 200, 0.02  # 1,000 and 10,000 a second
SETTINGS = """\
schema: wardops/agent/1
timing: {period_s: 2, watch_s: 1, retry_s: 0.5}
hints: {traps: "127.0.0.1:0", syslog: "127.0.0.1:0"}
"""
CLOCK = SystemClock()
_COUNTED = re.compile(
    r'^wardops_agent_(traps|syslog)_total\{[^}]*result="(\w+)"[^}]*\} ([\d.]+)$', re.M
)
_OPEN = re.compile(r"receiver open what=(\w+) at=127\.0\.0\.1:(\d+)")


@asynccontextmanager
async def agent(folder: Path, port: int) -> AsyncIterator[tuple[int, list[str]]]:
    """`wardops agent` as a process: its id, and its log as it grows."""
    process = await asyncio.create_subprocess_exec(
        WARDOPS, "agent", "--inventory", str(folder / "inventory"),
        "--state", str(folder / "state"), "--listen", f"127.0.0.1:{port}",
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    log: list[str] = []

    async def read() -> None:
        assert process.stderr is not None
        while line := await process.stderr.readline():
            log.append(line.decode().strip())

    reading = asyncio.create_task(read())
    try:
        yield process.pid, log
    finally:
        process.kill()
        await process.wait()
        await reading


def flood(ports: dict[str, int], host: str, pid: int) -> Counter[str]:
    """Send from one address for some seconds, the agent standing still in the middle; the counts.

    It stands still as a process does that gets no processor: the socket's buffer runs over.
    """
    sent: Counter[str] = Counter()
    pause = threading.Event()
    turns = round(FLOODS_S / TURN_S)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        device.bind((host, 0))
        for turn in range(turns):
            for number in range(TRAPS_IN_TURN):
                trap = link_down(number + 1, turn + 1)
                sent["traps"] += bool(device.sendto(trap, ("127.0.0.1", ports["traps"])))
            for number in range(LINES_IN_TURN):
                line = b"<189>line %d" % (turn * LINES_IN_TURN + number)
                sent["syslog"] += bool(device.sendto(line, ("127.0.0.1", ports["syslog"])))
            if turn == turns // 2:
                os.kill(pid, signal.SIGSTOP)
            if turn == turns // 2 + 25:
                os.kill(pid, signal.SIGCONT)
            pause.wait(TURN_S)
    return sent


async def until(condition: Callable[[], Any]) -> Any:
    """The condition's first true value; the test's time limit ends the waiting."""
    while True:
        found = condition()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        await CLOCK.sleep(0.2)


@pytest.mark.timeout(120)
async def test_each_datagram_of_a_flood_is_taken_dropped_or_lost_and_polling_goes_on(
    tmp_path: Path, free_port: Callable[[], int]
) -> None:
    """1,000 traps and 10,000 lines a second from one sender for 10 [2] s; said for people, too."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with (
        Simulation(clock=CLOCK, out=tmp_path / "inventory") as ward,
        httpx.AsyncClient(base_url=url) as http,
    ):
        (tmp_path / "inventory/agent.yaml").write_text(SETTINGS, encoding="utf-8")
        host = str(ward.world.topology.nodes["sw-26740-01"].address)

        async def counted() -> Counter[tuple[str, str]]:
            found: Counter[tuple[str, str]] = Counter()
            for what, result, count in _COUNTED.findall((await http.get("/metrics")).text):
                found[what, result] += int(float(count))
            return found

        async def is_up() -> bool:
            try:
                answer = await http.get("/api/v1/verdict")
            except httpx.HTTPError:
                return False
            return answer.is_success and answer.json()["segment"] != "unknown"

        async with agent(tmp_path, port) as (pid, log):
            await until(is_up)
            ports = {what: int(at) for what, at in _OPEN.findall("\n".join(log))}
            sent = await asyncio.to_thread(flood, ports, host, pid)

            async def all_told() -> bool:
                told = await counted()
                return all(
                    sum(n for (w, _), n in told.items() if w == what) == sent[what] for what in sent
                )

            await until(all_told)
            told = await counted()
            assert told["syslog", "lost"] > 0
            assert told["syslog", "flood"] > 0
            snapshot = (await http.get("/api/v1/snapshot")).json()
            codes = [trouble["code"] for trouble in snapshot["troubles"]]
            assert {"flood", "datagrams_lost"} <= set(codes)
            assert "datagrams lost in the kernel channel=syslog" in "\n".join(log)
            # Polling goes on: a line that is cut now is found.
            ward.inject("cable_cut", "ce:wan")
            assert await until(lambda: any("incident.opened" in line for line in log))
