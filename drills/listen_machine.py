"""A machine's SSH login, for the thread that serves it: who may enter, what the shell answers.

What is said is worked out on the event loop, where the world lives.
"""

from __future__ import annotations

import asyncio
import hmac
from typing import TYPE_CHECKING, TypeVar

from drills.faces.shell.session import Session
from drills.faces.shell.terminal import Terminal
from drills.views import listens

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric import ec

    from drills.faces.shell.session import Said
    from drills.model import Node
    from drills.world import World

USER = "look"

_T = TypeVar("_T")


class MachineLogin:
    """One connection to a machine; each call is done on the event loop."""

    def __init__(
        self,
        world: World,
        asker: str,
        node: Node,
        loop: asyncio.AbstractEventLoop,
        key: ec.EllipticCurvePrivateKey,
    ) -> None:
        self._world, self._asker, self._node, self._loop = world, asker, node, loop
        self._booted_at = world.booted_at(node.name)
        self.host_key = key

    def may_enter(self, user: str, password: str) -> bool:
        """Whether this is the account that may look."""
        known = f"{USER}:{self._world.look_password}".encode()
        return hmac.compare_digest(f"{user}:{password}".encode(), known)

    def hears(self) -> bool:
        """Whether what is said comes to the machine."""
        return self._on_loop(lambda: listens(self._world, self._asker, self._node.address))

    def is_anew(self) -> bool:
        """Whether the machine has started again since the login: the session is gone."""
        return self._on_loop(lambda: self._world.booted_at(self._node.name) != self._booted_at)

    def execute(self, command: str) -> Said:
        """One command, without a terminal."""
        return self._on_loop(lambda: Session(self._world, self._node, USER).run(command))

    def terminal(self, *, has_tty: bool) -> Terminal:
        """A shell for a person; feed it by `feed`."""
        return Terminal(self._world, self._node, USER, has_tty=has_tty)

    def feed(self, terminal: Terminal, octets: bytes) -> str:
        """What the shell says to what was typed."""
        return self._on_loop(lambda: terminal.feed(octets))

    def _on_loop(self, work: Callable[[], _T]) -> _T:
        async def worked() -> _T:
            return work()

        return asyncio.run_coroutine_threadsafe(worked(), self._loop).result()
