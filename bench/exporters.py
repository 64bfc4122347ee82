"""What `bench.vm` asks: machines' exporters on loopback, alone in a process.

    PYTHONPATH=. python -m bench.exporters PAGE ADDRESS…

Each address answers every request on a kept connection with the file PAGE, with its own clock in
it. The first line of its output is the port; it ends when it is told to.
"""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from pathlib import Path
from typing import cast

from probes.clock import SystemClock

_TIME = re.compile(rb"^node_time_seconds .*$", re.MULTILINE)


class Exporter(asyncio.Protocol):
    """Answers each request with the page and keeps the connection."""

    def __init__(self, page: bytes) -> None:
        self._before, self._after = _TIME.split(page, maxsplit=1)
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._way = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """One page for each request."""
        self._heard += data
        while b"\r\n\r\n" in self._heard:
            _head, _, self._heard = self._heard.partition(b"\r\n\r\n")
            now = f"node_time_seconds {SystemClock().now().timestamp()!r}".encode()
            body = self._before + now + self._after
            head = (
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            self._way.write(head.encode() + body)


async def serve(page: bytes, addresses: list[str]) -> None:
    """Open all of them, say the port, wait for the end."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    port = 0
    for address in addresses:
        server = await loop.create_server(lambda: Exporter(page), address, port)
        port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]).read_bytes(), sys.argv[2:]))
