"""`wardops sim` as a person starts it: one line when ready, a clean end, clear refusals."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from agent.cli import main
from drills.topology import HYPERVISORS, ROOMS
from inventory.language import LANGUAGES, catalogue
from inventory.load import load
from probes.registry import kinds

if TYPE_CHECKING:
    from pathlib import Path

    from inventory.language import Language

WARDOPS = (sys.executable, "-c", "import sys; from agent.cli import main; sys.exit(main())")


def _sim(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (*WARDOPS, "sim", *words), capture_output=True, text=True, timeout=50, check=False
    )


@pytest.mark.realtime
def test_it_says_one_line_when_ready_and_ends_cleanly_when_told(tmp_path: Path) -> None:
    words = ("sim", "--out", str(tmp_path), "--control", "127.0.0.1:0", "--lang", "en")
    with subprocess.Popen((*WARDOPS, *words), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("8 devices of 1 ward on 127.0.0.0/8, ")
        url = process.stdout.readline().strip()
        assert httpx.get(f"{url}/world", trust_env=False).json()["version"] == 0
        assert list(load(tmp_path, kinds()).wards) == ["26740"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stdout.read() == ""


@pytest.mark.realtime
def test_it_ends_by_itself_after_the_time_asked(tmp_path: Path) -> None:
    words = ("--wards", "2", "--control", "127.0.0.1:0", "--for", "0", "--lang", "vi")
    ended = _sim("--out", str(tmp_path), *words)
    assert ended.returncode == 0
    assert ended.stdout.startswith("16 thiết bị của 2 đơn vị trên 127.0.0.0/8, ")
    assert load(tmp_path, kinds()).vantage == "hub"


@pytest.mark.realtime
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--wards", "0"), "between 1 and 168"),
        (("--wards", "169"), "between 1 and 168"),
        (("--control", "192.0.2.1:9643"), "HOST:PORT"),
        (("--control", "9643"), "HOST:PORT"),
        (("--control", "127.0.0.1:99999"), "HOST:PORT"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    ended = _sim("--out", str(tmp_path), "--for", "0", "--lang", "en", *words)
    assert ended.returncode == 2
    assert told in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.realtime
def test_a_taken_control_port_is_one_line_and_exit_2(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = _sim("--out", str(tmp_path), "--for", "0", "--control", where, "--lang", "en")
    assert ended.returncode == 2
    assert ended.stderr.startswith(where)
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_help_names_what_a_room_and_a_host_may_be(
    language: Language, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARDOPS_LANG", language)
    assert main(["sim", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert catalogue(language)["cli.option.sim.room"] in said
    for word in (*ROOMS, *HYPERVISORS):
        assert word in said
