"""Storage and shares in an audit: what counts against a NAS, or a machine open to everybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from agent.machines.audit import audited_targets
from agent.machines.audit_words import as_text
from agent.machines.guests import claims_of
from agent.machines.judging import Asked, Audited, judge_ward, tells
from inventory.language import LANGUAGES, Language
from inventory.load import load
from inventory.text import cells
from probes.model import Observation, Reading, Reason, Sensor
from probes.registry import probes_for
from probes.shares.model import OpenShare
from probes.target import targets_of
from probes.vm.end_of_life import end_table
from probes.vm.estate import Store
from probes.vm.finding import Moment

if TYPE_CHECKING:
    from pathlib import Path

    from inventory.model import Inventory

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=timezone(timedelta(hours=7)))
INVENTORY = """\
schema: wardops/inventory/1
ward: "26740"
devices:
  - {name: nas-1, kind: synology, address: 192.0.2.30, snmp: {auth: "env:S"}, shares: {smb: true}}
  - {name: nas-2, kind: qnap, address: 192.0.2.31}
  - {name: app-1, kind: linux_vm, role: vm, address: 192.0.2.10, shares: {nfs: true}}
  - {name: app-2, kind: linux_vm, role: vm, address: 192.0.2.11, node_exporter: "http://192.0.2.11/"}
"""
HEALTH = Reading(
    stores=(Store("/volume1", None, 100, 0.12),),
    sensors=(
        Sensor("raid", "Volume 1", None, "", "other", "bad"),
        Sensor("disk", "Disk 1", None, "", "other", "ok"),
        Sensor("temperature", "system", 40, "°C", "module", "bad"),
    ),
)
OPEN = Reading(shares=(OpenShare("smb", "drop", True), OpenShare("smb", "public", False)))


@pytest.fixture
def inventory(tmp_path: Path) -> Inventory:
    """Two NAS, one of which may not be asked at all, and two machines."""
    (tmp_path / "26740.yaml").write_text(INVENTORY)
    return load(tmp_path, with_secrets=False)


def judged(inventory: Inventory, **readings: dict[str, Reading]) -> dict[str, Audited]:
    """What is found by device (`_` for `-`), given readings by probe."""
    rows = []
    for target in audited_targets(inventory, "26740"):
        told = readings.get(target.name.replace("-", "_"), {})
        runs = tuple(
            Observation(target, probe, Reason.OK, reading, NOW.astimezone(UTC), 0.0, 0.1, 9e9)
            for probe, reading in told.items()
        )
        rows.append(Asked(target, runs))
    day, claims = Moment(NOW, end_table()), claims_of(inventory)
    return {one.name: one for one in judge_ward(inventory.wards["26740"], rows, claims, day)}


def results(one: Audited) -> dict[str, str]:
    """Result by rule."""
    return {found.rule: found.result for found in one.findings}


def test_storage_that_can_be_asked_is_audited_and_is_no_machine(inventory: Inventory) -> None:
    targets = {one.name: one for one in audited_targets(inventory, "26740")}
    assert list(targets) == ["nas-1", "app-1", "app-2"]
    assert [name for name, one in targets.items() if Asked(one).is_machine] == ["app-1", "app-2"]
    asked = {name: [probe.name for probe in probes_for(one) if tells(one, probe.name)]
             for name, one in targets.items()}  # fmt: skip
    assert asked == {
        "nas-1": ["snmp-health", "shares"], "app-1": ["shares"], "app-2": ["node-exporter"],
    }  # fmt: skip


def test_shares_are_asked_of_those_that_the_inventory_names_and_of_nothing_else(
    inventory: Inventory,
) -> None:
    ward = inventory.wards["26740"]
    planned = {
        target.name
        for target in targets_of(ward, inventory)
        if any(probe.name == "shares" for probe in probes_for(target))
    }
    assert planned == {"nas-1", "app-1"}


def test_a_nas_is_judged_by_its_volumes_parts_and_shares(inventory: Inventory) -> None:
    found = judged(inventory, nas_1={"snmp-health": HEALTH, "shares": OPEN})
    assert results(found["nas-1"]) == {"DC-18": "fail", "DC-21": "fail", "DC-22": "fail"}
    worst, *_ = found["nas-1"].findings
    assert (worst.rule, worst.severity) == ("DC-22", "crit")
    assert dict(worst.values) == {"parts": "Volume 1"}
    assert found["nas-1"].is_measured
    unknown = judged(inventory)["nas-1"]
    assert set(results(unknown).values()) == {"unknown"}
    assert not unknown.is_measured


def test_a_machine_is_judged_by_its_shares_only_where_they_are_asked(inventory: Inventory) -> None:
    shut: dict[str, Any] = {"app_1": {"shares": Reading(shares=())}}
    assert results(judged(inventory, **shut)["app-1"])["DC-21"] == "pass"
    assert results(judged(inventory)["app-1"])["DC-21"] == "unknown"
    assert "DC-21" not in results(judged(inventory)["app-2"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_of_shares_stand_in_the_audit(inventory: Inventory, language: Language) -> None:
    found = judged(inventory, nas_1={"snmp-health": HEALTH, "shares": OPEN})
    text = as_text((found["nas-1"],), "live", language)
    how = {"vi": "ghi được", "en": "may be written"}[language]
    assert f"drop ({how}), public" in " ".join(text.split())
    assert max(cells(line) for line in text.splitlines()) <= 80
