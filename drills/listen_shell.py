"""The codecs' and the machines' SSH door: hands each connection to a session in threads of its own.

The library that speaks SSH blocks and is loaded with the first connection. What a session says is
worked out on the event loop, where the world lives.
"""

from __future__ import annotations

import asyncio
import socket
from base64 import b64decode, b64encode
from contextlib import suppress
from functools import partial
from hashlib import sha256
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from drills.chance import octets
from drills.faces.xapi.shell import Shell
from drills.faces.xapi.web import is_right
from drills.listen_machine import MachineLogin
from drills.views import listens

if TYPE_CHECKING:
    from collections.abc import Callable

    from drills.model import Node
    from drills.world import World

MOST_SESSIONS = 64

_T = TypeVar("_T")


class Login:
    """One connection's view of the codec, for a thread: each call is done on the event loop."""

    def __init__(
        self, world: World, asker: str, node: Node, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._world, self._asker, self._node, self._loop = world, asker, node, loop
        self._shell = Shell(world, node)
        self._booted_at = world.booted_at(node.name)

    @property
    def host_key(self) -> ec.EllipticCurvePrivateKey:
        """The key that the codec is known by."""
        return host_key(self._world.seed)

    def may_enter(self, user: str, password: str) -> bool:
        """Whether this is the codec's login."""
        return self._on_loop(lambda: is_right(self._world, user, password))

    def is_busy(self) -> bool:
        """Whether all of the codec's sessions are taken."""
        return self._on_loop(lambda: bool(self._world.fact("api", self._node.name) == "busy"))

    def greeting(self) -> str:
        """What the shell says first."""
        return self._on_loop(self._shell.greeting)

    def turn(self, typed: bytes) -> str | None:
        """What the shell says to what was typed, and its news; None when the session is over."""
        return self._on_loop(lambda: self._turn(typed))

    def hears(self) -> bool:
        """Whether what is typed comes to the codec."""
        return self._on_loop(lambda: listens(self._world, self._asker, self._node.address))

    def _turn(self, typed: bytes) -> str | None:
        is_anew = self._world.booted_at(self._node.name) != self._booted_at
        if self._shell.is_over or is_anew:
            return None
        return self._shell.feed(typed) + self._shell.news()

    def _on_loop(self, work: Callable[[], _T]) -> _T:
        async def worked() -> _T:
            return work()

        return asyncio.run_coroutine_threadsafe(worked(), self._loop).result()


class ShellDoor:
    """The open sessions of one simulation; needs the running loop."""

    def __init__(self, world: World, asker: str) -> None:
        self._world, self._asker = world, asker
        self._loop = asyncio.get_running_loop()
        self._open: dict[socket.socket, asyncio.Future[None]] = {}

    def take(self, connection: socket.socket, node: Node) -> None:
        """Serve one connection; beyond so many sessions it is closed at once."""
        if len(self._open) >= MOST_SESSIONS:
            connection.close()
            return
        ended = self._open[connection] = self._loop.create_future()
        ended.add_done_callback(lambda _: self._open.pop(connection, None))
        serve = self._machine(node) if node.machine else self._codec(node)

        def served() -> None:
            try:
                serve(connection)
            finally:
                connection.close()
                self._loop.call_soon_threadsafe(partial(ended.set_result, None))

        Thread(target=served, name=f"ssh {node.name}", daemon=True).start()

    def _codec(self, node: Node) -> Callable[[socket.socket], None]:
        login = Login(self._world, self._asker, node, self._loop)

        def served(connection: socket.socket) -> None:
            from drills.listen_shell_session import serve_shell  # noqa: PLC0415 - costs 0.2 s

            serve_shell(connection, login)

        return served

    def _machine(self, node: Node) -> Callable[[socket.socket], None]:
        key = host_key(self._world.seed, node.name)
        login = MachineLogin(self._world, self._asker, node, self._loop, key)

        def served(connection: socket.socket) -> None:
            from drills.listen_machine_session import serve_machine  # noqa: PLC0415 - costs 0.2 s

            serve_machine(connection, login)

        return served

    async def close(self) -> None:
        """Cut every session and wait for its threads."""
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        await asyncio.gather(*self._open.values())


def host_key(seed: int, owner: str = "ssh") -> ec.EllipticCurvePrivateKey:
    """The key by which all codecs of a world, or one machine, are known: the same for a seed."""
    number = int.from_bytes(b"".join(octets(8, seed, owner, n) for n in range(3)), "big")
    return ec.derive_private_key(number + 1, ec.SECP256R1())


def fingerprint(seed: int, owner: str = "ssh") -> str:
    """That key as `ssh-keygen -lf` shows it: `SHA256:…`."""
    public = host_key(seed, owner).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    digest = sha256(b64decode(public.split()[1])).digest()
    return f"SHA256:{b64encode(digest).decode().rstrip('=')}"
