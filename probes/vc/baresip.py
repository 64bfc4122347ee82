"""Runs Debian's baresip for one call: a program of its own, in a folder of its own, always ended.

The folder holds the test account's password until baresip has read it; only this user may read it,
and it is gone with the call. baresip ends by itself after a set time, even when this program was
killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from probes.errors import Busy, NotPermitted, ProtocolBroken
from probes.vc.baresip_words import (
    account_line,
    command,
    configuration,
    read_event,
    split_netstrings,
    tone,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from probes.clock import Clock
    from probes.services.sip_digest import Account
    from probes.vc.baresip_words import Event

_MODULES = ("lib/baresip/modules", "lib64/baresip/modules")  # beside the program's bin
_START_S, _LOOK_S = 8.0, 0.05
_GOODBYE_S = 1.0
_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Line:
    """How a call is placed: through which server (`HOST:PORT`), by what transport, as whom."""

    server: str
    transport: str
    account: Account | None = None


@dataclass(slots=True)
class Phone:
    """A baresip that listens to commands."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    _heard: bytes = b""
    _events: list[Event] = field(default_factory=list)

    def tell(self, name: str, params: str = "") -> None:
        """Give a command; what comes of it is told by events."""
        self.writer.write(command(name, params))

    async def event(self) -> Event:
        """The next event; raises ProtocolBroken when baresip has ended, ParseFailed."""
        while not self._events:
            more = await self.reader.read(_CHUNK)
            if not more:
                raise ProtocolBroken("call_ended")
            messages, self._heard = split_netstrings(self._heard + more)
            self._events += [one for one in map(read_event, messages) if one is not None]
        return self._events.pop(0)


@asynccontextmanager
async def started(line: Line, within_s: float, clock: Clock) -> AsyncIterator[Phone]:
    """A phone for one call, for at most `within_s`; it hangs up and ends with the context.

    Raises NotPermitted without baresip on this machine, Busy when it does not start, NotConfigured
    for an account that its files cannot hold.
    """
    program, modules = _installed()
    account = account_line(line.account, line.server, line.transport)
    with tempfile.TemporaryDirectory(prefix="wardops-call-", ignore_cleanup_errors=True) as folder:
        port = _free_port()
        _write(Path(folder), "config", configuration(folder, modules, port).encode())
        _write(Path(folder), "accounts", account.encode())
        _write(Path(folder), "contacts", b"\n")
        _write(Path(folder), "tone.wav", tone(within_s))
        async with _process(program, folder, within_s) as child:
            reader, writer = await _connected(port, child, clock)
            _forget(Path(folder))
            try:
                yield Phone(reader, writer)
            finally:
                writer.transport.abort()


def _installed() -> tuple[str, str]:
    """The program and the folder of its modules."""
    program = shutil.which("baresip")
    if program is None:
        raise NotPermitted("call_missing")
    home = Path(program).parent.parent
    for modules in (home / name for name in _MODULES):
        if modules.is_dir():
            return program, str(modules)
    raise NotPermitted("call_missing")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _write(folder: Path, name: str, octets: bytes) -> None:
    path = folder / name
    path.touch(0o600)
    path.write_bytes(octets)


def _forget(folder: Path) -> None:
    """What listens to commands has read its accounts: the password need not lie there any more."""
    (folder / "accounts").unlink()


@asynccontextmanager
async def _process(
    program: str, folder: str, within_s: float
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The program; asked to end (it hangs up then), and killed when it does not in a second."""
    child = await asyncio.create_subprocess_exec(
        program, "-f", folder, "-t", str(int(within_s) + 1),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8"},
    )  # fmt: skip
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        try:
            async with asyncio.timeout(_GOODBYE_S):
                await child.wait()
        except TimeoutError:
            pass
        finally:
            if child.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    child.kill()
                await child.wait()


async def _connected(
    port: int, child: asyncio.subprocess.Process, clock: Clock
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    ends = clock.monotonic() + _START_S
    while child.returncode is None and clock.monotonic() < ends:
        with contextlib.suppress(OSError):
            return await asyncio.open_connection("127.0.0.1", port)
        await clock.sleep(_LOOK_S)
    raise Busy("call_started")
