"""The ways out to the network that a probe may use, as seams: whoever builds them chooses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from probes.transports.sessions import Sessions
from probes.transports.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
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

    `headers` are all fields in their order, names in lower case; a cookie is among them. `phrase`
    is what stands behind the status, where some servers say what is wrong.
    """

    status: int
    body: bytes
    content_type: str = ""
    phases: Mapping[str, float] = field(default_factory=dict)
    expires_at: datetime | None = None
    location: str = ""
    tls_version: str | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    phrase: str = ""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request that says all of itself, for APIs with sessions; trust as in `HttpClient.get`.

    `headers` may hold a session's cookie: nothing of them is shown. One that is `repeatable` goes
    out again when a kept connection turns out to be closed: a log-in must not, it may have counted.
    `heard` gets the answer's headers before its body is awaited, which may never come.
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
    heard: Callable[[tuple[tuple[str, str], ...]], None] | None = field(
        default=None, repr=False, compare=False
    )


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
class ShellHost:
    """A machine that is asked over SSH: who logs in, and by which key it is known.

    `host_key` is the fingerprint that OpenSSH shows (`SHA256:` and 43 signs); without one nobody
    logs in. With a `private_key` (the text of its file, without a passphrase) no password is sent.
    """

    host: str
    port: int
    user: str
    password: Secret
    host_key: str | None = None
    private_key: Secret | None = None


@dataclass(frozen=True, slots=True)
class ShellLine:
    """What is typed into a shell, and the regular expression that ends its answer.

    An empty text types nothing and waits for what the shell says by itself; with `until` None
    nothing is waited for.
    """

    text: str
    until: str | None


@dataclass(frozen=True, slots=True)
class ShellAnswer:
    """What a command wrote, and its exit status; None where the machine does not tell it."""

    stdout: str
    stderr: str
    exit_status: int | None


class ShellClient(Protocol):
    """SSH to machines whose key is known; raises a ProbeError leaf, never a library's own.

    `deadline` is loop time. A host key that is not the pinned one, or none pinned, is NotConfigured
    with the fingerprint seen; no password is sent then.
    """

    async def talk(
        self,
        host: ShellHost,
        lines: Sequence[ShellLine],
        *,
        deadline: float,
        max_bytes: int = 2_000_000,
    ) -> tuple[str, ...]:
        """Type lines into one login shell, one after the other; the answer to each."""

    async def execute(
        self, host: ShellHost, command: str, *, deadline: float, max_bytes: int = 2_000_000
    ) -> ShellAnswer:
        """Run one command without a terminal and wait for its end."""


class RpcClient(Protocol):
    """Questions by JSON-RPC 2.0 over one WebSocket; raises a ProbeError leaf."""

    async def ask(
        self,
        url: str,
        method: str,
        params: Mapping[str, object],
        *,
        deadline: float,
        user: str,
        password: Secret,
        ca: str | None = None,
        pin: str | None = None,
        insecure: bool = False,
        max_bytes: int = 2_000_000,
    ) -> object:
        """The result of one call."""


@dataclass(frozen=True, slots=True)
class Transports:
    """The ways out to the network that probes may use; stories and tests pass others.

    `lessons` is what the SNMP engine learned of devices, for the agent to keep; None without one.
    `line` sends packets of any size and reach; None where the world knows none (trace, MTU).
    `turns` keeps apart those who want a session with the same device, `sessions` holds those that
    outlive a poll.
    """

    snmp: SnmpClient
    http: HttpClient
    echo: EchoClient
    tcp: TcpClient
    wire: Wire | None = None
    lessons: SnmpLessons | None = None
    stamp: StampClient | None = None
    line: LineClient | None = None
    turns: Turns = field(default_factory=Turns)
    sessions: Sessions = field(default_factory=Sessions)
    shell: ShellClient | None = None
    rpc: RpcClient | None = None
