"""Rules on what the hypervisor says: machines that break and that keep them."""

from __future__ import annotations

from datetime import date

import pytest

from inventory.machine import MachineCare
from probes.vm.estate import Guest
from probes.vm.finding import Facts
from tests.probes.vm.hygiene.conftest import Case, ago, found, says, seen

OFF = Guest("101", power="off")
CASES = (
    Case("DC-01", Facts(guest=OFF, care=MachineCare(off_since=date(2026, 10, 1))), "fail", "note"),
    Case("DC-01", Facts(guest=OFF, care=MachineCare(off_since=date(2026, 11, 1))), "pass"),
    Case("DC-01", seen(power="on"), "pass"),
    Case("DC-01", says(uptime_s=60.0), "pass"),
    Case("DC-01", seen(power="off"), "unknown"),
    Case("DC-01", Facts(guest=OFF, care=MachineCare(off_since=date(2027, 1, 1))), "unknown"),
    Case("DC-03", seen(snapshots=1, oldest_snapshot_at=ago(days=4)), "fail", "warn"),
    Case("DC-03", seen(snapshots=3, oldest_snapshot_at=ago(hours=1)), "fail", "warn"),
    Case("DC-03", seen(snapshots=3), "fail", "warn"),
    Case("DC-03", seen(snapshots=1, oldest_snapshot_at=ago(days=15)), "fail", "crit"),
    Case("DC-03", seen(snapshots=2, oldest_snapshot_at=ago(days=2)), "pass"),
    Case("DC-03", seen(snapshots=0), "pass"),
    Case("DC-03", seen(snapshots=1), "unknown"),
    Case("DC-03", seen(), "unknown"),
    Case("DC-06", seen(tools="stopped"), "fail", "note"),
    Case("DC-06", seen(tools="absent"), "fail", "note"),
    Case("DC-06", seen(tools="running"), "pass"),
    Case("DC-06", seen(power="off", tools="absent"), "fail", "note"),
    Case("DC-06", seen(power="off", tools="stopped"), "unknown"),
)


def test_guest_tools_of_a_machine_that_is_off_are_unknown_because_of_that() -> None:
    assert found("DC-06", seen(power="off")).said == "vm_rule.said.tools_off"
    assert found("DC-06", seen(power="on")).said == "vm_rule.said.no_tools_known"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_machine_is_judged_by_what_is_known_of_it(case: Case) -> None:
    case.holds()
