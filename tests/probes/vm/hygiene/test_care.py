"""Rules on backups, and on what people wrote: machines that break and that keep them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from inventory.machine import MachineCare
from probes.vm.estate import Guest
from probes.vm.finding import Facts
from tests.probes.vm.hygiene.conftest import Case, ago, by, found, seen

CASES = (
    Case("DC-04", seen(backed_up_at=ago(hours=27)), "fail", "crit"),
    Case("DC-04", seen(is_in_backup=False), "fail", "crit"),
    Case("DC-04", by(backed_up=date(2026, 11, 19)), "fail", "crit"),
    Case("DC-04", seen(backed_up_at=ago(hours=25)), "pass"),
    Case("DC-04", by(backed_up=date(2026, 11, 21)), "pass"),
    Case("DC-04", by(backed_up=date(2026, 11, 22)), "pass"),
    Case("DC-04", by(backed_up=date(2026, 11, 23)), "unknown"),
    Case("DC-04", seen(is_in_backup=True), "unknown"),
    Case("DC-05", by(restore_tested=date(2026, 5, 1)), "fail", "warn"),
    Case("DC-05", by(restore_tested=date(2026, 11, 1)), "pass"),
    Case("DC-05", by(restore_tested=date(2026, 12, 1)), "unknown"),
    Case("DC-20", Facts(), "fail", "note"),
    Case("DC-20", Facts(is_listed=False), "fail", "note"),
    Case("DC-20", by(hosting="cloud"), "pass"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_machine_is_judged_by_what_is_known_of_it(case: Case) -> None:
    case.holds()


def test_a_day_that_is_to_come_is_told_as_such_and_proves_nothing() -> None:
    ahead = MachineCare(
        backed_up=date(2027, 11, 21),
        restore_tested=date(2027, 11, 21),
        off_since=date(2027, 11, 21),
    )
    told = ("vm_rule.said.to_come", (("at", "21/11/2027"),))
    for rule in ("DC-04", "DC-05"):
        one = found(rule, Facts(care=ahead))
        assert (one.result, one.said, one.values) == ("unknown", *told)
    for rule, guest, result in (
        ("DC-01", Guest("1", power="off"), "unknown"),
        ("DC-04", Guest("1", is_in_backup=False), "fail"),
        ("DC-04", Guest("1", backed_up_at=ago(hours=3)), "pass"),
    ):
        one = found(rule, Facts(guest=guest, care=ahead))
        assert (one.result, one.also) == (result, told)


def test_the_newer_of_what_is_seen_and_what_is_written_counts_as_backup() -> None:
    both = Facts(
        guest=Guest("1", backed_up_at=ago(days=9)), care=MachineCare(backed_up=date(2026, 11, 21))
    )
    assert found("DC-04", both).result == "pass"
    older = replace(both, guest=Guest("1", backed_up_at=ago(hours=3)),
                    care=MachineCare(backed_up=date(2026, 1, 1)))  # fmt: skip
    assert found("DC-04", older).values == (("at", "22/11/2026"),)


def test_where_a_machine_stands_is_told_in_words() -> None:
    told = dict(found("DC-20", by(hosting="dc")).values)
    assert told == {"hosting": {"vi": "trung tâm dữ liệu", "en": "data centre"}}
