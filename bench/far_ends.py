"""What `bench.line` asks: cheap services and STAMP reflectors on loopback, alone in a process.

    PYTHONPATH=. python -m bench.far_ends ADDRESS…      one reflector on each address

The first line of its output says where each kind answers, as JSON; it ends when it is told to.
"""

from __future__ import annotations

import asyncio
import json
import signal
import struct
import sys
from contextlib import ExitStack
from ipaddress import ip_network
from typing import cast

from probes.path.stamp_reflector import Reflector, ReflectorSocket

HOST = "127.0.0.1"
_PAGE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n"
    b"Connection: close\r\n\r\n<p>TTHC 1</p>\r\n"
)
_NO_LIMIT_PER_S = 1e6
_ANSWER = struct.Struct("!HHHIHI")  # name by pointer, type A, class IN, TTL, length, address


class Page(asyncio.Protocol):
    """Answers whatever is asked with one page and closes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._way = cast("asyncio.Transport", transport)

    def data_received(self, _data: bytes) -> None:
        """The page."""
        self._way.write(_PAGE)
        self._way.close()


class Resolver(asyncio.DatagramProtocol):
    """Knows one address for every name."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._way = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """The question as it came, with an answer behind it."""
        end = data.index(b"\0", 12) + 5
        head = data[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0)
        answer = _ANSWER.pack(0xC00C, 1, 1, 60, 4, 0xC6336419)
        self._way.sendto(head + data[12:end] + answer, addr)


async def serve(reflectors: list[str]) -> None:
    """Open everything, say where, wait for the end."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    pages = await loop.create_server(Page, HOST, 0, backlog=1024)
    names, _ = await loop.create_datagram_endpoint(Resolver, (HOST, 0))
    reflector = Reflector((ip_network("127.0.0.0/8"),), _NO_LIMIT_PER_S)
    with ExitStack() as closing:
        port = 0
        for address in reflectors:
            opened = ReflectorSocket((address, port), reflector)
            closing.callback(opened.close)
            port = opened.address[1]
        at = {"http": pages.sockets[0].getsockname()[1],
              "dns": names.get_extra_info("sockname")[1], "stamp": port}  # fmt: skip
        sys.stdout.write(json.dumps(at) + "\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1:]))
