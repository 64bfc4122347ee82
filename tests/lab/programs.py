"""The foreign programs of the lab: started in a namespace, ended by their pidfile alone."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from tests.lab.net import LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.lab.net import Net

HURRY = ("chrt", "-r", "10")
_READY_S = 20.0
_END_S = 3.0
_LOOK_S = 0.02
_LOG_TAIL = 800


@dataclass(frozen=True, slots=True)
class Program:
    """One program of one host.

    `argv` keeps it in the foreground. It is ready when it listens on `listens` (`udp`, `tcp` or
    `unix`, and the address with port or the path). `environ` is added to a small environment.
    One that is `urgent` is woken before others, where the machine allows it.
    """

    name: str
    host: str
    argv: tuple[str, ...]
    listens: tuple[tuple[str, str], ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    urgent: bool = False


@dataclass
class Programs:
    """The programs of one run; logs and pidfiles lie in `folder`."""

    net: Net
    folder: Path
    _children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, program: Program) -> None:
        """Start a program; `ready` waits for it."""
        log = self.log(program.name)
        urgent = program.urgent and may_hurry()
        environ = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            **program.environ,
        }
        with log.open("ab") as out:
            child = subprocess.Popen(
                self.net.inside(program.host, *(HURRY if urgent else ()), *program.argv),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=environ,
                start_new_session=True,
                cwd=self.folder,
            )
        self._children[program.name] = child
        self.pidfile(program.name).write_text(f"{child.pid}\n")

    def ready(self, program: Program) -> None:
        """Wait until a program listens; raises LabError with the end of its log if it does not."""
        pid = self.pid(program.name)

        def listens() -> bool:
            if not self.is_alive(program.name):
                raise LabError(f"{program.name} ended at once: {self.tail(program.name)}")
            return all(_is_open(pid or 0, kind, where) for kind, where in program.listens)

        if not wait_for(listens, _READY_S):
            raise LabError(
                f"{program.name} does not listen on {program.listens} after {_READY_S:.0f} s: "
                f"{self.tail(program.name)}"
            )

    def run(self, *programs: Program) -> None:
        """Start these programs together and wait for each."""
        for program in programs:
            self.start(program)
        for program in programs:
            self.ready(program)

    def stop(self, name: str, number: int = signal.SIGTERM) -> None:
        """End a program and wait until it has ended; one that is not there is fine."""
        self.signal(name, number)
        child = self._children.pop(name, None)
        if not wait_for(lambda: not self._still_there(name, child), _END_S):
            self.signal(name, signal.SIGKILL)
            wait_for(lambda: not self._still_there(name, child), _END_S)
        self.pidfile(name).unlink(missing_ok=True)

    def stop_all(self) -> None:
        """End every program that has a pidfile in the folder, the newest first."""
        for name in sorted(self.names(), key=self._begun, reverse=True):
            self.stop(name)

    def signal(self, name: str, number: int) -> None:
        """Send a program a signal; nothing happens when it is gone."""
        pid = self.pid(name)
        if pid is not None and self.is_alive(name):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def names(self) -> tuple[str, ...]:
        """Names of the programs that were started and not stopped."""
        return tuple(path.stem for path in self.folder.glob("*.pid"))

    def is_alive(self, name: str) -> bool:
        """Whether the process of the pidfile lives and is one of this run's namespaces."""
        child = self._children.get(name)
        if child is not None:
            return child.poll() is None
        pid = self.pid(name)
        return pid is not None and self._is_ours(pid)

    def pid(self, name: str) -> int | None:
        """The number in the pidfile; None without one."""
        try:
            return int(self.pidfile(name).read_text())
        except (OSError, ValueError):
            return None

    def pidfile(self, name: str) -> Path:
        """Where a program's number is kept."""
        return self.folder / f"{name}.pid"

    def log(self, name: str) -> Path:
        """What a program said."""
        return self.folder / f"{name}.log"

    def tail(self, name: str) -> str:
        """The end of a program's log."""
        try:
            return self.log(name).read_text(errors="replace")[-_LOG_TAIL:].strip()
        except OSError:
            return ""

    def memory_mb(self) -> dict[str, float]:
        """Memory of each program and its children, in MB."""
        return {name: _held_mb(pid) for name in self.names() if (pid := self.pid(name))}

    def _still_there(self, name: str, child: subprocess.Popen[bytes] | None) -> bool:
        if child is not None:
            return child.poll() is None
        return self.is_alive(name)

    def _is_ours(self, pid: int) -> bool:
        """Whether a process lives in a namespace of this run: a number may be another's by now."""
        try:
            inode = Path(f"/proc/{pid}/ns/net").stat().st_ino
        except OSError:
            return False
        spaces = Path("/run/netns").glob(f"{self.net.prefix}-*")
        return any(space.stat().st_ino == inode for space in spaces)

    def _begun(self, name: str) -> int:
        return self.pidfile(name).stat().st_mtime_ns


def may_hurry() -> bool:
    """Whether this machine lets programs be woken before others."""
    argv = (*HURRY, "true")
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0


def wait_for(condition: Callable[[], bool], within_s: float, every_s: float = _LOOK_S) -> bool:
    """Ask again and again until the condition holds; False when the time is over."""
    pause = threading.Event()
    ends = monotonic() + within_s
    while not condition():
        if monotonic() >= ends:
            return False
        pause.wait(every_s)
    return True


def _is_open(pid: int, kind: str, where: str) -> bool:
    if kind == "unix":
        return Path(where).exists()
    host, _, port = where.rpartition(":")
    octets = bytes(int(part) for part in host.split("."))
    wanted = {f"{one[::-1].hex().upper()}:{int(port):04X}" for one in (octets, bytes(4))}
    try:
        lines = Path(f"/proc/{pid}/net/{kind}").read_text().splitlines()[1:]
        if kind == "tcp":  # node_exporter listens on [::] alone where IPv6 exists
            lines = [line for line in lines if line.split()[3] == "0A"]
    except (OSError, IndexError):
        return False
    return any(line.split()[1] in wanted for line in lines)


def _held_mb(pid: int) -> float:
    """Memory of a process and its children; what several share counts for each in part."""
    total = 0.0
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) / 1024
        for task in Path(f"/proc/{pid}/task").iterdir():
            children = (task / "children").read_text().split()
            total += sum(_held_mb(int(child)) for child in children)
    return total
