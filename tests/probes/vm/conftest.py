"""OpenSSH's own server on loopback, for whoever asks a machine over SSH."""

from __future__ import annotations

import asyncio
import getpass
import io
import os
import shutil
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import paramiko
import pytest

from probes.clock import SystemClock
from probes.transports.shell_session import fingerprint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@dataclass(frozen=True)
class Machine:
    """A running sshd: where, its key's fingerprint, and who may log in."""

    port: int
    pin: str
    authorized: Path

    def admitted(self, only: str = "") -> str:
        """The secret of somebody new who may log in; `only` is all that is ever run for them."""
        key = paramiko.ECDSAKey.generate()
        forced = f'command="{only}" ' if only else ""
        with self.authorized.open("a", encoding="utf-8") as file:
            file.write(f"{forced}{key.get_name()} {key.get_base64()} test\n")
        return login_by(key)


def login_by(key: paramiko.PKey) -> str:
    """The secret of somebody who logs in with this key, as whoever runs the tests."""
    file = io.StringIO()
    key.write_private_key(file)
    lines = "".join(f"  {line}\n" for line in file.getvalue().splitlines())
    return f"user: {getpass.getuser()}\nprivate_key: |\n{lines}"


@pytest.fixture
def stranger() -> str:
    """The secret of somebody whom no server knows."""
    return login_by(paramiko.ECDSAKey.generate())


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    """OpenSSH's server, run by whoever runs the tests."""
    program = shutil.which("sshd") or "/usr/sbin/sshd"
    if not os.access(program, os.X_OK):
        pytest.skip("openssh-server is not installed")
    host_key = paramiko.ECDSAKey.generate()
    host_key.write_private_key_file(str(tmp_path / "host"))
    authorized = tmp_path / "authorized"
    authorized.touch()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    (tmp_path / "conf").write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {tmp_path}/host\nPidFile none\n"
        f"AuthorizedKeysFile {authorized}\nStrictModes no\nUsePAM no\n"
        "PermitRootLogin yes\nPasswordAuthentication no\n",
        encoding="utf-8",
    )
    _make_run_folder()
    child = await asyncio.create_subprocess_exec(
        program, "-D", "-f", str(tmp_path / "conf"), "-E", str(tmp_path / "log")
    )
    try:
        await _until_open(port, child, tmp_path / "log")
        yield Machine(port, fingerprint(host_key.asbytes()), authorized)
    finally:
        if child.returncode is None:
            child.terminate()
        await child.wait()


def _make_run_folder() -> None:
    """Where sshd as root leaves its children; its Debian package makes it at start-up alone."""
    if os.geteuid() == 0:
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # noqa: PTH103 - one call


async def _until_open(port: int, child: asyncio.subprocess.Process, log: Path) -> None:
    clock = SystemClock()
    async with asyncio.timeout(20):
        while True:
            try:
                _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                assert child.returncode is None, f"sshd ended: see {log}"
                await clock.sleep(0.05)
                continue
            writer.close()
            await writer.wait_closed()
            return
