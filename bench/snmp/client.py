"""A process that polls switches when told to: one JSON line in, one JSON line out.

    {"engine": "fast", "version": "2c", "port": 16100, "polls": 100, "switches": 20, "parallel": 1}

Every poll reads the 705 varbinds, counts them and renders them to exposition text. No switch is
asked by two polls at once, as the agent asks none twice; `deadline_s` is for each poll.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.exposition.snmp_page import snmp_page
from bench.snmp.switch import WORK, mistakes, secret, switch
from probes.clock import SystemClock
from probes.errors import ProbeError, TimedOut
from probes.model import ProbeContext
from probes.snmp.datagrams import UdpDatagrams
from probes.snmp.engine_fast import FastEngine
from probes.snmp.modules import read_module
from probes.transports.model import Transports

if TYPE_CHECKING:
    from probes.snmp.types import SnmpClient

POLL_S = 8.0


@dataclass
class Tally:
    """What a batch of polls came to."""

    polls: int = 0
    pdus: int = 0
    retries: int = 0
    silent: int = 0
    failed: int = 0
    wrong: int = 0
    octets: int = 0
    wall_s: float = 0.0
    rss_mb: float = 0.0
    error: str = ""


def client(engine: str) -> SnmpClient:
    """The engine of that name."""
    if engine == "fast":
        return FastEngine(UdpDatagrams())
    from probes.snmp.engine_pysnmp import PysnmpEngine  # noqa: PLC0415 - only where it is measured

    return PysnmpEngine()


async def poll(snmp: SnmpClient, number: int, order: dict[str, Any], tally: Tally) -> None:
    """One poll of one switch."""
    clock, missing = SystemClock(), None
    ways: Any = Transports(snmp, missing, missing, missing)  # type: ignore[arg-type] # only SNMP
    target = switch(number, order["port"], order["version"])
    deadline = clock.monotonic() + order.get("deadline_s", POLL_S)
    context = ProbeContext(clock, deadline, ways, secret)
    tally.polls += 1
    try:
        answer = await read_module(WORK, target, context)
    except ProbeError as error:
        tally.silent += isinstance(error, TimedOut)
        tally.failed += 1
        tally.error = str(error)
        return
    tally.pdus += answer.stats.pdus
    tally.retries += answer.stats.retries
    tally.octets += len(snmp_page([answer]))
    is_right = not mistakes(answer, number) if order.get("check") else answer.varbinds == 705
    tally.wrong += not is_right


async def batch(snmp: SnmpClient, order: dict[str, Any]) -> Tally:
    """So many polls, `parallel` at a time, round the switches."""
    tally, left = Tally(), iter(range(order["polls"]))
    turns = [asyncio.Lock() for _ in range(order["switches"])]

    async def work() -> None:
        for number in left:
            async with turns[number % order["switches"]]:
                await poll(snmp, number % order["switches"], order, tally)

    begun = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(order["parallel"])))
    tally.wall_s = time.perf_counter() - begun
    tally.rss_mb = _memory_mb()
    return tally


def _memory_mb() -> float:
    for row in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if row.startswith("VmHWM:"):
            return int(row.split()[1]) / 1024
    return 0.0


async def main() -> None:
    """Serve orders until the input ends."""
    engines: dict[str, SnmpClient] = {}
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        name = order["engine"]
        snmp = engines.get(name) or engines.setdefault(name, client(name))
        print(json.dumps(asdict(await batch(snmp, order))), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    asyncio.run(main())
