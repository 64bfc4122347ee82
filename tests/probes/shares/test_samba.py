"""Debian's samba and mountd on loopback: what their own clients see is what is told."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from probes.model import Reason
from tests.probes.shares.conftest import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.probes.shares.conftest import Ask

pytestmark = pytest.mark.realtime

CONFIG = """\
[global]
  server role = standalone server
  netbios name = lab
  guest account = {user}
  smb ports = {port}
  interfaces = 127.0.0.1
  bind interfaces only = yes
  private dir = {folder}/private
  lock directory = {folder}/lock
  state directory = {folder}/state
  cache directory = {folder}/cache
  pid directory = {folder}/pid
  ncalrpc dir = {folder}/nc
  log file = {folder}/log
  disable netbios = yes
  load printers = no
  printing = bsd
  printcap name = /dev/null
  disable spoolss = yes
  {settings}
[public]
  path = {folder}/public
  guest ok = yes
  read only = yes
[drop]
  path = {folder}/drop
  guest ok = yes
  read only = no
[private]
  path = {folder}/hidden
  guest ok = no
  read only = no
"""
FOLDERS = ("private", "lock", "state", "cache", "pid", "nc", "public", "drop", "hidden")
LET_IN, SHUT = "map to guest = Bad User", "map to guest = never\n  restrict anonymous = 2"
OLD = "server min protocol = NT1\n  server max protocol = NT1"


class Samba:
    """One smbd; its port, and what smbclient says of it."""

    def __init__(self, folder: Path, settings: str) -> None:
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        for name in FOLDERS:
            (folder / name).mkdir()
        # A guest of an smbd that root runs is nobody, and must be able to write into `drop`.
        folder.chmod(0o755)
        (folder / "drop").chmod(0o777)
        user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        text = CONFIG.format(folder=folder, port=self.port, user=user, settings=settings)
        (folder / "smb.conf").write_text(text)

    def start(self) -> subprocess.Popen[bytes]:
        """The daemon, in a session of its own: at its end it ends its whole group."""
        conf = str(self.folder / "smb.conf")
        with (self.folder / "out").open("wb") as out:
            daemon = subprocess.Popen(
                [_smbd(), "-F", "--no-process-group", "--debug-stdout", "-s", conf],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        while not self.is_open():
            with suppress(subprocess.TimeoutExpired):
                daemon.wait(0.05)
                pytest.fail((self.folder / "out").read_text())
        return daemon

    def is_open(self) -> bool:
        """Whether it listens."""
        with socket.socket() as tried:
            return tried.connect_ex(("127.0.0.1", self.port)) == 0

    def client(self, *asked: str) -> subprocess.CompletedProcess[str]:
        """What smbclient says to somebody without an account."""
        return subprocess.run(
            ["smbclient", "-N", "-g", "-p", str(self.port), *asked],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def may(self, share: str, command: str) -> bool:
        """Whether that works in a share."""
        told = self.client(f"//127.0.0.1/{share}", "-c", command)
        return told.returncode == 0 and "NT_STATUS" not in told.stdout + told.stderr


def _smbd() -> str:
    found = shutil.which("smbd") or shutil.which("smbd", path="/usr/sbin")
    if found is None or shutil.which("smbclient") is None:
        pytest.skip("no samba on this machine (apt-get install samba smbclient)")
    return found


@pytest.fixture(scope="module")
def samba() -> Iterator[Samba]:
    """An smbd with one share for guests to read, one to write and one that is none of theirs."""
    with running(LET_IN) as server:
        yield server


@contextmanager
def running(settings: str) -> Iterator[Samba]:
    """An smbd with these settings beside the common ones."""
    _smbd()
    # Samba's own sockets have long names, which a test's folder would make too long.
    with tempfile.TemporaryDirectory(prefix="smb") as folder:
        server = Samba(Path(folder), settings)
        with server.start() as daemon:
            yield server
            daemon.terminate()


async def test_open_shares_are_those_that_smbclient_may_enter(samba: Samba, ask: Ask) -> None:
    rows = [row.split("|") for row in samba.client("-L", "//127.0.0.1").stdout.splitlines()]
    disks = [row[1] for row in rows if row[0] == "Disk"]
    assert sorted(disks) == ["drop", "private", "public"]
    entered = {name: samba.may(name, "mkdir new") for name in disks if samba.may(name, "ls")}
    seen = await ask(smb=True, smb_port=samba.port)
    assert seen.reason is Reason.OK
    assert {one.name: one.is_writable for one in seen.reading.shares or ()} == entered
    assert counted(seen) == {"guest": 2, "everyone_write": 1}
    assert all(not {"drop", "public"} & set(sample.labels) for sample in seen.reading.samples)


async def test_what_is_meant_to_be_open_is_not_counted(samba: Samba, ask: Ask) -> None:
    seen = await ask(smb=True, smb_port=samba.port, allow=("PUBLIC", "Drop"))
    assert counted(seen) == {"guest": 0, "everyone_write": 0}
    assert seen.reading.shares == ()


async def test_a_server_that_lets_no_stranger_in_has_nothing_open(ask: Ask) -> None:
    with running(SHUT) as server:
        assert server.client("-L", "//127.0.0.1").returncode != 0
        seen = await ask(smb=True, smb_port=server.port)
        assert seen.reason is Reason.OK
        assert counted(seen) == {"guest": 0, "everyone_write": 0}


async def test_a_server_of_smb_1_alone_is_unknown_and_says_so(ask: Ask) -> None:
    with running(OLD) as server:
        seen = await ask(smb=True, smb_port=server.port)
        assert (seen.reason, seen.detail) == (Reason.PROTOCOL, "smb1_only")
        assert not seen.reading.samples


NAMESPACE = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child")
ETAB = "/srv/open\t*(rw,sync,sec=sys)\n/srv/lab\t192.0.2.0/24(ro,sync,sec=sys)\n"
# rpcbind and mountd want port 111, /run and /var/lib/nfs for themselves.
PLAY = """\
ip link set lo up
mount -t tmpfs none /run && mkdir /run/rpcbind
mount -t tmpfs none /var/lib/nfs
printf '%s' "$1" > /var/lib/nfs/etab; : > /var/lib/nfs/rmtab
rpcbind -f -i & rpcbind=$!
until rpcinfo -p 127.0.0.1 >/dev/null 2>&1; do kill -0 $rpcbind || exit 3; done
rpc.mountd -F & mountd=$!
until showmount -e 127.0.0.1 2>/dev/null; do kill -0 $mountd || exit 4; done
exec "$2" -c "$3"
"""
ASK = """\
import asyncio
from probes.shares.nfs import NfsServer, open_exports
from probes.wire import Wire
print(*asyncio.run(open_exports(NfsServer("127.0.0.1", 111, 2049, Wire()))), sep="\\n")
"""


def test_open_exports_are_those_that_showmount_lists_for_everybody() -> None:
    needed = ("unshare", "ip", "rpcbind", "rpcinfo", "rpc.mountd", "showmount")
    if os.geteuid() != 0 or any(shutil.which(name) is None for name in needed):
        pytest.skip("needs root and mountd (apt-get install nfs-kernel-server)")
    if subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine gives no namespaces")
    played = subprocess.run(
        [*NAMESPACE, "sh", "-c", PLAY, "sh", ETAB, sys.executable, ASK],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert played.returncode == 0, played.stderr
    _title, *rows, ours = played.stdout.splitlines()
    assert [row.split() for row in rows] == [["/srv/open", "*"], ["/srv/lab", "192.0.2.0/24"]]
    assert ours == "OpenShare(protocol='nfs', name='/srv/open', is_writable=None)"
