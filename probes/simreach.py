"""Pings in a simulated world: asks the world what an echo would have measured.

On 127.x addresses the kernel answers every ping itself, so the world alone knows what is reachable.
One JSON object per datagram: `{"id", "from", "to", "count"}` ->
`{"id", "rtts_ms": [1.2, null, …], "host_link": true}`, null for a lost echo.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import TYPE_CHECKING, Any, Protocol

from probes.errors import ProbeError, ProtocolBroken, TimedOut
from probes.model import EchoStats

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRIES = 3
_TRY_S = 0.5


class Asker(Protocol):
    """Brings one question to the world and its answer back; TimedOut when it does not answer."""

    async def ask(self, question: Mapping[str, object]) -> Mapping[str, Any]: ...


class WorldEcho:
    """The EchoClient of realms sim and drill. `origin` is `ward:<code>` or `hub`."""

    def __init__(self, asker: Asker, origin: str) -> None:
        self._asker = asker
        self._origin = origin

    async def burst(
        self,
        host: str,
        *,
        count: int,
        gap_s: float,  # noqa: ARG002 - the world measures without waiting
        timeout_s: float,
    ) -> EchoStats:
        """What `count` echoes from here to `host` would have measured.

        Raises TimedOut when the world itself is silent: then nothing is known about `host`.
        """
        answer = await self._asker.ask({"from": self._origin, "to": host, "count": count})
        told = answer.get("rtts_ms")
        if not isinstance(told, list) or not all(_is_rtt(rtt) for rtt in told):
            raise ProtocolBroken("world_answer")
        rtts = tuple(rtt / 1000 for rtt in told if rtt is not None and rtt / 1000 <= timeout_s)
        return EchoStats(len(told), len(told) - len(rtts), rtts, "sim")

    async def host_link(self) -> bool | None:
        """Whether the asker's own interface has carrier in the world; None when it is silent."""
        try:
            answer = await self._asker.ask({"from": self._origin, "to": "", "count": 0})
        except ProbeError:
            return None
        link = answer.get("host_link")
        return link if isinstance(link, bool) else None

    def close(self) -> None:
        """Close the asker if it holds a socket."""
        if isinstance(self._asker, UdpAsker):
            self._asker.close()


class UdpAsker:
    """The real Asker: one UDP socket for all questions, each tried three times."""

    def __init__(self, host: str, port: int, *, try_s: float = _TRY_S) -> None:
        self._address = (host, port)
        self._try_s = try_s
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Mapping[str, Any]]] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._opening = asyncio.Lock()

    async def ask(self, question: Mapping[str, object]) -> Mapping[str, Any]:
        """Ask and wait; raises TimedOut when no try is answered."""
        transport = await self._open()
        number = next(self._ids)
        answer: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        datagram = json.dumps({"id": number, **question}).encode()
        try:
            for _ in range(_TRIES):
                transport.sendto(datagram)
                done, _pending = await asyncio.wait([answer], timeout=self._try_s)
                if done:
                    return answer.result()
        finally:
            del self._waiting[number]
        raise TimedOut("world_silent", world="{}:{}".format(*self._address))

    def close(self) -> None:
        """Give the socket back."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    async def _open(self) -> asyncio.DatagramTransport:
        async with self._opening:
            if self._transport is None:
                loop = asyncio.get_running_loop()
                self._transport, _ = await loop.create_datagram_endpoint(
                    lambda: _Answers(self._waiting), remote_addr=self._address
                )
            return self._transport


class _Answers(asyncio.DatagramProtocol):
    """Hands each answer to whoever waits for its id; anything else is dropped."""

    def __init__(self, waiting: Mapping[int, asyncio.Future[Mapping[str, Any]]]) -> None:
        self._waiting = waiting

    def datagram_received(self, data: bytes, addr: Any) -> None:  # noqa: ARG002 - asyncio's
        try:
            answer = json.loads(data)
        except (ValueError, RecursionError):
            return
        if isinstance(answer, dict) and isinstance(answer.get("id"), int):
            future = self._waiting.get(answer["id"])
            if future is not None and not future.done():
                future.set_result(answer)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there now; the tries that are left may find the world again."""


def _is_rtt(told: object) -> bool:
    if told is None:
        return True
    return isinstance(told, int | float) and not isinstance(told, bool) and 0 <= told < 1e9
