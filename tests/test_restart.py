"""The agent is killed while an incident is open: it comes back with that one, and no other."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(120)]

WARDOPS = str(Path(sys.executable).with_name("wardops"))
FAST = (
    "schema: wardops/agent/1\n"
    "timing: {period_s: 2, watch_s: 1, retry_s: 1, line_retry_s: 0.5, recheck_s: 1, settle_s: 1}\n"
    "incident: {stable_s: 2}\n"
)


def ask(url: str, body: dict[str, Any] | None = None, method: str | None = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - loopback
        text = answer.read()
    return json.loads(text) if text else None


@pytest.fixture
def world(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[tuple[Path, str]]:
    """A simulated ward: its inventory folder, and the URL of its control."""
    folder, port = tmp_path / "inventory", free_port()
    process = subprocess.Popen(
        [WARDOPS, "sim", "--wards", "1", "--out", str(folder), "--control", f"127.0.0.1:{port}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip()
    (folder / "agent.yaml").write_text(FAST, encoding="utf-8")
    try:
        yield folder, f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def test_a_killed_agent_comes_back_with_its_open_incident_once(
    world: tuple[Path, str],
    tmp_path: Path,
    free_port: Callable[[], int],
    eventually: Callable[..., Any],
) -> None:
    folder, control = world
    state, port = tmp_path / "state", free_port()
    incidents = f"http://127.0.0.1:{port}/api/v1/incidents"

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                WARDOPS, "agent", "--inventory", str(folder), "--state", str(state),
                "--listen", f"127.0.0.1:{port}",
            ],
            stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def opened() -> list[Any]:
        items: list[Any] = ask(f"{incidents}?open=true")["items"]
        return items

    def verdict() -> str:
        found: str = ask(f"http://127.0.0.1:{port}/api/v1/verdict")["segment"]
        return found

    agent = start()
    try:
        eventually(lambda: verdict() == "none")
        fault = ask(f"{control}/faults", {"fault": "cable_cut", "on": "ce:wan", "params": {}})
        first = eventually(opened)
        agent.kill()
        agent.wait()
        agent = start()
        eventually(lambda: verdict() == "metronet")
        again = opened()
        assert [one["id"] for one in again] == [one["id"] for one in first]
        ask(f"{control}/faults/{fault['id']}", method="DELETE")
        eventually(lambda: not opened())
        assert len(ask(incidents)["items"]) == 1
    finally:
        agent.terminate()
        agent.wait()
    with sqlite3.connect(state / "wardops.db") as journal:
        kinds = [kind for (kind,) in journal.execute("SELECT kind FROM event ORDER BY seq")]
    journal.close()
    assert kinds.count("incident.opened") == 1
    assert kinds.count("incident.resolved") == 1
