"""One request over HTTP or verified HTTPS, by httpx; its errors end here as ProbeError leaves.

Connections are kept alive for a while, so that a device polled every 30 s shakes hands once.
Redirects are not followed, no proxy of the environment is used, nothing is decompressed, no cookie
is kept.
"""

from __future__ import annotations

import asyncio
import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import httpx

from probes.errors import (
    LimitExceeded,
    NotConfigured,
    ProbeError,
    ProtocolBroken,
    TimedOut,
    TlsUntrusted,
)
from probes.transports.model import HttpAnswer, HttpRequest
from probes.transports.os_errors import as_probe_error
from probes.transports.own_name import own_name
from probes.transports.shown import shown_certificate
from probes.transports.tls import Trust, check_pin, expires_at, leaf_of, shared_context

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from inventory.credentials import Secret

# Longer than the 30 s period of machines and codecs, shorter than the 60 s of service checks,
# which so see a renewed or expired certificate at every check.
_KEEP_ALIVE_S = 45.0
_HTTPS_PORT = 443

# Phases by httpcore's trace events; `connect` includes the look-up of a name.
_PHASES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "connect": ("connection.connect_tcp.started", "connection.connect_tcp.complete"),
        "tls": ("connection.start_tls.started", "connection.start_tls.complete"),
        "processing": (
            "http11.send_request_body.complete",
            "http11.receive_response_headers.complete",
        ),
        "transfer": (
            "http11.receive_response_body.started",
            "http11.receive_response_body.complete",
        ),
    }
)


class HttpsClient:
    """The real HttpClient. Close it with `close()` when nothing polls any more."""

    def __init__(self) -> None:
        self._clients: dict[tuple[Trust, bytes], httpx.AsyncClient] = {}

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
        """GET `url` before `deadline` (loop time), with Basic credentials when `user` is given.

        `ca` is a file of certificates that alone are trusted, `pin` the SHA-256 of the server's
        certificate (`sha256:` and hexadecimal), compared before anything is sent; `insecure` trusts
        everybody. Raises a ProbeError leaf, TlsUntrusted with the certificate that was shown;
        LimitExceeded when the body is over `max_bytes`.
        """
        request = HttpRequest(
            url,
            user=user,
            password=password,
            ca=ca,
            pin=pin,
            insecure=insecure,
            max_bytes=max_bytes,
        )
        return await self.send(request, deadline=deadline)

    async def send(self, request: HttpRequest, *, deadline: float) -> HttpAnswer:
        """Send a request before `deadline` (loop time); raises as `get` does."""
        url = request.url
        try:
            trust = Trust(request.ca, request.pin, request.insecure)
            client = self._client(trust, httpx.URL(url).netloc)
            built = client.build_request(
                request.method,
                url,
                content=request.body or None,
                headers=[(name, value) for name, value in request.headers],
            )
            if not 0 <= (built.url.port or 0) <= 65535:
                raise NotConfigured("url", url=url)
            async with asyncio.timeout_at(deadline):
                return await _ask_twice(client, built, request)
        except TimeoutError as error:
            raise TimedOut from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as error:
            raise NotConfigured("url", url=url) from error
        except httpx.HTTPError as error:
            raise await _named(_mapped(error), httpx.URL(url), deadline) from error

    async def close(self) -> None:
        """Close every connection."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()

    def _client(self, trust: Trust, place: bytes) -> httpx.AsyncClient:
        """The client for one host and port: a pool looks at all that it holds at each request."""
        if (trust, place) not in self._clients:
            # Whoever is pinned is checked after the handshake, so that all of them share a context.
            met = Trust(insecure=True) if trust.pin or trust.insecure else trust
            self._clients[trust, place] = httpx.AsyncClient(
                verify=shared_context(met),
                timeout=None,  # noqa: S113 - the caller's deadline cuts every request
                trust_env=False,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
                headers={
                    "User-Agent": own_name(),
                    "Accept-Encoding": "identity",
                },
                limits=httpx.Limits(keepalive_expiry=_KEEP_ALIVE_S),
            )
        return self._clients[trust, place]


class _Trace:
    """Notes when httpcore's steps happened and checks the pin before anything is sent."""

    def __init__(self, pin: str | None) -> None:
        self.at: dict[str, float] = {}
        self._pin = pin
        self._bare: Any = None

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        self.at[event] = asyncio.get_running_loop().time()
        if event == "connection.connect_tcp.complete":
            self._bare = info["return_value"]
        if event == "connection.start_tls.complete":
            self._bare = None
        if event == "connection.start_tls.complete" and self._pin:
            stream = info["return_value"]
            try:
                check_pin(_certificate(stream), self._pin)
            except TlsUntrusted:
                await stream.aclose()
                raise

    async def hang_up(self) -> None:
        """Close a connection whose handshake was cut short: httpcore forgets it without a word."""
        if self._bare is not None:
            await self._bare.aclose()

    @property
    def reused(self) -> bool:
        """Whether the request went over a connection that was open already."""
        return "connection.connect_tcp.started" not in self.at

    def phases(self) -> dict[str, float]:
        """Seconds by phase, of those that took place."""
        return {
            phase: self.at[end] - self.at[start]
            for phase, (start, end) in _PHASES.items()
            if start in self.at and end in self.at
        }


