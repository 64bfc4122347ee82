"""`make bench`: seconds from a fault to its incident, in real time on the simulator; no judging.

A simulated ward on loopback and `wardops agent` as a child, at default intervals: once the agent
has only its own polls, once the switch sends it a linkDown trap as well. `hard` is the moment that
the incident names as detected, `seen` when its reader on the API had it.
"""

from __future__ import annotations

import asyncio
import json
import socket
import statistics
import sys
import tempfile
import urllib.request
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drills.messages import messages
from drills.sim import Simulation
from probes.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

WARDOPS = str(Path(sys.executable).with_name("wardops"))
FAULTS = (("cable_cut", "ce:lan"), ("if_admin_down", "switch:uplink"), ("cable_cut", "ce:wan"))
HEALTHY_AFTER_S = 45.0
LONGEST_S = 60.0
LOOK_EVERY_S = 0.05


@dataclass
class Door:
    """A place on loopback."""

    host: str
    port: int


@dataclass(frozen=True)
class Found:
    """Seconds from the fault to the moment of detection and to its being read."""

    hard_s: float
    seen_s: float


def free_port(kind: socket.SocketKind) -> int:
    """A port that nobody uses now."""
    with socket.socket(socket.AF_INET, kind) as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def asked(url: str) -> Any:
    """One answer of the API; None while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback
            return json.load(answer)
    except OSError:
        return None


@asynccontextmanager
async def agent_on(folder: Path, api: int) -> AsyncIterator[None]:
    """The agent as a child."""
    child = await asyncio.create_subprocess_exec(
        WARDOPS, "agent", "--inventory", str(folder / "inventory"), "--state",
        str(folder / "state"), "--listen", f"127.0.0.1:{api}",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        child.terminate()
        await child.wait()


async def until(clock: SystemClock, url: str, key: str) -> Any:
    """The first answer whose `key` holds something true; None when there is none in time."""
    for _ in range(int(LONGEST_S / LOOK_EVERY_S)):
        found = await asyncio.to_thread(asked, url)
        if found and found.get(key):
            return found[key]
        await clock.sleep(LOOK_EVERY_S)
    return None


async def measured(fault: str, on: str, *, traps: bool) -> Found | None:
    """One fault in one fresh ward; None when no incident came."""
    clock = SystemClock()
    with tempfile.TemporaryDirectory(prefix="wardops-bench-") as place:
        folder, api = Path(place), free_port(socket.SOCK_STREAM)
        door = Door("127.0.0.1", free_port(socket.SOCK_DGRAM))
        simulation = Simulation(clock=clock, out=folder / "inventory")
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(simulation)
            settings = f"schema: wardops/agent/1\nhints: {{traps: '{door.host}:{door.port}'}}\n"
            (folder / "inventory/agent.yaml").write_text(settings, encoding="utf-8")
            await stack.enter_async_context(agent_on(folder, api))
            if traps:
                await stack.enter_async_context(messages(simulation, door))
            url = f"http://127.0.0.1:{api}/api/v1"
            await until(clock, f"{url}/verdict", "segment")
            await clock.sleep(HEALTHY_AFTER_S)
            simulation.inject(fault, on)
            at, mono = clock.now(), clock.monotonic()
            opened = await until(clock, f"{url}/incidents?open=true", "items")
            seen_s = clock.monotonic() - mono
    if opened is None:
        return None
    hard = datetime.fromisoformat(opened[0]["t0_detected"])
    return Found((hard - at).total_seconds(), seen_s)


async def main(rounds: int) -> None:
    """Print one line per fault and way of knowing."""
    for traps in (False, True):
        for fault, on in FAULTS:
            tries = [await measured(fault, on, traps=traps) for _ in range(rounds)]
            found = [one for one in tries if one is not None]
            by = "polls and linkDown" if traps else "polls alone"
            if not found:
                print(f"{by:18} {fault} {on}: no incident within {LONGEST_S:g} s")  # noqa: T201
                continue
            hard = statistics.median(one.hard_s for one in found)
            seen = max(one.seen_s for one in found)
            print(  # noqa: T201 - a report
                f"{by:18} {fault} {on}: hard {hard:.1f} s (median), seen {seen:.1f} s (longest), "
                f"{len(found)} of {rounds}",
                flush=True,
            )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
