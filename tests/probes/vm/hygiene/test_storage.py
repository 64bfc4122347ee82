"""Rules on storage for files: devices that break and that keep them."""

from __future__ import annotations

import pytest

from probes.shares.model import OpenShare
from probes.vm.end_of_life import end_table
from probes.vm.estate import Store
from probes.vm.finding import Facts
from probes.vm.hygiene.judge import judge_storage
from tests.probes.vm.hygiene.conftest import NOW, Case, found

OPEN = (OpenShare("smb", "drop", True), OpenShare("smb", "public", False), OpenShare("nfs", "/srv"))

CASES = (
    Case("DC-21", Facts(asks_shares=True, shares=OPEN), "fail", "warn"),
    Case("DC-21", Facts(asks_shares=True, shares=()), "pass"),
    Case("DC-21", Facts(asks_shares=True), "unknown"),
    Case("DC-22", Facts(parts=(("Volume 1", False), ("Disk 1", True))), "fail", "crit"),
    Case("DC-22", Facts(parts=(("Volume 1", True), ("Disk 1", True))), "pass"),
    Case("DC-22", Facts(parts=()), "unknown"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_storage_is_judged_by_what_is_known_of_it(case: Case) -> None:
    case.holds()


def test_names_stand_in_the_evidence_and_what_may_be_written_is_marked() -> None:
    one = found("DC-21", Facts(asks_shares=True, shares=OPEN))
    assert dict(one.values)["shares"] == {
        "vi": "drop (ghi được), public, /srv", "en": "drop (may be written), public, /srv",
    }  # fmt: skip
    assert one.playbook == "PB-SEC-08"


def test_shares_are_judged_only_where_they_are_asked_and_volumes_as_stores() -> None:
    full = Facts(stores=(Store("/volume1", None, 100, 0.04),))
    rules = {one.rule: one for one in judge_storage(full, (), NOW, end_table())}
    assert set(rules) == {"DC-18", "DC-22"}
    assert (rules["DC-18"].result, rules["DC-18"].severity) == ("fail", "crit")
