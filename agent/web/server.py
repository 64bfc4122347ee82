"""Serves the application on a TCP port and a Unix socket: one server, one shutdown."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import socket
import ssl
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import uvicorn

from inventory.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.types import ASGIApp

LONGEST_SOCKET_PATH = 107
_SOCKET_MODE = 0o660
_GRACE_S = 2  # an open event stream would otherwise hang the shutdown
_BACKLOG = 256
_TRY_S = 1.0
_KEPT_S = 30  # a ward's agent comes every ten seconds: one handshake is enough
_MOST_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Tls:
    """A server's certificate and its key, PEM files."""

    cert: Path
    key: Path


class WebServer:
    """Binds when made, answers from `start` to `stop`.

    `on_stop` ends the event streams before the server waits for its clients. Raises InputError with
    one line when the port is taken, the address is not loopback (unless `allow_plaintext`), the
    socket path is too long, or another agent answers on it. With `tls` it speaks HTTPS alone and
    may listen anywhere; certificate and key that do not fit are an InputError too.
    """

    def __init__(
        self,
        app: ASGIApp,
        listen: str,
        socket_path: Path | None,
        on_stop: Callable[[], None] = lambda: None,
        *,
        allow_plaintext: bool = False,
        tls: Tls | None = None,
    ) -> None:
        self._socket_path = socket_path
        self._on_stop = on_stop
        self._scheme = "http" if tls is None else "https"
        secured = _secured(tls) if tls is not None else {}
        tcp = _bind_tcp(listen, anywhere=allow_plaintext or tls is not None)
        self.address: tuple[str, int] = tcp.getsockname()[:2]
        self._sockets = [tcp]
        if socket_path is not None:
            try:
                self._sockets.append(_bind_unix(socket_path))
            except InputError:
                tcp.close()
                raise
        self._server = _Quiet(_config(app, **secured))
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where the TCP side answers."""
        host, port = self.address
        at = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return f"{self._scheme}://{at}"

    async def start(self) -> None:
        """Begin to answer; returns when it does."""
        self._task = asyncio.create_task(self._server.serve(self._sockets), name="web")
        ready = asyncio.create_task(self._server.ready.wait())
        await asyncio.wait((self._task, ready), return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._task.done():
            self._task.result()

    async def stop(self) -> None:
        """Stop taking requests, let the present ones end within two seconds, leave no socket.

        Nothing when it has stopped already.
        """
        if not self._sockets:
            return
        self._on_stop()
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        for bound in self._sockets:
            bound.close()
        self._sockets.clear()
        if self._socket_path is not None:
            self._socket_path.unlink(missing_ok=True)


class _Quiet(uvicorn.Server):
    """uvicorn without signal handlers of its own: who runs the agent decides when it ends."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _secured(tls: Tls) -> dict[str, Any]:
    """What uvicorn is told for HTTPS; InputError when the files are not what they should be."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tls.cert, tls.key)
    except (OSError, ssl.SSLError) as error:
        raise InputError("link.no_certificate", cert=tls.cert, private=tls.key) from error
    return {
        "ssl_certfile": tls.cert,
        "ssl_keyfile": tls.key,
        "timeout_keep_alive": _KEPT_S,
        "limit_concurrency": _MOST_AT_ONCE,
    }


def _config(app: ASGIApp, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # a forwarded address must never stand for the peer's
        timeout_graceful_shutdown=_GRACE_S,
        **more,
    )


def listen_address(listen: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:9642` or `[::1]:9642`; InputError for another form."""
    host, colon, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) < 65536):
        raise InputError("api.listen_form", listen=listen)
    return ("127.0.0.1" if host == "localhost" else host), int(port)


def _bind_tcp(listen: str, *, anywhere: bool) -> socket.socket:
    host, port = listen_address(listen)
    try:
        address = ip_address(host)
    except ValueError:
        raise InputError("api.listen_form", listen=listen) from None
    if not address.is_loopback and not anywhere:
        raise InputError("api.not_loopback", listen=listen)
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise InputError("api.port_taken", listen=listen) from error
        raise InputError("api.cannot_listen", listen=listen, problem=error.strerror) from error
    bound.setblocking(False)
    return bound


def _bind_unix(path: Path) -> socket.socket:
    length = len(os.fsencode(path))
    if length > LONGEST_SOCKET_PATH:
        raise InputError("api.socket_too_long", path=path, length=length)
    _clear(path)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.bind(str(path))
        path.chmod(_SOCKET_MODE)
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        raise InputError("api.socket_failed", path=path, problem=error.strerror) from error
    _give_to_group(path)
    bound.setblocking(False)
    return bound


def _clear(path: Path) -> None:
    """Remove the socket of an agent that is gone; refuse when one answers or it is no socket."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return
    if not stat.S_ISSOCK(mode):
        raise InputError("api.socket_no_socket", path=path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
        trial.settimeout(_TRY_S)
        try:
            trial.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
        except OSError as error:
            raise InputError("api.socket_failed", path=path, problem=error.strerror) from error
    raise InputError("api.socket_taken", path=path)


def _give_to_group(path: Path) -> None:
    """Let the group `wardops` in where it exists and we may; else the socket stays the owner's."""
    with suppress(LookupError, PermissionError):
        shutil.chown(path, group="wardops")
