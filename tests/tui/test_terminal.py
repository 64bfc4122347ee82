"""The command in a real terminal: the demo opens it, both end together and leave it clean."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import termios
from fcntl import ioctl
from pathlib import Path
from struct import pack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(150)]

WARDOPS = str(Path(sys.executable).with_name("wardops"))
ALTERNATE, NORMAL = b"\x1b[?1049h", b"\x1b[?1049l"


class Terminal:
    """A program in a pseudo-terminal; what it wrote."""

    def __init__(self, arguments: list[str], folder: Path, columns: int, rows: int) -> None:
        self.ours, theirs = pty.openpty()
        ioctl(theirs, termios.TIOCSWINSZ, pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(theirs)
        environ = {**os.environ, "TERM": "xterm-256color", "XDG_STATE_HOME": str(folder)}
        for name in ("NO_COLOR", "COLUMNS", "LINES"):  # the terminal's own size counts here
            environ.pop(name, None)
        self.process = subprocess.Popen(
            [WARDOPS, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environ,
            start_new_session=True,
        )  # fmt: skip
        self.theirs = theirs
        self.seen = b""

    def read(self) -> str:
        """What came, after waiting a little for something to come."""
        if select.select([self.ours], [], [], 0.2)[0]:
            self.seen += os.read(self.ours, 1 << 16)
        return self.seen.decode(errors="replace")

    def type(self, keys: str) -> None:
        """As a person would."""
        os.write(self.ours, keys.encode())

    def has_ended(self) -> bool:
        """Whether it is over; reads on, so that it can be."""
        self.read()
        return self.process.poll() is not None

    def close(self) -> None:
        """Whatever became of it."""
        self.process.kill()
        self.process.wait()
        os.close(self.ours)
        os.close(self.theirs)


@pytest.fixture
def open_terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Starts wardops in a pseudo-terminal of 80x24, or another size."""
    opened: list[Terminal] = []

    def start(*arguments: str, columns: int = 80, rows: int = 24) -> Terminal:
        opened.append(Terminal(list(arguments), tmp_path, columns, rows))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def test_a_demo_in_a_terminal_is_a_full_screen_that_ends_both_and_leaves_it_clean(
    open_terminal: Callable[..., Terminal],
    free_port: Callable[[], int],
    eventually: Callable[..., object],
) -> None:
    terminal = open_terminal("demo", "--listen", f"127.0.0.1:{free_port()}", "--lang", "en")
    eventually(lambda: "oldest data" in terminal.read(), 60)
    terminal.type("q")
    eventually(terminal.has_ended, 30)
    assert terminal.process.returncode == 0
    assert ALTERNATE in terminal.seen
    assert NORMAL in terminal.seen[terminal.seen.rindex(ALTERNATE) :]
    assert termios.tcgetattr(terminal.theirs) == terminal.before
    left = terminal.seen[terminal.seen.rindex(NORMAL) :].decode()
    assert "Traceback" not in left
    assert "00:0" in left  # the story, told after


def test_a_terminal_that_is_too_small_gets_the_status_as_text(
    open_terminal: Callable[..., Terminal],
    tmp_path: Path,
    eventually: Callable[..., object],
) -> None:
    terminal = open_terminal("tui", "--state", str(tmp_path), "--lang", "en", columns=60, rows=20)
    eventually(terminal.has_ended, 30)
    assert terminal.process.returncode == 3
    assert "80×24" in terminal.read()
    assert "NO DATA" in terminal.read()
    assert ALTERNATE not in terminal.seen


def test_without_a_terminal_the_screen_is_the_status(tmp_path: Path) -> None:
    done = subprocess.run(
        [WARDOPS, "tui", "--state", str(tmp_path), "--lang", "en"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert "NO DATA" in done.stdout
    assert "\x1b" not in done.stdout


def test_with_no_agent_the_screen_says_so_and_still_ends_by_key(
    open_terminal: Callable[..., Terminal],
    free_port: Callable[[], int],
    eventually: Callable[..., object],
) -> None:
    terminal = open_terminal("tui", "--agent", f"127.0.0.1:{free_port()}", "--lang", "en")
    eventually(lambda: "retry in" in terminal.read(), 30)
    terminal.type("q")
    eventually(terminal.has_ended, 30)
    assert terminal.process.returncode == 0
    assert termios.tcgetattr(terminal.theirs) == terminal.before


def test_a_screen_that_is_told_to_end_leaves_the_terminal_as_it_was(
    open_terminal: Callable[..., Terminal],
    free_port: Callable[[], int],
    eventually: Callable[..., object],
) -> None:
    terminal = open_terminal("tui", "--agent", f"127.0.0.1:{free_port()}", "--lang", "en")
    eventually(lambda: "retry in" in terminal.read(), 30)
    terminal.process.terminate()
    eventually(terminal.has_ended, 30)
    assert terminal.process.returncode == 0
    assert NORMAL in terminal.seen
    assert termios.tcgetattr(terminal.theirs) == terminal.before
