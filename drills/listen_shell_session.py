"""One SSH session of a simulated codec, by paramiko, in a thread of its own.

The codec knows keyboard-interactive alone (RFC 4256), and a shell without commands of its own.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_FAILED_RESOURCE_SHORTAGE,
    OPEN_SUCCEEDED,
)
from paramiko.server import InteractiveQuery

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric import ec

    from drills.listen_shell import Login

LOOK_EVERY_S = 0.2
"""How often a session looks for news."""
_HANDSHAKE_S = 30.0
_CHUNK = 65_536
_LOG = "drills.listen_shell_session.library"


def serve_shell(connection: socket.socket, login: Login) -> None:
    """Handshake, log in, talk until either side hangs up. Blocks; raises nothing of the library."""
    door = _Door(login)

    def talk(transport: paramiko.Transport) -> None:
        channel = _channel(transport, door)
        if channel is not None:
            _talk(channel, login)

    serve_over(connection, login.host_key, door, talk)


def serve_over(
    connection: socket.socket,
    key: ec.EllipticCurvePrivateKey,
    door: paramiko.ServerInterface,
    talk: Callable[[paramiko.Transport], None],
) -> None:
    """Shake hands and talk; what the other side breaks ends in silence. Raises nothing of it."""
    _quiet()
    with suppress(paramiko.SSHException, EOFError, OSError):
        transport = paramiko.Transport(connection)
        try:
            transport.set_log_channel(_LOG)
            transport.daemon = True
            transport.add_server_key(paramiko.ECDSAKey(vals=(key, key.public_key())))
            transport.start_server(server=door)
            talk(transport)
        finally:
            transport.close()
            transport.join()


class _Door(paramiko.ServerInterface):
    """Who may enter, and what for."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._user = ""
        self.shell_asked = Event()

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - the library's signature
        return "keyboard-interactive"

    def check_auth_interactive(self, username: str, submethods: str) -> InteractiveQuery:  # noqa: ARG002
        self._user = username
        return InteractiveQuery("", "", ("Password: ", False))

    def check_auth_interactive_response(self, responses: list[str]) -> int:
        is_right = len(responses) == 1 and self._login.may_enter(self._user, responses[0])
        return AUTH_SUCCESSFUL if is_right else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002
        if kind != "session":
            return OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        return OPEN_FAILED_RESOURCE_SHORTAGE if self._login.is_busy() else OPEN_SUCCEEDED

    def check_channel_pty_request(self, *_asked: object) -> bool:
        return True

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:  # noqa: ARG002
        self.shell_asked.set()
        return True


def _channel(transport: paramiko.Transport, door: _Door) -> paramiko.Channel | None:
    """The channel that a shell was asked for on; None when the client never does."""
    channel = None
    for _ in range(int(_HANDSHAKE_S / LOOK_EVERY_S)):
        channel = channel or transport.accept(LOOK_EVERY_S)
        if channel is not None and door.shell_asked.wait(LOOK_EVERY_S):
            return channel
        if not transport.is_active():
            return None
    return None


def _talk(channel: paramiko.Channel, login: Login) -> None:
    channel.settimeout(LOOK_EVERY_S)
    channel.sendall(login.greeting().encode())
    waiting = b""
    while True:
        try:
            typed = channel.recv(_CHUNK)
            if not typed:
                return
            waiting += typed
        except TimeoutError:
            pass
        if not login.hears():
            continue  # cut off: what was typed has not come to the codec yet
        told = login.turn(waiting)
        waiting = b""
        if told is None:
            return
        if told:
            channel.settimeout(None)
            channel.sendall(told.encode())
            channel.settimeout(LOOK_EVERY_S)


def _quiet() -> None:
    """What the library says of itself is for its authors."""
    log = logging.getLogger(_LOG)
    log.propagate = False
    if not log.handlers:
        log.addHandler(logging.NullHandler())
