"""JSON-RPC 2.0 over a WebSocket, by websockets; its errors end here as ProbeError leaves.

A pinned certificate is compared when the handshake of TLS is over, before the request that carries
the credentials is written.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
    PayloadTooBig,
    WebSocketException,
)

from probes.errors import (
    Busy,
    Forbidden,
    LimitExceeded,
    NotConfigured,
    ProbeError,
    ProtocolBroken,
    TlsUntrusted,
    Unsupported,
)
from probes.transports.model import HttpAnswer
from probes.transports.own_name import own_name
from probes.transports.status import check_status
from probes.transports.tls import Trust, as_leaves, check_pin, shared_context

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inventory.credentials import Secret

_LOG = "probes.transports.websocket.library"
_CALL = 1  # the number of the only question on a connection
# Numbers of JSON-RPC 2.0, and of Cisco's xAPI (names as in its client for Python, xows).
_PERMISSION, _SUBSCRIBERS, _NOT_READY = -31999, -31998, -31997
_NO_METHOD, _NO_PATH = -32601, -32602


class WebSocketRpc:
    """The real RpcClient: a connection for each question, closed when it is answered."""

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
        """The result of one call, before `deadline` (loop time); Basic credentials go along.

        Raises AuthFailed, Forbidden or Busy by status or error number, Unsupported for a path or
        method that the device does not know, ProtocolBroken, LimitExceeded, and what TLS raises.
        """
        question = {"jsonrpc": "2.0", "id": _CALL, "method": method, "params": params}
        try:
            with as_leaves(url):
                async with asyncio.timeout_at(deadline):
                    async with _connection(
                        url, Trust(ca, pin, insecure), user, password, max_bytes
                    ) as line:
                        await line.send(json.dumps(question))
                        return await _result(line)
        except _Refused as error:
            raise error.leaf from error
        except InvalidStatus as error:
            check_status(HttpAnswer(error.response.status_code, b""))
            raise ProtocolBroken("no_websocket_there") from error
        except PayloadTooBig as error:
            raise LimitExceeded("body_too_big", limit=max_bytes) from error
        except ConnectionClosed as error:
            raise _closed(error, max_bytes) from error
        except InvalidURI as error:
            raise NotConfigured("url", url=url) from error
        except (InvalidHandshake, EOFError) as error:
            raise ProtocolBroken("no_websocket_there") from error
        except WebSocketException as error:
            raise ProtocolBroken from error


class _Refused(Exception):
    """The certificate is not the pinned one; the leaf that says so."""

    def __init__(self, leaf: ProbeError) -> None:
        super().__init__(str(leaf))
        self.leaf = leaf


class _Straight(connect):
    """Goes where it was sent and nowhere else: credentials are for one machine."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


def _connection(url: str, trust: Trust, user: str, password: Secret, max_bytes: int) -> _Straight:
    pair = base64.b64encode(f"{user}:{password.reveal()}".encode()).decode()
    return _Straight(
        url,
        ssl=shared_context(trust) if url.startswith("wss:") else None,
        additional_headers={"Authorization": f"Basic {pair}"},
        user_agent_header=own_name(),
        create_connection=_pinned(trust.pin),
        compression=None,
        proxy=None,
        open_timeout=None,  # the caller's deadline cuts everything
        ping_interval=None,
        close_timeout=1.0,
        max_size=max_bytes,
        logger=_silent(),
        process_exception=lambda error: error,
    )


def _pinned(pin: str | None) -> type[ClientConnection]:
    class Pinned(ClientConnection):
        """A connection that writes nothing to a server whose certificate is another one."""

        refused: TlsUntrusted | None = None

        def connection_made(self, transport: Any) -> None:
            tls = transport.get_extra_info("ssl_object")
            try:
                check_pin(tls.getpeercert(binary_form=True) if tls is not None else None, pin)
            except TlsUntrusted as error:
                self.refused = error
                transport.abort()
            super().connection_made(transport)

        async def handshake(self, *args: Any, **options: Any) -> None:
            if self.refused is not None:
                raise _Refused(self.refused)
            await super().handshake(*args, **options)

    return Pinned


async def _result(line: ClientConnection) -> object:
    """The result that answers the question; what the device says by itself is passed over."""
    async for message in line:
        try:
            told = json.loads(message)
        except (ValueError, RecursionError) as error:
            raise ProtocolBroken("rpc_talk") from error
        if isinstance(told, dict) and told.get("id") == _CALL:
            if "error" in told:
                raise _leaf_of(told["error"])
            return told.get("result")
    raise ProtocolBroken("reset")


def _leaf_of(error: object) -> ProbeError:
    """The reason that a JSON-RPC error has for people; its message is not repeated."""
    number = error.get("code") if isinstance(error, dict) else None
    if number == _PERMISSION:
        return Forbidden()
    if number in {_SUBSCRIBERS, _NOT_READY}:
        return Busy()
    if number in {_NO_PATH, _NO_METHOD}:
        return Unsupported("rpc_path")
    return ProtocolBroken("rpc_error", number=number if isinstance(number, int) else "-")


def _closed(error: ConnectionClosed, max_bytes: int) -> ProbeError:
    """1009 is what either side says of a message that is too long (RFC 6455, 7.4.1)."""
    codes = [frame.code for frame in (error.sent, error.rcvd) if frame is not None]
    return (
        LimitExceeded("body_too_big", limit=max_bytes) if 1009 in codes else ProtocolBroken("reset")
    )


def _silent() -> logging.Logger:
    """The library writes what it sends, credentials among it: nobody is to read that."""
    log = logging.getLogger(_LOG)
    log.propagate = False
    log.disabled = True
    return log
