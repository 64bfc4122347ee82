"""One simulated ward in a process of its own: nobody else's work can make its switch look dead.

`python ward_alone.py FOLDER` writes the inventory there and prints where the control API is. Then
it prints a line whenever its loop came late: what an agent read meanwhile says nothing.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from drills.sim import Control, Simulation
from probes.clock import SystemClock

LOOK_S, LATE_S = 0.25, 1.0


async def watch_lateness() -> None:
    """Print how late the loop came, each time it was more than a second."""
    clock = SystemClock()
    while True:
        before = clock.monotonic()
        await clock.sleep(LOOK_S)
        late_s = clock.monotonic() - before - LOOK_S
        if late_s > LATE_S:
            print(f"late {late_s:.1f}", flush=True)  # noqa: T201 - read by whoever started it


async def main(out: Path) -> None:
    """Be the ward until killed."""
    async with Simulation(clock=SystemClock(), out=out, control=Control()) as ward:
        print(f"http://127.0.0.1:{ward.ports.control}", flush=True)  # noqa: T201 - as above
        await watch_lateness()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
