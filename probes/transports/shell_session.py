"""One SSH session by paramiko, in a thread of its own; its errors end here as ProbeError leaves.

The server's key is compared before anything is said of the user. Credentials go out once: by
keyboard-interactive (RFC 4256), which Cisco's endpoints demand, or as a password where the server
does not know that.
"""

from __future__ import annotations

import base64
import hashlib
import io
import logging
import re
import socket
import time
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

import paramiko

from probes.errors import (
    HOST_KEY_CHANGED,
    AuthFailed,
    Busy,
    Forbidden,
    LimitExceeded,
    NotConfigured,
    ProbeError,
    ProtocolBroken,
    TimedOut,
)
from probes.transports.model import ShellAnswer
from probes.transports.os_errors import as_probe_error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inventory.credentials import Secret
    from probes.transports.model import ShellHost, ShellLine

_CHUNK = 65_536
_OVERLAP = 512  # octets of what came before that an end mark may begin in
_LOG = "probes.transports.shell_session.library"

_T = TypeVar("_T")


class Session:
    """One connection to one machine; `run` in a thread, `close` from anywhere."""

    def __init__(self, host: ShellHost, seconds: float) -> None:
        self._host = host
        self._ends = time.monotonic() + seconds
        self._lock = Lock()
        self._socket: socket.socket | None = None
        self._closed = False
        self._transport: paramiko.Transport | None = None

    def run(self, work: Callable[[Session], _T]) -> _T:
        """Connect, do the work, hang up. Raises a ProbeError leaf."""
        transport: paramiko.Transport | None = None
        try:
            transport = self._connected()
            self._transport = transport
            self._check_key(transport)
            self._log_in(transport)
            return work(self)
        except ProbeError:
            raise
        except TimeoutError as error:
            raise TimedOut from error
        except paramiko.SSHException as error:
            raise self._leaf(error) from error
        except EOFError as error:
            raise ProtocolBroken("reset") from error
        except OSError as error:
            raise TimedOut() if self._closed else as_probe_error(error) from error
        finally:
            if transport is not None:
                transport.close()
            self.close()

    def close(self) -> None:
        """Cut the connection; whatever waits for it ends."""
        with self._lock:
            self._closed = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)
                self._socket.close()

    def talk(self, lines: Sequence[ShellLine], max_bytes: int) -> tuple[str, ...]:
        """Type lines into a login shell; the answer to each."""
        channel = self._channel()
        channel.invoke_shell()
        answers: list[str] = []
        room = max_bytes
        for line in lines:
            if line.text:
                channel.settimeout(self._left_s())
                channel.sendall(f"{line.text}\n".encode())
            told = b"" if line.until is None else self._until(channel, line.until, room, max_bytes)
            room -= len(told)
            answers.append(told.decode("utf-8", "replace"))
        return tuple(answers)

    def execute(self, command: str, max_bytes: int) -> ShellAnswer:
        """Run one command; what it wrote and how it ended."""
        channel = self._channel()
        channel.exec_command(command)
        channel.shutdown_write()
        written = self._all(channel, channel.recv, max_bytes, max_bytes)
        complaints = self._all(channel, channel.recv_stderr, max_bytes - len(written), max_bytes)
        known = channel.status_event.wait(self._left_s())
        status = channel.exit_status if known and channel.exit_status >= 0 else None
        out, err = (part.decode("utf-8", "replace") for part in (written, complaints))
        return ShellAnswer(out, err, status)

    def _left_s(self) -> float:
        left = self._ends - time.monotonic()
        if left <= 0 or self._closed:
            raise TimedOut
        return left

    def _connected(self) -> paramiko.Transport:
        connection = socket.create_connection((self._host.host, self._host.port), self._left_s())
        with self._lock:
            self._socket = connection
            if self._closed:
                connection.close()
                raise TimedOut
        _quiet()
        transport = paramiko.Transport(connection)
        transport.set_log_channel(_LOG)
        left = self._left_s()
        transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = left
        transport.channel_timeout = left
        transport.daemon = True
        transport.start_client(timeout=left)
        return transport

    def _check_key(self, transport: paramiko.Transport) -> None:
        seen = fingerprint(transport.get_remote_server_key().asbytes())
        if self._host.host_key is None:
            raise NotConfigured("host_key_none", seen=seen)
        if seen != self._host.host_key:
            raise NotConfigured(HOST_KEY_CHANGED, seen=seen)

    def _log_in(self, transport: paramiko.Transport) -> None:
        if self._host.private_key is not None:
            transport.auth_publickey(self._host.user, _key_of(self._host.private_key))
            return
        word = self._host.password.reveal()
        try:
            transport.auth_interactive(
                self._host.user, lambda _title, _words, asked: [word] * len(asked)
            )
        except paramiko.BadAuthenticationType:
            transport.auth_password(self._host.user, word, fallback=False)

    def _channel(self) -> paramiko.Channel:
        if self._transport is None:
            raise ProtocolBroken("reset")
        channel = self._transport.open_session(timeout=self._left_s())
        channel.settimeout(self._left_s())
        return channel

    def _until(self, channel: paramiko.Channel, mark: str, room: int, max_bytes: int) -> bytes:
        """What the shell says up to the mark; ProtocolBroken when it hangs up before."""
        ends = re.compile(mark.encode())
        told = bytearray()
        while True:
            channel.settimeout(self._left_s())
            chunk = channel.recv(_CHUNK)
            if not chunk:
                raise ProtocolBroken("reset")
            start = max(0, len(told) - _OVERLAP)
            told += chunk
            if len(told) > room:
                raise LimitExceeded("body_too_big", limit=max_bytes)
            if ends.search(told, start):
                return bytes(told)

    def _all(
        self,
        channel: paramiko.Channel,
        receive: Callable[[int], bytes],
        room: int,
        max_bytes: int,
    ) -> bytes:
        told = bytearray()
        while True:
            channel.settimeout(self._left_s())
            chunk = receive(_CHUNK)
            if not chunk:
                return bytes(told)
            told += chunk
            if len(told) > room:
                raise LimitExceeded("body_too_big", limit=max_bytes)

    def _leaf(self, error: paramiko.SSHException) -> ProbeError:
        if self._closed or self._ends <= time.monotonic():
            return TimedOut()
        if isinstance(error, paramiko.AuthenticationException):
            return AuthFailed()
        if isinstance(error, paramiko.ChannelException):  # RFC 4254, 5.1: 1 prohibited, 4 shortage
            return Forbidden() if error.code == 1 else Busy()
        return ProtocolBroken("ssh_talk")


def _key_of(secret: Secret) -> paramiko.PKey:
    """The private key; raises NotConfigured for what is none, or is locked by a passphrase."""
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        with suppress(paramiko.SSHException, ValueError, TypeError, IndexError):
            key: paramiko.PKey = kind.from_private_key(io.StringIO(secret.reveal()))
            return key
    raise NotConfigured("private_key")


def fingerprint(key: bytes) -> str:
    """A host key (RFC 4253, 6.6) as OpenSSH shows it."""
    digest = base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")
    return f"SHA256:{digest}"


def _quiet() -> None:
    """What the library says of itself is for its authors, and may name users."""
    log = logging.getLogger(_LOG)
    log.propagate = False
    if not log.handlers:
        log.addHandler(logging.NullHandler())
