"""`make bench`: seconds from a fault to its incident, in real time on the simulator; no judging.

Simulated wards on loopback, each with `wardops agent` as a child, at default intervals: some agents
have only their own polls, to the others the switch sends a linkDown trap as well. All wards run at
once, since most of the time is spent waiting until every agent has seen its ward whole; the faults
come some time apart, so that each falls into another phase of the polls. `hard` is the moment that
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
    from collections.abc import AsyncIterator, Callable

WARDOPS = str(Path(sys.executable).with_name("wardops"))
FAULTS = (("cable_cut", "ce:lan"), ("if_admin_down", "switch:uplink"), ("cable_cut", "ce:wan"))
HEALTHY_WITHIN_S = 120.0
LONGEST_S = 60.0
APART_S = 0.7
LOOK_EVERY_S = 0.2


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


async def until(
    clock: SystemClock, url: str, wanted: Callable[[Any], Any], longest_s: float = LONGEST_S
) -> Any:
    """The first answer in which something is `wanted`; None when there is none in time."""
    end = clock.monotonic() + longest_s
    while clock.monotonic() < end:
        answer = await asyncio.to_thread(asked, url)
        found = wanted(answer) if answer else None
        if found:
            return found
        await clock.sleep(LOOK_EVERY_S)
    return None


@dataclass(frozen=True)
class Try:
    """One fault in one fresh ward; `after_s` is how long it waits once the ward is healthy."""

    fault: str
    on: str
    traps: bool
    after_s: float

    @property
    def title(self) -> str:
        """What is measured, without the number of the try."""
        by = "polls and linkDown" if self.traps else "polls alone"
        return f"{by:18} {self.fault} {self.on}"


async def measured(one: Try) -> Found | None:
    """One try; None when the ward never got healthy or no incident came."""
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
            if one.traps:
                await stack.enter_async_context(messages(simulation, door))
            url = f"http://127.0.0.1:{api}/api/v1"
            if not await until(clock, f"{url}/verdict", is_healthy, HEALTHY_WITHIN_S):
                return None
            await clock.sleep(one.after_s)
            simulation.inject(one.fault, one.on)
            at, mono = clock.now(), clock.monotonic()
            opened = await until(clock, f"{url}/incidents?open=true", lambda a: a["items"])
            seen_s = clock.monotonic() - mono
    if opened is None:
        return None
    hard = datetime.fromisoformat(opened[0]["t0_detected"])
    return Found((hard - at).total_seconds(), seen_s)


def is_healthy(verdict: Any) -> bool:
    """Whether the agent has seen its ward whole."""
    return bool(verdict.get("segment") == "none" and verdict.get("state") == "ok")


def line(title: str, tries: list[Found | None]) -> str:
    """One line of the report."""
    found = [one for one in tries if one is not None]
    if not found:
        return f"{title}: no incident within {LONGEST_S:g} s"
    hard, seen = [one.hard_s for one in found], [one.seen_s for one in found]
    return (
        f"{title}: hard {statistics.median(hard):.1f} s (median), {max(hard):.1f} s (longest); "
        f"seen {statistics.median(seen):.1f} s, {max(seen):.1f} s; {len(found)} of {len(tries)}"
    )


async def main(rounds: int) -> None:
    """Print one line per fault and way of knowing."""
    kinds = [(fault, on, traps) for traps in (False, True) for fault, on in FAULTS]
    tries = [Try(*kind, after_s=number * APART_S) for number, kind in enumerate(kinds * rounds)]
    results = await asyncio.gather(*map(measured, tries))
    for title in dict.fromkeys(one.title for one in tries):
        own = [found for one, found in zip(tries, results, strict=True) if one.title == title]
        print(line(title, own), flush=True)  # noqa: T201 - a report


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
