"""Connects to a machine's ports, to see which answer from here. Nothing is sent; TCP alone.

It goes gently, as few at once as one person's browser would: this is no scanner, it is for machines
that the inventory says are the ward's own, and for ports that it names.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from probes.errors import ProbeError, Refused, TimedOut
from probes.vm.outside import Reach

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probes.clock import Clock
    from probes.transports.model import TcpClient

# Ports by which machines are managed and data is kept: SSH, Telnet, RPC, NetBIOS, SMB, databases
# (SQL Server, Oracle, MySQL, PostgreSQL, Redis, Elasticsearch, memcached, MongoDB), remote screens,
# WinRM, Docker.
WATCHED_PORTS = (
    22, 23, 135, 139, 445, 1433, 1521, 2375, 3306, 3389, 5432, 5900, 5985, 6379, 9200, 11211, 27017,
)  # fmt: skip
MOST_PORTS = 64
TIMEOUT_S = 60.0
_WAIT_S, _PAUSE_S, _AT_ONCE = 2.0, 0.1, 3


def ports_of(allowed: Iterable[str], listening: Iterable[int]) -> tuple[int, ...]:
    """The ports to try: those that are allowed (`tcp/443`), that wait inside, and the watched."""
    own = (int(one.removeprefix("tcp/")) for one in allowed if one.startswith("tcp/"))
    return tuple(dict.fromkeys((*own, *WATCHED_PORTS, *listening)))[:MOST_PORTS]


async def reach_of(
    host: str, ports: Iterable[int], vantage: str, tcp: TcpClient, clock: Clock
) -> Reach:
    """Try each port once; what there was no time for, or went wrong here, stands nowhere."""
    end, gate = clock.monotonic() + TIMEOUT_S, asyncio.Semaphore(_AT_ONCE)

    async def tried(port: int) -> tuple[int, str]:
        async with gate:
            if clock.monotonic() >= end:
                return port, ""
            found = await _tried(host, port, min(end, clock.monotonic() + _WAIT_S), tcp)
            await clock.sleep(_PAUSE_S)
        return port, found

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(tried(port)) for port in ports]
    found = [task.result() for task in tasks]
    return Reach(
        vantage,
        *(tuple(port for port, said in found if said == word) for word in
          ("taken", "refused", "silent")),
    )  # fmt: skip


async def _tried(host: str, port: int, end: float, tcp: TcpClient) -> str:
    try:
        await tcp.connect(host, port, deadline=end)
    except Refused:
        return "refused"
    except TimedOut:
        return "silent"
    except ProbeError:
        return ""
    return "taken"
