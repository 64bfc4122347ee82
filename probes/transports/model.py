"""The ways out to the network that a probe may use, as seams: whoever builds them chooses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from inventory.credentials import Secret
    from probes.model import EchoStats
    from probes.path.line_client import LineClient
    from probes.path.stamp_client import StampClient
    from probes.snmp.types import SnmpClient, SnmpLessons
    from probes.wire import Wire


class EchoClient(Protocol):
    """Sends bursts of echoes. The shipped ones: kernel sockets, the simulated world, a fake."""

    async def burst(
        self, host: str, *, count: int, gap_s: float, timeout_s: float
    ) -> EchoStats: ...

    async def host_link(self) -> bool | None:
        """Whether the agent's own interface has carrier; None when it cannot be told."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """One HTTP answer, body capped; seconds per phase; when the certificate expires.

    `headers` are all fields in their order, names in lower case; a cookie is among them.
    """

    status: int
    body: bytes
    content_type: str = ""
    phases: Mapping[str, float] = field(default_factory=dict)
    expires_at: datetime | None = None
    location: str = ""
    tls_version: str | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request that says all of itself, for APIs with sessions; trust as in `HttpClient.get`.

    `headers` may hold a session's cookie: nothing of them is shown. One that is `repeatable` goes
    out again when a kept connection turns out to be closed: a log-in must not, it may have counted.
    """

    url: str
    method: str = "GET"
    body: bytes = field(default=b"", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    user: str | None = None
    password: Secret | None = None
    ca: str | None = None
    pin: str | None = None
    insecure: bool = False
    max_bytes: int = 2_000_000
    repeatable: bool = True


class HttpClient(Protocol):
    """One request over HTTP or verified HTTPS; raises a ProbeError leaf, never a library's own.

    No cookie is kept from one request to the next.
    """

    async def get(
        self,
        url: str,
        *,
        deadline: float,
        user: str | None = None,
        password: Secret | None = None,
        ca: str | None = None,
        pin: str | None = None,
        insecure: bool = False,
        max_bytes: int = 2_000_000,
    ) -> HttpAnswer: ...

    async def send(self, request: HttpRequest, *, deadline: float) -> HttpAnswer: ...


class TcpClient(Protocol):
    """Connects to a port and says how long it took, in seconds; raises a ProbeError leaf."""

    async def connect(self, host: str, port: int, *, deadline: float) -> float: ...


@dataclass(frozen=True, slots=True)
class Transports:
    """The ways out to the network that probes may use; stories and tests pass others.

    `lessons` is what the SNMP engine learned of devices, for the agent to keep; None without one.
    `line` sends packets of any size and reach; None where the world knows none (trace, MTU).
    """

    snmp: SnmpClient
    http: HttpClient
    echo: EchoClient
    tcp: TcpClient
    wire: Wire | None = None
    lessons: SnmpLessons | None = None
    stamp: StampClient | None = None
    line: LineClient | None = None
