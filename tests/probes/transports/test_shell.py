"""SSH against real servers on loopback: keys, log-ins, what comes, and what never ends."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import paramiko
import pytest
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_RESOURCE_SHORTAGE,
    OPEN_SUCCEEDED,
)
from paramiko.server import InteractiveQuery

from inventory.credentials import Secret
from probes.clock import SystemClock
from probes.errors import (
    AuthFailed,
    Busy,
    LimitExceeded,
    NotConfigured,
    ProbeError,
    ProtocolBroken,
    Refused,
    TimedOut,
)
from probes.transports.model import ShellHost, ShellLine
from probes.transports.shell import ThreadedShell
from probes.transports.shell_session import fingerprint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.probes.conftest import Peers

USER, WORD = "poll", "canary-password"
OK = r"(?m)^OK\s*$"
KEY = paramiko.ECDSAKey.generate(bits=256)


@dataclass
class SshServer(paramiko.ServerInterface):
    """What a server allows, and what it was told."""

    methods: str = "keyboard-interactive"
    has_room: bool = True
    words: list[str] = field(default_factory=list)
    command: str = ""
    wanted: threading.Event = field(default_factory=threading.Event)

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - paramiko's
        return self.methods

    # paramiko lets it answer with a number too; its stubs do not know that.
    def check_auth_interactive(
        self,
        username: str,  # noqa: ARG002 - paramiko's
        submethods: str,  # noqa: ARG002 - paramiko's
    ) -> int | InteractiveQuery:
        if "interactive" not in self.methods:
            return AUTH_FAILED
        return InteractiveQuery("", "", ("Password: ", False))

    def check_auth_interactive_response(self, responses: list[str]) -> int:
        self.words += responses
        return AUTH_SUCCESSFUL if responses == [WORD] else AUTH_FAILED

    def check_auth_password(self, username: str, password: str) -> int:
        self.words.append(password)
        is_right = "password" in self.methods and (username, password) == (USER, WORD)
        return AUTH_SUCCESSFUL if is_right else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002 - paramiko's
        allowed = OPEN_SUCCEEDED
        return allowed if self.has_room else OPEN_FAILED_RESOURCE_SHORTAGE

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:  # noqa: ARG002 - paramiko's
        self.wanted.set()
        return True

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:  # noqa: ARG002 - paramiko's
        self.command = command.decode()
        self.wanted.set()
        return True


@asynccontextmanager
async def served(
    talk: Callable[[paramiko.Channel, SshServer], None], server: SshServer | None = None
) -> AsyncIterator[tuple[int, SshServer]]:
    """A server whose shell or command is `talk`; its port, and what it was told."""
    told = server or SshServer()
    listening = socket.create_server(("127.0.0.1", 0))
    open_now: list[paramiko.Transport] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.set_log_channel("tests.ssh")
            open_now.append(transport)
            transport.add_server_key(KEY)
            try:
                transport.start_server(server=told)
                channel = None
                while channel is None and transport.is_active():
                    channel = transport.accept(0.1)
                if channel is not None:
                    told.wanted.wait(20)
                    talk(channel, told)
            except (paramiko.SSHException, EOFError, OSError):
                pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1], told
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for transport in open_now:
            transport.close()
        await asyncio.to_thread(thread.join, 10)


def host(port: int, **other: str | None) -> ShellHost:
    """The machine on loopback, its key pinned."""
    word = Secret(other.get("word", WORD) or "")
    pin = other.get("host_key", fingerprint(KEY.asbytes()))
    return ShellHost("127.0.0.1", port, USER, word, pin)


def codec(channel: paramiko.Channel, _server: SshServer) -> None:
    """A shell that says OK at first and to each line, and repeats `say …`."""
    channel.sendall(b"Welcome\r\nLogin successful\r\n\r\nOK\r\n")
    lines = channel.makefile("r")
    for line in lines:
        if line.startswith("say "):
            channel.sendall(line[4:].encode())
        channel.sendall(b"OK\r\n")
        if line.strip() == "bye":
            channel.close()
            return


def mute(channel: paramiko.Channel, _server: SshServer) -> None:
    """A shell that never says anything."""
    channel.recv(1)


@pytest.fixture
def shell() -> ThreadedShell:
    return ThreadedShell()


async def test_lines_are_answered_one_after_the_other(shell: ThreadedShell, peers: Peers) -> None:
    async with served(codec) as (port, told):
        answers = await shell.talk(
            host(port),
            (ShellLine("", OK), ShellLine("say xin chào", OK), ShellLine("bye", None)),
            deadline=peers.in_seconds(20),
        )
    assert "Login successful" in answers[0]
    assert "xin chào" in answers[1]
    assert answers[2] == ""
    assert told.words == [WORD]
    assert shell.left_behind == 0


async def test_a_command_gives_what_it_wrote_and_its_status(
    shell: ThreadedShell, peers: Peers
) -> None:
    def command(channel: paramiko.Channel, _server: SshServer) -> None:
        channel.sendall(b"out\n")
        channel.sendall_stderr(b"err\n")
        channel.send_exit_status(3)
        channel.close()

    async with served(command, SshServer(methods="password")) as (port, told):
        found = await shell.execute(host(port), "uname -a", deadline=peers.in_seconds(20))
    assert (found.stdout, found.stderr, found.exit_status) == ("out\n", "err\n", 3)
    assert (told.command, told.words) == ("uname -a", [WORD])


@pytest.mark.parametrize(
    ("pinned", "detail"),
    [(None, "host_key_none"), ("SHA256:" + "A" * 43, "host_key_changed")],
)
async def test_a_key_that_is_not_pinned_gets_no_password(
    shell: ThreadedShell, peers: Peers, pinned: str | None, detail: str
) -> None:
    async with served(codec) as (port, told):
        with pytest.raises(NotConfigured) as caught:
            await shell.talk(host(port, host_key=pinned), (), deadline=peers.in_seconds(20))
    assert caught.value.detail_code == detail
    assert caught.value.values == {"seen": fingerprint(KEY.asbytes())}
    assert told.words == []


@pytest.mark.parametrize("methods", ["keyboard-interactive", "password"])
async def test_a_wrong_password_is_sent_once(
    shell: ThreadedShell, peers: Peers, methods: str
) -> None:
    async with served(codec, SshServer(methods=methods)) as (port, told):
        with pytest.raises(AuthFailed):
            await shell.talk(host(port, word="no"), (), deadline=peers.in_seconds(20))
    assert told.words == ["no"]


async def test_a_server_without_room_is_busy(shell: ThreadedShell, peers: Peers) -> None:
    async with served(codec, SshServer(has_room=False)) as (port, _told):
        with pytest.raises(Busy):
            await shell.talk(host(port), (), deadline=peers.in_seconds(20))


async def test_what_never_ends_is_cut_by_its_size(shell: ThreadedShell, peers: Peers) -> None:
    def flood(channel: paramiko.Channel, _server: SshServer) -> None:
        while True:
            channel.sendall(b"x" * 30_000)

    async with served(flood) as (port, _told):
        with pytest.raises(LimitExceeded):
            await shell.talk(
                host(port), (ShellLine("", OK),), deadline=peers.in_seconds(30), max_bytes=100_000
            )


async def test_a_shell_that_hangs_up_and_a_port_without_ssh_have_their_reasons(
    shell: ThreadedShell, peers: Peers
) -> None:
    async with served(lambda channel, _server: channel.close()) as (port, _told):
        with pytest.raises(ProtocolBroken):
            await shell.talk(host(port), (ShellLine("", OK),), deadline=peers.in_seconds(20))
    async with peers.http(peers.response("no")) as peer:
        with pytest.raises(ProbeError):
            await shell.talk(host(peer.port), (), deadline=peers.in_seconds(1))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Refused):
        await shell.talk(host(port), (), deadline=peers.in_seconds(20))


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for something to come true."""
    async with asyncio.timeout(20):
        while not is_so():
            await SystemClock().sleep(0.02)


