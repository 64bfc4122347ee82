"""Model, serial number and version of the recorded devices, as the reference has them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from probes.snmp import ber, identity

if TYPE_CHECKING:
    from pathlib import Path

    from probes.model import Identity
    from tests.probes.snmp.conftest import Lab

# What the probe may ask for: the rest of a recording is not served.
ROOTS = tuple(
    f"1.3.6.1.{arcs}." for arcs in ("2.1.1", "2.1.25.3.2", "2.1.33", "2.1.43.5", "2.1.47", "4.1")
)
# The reference calls some things otherwise (a market name for a part number) or reads them off
# texts that say nothing of the kind; what is proven may not become less.
FLOORS = {"model": 38 / 50, "serial": 32 / 35, "version": 35 / 49}
WORDS = {"model": "hardware", "serial": "serial", "version": "version"}


def identified(lab: Lab, file: Path) -> Identity:
    """What a recorded device is taken for."""
    with file.open("rb") as lines:
        rows = {oid: cell for oid, cell in lab.snmprec(lines, ROOTS).items() if cell[0] != ber.NULL}
    engine, _ = lab.engine(lab.honest(lab.Agent(rows)))

    async def story() -> Identity | None:
        return (await identity.run(lab.device(), lab.context(engine))).identity

    found: Identity = lab.on_virtual_time(story)
    return found


@pytest.fixture(scope="module")
def pairs(lab: Lab, recordings: Path) -> list[tuple[str, Identity, dict[str, Any]]]:
    """Every recorded device with its reference."""
    listed = json.loads((recordings / "index.json").read_text())
    entries = next(value for value in listed.values() if isinstance(value, list))
    found = []
    for entry in entries:
        told = json.loads((recordings / entry["expected"]).read_text()).get("librenms") or {}
        found.append((entry["file"], identified(lab, recordings / entry["file"]), told))
    return found


@pytest.mark.parametrize("fact", sorted(FLOORS))
def test_recorded_devices_are_told_as_the_reference_tells_them(
    pairs: list[tuple[str, Identity, dict[str, Any]]], fact: str
) -> None:
    wanted = [
        (file, getattr(ours, fact), told[WORDS[fact]])
        for file, ours, told in pairs
        if told.get(WORDS[fact])
    ]
    missed = [one for one in wanted if not _agree(one[1], one[2])]
    assert 1 - len(missed) / len(wanted) >= FLOORS[fact] - 1e-9, missed


def _agree(ours: str | None, theirs: str) -> bool:
    one, other = (ours or "").strip().lower(), theirs.strip().lower()
    return bool(one) and (one in other or other in one)
