"""The faces without sockets: in-memory ways out for probes, on the running loop's timers.

The bytes of SNMP and the pages of HTTP are those that the sockets carry, so stories on a virtual
clock see the same world. A closed door is a refusal here; on loopback it can only be silence.
"""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from drills import views
from drills.cable_line import CableLine, CableStamp, CableWire
from drills.certificates import VALID_FOR
from drills.faces import reach
from drills.model import Ask
from probes.errors import LimitExceeded, NotConfigured, Refused, TimedOut, TlsExpired
from probes.model import EchoStats
from probes.snmp.engine_fast import FastEngine
from probes.transports.model import HttpAnswer, HttpRequest, Transports

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from drills.world import World
    from inventory.credentials import Secret

METHOD = "sim"


@dataclass
class CableDatagrams:
    """Carries SNMP datagrams between an engine and the world's devices, `delay_s` each way."""

    world: World
    asker: str
    delay_s: float = 0.0
    _on_datagram: Callable[[bytes, str, int, float], None] | None = None
    _timers: set[asyncio.TimerHandle] = field(default_factory=set)

    def send(self, data: bytes, host: str, port: int) -> None:
        """Let the datagram arrive `delay_s` from now."""
        self._after(self.delay_s, lambda: self._arrive(data, host, port))

    def listen(
        self,
        on_datagram: Callable[[bytes, str, int, float], None],
        on_error: Callable[[str, int, int], None],  # noqa: ARG002 - nothing here says no
    ) -> None:
        """Say who takes the answers."""
        self._on_datagram = on_datagram

    def close(self) -> None:
        """Lose what is on its way."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._on_datagram = None

    def _arrive(self, data: bytes, host: str, port: int) -> None:
        found = views.snmp_answer(self.world, self.asker, host, data)
        if found is not None:
            answer, late_s = found
            self._after(late_s + self.delay_s, lambda: self._deliver(answer, host, port))

    def _deliver(self, data: bytes, host: str, port: int) -> None:
        if self._on_datagram is not None:
            self._on_datagram(data, host, port, asyncio.get_running_loop().time())

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        def acted() -> None:
            self._timers.discard(timer)
            act()

        timer = asyncio.get_running_loop().call_later(seconds, acted)
        self._timers.add(timer)


@dataclass(frozen=True)
class CableHttp:
    """An HttpClient whose servers are the world's faces. A certificate is good or out of date."""

    world: World
    asker: str
    delay_s: float = 0.0

    async def get(
        self,
        url: str,
        *,
        deadline: float,
        user: str | None = None,
        password: Secret | None = None,
        ca: str | None = None,  # noqa: ARG002 - the seam's signature
        pin: str | None = None,  # noqa: ARG002 - the seam's signature
        insecure: bool = False,  # noqa: ARG002 - the seam's signature
        max_bytes: int = 2_000_000,
    ) -> HttpAnswer:
        """Ask the face behind the URL's address; raises a ProbeError leaf."""
        request = HttpRequest(url, user=user, password=password, max_bytes=max_bytes)
        return await self.send(request, deadline=deadline)

    async def send(self, request: HttpRequest, *, deadline: float) -> HttpAnswer:
        """Ask the face behind the request's address; raises a ProbeError leaf."""
        parts = urlsplit(request.url)
        faces = {"https": views.https_answer, "http": views.http_answer}
        if parts.scheme not in faces or not parts.hostname:
            raise NotConfigured("url", url=request.url)
        host, face, ask = parts.hostname, faces[parts.scheme], _asked(request)
        try:
            async with asyncio.timeout_at(deadline):
                await self.world.clock.sleep(2 * self.delay_s)
                if parts.scheme == "https" and views.is_expired(self.world, host):
                    raise TlsExpired
                page = face(self.world, self.asker, host, ask)
                if page is None:
                    await _silence()
                    raise TimedOut
                await self.world.clock.sleep(page.late_s)
        except TimeoutError as error:
            raise TimedOut from error
        headers = tuple((name.lower(), value) for name, value in page.headers)
        if request.heard is not None:
            request.heard(headers)
        if len(page.body) > request.max_bytes:
            raise LimitExceeded("body_too_big", limit=request.max_bytes)
        return HttpAnswer(
            page.status,
            page.body,
            page.content_type,
            expires_at=self.world.started_at + VALID_FOR if parts.scheme == "https" else None,
            headers=headers,
            phrase=page.phrase,
        )


def _asked(request: HttpRequest) -> Ask:
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {name.lower(): value for name, value in request.headers}
    if request.user is not None:
        password = request.password.reveal() if request.password else ""
        pair = base64.b64encode(f"{request.user}:{password}".encode()).decode()
        headers["authorization"] = f"Basic {pair}"
    return Ask(request.method, target, headers, request.body)


@dataclass(frozen=True)
class CableEcho:
    """An EchoClient that measures the world's paths and takes the time that it would take."""

    world: World
    asker: str

    async def burst(self, host: str, *, count: int, gap_s: float, timeout_s: float) -> EchoStats:
        """Send `count` echoes, `gap_s` apart; one that takes over `timeout_s` is lost."""
        t = self.world.time()
        told = reach.rtts_ms(self.world, self.asker, host, count, t)
        rtts = [None if ms is None or ms / 1000 > timeout_s else ms / 1000 for ms in told]
        ends = [n * gap_s + (timeout_s if rtt is None else rtt) for n, rtt in enumerate(rtts)]
        await self.world.clock.sleep(max(ends, default=0.0))
        answered = tuple(rtt for rtt in rtts if rtt is not None)
        return EchoStats(count, count - len(answered), answered, METHOD)

    async def host_link(self) -> bool | None:
        """Whether the machine that looks has link."""
        return reach.host_link(self.world, self.asker, self.world.time())


@dataclass(frozen=True)
class CableTcp:
    """A TcpClient whose peers are the world's devices."""

    world: World
    asker: str

    async def connect(self, host: str, port: int, *, deadline: float) -> float:  # noqa: ARG002
        """Seconds until the device took the connection up; raises a ProbeError leaf.

        The port is not looked at: an address has one thing that listens, or nothing.
        """
        world = self.world
        place, node = world.topology.standing_place(self.asker), world.topology.by_address.get(host)
        path = world.quality(place.name, node.name, world.time()) if place and node else None
        if path is None:
            try:
                async with asyncio.timeout_at(deadline):
                    await _silence()
            except TimeoutError as error:
                raise TimedOut from error
            raise TimedOut
        if not views.listens(world, self.asker, host):
            raise Refused
        await world.clock.sleep(path.rtt_ms / 1000)
        return path.rtt_ms / 1000


def _silence() -> Coroutine[Any, Any, Any]:
    """Wait for an answer that never comes."""
    return asyncio.Event().wait()


def transports(world: World, vantage: str, *, delay_s: float = 0.0) -> Transports:
    """Ways out that end in the world, looking from `ward:<code>` or `hub`; on the running loop."""
    return Transports(
        snmp=FastEngine(CableDatagrams(world, vantage, delay_s)),
        http=CableHttp(world, vantage, delay_s),
        echo=CableEcho(world, vantage),
        tcp=CableTcp(world, vantage),
        wire=CableWire(world=world, asker=vantage),
        stamp=CableStamp(world, vantage),
        line=CableLine(world, vantage),
    )
