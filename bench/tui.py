"""`make bench`: the full screen's speed and weight, as measured here; nothing is judged.

A simulated ward with its agent runs as a child; `wardops tui` runs in a pseudo-terminal against it.
Beside each figure stand its budget and, where a program is started, how much of it is the
interpreter's own start. On a busy machine the smallest of the tries says what the program needs,
the median what a person waits. Byte code is compiled before the first try, as an installation has
it.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

WARDOPS = str(Path(sys.executable).with_name("wardops"))
ROUNDS = 7
IDLE_S = 20.0
KEYS = 40
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Terminal:
    """One program in a pseudo-terminal of 80x24, and the moment it was started."""

    command: list[str]
    environ: dict[str, str]
    began: float = field(default_factory=time.perf_counter)
    pid: int = 0
    fd: int = -1
    seen: bytes = b""

    def __post_init__(self) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(self.command[0], self.command, self.environ)  # noqa: S606 - wardops itself
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    def read(self, for_s: float) -> bytes:
        """What it writes within that time; at once when something comes."""
        ready, _, _ = select.select([self.fd], [], [], for_s)
        if not ready:
            return b""
        try:
            got = os.read(self.fd, 1 << 16)
        except OSError:
            return b""
        self.seen += got
        return got

    def until(self, said: str, within_s: float = 20.0) -> float:
        """Seconds from its start until it has written these words."""
        while said.encode() not in self.seen:
            if time.perf_counter() - self.began > within_s:
                raise TimeoutError(f"{said!r} was not seen: {self.seen[-300:]!r}")
            self.read(0.5)
        return time.perf_counter() - self.began

    def quiet(self, for_s: float) -> int:
        """Read for so long; how many bytes came."""
        end, count = time.perf_counter() + for_s, 0
        while (left := end - time.perf_counter()) > 0:
            count += len(self.read(left))
        return count

    def cpu_s(self) -> float:
        """Seconds of processor that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / _TICKS

    def memory_mb(self) -> float:
        """What it holds in memory."""
        for row in Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines():
            if row.startswith("VmRSS:"):
                return int(row.split()[1]) / 1024
        return 0.0

    def end(self) -> None:
        """Quit by key, as a person does."""
        os.write(self.fd, b"q")
        for _ in range(50):
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                break
            self.read(0.1)
        else:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


@contextmanager
def ward() -> Iterator[Path]:
    """A simulated ward under watch; its agent's state folder."""
    with socket.socket() as free, tempfile.TemporaryDirectory() as temporary:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        free.close()
        environ = {**os.environ, "TMPDIR": temporary}
        child = subprocess.Popen(  # noqa: S603 - wardops itself
            [WARDOPS, "demo", "--for", "3600", "--listen", address],
            env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            while not (found := list(Path(temporary).glob("wardops-*/state/state.json"))):
                if child.poll() is not None:
                    raise RuntimeError("the demo ended")
                select.select([], [], [], 0.2)
            yield found[0].parent
        finally:
            child.terminate()
            child.wait()


HEAD = ("what", "budget", "min", "median", "max", "interpreter", "")
_FORM = "{:36} {:>12} {:>8} {:>8} {:>8} {:>12} {}"


def row(
    what: str, budget: str, figures: list[float], unit: str, start: float | None = None
) -> None:
    """One line of the table; `start`: what of it is the interpreter's own start."""
    shown = (min(figures), statistics.median(figures), max(figures))
    own = "" if start is None else f"{start:.0f}"
    said = [f"{one:.1f}" for one in shown]
    print(_FORM.format(what, budget, *said, own, unit).rstrip())  # noqa: T201


def started(state: Path, environ: dict[str, str]) -> tuple[float, float, float]:
    """Milliseconds to the first readable text, to the live home, and of processor until then."""
    terminal = Terminal([WARDOPS, "tui", "--state", str(state), "--lang", "en"], environ)
    first = terminal.until("Last known:")
    live = terminal.until("DO NOW")  # said of the present only
    used = terminal.cpu_s()
    terminal.end()
    return first * 1000, live * 1000, used * 1000


def key_ms(terminal: Terminal) -> list[float]:
    """Milliseconds from a key to the first byte of its answer."""
    figures = []
    for number in range(KEYS):
        terminal.quiet(0.15)
        began = time.perf_counter()
        os.write(terminal.fd, b"?" if number % 2 == 0 else b"\r")
        while not terminal.read(2.0):
            pass
        figures.append((time.perf_counter() - began) * 1000)
    return figures


def main() -> None:
    """Measure and print."""
    with ward() as state, tempfile.TemporaryDirectory() as home:
        environ = {**os.environ, "TERM": "xterm-256color", "XDG_STATE_HOME": home}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        environ["PYTHONPYCACHEPREFIX"] = str(Path(home) / "bytecode")
        select.select([], [], [], 8.0)  # the first round of probes
        print(_FORM.format(*HEAD).rstrip())  # noqa: T201
        commands(state, environ)
        screen(state, environ)
    load = os.getloadavg()[0]
    print(f"load average {load:.1f} on {os.cpu_count()} processors")  # noqa: T201


def commands(state: Path, environ: dict[str, str]) -> None:
    """The commands that are done at once."""
    bare = min(_spawn([sys.executable, "-c", "pass"], environ) for _ in range(ROUNDS))
    for budget, arguments in (
        ("-", ["--version"]),
        ("-", ["--help"]),
        ("< 150", ["status", "--state", str(state)]),
    ):
        called = [WARDOPS, *arguments]
        _spawn(called, environ)  # compiles
        times = [_spawn(called, environ) for _ in range(ROUNDS)]
        row(f"wardops {arguments[0]}", budget, times, "ms", bare)
    started(state, environ)  # compiles
    tries = [started(state, environ) for _ in range(ROUNDS)]
    row("tui: first readable text", f"< 60 + {bare:.0f}", [one[0] for one in tries], "ms", bare)
    row("tui: live home", "< 500", [one[1] for one in tries], "ms", bare)
    row("tui: processor until live", "-", [one[2] for one in tries], "ms", bare)


def screen(state: Path, environ: dict[str, str]) -> None:
    """The screen while it is open."""
    terminal = Terminal([WARDOPS, "tui", "--state", str(state), "--lang", "en"], environ)
    terminal.until("SIMULATED")
    terminal.quiet(3.0)
    before, began = terminal.cpu_s(), time.perf_counter()
    written = terminal.quiet(IDLE_S)
    took = time.perf_counter() - began
    row("home at 1 Hz: processor", "< 3", [(terminal.cpu_s() - before) / took * 100], "%")
    row("home at 1 Hz: to the terminal", "< 6", [written / took / 1000], "KB/s")
    row("home at 1 Hz: memory", "< 70", [terminal.memory_mb()], "MB")
    pressed = sorted(key_ms(terminal))
    row("key to first byte", "-", pressed, "ms")
    row("key to first byte: 95 % within", "< 30", [pressed[int(KEYS * 0.95) - 1]], "ms")
    terminal.end()


def _spawn(command: list[str], environ: dict[str, str]) -> float:
    """Milliseconds from its start to its end."""
    began = time.perf_counter()
    subprocess.run(command, capture_output=True, check=False, env=environ)  # noqa: S603
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