@pytest.mark.realtime
async def test_silence_ends_at_the_deadline_and_its_thread_with_it(
    shell: ThreadedShell, peers: Peers
) -> None:
    async with served(mute) as (port, _told):
        with pytest.raises(TimedOut):
            await shell.talk(host(port), (ShellLine("", OK),), deadline=peers.in_seconds(1.5))
        await until(lambda: shell.left_behind == 0)
    await until(lambda: not [t for t in threading.enumerate() if t.name == "wardops-ssh"])


@pytest.mark.realtime
async def test_a_caller_that_goes_away_takes_its_session_along(
    shell: ThreadedShell, peers: Peers
) -> None:
    arrived = threading.Event()

    def wait(channel: paramiko.Channel, _server: SshServer) -> None:
        arrived.set()
        channel.recv(1)

    async with served(wait) as (port, _told):
        asking = asyncio.create_task(
            shell.talk(host(port), (ShellLine("", OK),), deadline=peers.in_seconds(60))
        )
        await until(arrived.is_set)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await until(lambda: shell.left_behind == 0)


@pytest.mark.realtime
async def test_places_are_given_back(peers: Peers) -> None:
    shell = ThreadedShell(max_sessions=1)
    async with served(codec) as (port, _told):
        for _ in range(2):
            await shell.talk(host(port), (ShellLine("", OK),), deadline=peers.in_seconds(20))


def test_a_fingerprint_is_that_of_openssh() -> None:
    # The SHA-256 of nothing (FIPS 180-4), in base64 without padding.
    assert fingerprint(b"") == "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
