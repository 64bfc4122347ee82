"""`wardops meeting check` where nobody runs an agent: what is missing is said in one line."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from agent.cli import main
from drills.listen import Ports
from drills.sim import ward_codes
from drills.topology import ward_standard
from drills.world import World
from drills.writing import write_inventory
from probes.clock import ManualClock

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """One simulated ward that nobody simulates."""
    world = World(ward_standard(ward_codes(1)), 1, ManualClock())
    folder = tmp_path / "inventory"
    write_inventory(world, folder, Ports(snmp=1161, https=8443, http=9100, reach=9643), "ward", b"")
    return folder


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--room"),
        (("HN-0231",), "--room"),
        (("--room", "phong-x"), "phong-hop-a"),
        (("--room", "phong-hop-a", "--ward", "25747"), "26740"),
    ],
)
def test_bad_input_ends_with_2_and_one_line_that_says_what_to_do(
    arguments: tuple[str, ...], said: str, language: str, inventory: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("WARDOPS_LANG", language)
    where = ("--state", str(tmp_path), "--inventory", str(inventory))
    assert main(["meeting", "check", *arguments, *where]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def test_with_an_agent_named_that_does_not_answer_nothing_is_measured_in_its_place(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        agent = f"127.0.0.1:{taken.getsockname()[1]}"
        assert main(["meeting", "check", "--room", "phong-hop-a", "--agent", agent]) != 0
    assert agent in capsys.readouterr().err
