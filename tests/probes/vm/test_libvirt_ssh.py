"""A libvirt host by the way that a real one is asked: its daemon, behind OpenSSH's own server."""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import paramiko
import pytest

from inventory.credentials import Secret
from probes.clock import SystemClock
from probes.model import Reason
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.model import Transports
from probes.url_forms import parse_target
from probes.vm.libvirt import PROBE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from probes.model import Observation
    from tests.probes.vm.conftest import Machine

PATH = os.environ.get("PATH", "") + ":/usr/sbin"
WHOLE = ("sh", "grep", "nc")  # what libvirt's ssh runs at the other end
_PROGRAMS = ("libvirtd", "virsh", "nc", "ssh", "sshd")
# Where it was installed on purpose, its absence is a failure.
_IS_HERE = find_spec("libvirt") is not None and all(
    shutil.which(one, path=PATH) for one in _PROGRAMS
)
pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(
        not _IS_HERE and not os.environ.get("WARDOPS_LIBVIRT"),
        reason="libvirt-python (extra libvirt) or one of Debian's libvirt-daemon, libvirt-clients,"
        " netcat-openbsd, openssh-server is not here",
    ),
]


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose name leaves room for that of a socket."""
    with TemporaryDirectory(prefix="wardops-") as folder:
        yield Path(folder)


@pytest.fixture
async def daemon(tmp_path: Path, short_folder: Path) -> AsyncIterator[Path]:
    """libvirt's daemon with none of its drivers but the one for tests; its read-only socket."""
    for name in ("run", "home", "no-drivers"):
        (tmp_path / name).mkdir()
    (tmp_path / "libvirtd.conf").write_text(
        f'unix_sock_dir = "{short_folder}"\nauth_unix_ro = "none"\nauth_unix_rw = "none"\n',
        encoding="utf-8",
    )
    own = {"XDG_RUNTIME_DIR": "run", "HOME": "home", "LIBVIRT_DRIVER_DIR": "no-drivers"}
    child = await asyncio.create_subprocess_exec(
        shutil.which("libvirtd", path=PATH) or "libvirtd",
        *("-f", str(tmp_path / "libvirtd.conf"), "-p", str(tmp_path / "pid")),
        env=os.environ | {name: str(tmp_path / folder) for name, folder in own.items()},
        stderr=asyncio.subprocess.DEVNULL,
    )
    socket = short_folder / "libvirt-sock-ro"
    try:
        await _until_open(socket, child)
        yield socket
    finally:
        if child.returncode is None:
            child.terminate()
        await child.wait()


async def _until_open(socket: Path, child: asyncio.subprocess.Process) -> None:
    clock = SystemClock()
    async with asyncio.timeout(20):
        while True:
            try:
                _reader, writer = await asyncio.open_unix_connection(socket)
            except OSError:
                assert child.returncode is None, "libvirtd ended"
                await clock.sleep(0.02)
                continue
            writer.close()
            await writer.wait_closed()
            return


def shown_by_virsh(socket: Path) -> list[tuple[str, ...]]:
    """Number and name of each machine, as virsh prints them."""
    listed = subprocess.run(
        ["virsh", "-r", "-q", "-c", f"test+unix:///default?socket={socket}",
         "list", "--all", "--name", "--uuid"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [tuple(line.split()) for line in listed.stdout.splitlines() if line.strip()]


@dataclass
class Way:
    """The ssh of whoever runs the tests: what it knows of hosts, and with which key it goes."""

    machine: Machine
    folder: Path

    def knows_host(self) -> None:
        """The host's key stands in known_hosts."""
        key = paramiko.ECDSAKey(filename=str(self.machine.authorized.parent / "host"))
        line = f"[127.0.0.1]:{self.machine.port} {key.get_name()} {key.get_base64()}\n"
        (self.folder / "known").write_text(line, encoding="utf-8")

    def is_admitted(self, programs: Sequence[str]) -> None:
        """The host admits the key; `programs` are all that it finds there."""
        few = self.folder / "few"
        few.mkdir()
        for one in programs:
            (few / one).symlink_to(shutil.which(one) or one)
        key = paramiko.ECDSAKey(filename=str(self.folder / "id"))
        forced = f'PATH={few}; eval \\"$SSH_ORIGINAL_COMMAND\\"'
        with self.machine.authorized.open("a", encoding="utf-8") as file:
            file.write(f'command="{forced}" {key.get_name()} {key.get_base64()} test\n')

    async def ask(self, socket: Path) -> Observation:
        """Run the probe as the command line does."""
        uri = f"test+ssh://{getpass.getuser()}@127.0.0.1:{self.machine.port}/default"
        nothing: Any = None
        ways = Transports(snmp=nothing, http=FakeHttp({}), echo=FakeEcho({}), tcp=FakeTcp({}))
        return await observe(
            parse_target(f"libvirt:{uri}?socket={socket}").target, PROBE, ways, SystemClock(),
            asyncio.get_running_loop().time() + 60, lambda _ref: Secret(""),
        )  # fmt: skip


@pytest.fixture
def way(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Way:
    """An ssh with files of its own: the real one reads those of its user, wherever HOME is."""
    found = Way(machine, tmp_path)
    paramiko.ECDSAKey.generate().write_private_key_file(str(tmp_path / "id"))
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "ssh").write_text(
        f"#!/bin/sh\nexec {shutil.which('ssh')} -F none -o UserKnownHostsFile={tmp_path}/known"
        f' -o GlobalKnownHostsFile=none -o IdentityFile={tmp_path}/id -o IdentitiesOnly=yes "$@"\n',
        encoding="utf-8",
    )
    (folder / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return found


async def test_machines_are_read_through_ssh_as_virsh_shows_them(daemon: Path, way: Way) -> None:
    way.knows_host()
    way.is_admitted(WHOLE)
    seen = await way.ask(daemon)
    assert seen.reason is Reason.OK, seen
    assert seen.reading.estate is not None
    assert [(one.id, one.name) for one in seen.reading.estate.guests] == shown_by_virsh(daemon)
    assert [one.power for one in seen.reading.estate.guests] == ["on"]


# Whether the host's key is known, the programs of those who are admitted there, and what is said.
REFUSED: dict[str, tuple[bool, tuple[str, ...], Reason, str]] = {
    "host unknown": (False, WHOLE, Reason.CONFIG, "libvirt_host_key"),
    "key unknown": (True, (), Reason.AUTH, "libvirt_ssh_key"),
    "no daemon": (True, WHOLE, Reason.REFUSED, "libvirt_no_socket"),
    "no netcat": (True, ("sh", "grep"), Reason.UNSUPPORTED, "libvirt_netcat"),
}


@pytest.mark.parametrize("fault", REFUSED)
async def test_each_fault_of_the_way_has_its_own_reason(
    fault: str, way: Way, short_folder: Path
) -> None:
    is_known, programs, reason, detail = REFUSED[fault]
    if is_known:
        way.knows_host()
    if programs:
        way.is_admitted(programs)
    seen = await way.ask(short_folder / "nobody.sock")
    assert (seen.reason, seen.detail, seen.reading.estate) == (reason, detail, None)
