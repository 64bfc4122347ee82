"""A drill with a person at the keyboard: real sockets, real clock, lines in and out."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from drills.listen import Ports
from drills.record import read_run
from drills.topology import ward_standard
from drills.world import World
from drills.writing import write_inventory
from probes.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUICK = "schema: wardops/agent/1\ntiming: {period_s: 2, watch_s: 2, retry_s: 2, settle_s: 1}\n"


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """The drill's own inventory with a trainer's settings beside it: a quick agent."""
    folder = tmp_path / "inventory"
    world = World(ward_standard(("26740",)), 1, ManualClock())
    write_inventory(world, folder, Ports(1161, 8443, 9100, 9643), "ward", b"", "drill")
    (folder / "agent.yaml").write_text(QUICK, encoding="utf-8")
    return folder


@pytest.fixture
def trainee(tmp_path: Path, inventory: Path) -> Iterator[subprocess.Popen[str]]:
    """`wardops drill run` with pipes instead of a terminal."""
    command = (
        sys.executable, "-u", "-c", "import sys; from agent.cli import main; sys.exit(main())",
        "drill", "run", "DR-NET-02", "--listen", "127.0.0.1:0", "--lang", "en",
        "--out", str(tmp_path / "out"), "--inventory", str(inventory), "--for", "150",
    )  # fmt: skip
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "SNMP_26740": "canary-77"},
    ) as process:
        yield process
        process.kill()


@pytest.mark.realtime
@pytest.mark.timeout(300)
def test_a_person_looks_is_answered_and_scored(
    tmp_path: Path, trainee: subprocess.Popen[str]
) -> None:
    assert trainee.stdin is not None
    assert trainee.stdout is not None
    told = []
    for line in trainee.stdout:
        told.append(line)
        if "START." in line:
            url = "".join(told).partition("agent: ")[2].partition(". In")[0]
            scrape = httpx.get(f"{url}/metrics", trust_env=False).text
            (state,) = (tmp_path / "out").glob("*/agent")
            token = {"Authorization": f"Bearer {(state / 'local.token').read_text().strip()}"}
            shot = httpx.get(f"{url}/api/v1/snapshot", headers=token, trust_env=False).json()
            trainee.stdin.write("dance\nlook ce\ndone\n")
            trainee.stdin.flush()
            break
    rest = trainee.stdout.read()
    assert trainee.wait() == 1, trainee.stderr.read() if trainee.stderr else ""
    text = "".join(told)
    assert "The drill's agent: http://127.0.0.1:" in text
    assert "dance: cannot be done here" in rest
    assert "CPE lights: power on, LOS off, LAN on." in rest
    assert "NOT PASSED" in rest
    (folder,) = (tmp_path / "out").iterdir()
    kinds = [record.kind for record in read_run(folder).records]
    assert kinds == ["drill.started", "goal", "act", "looked", "act", "trainee.done", "drill.ended"]
    assert 'wardops_agent_realm_info{drill="1",realm="drill"} 1' in scrape
    assert shot["drill"]["id"] == "DR-NET-02"
    assert shot["drill"]["started"] is not None
