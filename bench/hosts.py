"""What `bench.vm` asks beside the exporters: hypervisors with their guests, on loopback.

    PYTHONPATH=. python -m bench.hosts GUESTS ADDRESS…

Each address answers Proxmox's API over HTTPS on a kept connection with its own share of the guests,
which are numbered through. The first line of its output is the port; it ends when it is told to.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from functools import partial
from typing import Any, cast

from drills.certificates import issue
from probes.clock import SystemClock

_SNAPSHOT_AT = 1_790_000_000
_GIB = 1 << 30


class Host(asyncio.Protocol):
    """Answers each question for what it has and keeps the connection."""

    def __init__(self, numbers: range) -> None:
        self._numbers = numbers
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._way = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """One answer for each question."""
        self._heard += data
        while b"\r\n\r\n" in self._heard:
            head, _, self._heard = self._heard.partition(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode().removeprefix("/api2/json")
            body = json.dumps({"data": self._told(path)}).encode()
            said = (
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            self._way.write(said.encode() + body)

    def _told(self, path: str) -> Any:
        now = int(SystemClock().now().timestamp())
        if path == "/version":
            return {"version": "8.1.4"}
        if path == "/cluster/resources":
            return [_guest(number) for number in self._numbers]
        if path.endswith("/snapshot"):
            return [{"name": "before", "snaptime": _SNAPSHOT_AT}]
        if path == "/nodes/pve/storage":
            return [{"storage": "data", "content": "backup"}]
        if path.startswith("/nodes/pve/storage/data/content"):
            return [{"vmid": number, "ctime": now - 3600} for number in self._numbers]
        return []


def _guest(number: int) -> dict[str, Any]:
    return {
        "type": "qemu", "vmid": number, "name": f"guest-{number}", "node": "pve",
        "status": "running", "cpu": 0.25, "maxcpu": 4, "mem": 3 * _GIB, "maxmem": 8 * _GIB,
        "maxdisk": 64 * _GIB, "uptime": 86_400,
    }  # fmt: skip


async def serve(guests: int, addresses: list[str]) -> None:
    """Open all of them, say the port, wait for the end."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    context = issue(addresses, SystemClock().now()).context()
    each, port = guests // len(addresses), 0
    for place, address in enumerate(addresses):
        own = range(place * each, (place + 1) * each)
        server = await loop.create_server(partial(Host, own), address, port, ssl=context)
        port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2:]))
