"""`wardops playbook …`: what it prints, and a whole run against a simulated ward."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path
from subprocess import DEVNULL, CompletedProcess, Popen
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from drills.sim import Simulation
from playbooks import cli
from playbooks.journal import LOG, verify
from probes.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import click
    from click.testing import Result

WARDOPS = (sys.executable, "-c", "import sys; from agent.cli import main; sys.exit(main())")
PLAYBOOK = Path(__file__).parents[2] / "playbooks" / "library" / "PB-NET-01.yaml"


def call(command: click.Command, *arguments: str) -> Result:
    """One command, in English."""
    return CliRunner().invoke(command, [*arguments, "--lang", "en"])


def test_the_library_is_listed_with_titles_in_the_language_asked_for() -> None:
    lines = CliRunner().invoke(cli.list_playbooks, ["--lang", "vi"]).stdout.splitlines()
    assert any(line.startswith("PB-NET-01  ") and "Mất kết nối" in line for line in lines)
    assert "Metronet link down" in call(cli.list_playbooks).stdout


def test_a_playbook_is_shown_with_where_each_step_leads() -> None:
    shown = call(cli.show, "PB-NET-01").stdout
    assert "locate  (decide)" in shown
    assert "verdict.segment: power -> power_lost" in shown
    missing = call(cli.show, "PB-NET-99")
    assert missing.exit_code == 2
    assert missing.stderr == "there is no playbook PB-NET-99; see: wardops playbook list\n"


def test_a_good_file_and_the_whole_library_check() -> None:
    assert call(cli.check, str(PLAYBOOK)).exit_code == 0
    assert len(call(cli.check).stdout.splitlines()) >= 3


def test_print_wants_one_thing() -> None:
    assert "<!doctype html>" in call(cli.print_page, "PB-NET-01").stdout.lower()
    assert call(cli.print_page).exit_code == 2
    assert call(cli.print_page, "PB-NET-01", "--sheet").exit_code == 2


class Ward:
    """A simulated ward in a program of its own, and the command line that works beside it."""

    def __init__(self, folder: Path, control: int) -> None:
        self.folder = folder
        self.control = control

    def cut(self) -> None:
        """Cut the line beyond the terminal device."""
        fault = json.dumps({"fault": "cable_cut", "on": "ce:wan"}).encode()
        urlopen(f"http://127.0.0.1:{self.control}/faults", fault, timeout=10).close()

    def run(self, *arguments: str, text: str = "") -> CompletedProcess[str]:
        """`wardops playbook run PB-NET-01`, as a person starts it."""
        places = ("--inventory", str(self.folder / "site"), "--state", str(self.folder / "state"))
        command = [*WARDOPS, "playbook", "run", "PB-NET-01", *arguments, *places, "--lang", "en"]
        return subprocess.run(
            command, input=text, capture_output=True, text=True, check=False, timeout=50
        )

    @property
    def runs(self) -> list[Path]:
        """The folders of its runs."""
        return list((self.folder / "state" / "runs").iterdir())


@pytest.fixture
def ward(
    tmp_path: Path, free_port: Callable[[], int], eventually: Callable[..., Any]
) -> Iterator[Ward]:
    """A simulated ward that listens."""
    port = free_port()
    options = ["--out", str(tmp_path / "site"), "--control", f"127.0.0.1:{port}", "--for", "60"]
    with Popen([*WARDOPS, "sim", *options], stdout=DEVNULL, stderr=DEVNULL) as child:
        eventually(lambda: urlopen(f"http://127.0.0.1:{port}/world", timeout=1).close() is None)
        yield Ward(tmp_path, port)
        child.terminate()


@pytest.mark.realtime
def test_a_sound_ward_ends_at_once_with_nothing_to_do(ward: Ward) -> None:
    done = ward.run()
    assert done.returncode == 0, done.stderr
    assert "Ended: fault no longer seen." in done.stdout


@pytest.mark.realtime
def test_a_cut_line_is_worked_from_a_file_left_and_gone_on_with_by_hand(ward: Ward) -> None:
    answers = ward.folder / "answers.yaml"
    answers.write_text('line_leds: "1"\n', encoding="utf-8")
    ward.cut()
    left = ward.run("--answers", str(answers))
    assert left.returncode == 1, left.stderr
    assert "the answers file has nothing for step carrier" in left.stderr
    (folder,) = ward.runs
    assert f"--resume {folder.name}" in left.stdout
    rows = [json.loads(line) for line in (folder / LOG).read_bytes().splitlines()]
    facts = next(row["data"]["facts"] for row in rows if row["type"] == "fact.set")
    assert facts["verdict.part"]["value"] == "line"
    assert facts["dc.loss_pct"]["value"] == 100.0
    (sent,) = (ward.folder / "state" / "outbox").iterdir()
    assert "26740" in sent.read_text(encoding="utf-8")
    done = ward.run("--resume", folder.name, text="7\nu\nx\n")
    assert "there is no option 7" in done.stdout
    assert "Ended: aborted." in done.stdout
    assert done.returncode == 1
    assert len(list((ward.folder / "state" / "outbox").iterdir())) == 1
    assert verify(folder) is None


async def test_a_ward_must_be_named_where_there_are_several_and_must_exist(tmp_path: Path) -> None:
    async with Simulation(clock=SystemClock(), out=tmp_path, wards=2):
        pass
    places = ("--inventory", str(tmp_path), "--state", str(tmp_path / "state"))

    def codes() -> Iterator[tuple[int, int]]:
        for more in ((), ("--ward", "99999"), ("--ward", "26740", "--resume", "x")):
            done = call(cli.run, "PB-NET-01", *more, *places)
            yield done.exit_code, done.stderr.count("\n")

    assert await asyncio.to_thread(lambda: list(codes())) == [(2, 1)] * 3


def test_with_an_agent_there_no_second_run_is_worked(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(tmp_path / "wardops.sock"))
        agent.listen()
        refused = call(cli.run, "PB-NET-01", "--state", str(tmp_path))
    assert refused.exit_code == 1
    assert refused.stderr == "the agent is running; open the playbook with wardops tui\n"
    assert not (tmp_path / "runs").exists()