async def _ask_twice(
    client: httpx.AsyncClient, built: httpx.Request, request: HttpRequest
) -> HttpAnswer:
    """Ask; once more when a kept connection turns out to be closed and the request may repeat."""
    trace = _Trace(request.pin)
    try:
        return await _ask(client, built, request, trace)
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
        if not trace.reused or not request.repeatable:
            raise
    return await _ask(client, built, request, _Trace(request.pin))


def _login(request: HttpRequest) -> httpx.BasicAuth | None:
    if not request.user:
        return None
    return httpx.BasicAuth(request.user, request.password.reveal() if request.password else "")


async def _ask(
    client: httpx.AsyncClient, built: httpx.Request, request: HttpRequest, trace: _Trace
) -> HttpAnswer:
    built.extensions["trace"] = trace
    try:
        response = await client.send(
            built, auth=_login(request), stream=True, follow_redirects=False
        )
    except asyncio.CancelledError:
        await trace.hang_up()
        raise
    headers = tuple((name.lower(), value) for name, value in response.headers.multi_items())
    if request.heard is not None:
        request.heard(headers)
    try:
        stream = response.extensions.get("network_stream")
        until = expires_at(_certificate(stream))
        body = await _body(response, request.max_bytes)
    finally:
        await response.aclose()
    return HttpAnswer(
        status=response.status_code,
        body=body,
        content_type=response.headers.get("Content-Type", ""),
        phases=trace.phases(),
        expires_at=until,
        location=response.headers.get("Location", ""),
        tls_version=_tls_version(stream),
        headers=headers,
        phrase=response.reason_phrase,
    )


async def _body(response: httpx.Response, max_bytes: int) -> bytes:
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if encoding != "identity":  # we asked for none; unpacking a stranger's could be endless
        raise ProtocolBroken("http_encoding", encoding=encoding[:32])
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > max_bytes:
            raise LimitExceeded("body_too_big", limit=max_bytes)
    return bytes(body)


def _certificate(stream: Any) -> bytes | None:
    """The peer's certificate in DER, None over plain HTTP."""
    tls = stream.get_extra_info("ssl_object") if stream is not None else None
    return tls.getpeercert(binary_form=True) if tls is not None else None


def _tls_version(stream: Any) -> str | None:
    """As OpenSSL names it (`TLSv1.3`), None over plain HTTP."""
    tls = stream.get_extra_info("ssl_object") if stream is not None else None
    return tls.version() if tls is not None else None


def _mapped(error: httpx.HTTPError) -> ProbeError:
    """The leaf for an error of httpx, by what lies under it; certificates before sockets."""
    under = list(_causes(error))
    for cause in under:
        if isinstance(cause, ProbeError):
            return cause
        if isinstance(cause, ssl.SSLError):
            return leaf_of(cause)
    for cause in under:
        if isinstance(cause, OSError) and (cause.errno is not None):
            return as_probe_error(cause)
    if isinstance(error, httpx.RemoteProtocolError):
        return ProtocolBroken()
    return ProtocolBroken("reset")


async def _named(leaf: ProbeError, url: httpx.URL, deadline: float) -> ProbeError:
    """The same leaf; one of a certificate that is not trusted says which one was shown."""
    if leaf.detail_code != TlsUntrusted.reason:
        return leaf
    seen = await shown_certificate(url.host, url.port or _HTTPS_PORT, deadline)
    return leaf if seen is None else TlsUntrusted("tls_untrusted_seen", seen=seen)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything it came from; anyio gathers failed addresses in a group."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            waiting += current.exceptions
