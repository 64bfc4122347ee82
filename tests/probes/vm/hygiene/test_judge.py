"""All rules together: each is proved, worded and ranked, and may be accepted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.language import LANGUAGES, Language, say
from inventory.machine import Acceptance, RuleId
from inventory.text import cells
from probes.vm.end_of_life import end_table
from probes.vm.estate import Guest
from probes.vm.finding import Facts
from probes.vm.hygiene.judge import (
    MACHINE_RULES,
    SHARE_RULES,
    SSH_RULES,
    STORAGE_RULES,
    STORE_RULES,
    judge_machine,
    judge_stores,
)
from probes.vm.status import Filesystem, VmStatus
from tests.probes.vm.hygiene import (
    test_access,
    test_care,
    test_disks,
    test_growth,
    test_hosts,
    test_hypervisor,
    test_protection,
    test_storage,
    test_tls,
    test_upkeep,
)
from tests.probes.vm.hygiene.conftest import NOW, Case, disks, found, says

CASES: tuple[Case, ...] = (
    *test_hypervisor.CASES,
    *test_care.CASES,
    *test_upkeep.CASES,
    *test_access.CASES,
    *test_disks.CASES,
    *test_growth.CASES,
    *test_hosts.CASES,
    *test_tls.CASES,
    *test_protection.CASES,
    *test_storage.CASES,
)


def test_every_rule_has_a_machine_that_breaks_it_and_one_that_keeps_it() -> None:
    every = (*MACHINE_RULES, *STORE_RULES, *STORAGE_RULES, *SHARE_RULES, *SSH_RULES)
    rules = {rule.id for rule in every}
    assert rules == set(get_args(RuleId))
    for result in ("fail", "pass"):
        assert {case.rule for case in CASES if case.result == result} == rules


def test_of_a_machine_of_which_nothing_is_known_nothing_passes() -> None:
    told = {one.rule: one.result for one in judge_machine(Facts(), (), NOW, end_table())}
    assert {rule for rule, result in told.items() if result != "unknown"} == {"DC-20"}
    assert judge_stores(Facts(), (), NOW, end_table())[0].result == "unknown"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_reads_at_80_columns(language: Language) -> None:
    for case in CASES:
        rule, one = case.rule, found(case.rule, case.facts)
        assert cells(say(one.said, language, **dict(one.values))) <= 80, one
        assert cells(f"    → {say(f'vm_rule.do.{rule}', language)}") <= 80, rule
        assert cells(say(f"vm_rule.name.{rule}", language)) <= 30, rule


def test_what_is_worst_stands_first() -> None:
    facts = Facts(
        vm=VmStatus(failed_units=2, time_offset_s=90.0, filesystems=(Filesystem("/", 0.5, 1.0),)),
        guest=Guest("1", tools="absent"),
    )
    accepted = Acceptance(rule="DC-15", reason="known", until=date(2026, 12, 1))
    every = judge_machine(facts, (accepted,), NOW, end_table())
    assert [one.rule for one in every[:4]] == ["DC-14", "DC-06", "DC-20", "DC-15"]
    assert [one.result for one in every[4:]] == sorted(
        (one.result for one in every[4:]), key=("unknown", "pass").index
    )


def test_an_accepted_failure_does_not_count_until_its_last_day_is_over() -> None:
    facts = says(failed_units=1)
    accepted = Acceptance(rule="DC-15", reason="known", until=NOW.date())
    assert not found("DC-15", facts, accepted).counts
    later = found("DC-15", facts, accepted, now=NOW + timedelta(days=1))
    assert later.counts
    assert later.lapsed == accepted
    assert found("DC-12", disks(0.1), accepted).counts
    assert found("DC-15", says(failed_units=0), accepted).accepted is None


def test_of_several_acceptances_the_last_one_holds() -> None:
    facts = says(failed_units=1)
    every = [
        Acceptance(rule="DC-15", reason="known", until=date(year, 1, 1)) for year in (2027, 2025)
    ]
    assert found("DC-15", facts, *every).accepted == every[0]


NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
VMS = st.builds(
    VmStatus,
    uptime_s=NUMBERS,
    time_offset_s=NUMBERS,
    failed_units=st.none() | st.integers(0, 9),
    pending_security_updates=st.none() | st.integers(0, 9),
    reboot_required=st.none() | st.booleans(),
    release=st.none() | st.text(max_size=40),
    sshd=st.none() | st.lists(st.tuples(st.text(), st.text()), max_size=3).map(tuple),
    filesystems=st.lists(
        st.builds(Filesystem, st.text(max_size=9), st.floats(0, 1), st.floats(0, 9)), max_size=3
    ).map(tuple),
)


@given(VMS)
def test_whatever_a_machine_says_every_rule_has_one_finding_in_words(vm: VmStatus) -> None:
    every = judge_machine(Facts(vm=vm), (), NOW, end_table())
    assert sorted(one.rule for one in every) == sorted(rule.id for rule in MACHINE_RULES)
    for one in every:
        assert say(one.said, "vi", **dict(one.values)).isprintable()
