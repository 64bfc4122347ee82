"""Watches the ways out: counts requests and tells what was asked, what came and how long it took.

For `wardops probe`. It tells no secret, no body of a page and no text of a device beyond the values
that SNMP brought.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from probes.errors import ProbeError
from probes.path.line_client import WatchedLine
from probes.path.stamp_client import WatchedStamp
from probes.snmp import ber
from probes.transports.model import HttpAnswer, HttpRequest, Transports
from probes.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence

    from inventory.credentials import Secret
    from probes.model import EchoStats
    from probes.snmp.types import (
        Oid,
        SnmpClient,
        SnmpResult,
        SnmpStats,
        SnmpTarget,
        TableResult,
        Varbind,
    )
    from probes.transports.model import (
        EchoClient,
        HttpClient,
        RpcClient,
        ShellAnswer,
        ShellClient,
        ShellHost,
        ShellLine,
        TcpClient,
    )

_SHOWN = 40  # varbinds of one answer

_T = TypeVar("_T")


@dataclass
class Tally:
    """How many requests went out so far; the repeats of one that got no answer are not counted."""

    requests: int = 0


def witnessed(transports: Transports, tell: Callable[[str], None]) -> tuple[Transports, Tally]:
    """The same ways out, watched: each request is told in a line or more, and counted."""
    tally = Tally()
    watched = Transports(
        snmp=WatchedSnmp(transports.snmp, tell, tally),
        http=WatchedHttp(transports.http, tell, tally),
        echo=WatchedEcho(transports.echo, tell, tally),
        tcp=WatchedTcp(transports.tcp, tell, tally),
        stamp=None if transports.stamp is None else WatchedStamp(transports.stamp, tell, tally),
        line=None if transports.line is None else WatchedLine(transports.line, tell, tally),
        wire=_watched_wire(tell, tally) if transports.wire is not None else None,
        shell=None if transports.shell is None else WatchedShell(transports.shell, tell, tally),
        rpc=None if transports.rpc is None else WatchedRpc(transports.rpc, tell, tally),
        turns=transports.turns,
        sessions=transports.sessions,
    )
    return watched, tally


def _watched_wire(tell: Callable[[str], None], tally: Tally) -> Wire:
    """Sockets that tell of each that is opened."""

    def heard(line: str) -> None:
        tally.requests += 1
        tell(f"> {line}")

    return Wire(heard)


async def _timed(
    asked: str,
    running: Coroutine[object, object, _T],
    tell: Callable[[str], None],
    came: Callable[[_T], Iterable[str]],
) -> _T:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    tell(f"> {asked}")
    try:
        result = await running
    except ProbeError as error:
        tell(f"< {error.reason.value}: {error} ({_ms(loop.time() - begun)})")
        raise
    except asyncio.CancelledError:
        tell(f"< cut by the deadline ({_ms(loop.time() - begun)})")
        raise
    first, *more = came(result)
    tell(f"< {first} ({_ms(loop.time() - begun)})")
    for line in more:
        tell(f"  {line}")
    return result


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


class WatchedHttp:
    """An HttpClient that tells of each request."""

    def __init__(self, inner: HttpClient, tell: Callable[[str], None], tally: Tally) -> None:
        self._inner, self._tell, self._tally = inner, tell, tally

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
    ) -> HttpAnswer:
        """GET and tell of it; the credentials are told of, not told."""
        request = HttpRequest(
            url,
            user=user,
            password=password,
            ca=ca,
            pin=pin,
            insecure=insecure,
            max_bytes=max_bytes,
        )
        asking = self._inner.get(
            url,
            deadline=deadline,
            user=user,
            password=password,
            ca=ca,
            pin=pin,
            insecure=insecure,
            max_bytes=max_bytes,
        )
        return await self._told(request, asking)

    async def send(self, request: HttpRequest, *, deadline: float) -> HttpAnswer:
        """Send and tell of it; neither body nor headers are told."""
        return await self._told(request, self._inner.send(request, deadline=deadline))

    async def _told(
        self, request: HttpRequest, asking: Coroutine[object, object, HttpAnswer]
    ) -> HttpAnswer:
        self._tally.requests += 1
        trust = "pinned" if request.pin else "insecure" if request.insecure else "verified"
        asked = f"{request.method} {_plain(request.url)}"
        if request.url.startswith("https:"):
            asked = f"{asked} TLS {trust}"
        return await _timed(
            f"{asked}, with credentials" if request.user else asked, asking, self._tell, _http_came
        )


def _plain(url: str) -> str:
    """The URL without user, password and query."""
    try:
        parts = urlsplit(url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
    except ValueError:
        return "?"


def _http_came(answer: HttpAnswer) -> Iterable[str]:
    yield f"status {answer.status}, {answer.content_type or 'no type'}, {len(answer.body)} octets"
    if answer.phases:
        yield ", ".join(f"{phase} {_ms(took_s)}" for phase, took_s in answer.phases.items())
    if answer.expires_at is not None:
        yield f"certificate until {answer.expires_at:%Y-%m-%dT%H:%M:%SZ}"


class WatchedEcho:
    """An EchoClient that tells of each burst."""

    def __init__(self, inner: EchoClient, tell: Callable[[str], None], tally: Tally) -> None:
        self._inner, self._tell, self._tally = inner, tell, tally

    async def burst(self, host: str, *, count: int, gap_s: float, timeout_s: float) -> EchoStats:
        """Send a burst and tell of it."""
        self._tally.requests += count
        asking = self._inner.burst(host, count=count, gap_s=gap_s, timeout_s=timeout_s)
        asked = f"{count} echoes to {host}, {_ms(gap_s)} apart"
        return await _timed(asked, asking, self._tell, _echo_came)

    async def host_link(self) -> bool | None:
        """Pass the question on."""
        return await self._inner.host_link()


def _echo_came(stats: EchoStats) -> Iterable[str]:
    yield f"{stats.sent - stats.lost} of {stats.sent} answered by {stats.method}"
    if stats.rtts_s:
        yield "round trips " + ", ".join(f"{rtt_s * 1000:.3f} ms" for rtt_s in stats.rtts_s)


class WatchedTcp:
    """A TcpClient that tells of each connection."""

    def __init__(self, inner: TcpClient, tell: Callable[[str], None], tally: Tally) -> None:
        self._inner, self._tell, self._tally = inner, tell, tally

    async def connect(self, host: str, port: int, *, deadline: float) -> float:
        """Connect and tell of it."""
        self._tally.requests += 1
        asking = self._inner.connect(host, port, deadline=deadline)
        return await _timed(f"connect {host} port {port}", asking, self._tell, lambda _s: ("open",))


class WatchedShell:
    """A ShellClient that tells how much was asked and came; a command may hold what is private."""

    def __init__(self, inner: ShellClient, tell: Callable[[str], None], tally: Tally) -> None:
        self._inner, self._tell, self._tally = inner, tell, tally

    async def talk(
        self,
        host: ShellHost,
        lines: Sequence[ShellLine],
        *,
        deadline: float,
        max_bytes: int = 2_000_000,
    ) -> tuple[str, ...]:
        """Type lines and tell of it."""
        self._tally.requests += len(lines)
        asking = self._inner.talk(host, lines, deadline=deadline, max_bytes=max_bytes)
        asked = f"SSH {_key_word(host)} {host.host} port {host.port}, {len(lines)} lines"
        return await _timed(asked, asking, self._tell, _talk_came)

    async def execute(
        self, host: ShellHost, command: str, *, deadline: float, max_bytes: int = 2_000_000
    ) -> ShellAnswer:
        """Run a command and tell of it."""
        self._tally.requests += 1
        asking = self._inner.execute(host, command, deadline=deadline, max_bytes=max_bytes)
        asked = f"SSH {_key_word(host)} {host.host} port {host.port}, one command"
        return await _timed(asked, asking, self._tell, _command_came)


def _key_word(host: ShellHost) -> str:
    return "key pinned" if host.host_key else "no key"


def _talk_came(answers: tuple[str, ...]) -> Iterable[str]:
    yield f"{sum(map(len, answers))} characters in {len(answers)} answers"


def _command_came(answer: ShellAnswer) -> Iterable[str]:
    yield f"status {answer.exit_status}, {len(answer.stdout)} characters"


class WatchedRpc:
    """An RpcClient that tells of each question."""

    def __init__(self, inner: RpcClient, tell: Callable[[str], None], tally: Tally) -> None:
        self._inner, self._tell, self._tally = inner, tell, tally

    async def ask(
        self, url: str, method: str, params: Mapping[str, object], **options: Any
    ) -> object:
        """Ask and tell of it."""
        self._tally.requests += 1
        asking = self._inner.ask(url, method, params, **options)
        asked = f"WebSocket {_plain(url)} {method}, with credentials"
        return await _timed(asked, asking, self._tell, lambda _told: ("answered",))


class WatchedSnmp:
    """An SnmpClient that tells of each GET, table and walk."""

    def __init__(self, inner: SnmpClient, tell: Callable[[str], None], tally: Tally) -> None:
        self._inner, self._tell, self._tally = inner, tell, tally

    async def get(self, target: SnmpTarget, oids: Sequence[Oid], *, deadline: float) -> SnmpResult:
        """GET and tell of it."""
        asking = self._inner.get(target, oids, deadline=deadline)
        return await self._run("GET", target, oids, asking, _result_came, lambda r: r.stats)

    async def table(
        self,
        target: SnmpTarget,
        columns: Sequence[Oid],
        *,
        scalars: Sequence[Oid] = (),
        max_rows: int = 4096,
        deadline: float,
    ) -> TableResult:
        """Read a table and tell of it."""
        asking = self._inner.table(
            target, columns, scalars=scalars, max_rows=max_rows, deadline=deadline
        )
        asked = (*scalars, *columns)
        return await self._run("TABLE", target, asked, asking, _table_came, lambda r: r.stats)

    async def walk(
        self, target: SnmpTarget, root: Oid, *, max_varbinds: int = 20_000, deadline: float
    ) -> SnmpResult:
        """Walk and tell of it."""
        asking = self._inner.walk(target, root, max_varbinds=max_varbinds, deadline=deadline)
        return await self._run("WALK", target, (root,), asking, _result_came, lambda r: r.stats)

    def close(self) -> None:
        """Pass it on."""
        self._inner.close()

    async def _run(
        self,
        verb: str,
        target: SnmpTarget,
        oids: Sequence[Oid],
        asking: Coroutine[object, object, _T],
        came: Callable[[_T], Iterable[str]],
        stats_of: Callable[[_T], SnmpStats],
    ) -> _T:
        names = " ".join(ber.oid_text(oid) for oid in oids)
        asked = f"SNMP {target.version} {verb} {target.host}:{target.port} {names}"
        self._tally.requests += 1  # a first request at least
        result = await _timed(asked, asking, self._tell, came)
        stats = stats_of(result)
        self._tally.requests += max(0, stats.pdus - stats.retries - 1)
        return result


def _result_came(result: SnmpResult) -> Iterable[str]:
    yield f"{len(result.varbinds)} values{_whole(complete=result.complete)}, {_cost(result.stats)}"
    yield from _varbind_lines(result.varbinds)


def _table_came(result: TableResult) -> Iterable[str]:
    yield f"{len(result.rows)} rows{_whole(complete=result.complete)}, {_cost(result.stats)}"
    cells = [cell for row in result.rows.values() for cell in row if cell is not None]
    yield from _varbind_lines([*result.scalars, *cells])


def _whole(*, complete: bool) -> str:
    return "" if complete else ", cut by a limit"


def _cost(stats: SnmpStats) -> str:
    return f"{stats.pdus} PDUs, {stats.retries} repeats, {stats.bytes_in} octets by {stats.engine}"


def _varbind_lines(varbinds: Sequence[Varbind]) -> Iterable[str]:
    for varbind in varbinds[:_SHOWN]:
        yield f"{ber.oid_text(varbind.oid)} = 0x{varbind.tag:02x} {_value(varbind)}"
    if len(varbinds) > _SHOWN:
        yield f"… and {len(varbinds) - _SHOWN} more"


def _value(varbind: Varbind) -> str:
    value = varbind.value
    if not isinstance(value, bytes):
        return "-" if value is None else str(value)
    if varbind.tag == ber.OID:
        return ber.oid_text(value)
    text = value.decode("utf-8", "replace")
    return repr(text) if text.isprintable() else value.hex(" ")
