"""One SSH connection to a simulated machine, by paramiko, in a thread of its own.

A password opens it (RFC 4252, 8, or keyboard-interactive); then commands and shells, one after the
other. No files are carried and nothing is forwarded.
"""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)
from paramiko.server import InteractiveQuery

from drills.listen_shell_session import LOOK_EVERY_S, serve_over

if TYPE_CHECKING:
    import socket

    from drills.listen_machine import MachineLogin

_CHUNK = 65_536


def serve_machine(connection: socket.socket, login: MachineLogin) -> None:
    """Handshake, log in, answer until either side hangs up. Blocks; raises nothing of paramiko."""
    door = _Door(login)

    def talk(transport: paramiko.Transport) -> None:
        while transport.is_active():
            channel = transport.accept(LOOK_EVERY_S)
            if channel is None:
                continue
            while transport.is_active() and not channel.closed:
                if door.asked.wait(LOOK_EVERY_S):
                    door.asked.clear()
                    _answer(channel, door, login)
                    break
            channel.close()

    serve_over(connection, login.host_key, door, talk)


class _Door(paramiko.ServerInterface):
    """Who may enter, and what for: `command` is None where a shell is wanted."""

    def __init__(self, login: MachineLogin) -> None:
        self._login = login
        self._user = ""
        self.asked = Event()
        self.command: bytes | None = None
        self.has_tty = False

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - the library's signature
        return "password,keyboard-interactive"

    def check_auth_password(self, username: str, password: str) -> int:
        return AUTH_SUCCESSFUL if self._login.may_enter(username, password) else AUTH_FAILED

    def check_auth_interactive(self, username: str, submethods: str) -> InteractiveQuery:  # noqa: ARG002
        self._user = username
        return InteractiveQuery("", "", ("Password: ", False))

    def check_auth_interactive_response(self, responses: list[str]) -> int:
        is_right = len(responses) == 1 and self._login.may_enter(self._user, responses[0])
        return AUTH_SUCCESSFUL if is_right else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_pty_request(self, *_asked: object) -> bool:
        self.has_tty = True
        return True

    def check_channel_window_change_request(self, *_asked: object) -> bool:
        return True

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:  # noqa: ARG002
        self.command = None
        self.asked.set()
        return True

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:  # noqa: ARG002
        self.command = command
        self.asked.set()
        return True


def _answer(channel: paramiko.Channel, door: _Door, login: MachineLogin) -> None:
    """Serve one channel until its end."""
    has_tty, door.has_tty = door.has_tty, False
    if door.command is None:
        _talk(channel, login, has_tty=has_tty)
        return
    while not login.hears():  # cut off: what was asked has not come to the machine yet
        if channel.closed or Event().wait(LOOK_EVERY_S):
            return
    if login.is_anew():
        return
    said = login.execute(door.command.decode("utf-8", "replace"))
    for stream, text in said.parts:
        octets = (text.replace("\n", "\r\n") if has_tty else text).encode()
        (channel.sendall if stream == 1 or has_tty else channel.sendall_stderr)(octets)
    channel.send_exit_status(said.status)


def _talk(channel: paramiko.Channel, login: MachineLogin, *, has_tty: bool) -> None:
    terminal = login.terminal(has_tty=has_tty)
    channel.sendall(terminal.greeting().encode())
    channel.settimeout(LOOK_EVERY_S)
    waiting, is_ended = b"", False
    while not terminal.is_over:
        try:
            typed = channel.recv(_CHUNK)
            waiting, is_ended = waiting + typed, not typed
        except TimeoutError:
            pass
        if login.hears():
            if login.is_anew():
                return
            told, waiting = login.feed(terminal, waiting), b""
            channel.settimeout(None)
            channel.sendall(told.encode())
            channel.settimeout(LOOK_EVERY_S)
        if is_ended or channel.closed:
            break
    channel.send_exit_status(terminal.status)
