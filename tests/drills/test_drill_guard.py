"""A drill that is given anything real does not start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.cli import main
from drills.guard import refuse_folder
from drills.listen import Ports
from drills.topology import ward_standard
from drills.world import World
from drills.writing import write_inventory
from probes.clock import ManualClock

if TYPE_CHECKING:
    from pathlib import Path

PORTS = Ports(snmp=1161, https=8443, http=9100, reach=9643)
CANARY = "canary-real-secret-77"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The inventory of a drill with seed 1."""
    folder = tmp_path / "inventory"
    write_inventory(_world(), folder, PORTS, "ward", b"", "drill")
    return folder


def _world() -> World:
    return World(ward_standard(("26740",)), 1, ManualClock())


def refused(folder: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that a run with this inventory is refused with."""
    arguments = ["drill", "run", "DR-NET-02", "--headless", "--out", str(out)]
    assert main([*arguments, "--inventory", str(folder)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    (line,) = told.err.strip().splitlines()
    assert list(out.iterdir()) == []
    assert CANARY not in line
    return line


def _change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_its_own_inventory_is_fine(own: Path) -> None:
    refuse_folder(own, _world())


def test_a_real_address_is_refused(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _change(own / "wards" / "26740.yaml", "127.16.0.1\n", "192.0.2.10\n")
    line = refused(own, tmp_path / "out", capsys)
    assert "192.0.2.10" in line
    assert "26740.yaml:" in line


@pytest.mark.parametrize("realm", ["live", "sim"])
def test_an_inventory_of_another_realm_is_refused(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], realm: str
) -> None:
    _change(own / "site.yaml", "realm: drill", f"realm: {realm}")
    if realm == "live":
        text = (own / "site.yaml").read_text(encoding="utf-8")
        kept = [line for line in text.splitlines() if not line.startswith("world:")]
        (own / "site.yaml").write_text("\n".join(kept), encoding="utf-8")
    assert f"realm {realm}" in refused(own, tmp_path / "out", capsys)


def test_a_credential_of_the_environment_is_refused_and_not_read(
    own: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SNMP_26740", CANARY)
    _change(own / "wards" / "26740.yaml", "file:secrets/snmp.community", "env:SNMP_26740")
    assert "env:SNMP_26740" in refused(own, tmp_path / "out", capsys)


def test_a_real_secret_in_the_drills_own_file_is_refused(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own / "secrets" / "snmp.community").write_text(CANARY, encoding="utf-8")
    assert "snmp.community" in refused(own, tmp_path / "out", capsys)


@pytest.mark.timeout(300)  # a whole run, as in test_drill_solutions
def test_a_drill_reads_neither_the_real_inventory_nor_its_secrets(
    own: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The environment of a live agent beside it changes nothing and leaves no trace."""
    monkeypatch.setenv("WARDOPS_INVENTORY", str(tmp_path / "real"))
    monkeypatch.setenv("SNMP_26740", CANARY)
    out = tmp_path / "out"
    arguments = ["drill", "run", "DR-NET-02", "--headless"]
    assert main([*arguments, "--out", str(out), "--inventory", str(own)]) == 0
    assert CANARY not in capsys.readouterr().out
    written = [path.read_bytes() for path in out.rglob("*") if path.is_file()]
    assert not any(CANARY.encode() in raw for raw in written)
