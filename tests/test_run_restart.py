"""A real agent is killed in the middle of a run; the command line takes over and hands back."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from agent.client import Address, AgentClient, AgentRefused
from agent.wire import Command
from inventory.errors import AgentUnreachable
from playbooks.journal import read_log, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agent.wire import PlaybookRun

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(180)]

WARDOPS = str(Path(sys.executable).with_name("wardops"))
FAST = (
    "schema: wardops/agent/1\n"
    "timing: {period_s: 2, watch_s: 1, retry_s: 1, line_retry_s: 0.5, recheck_s: 1, settle_s: 1}\n"
    "incident: {stable_s: 2}\n"
)
PLAYBOOK = "PB-NET-01"


@dataclass
class Ward:
    """A simulated ward and the agent that watches it, as processes."""

    inventory: Path
    state: Path
    listen: str
    control: str
    fault: str
    agent: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the agent."""
        self.agent = subprocess.Popen(
            [
                WARDOPS, "agent", "--inventory", str(self.inventory), "--state", str(self.state),
                "--listen", self.listen,
            ],
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.agent is not None
        self.agent.kill()
        self.agent.wait()

    def client(self) -> AgentClient:
        """A client with the token of the agent's present life."""
        return AgentClient(
            Address(url=f"http://{self.listen}", token_files=(self.state / "local.token",))
        )

    def do(self, verb: str, reason: str | None = None, **args: Any) -> dict[str, Any]:
        """One command; it must be accepted."""
        command = Command.model_validate(
            {"id": str(uuid4()), "verb": verb, "args": args, "reason": reason, "actor": "local:it"}
        )
        with self.client() as client:
            result = client.command(command)
        assert result.accepted, result
        return dict(result.result)

    def run(self, run: str) -> PlaybookRun | None:
        """The run as the agent shows it; None while nobody answers."""
        try:
            with self.client() as client:
                return client.playbook_run(run)
        except (AgentUnreachable, AgentRefused):  # not there yet, or the token of the life before
            return None

    def asks(self, run: str, step: str) -> PlaybookRun | None:
        """The run, once it asks at this step."""
        found = self.run(run)
        ready = found and found.state == "asking" and found.step and found.step.id == step
        return found if ready else None

    def by_hand(self, *args: str, answers: str) -> subprocess.Popen[str]:
        """`wardops playbook run` with answers from a file, on the same state folder."""
        file = self.state / "answers.yaml"
        file.write_text(answers, encoding="utf-8")
        return subprocess.Popen(
            [
                WARDOPS, "playbook", "run", PLAYBOOK, "--inventory", str(self.inventory), "--state",
                str(self.state), "--answers", str(file), "--lang", "en", *args,
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip


@pytest.fixture
def ward(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Ward]:
    """A simulated ward whose line is cut, and no agent yet."""
    folder, port = tmp_path / "inventory", free_port()
    process = subprocess.Popen(
        [WARDOPS, "sim", "--wards", "1", "--out", str(folder), "--control", f"127.0.0.1:{port}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline().strip()
    (folder / "agent.yaml").write_text(FAST, encoding="utf-8")
    state = tmp_path / "state"
    state.mkdir()
    control = f"http://127.0.0.1:{port}"
    found = Ward(folder, state, f"127.0.0.1:{free_port()}", control, cut(control))
    try:
        yield found
    finally:
        if found.agent is not None:
            found.agent.terminate()
            found.agent.wait()
        process.send_signal(signal.SIGTERM)
        process.communicate()


def cut(control: str) -> str:
    """Cut the ward's line beyond its terminal device; the fault's id."""
    body = json.dumps({"fault": "cable_cut", "on": "ce:wan", "params": {}}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{control}/faults", body, headers)  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - loopback
        found: str = json.load(answer)["id"]
    return found


def mend(control: str, fault: str) -> None:
    """Mend it."""
    request = urllib.request.Request(f"{control}/faults/{fault}", method="DELETE")  # noqa: S310
    with urllib.request.urlopen(request, timeout=5):  # noqa: S310 - loopback
        return


def open_incident(ward: Ward) -> str:
    """The number of the ward's open incident, empty while there is none."""
    try:
        with ward.client() as client:
            found = client.incidents(is_open=True)
    except (AgentUnreachable, AgentRefused):  # not there yet, or still reading its journal
        return ""
    return found[0].id if found else ""


def test_killed_at_a_step_the_agent_comes_back_with_it_and_tells_nobody_twice(
    ward: Ward, eventually: Callable[..., Any]
) -> None:
    ward.start()
    incident = eventually(lambda: open_incident(ward))
    run = ward.do("playbook_start", playbook=PLAYBOOK, incident=incident)["run"]

    asked = eventually(lambda: ward.asks(run, "line_leds"))
    ward.kill()
    ward.start()
    assert eventually(lambda: ward.asks(run, "line_leds")).step == asked.step

    ward.do("playbook_answer", run=run, step="line_leds", value="1")
    told = eventually(lambda: ward.asks(run, "carrier"))
    ward.kill()
    ward.start()
    again = eventually(lambda: ward.asks(run, "carrier"))
    assert again.step == told.step
    assert again.lines == told.lines

    ward.do("playbook_abort", "enough seen", run=run)
    eventually(lambda: (ward.run(run) or again).ended)
    with ward.client() as client:
        verbs = [entry.verb for entry in client.incident(incident).timeline]
    assert verbs.count("ack") == verbs.count("playbook_start") == 1
    assert verbs.count("escalate") == 1
    assert verify(ward.state / "runs" / run) is None


def test_a_run_goes_from_the_command_line_to_the_agent_and_back(
    ward: Ward, eventually: Callable[..., Any]
) -> None:
    left = ward.by_hand(answers="line_leds: '1'\n")
    said, _ = left.communicate(timeout=60)
    assert left.returncode == 1, said
    (folder,) = (ward.state / "runs").iterdir()
    run = folder.name

    ward.start()
    shown = eventually(lambda: ward.asks(run, "carrier"))
    assert [line.step for line in shown.lines][-1] == "line_leds"
    refused = ward.by_hand("--resume", run, answers="carrier: '1'\n")
    said, _ = refused.communicate(timeout=60)
    assert refused.returncode == 1, said
    assert ward.asks(run, "carrier")
    ward.kill()

    back = ward.by_hand("--resume", run, answers="carrier: '1'\nconfirm_open: '1'\n")
    eventually(lambda: [one for one in read_log(folder).records if one.step == "wait_restore"])
    mend(ward.control, ward.fault)
    said, _ = back.communicate(timeout=90)
    assert back.returncode == 0, said
    records = read_log(folder).records
    begun = [one.step for one in records if one.type == "effect.started"]
    assert begun == ["carrier", "tell_leader"]

    ward.start()
    done = eventually(lambda: ward.run(run))
    assert (done.state, done.outcome) == ("done", "restored")
    eventually((folder / "taken").exists)
    assert verify(folder) is None
