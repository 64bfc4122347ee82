"""`wardops inventory discover` and `probe --record` as a person starts them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from inventory.load import load
from probes.registry import kinds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WARDOPS = (sys.executable, "-c", "import sys; from agent.cli import main; sys.exit(main())")


def wardops(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """One command to its end, without a terminal."""
    return subprocess.run(
        (*WARDOPS, *words, "--lang", "en"),
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        env=os.environ | env,
    )


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[Path]:
    """The inventory of a simulated ward that lacks one of its switches."""
    folder = tmp_path / "inventory"
    words = ("sim", "--out", str(folder), "--control", "127.0.0.1:0", "--lang", "en")
    with subprocess.Popen((*WARDOPS, *words), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.readline()
        _without_the_second_switch(folder / "wards/26740.yaml")
        yield folder
        process.send_signal(signal.SIGTERM)


def _without_the_second_switch(path: Path) -> None:
    text = path.read_text()
    start, end = text.index("- name: sw-26740-02"), text.index("- name: ce-26740")
    text = text[:start] + "# the owner's remark\n" + text[end:]
    text = text.replace("agent_at: sw-26740-02\n", "").replace("  - sw-26740-02\n", "")
    path.write_text(re.sub(r"\n  behind: sw-26740-02.*", "", text))


@pytest.mark.realtime
def test_a_missing_switch_is_found_printed_and_written_only_when_asked(simulated: Path) -> None:
    path = simulated / "wards/26740.yaml"
    before = path.read_text()
    ask = ("inventory", "discover", "--inventory", str(simulated), "127.16.0.8/29")
    printed = wardops(*ask)
    assert (printed.returncode, printed.stderr) == (0, "")  # no progress bar without a terminal
    assert "- name: sw-26740-02" in printed.stdout
    assert path.read_text() == before
    written = wardops(*ask, "--write")
    assert written.returncode == 0
    assert "1 devices added" in written.stderr
    assert "# the owner's remark\n" in path.read_text()
    assert len(list(path.parent.glob("*.bak"))) == 1
    ward = load(simulated, kinds()).wards["26740"]
    found = ward.device("sw-26740-02")
    assert found is not None
    assert (found.role.value, str(found.address)) == ("access", "127.16.0.11")
    assert tuple(found.above) == ("sw-26740-01",)  # as the two say of each other by LLDP
    again = wardops(*ask, "--write")
    assert "nothing was written" in again.stderr


@pytest.mark.realtime
def test_an_address_that_is_not_the_inventorys_is_refused(simulated: Path) -> None:
    refused = wardops("inventory", "discover", "--inventory", str(simulated), "192.0.2.0/24")
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert refused.stderr.startswith("192.0.2.0/24: not in a subnet of ward 26740")


@pytest.mark.realtime
def test_a_device_is_recorded_without_its_name_and_never_over_a_file(
    simulated: Path, tmp_path: Path
) -> None:
    file = tmp_path / "switch.snmprec"
    ask = ("probe", "sw-26740-01", "--inventory", str(simulated), "--record", str(file))
    done = wardops(*ask, "--debug")
    assert done.returncode == 0, done.stderr
    community = (simulated / "secrets/snmp.community").read_text().strip()
    assert community not in done.stdout
    shown = file.read_text()
    for secret in ("sw-26740-01", community, "127.16.0.10"):
        assert secret not in shown
        assert secret.encode().hex() not in shown
    assert "\n1.3.6.1.2.1.31.1.1.1.1.10101|4x|" in shown
    assert file.stat().st_mode & 0o077 == 0
    again = wardops(*ask)
    assert again.returncode == 2
    assert "exists already" in again.stderr
