"""Rules of hygiene: each has a machine that breaks it, one that keeps it, and one unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.language import LANGUAGES, Language, say
from inventory.machine import Acceptance, MachineCare, RuleId
from inventory.text import cells
from probes.vm.end_of_life import end_table
from probes.vm.estate import Guest, Store
from probes.vm.finding import Facts
from probes.vm.rules import MACHINE_RULES, STORE_RULES, judge_machine, judge_stores
from probes.vm.status import Filesystem, Listener, VmStatus

if TYPE_CHECKING:
    from probes.vm.finding import Finding

ICT = timezone(timedelta(hours=7))
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=ICT)


def ago(**span: float) -> datetime:
    """A moment before now."""
    return NOW - timedelta(**span)


def by(**written: Any) -> Facts:
    """A machine of which only this is written down."""
    return Facts(care=MachineCare(**written))


def says(**told: Any) -> Facts:
    """A machine that says only this of itself."""
    return Facts(vm=VmStatus(**told))


def seen(**told: Any) -> Facts:
    """A machine of which its hypervisor says only this."""
    return Facts(guest=Guest("101", **told))


def disks(avail: float, inodes: float | None = None) -> Facts:
    """A machine with one disk."""
    return says(filesystems=(Filesystem("/", avail, 1e9, inodes),))


def listens(*ports: int, address: str = "*") -> Facts:
    """A machine that listens on these ports and may listen on 22 alone."""
    waits = tuple(Listener("tcp", address, port) for port in ports)
    return replace(says(listening=waits), care=MachineCare(allow_ports=("tcp/22",)))


def stores(*free: float) -> Facts:
    """A hypervisor with stores."""
    return Facts(stores=tuple(Store(f"s{i}", None, 100, one) for i, one in enumerate(free)))


OFF = Guest("101", power="off")
# Rule, facts, result, severity where it fails.
CASES: tuple[tuple[str, Facts, str, str], ...] = (
    ("DC-01", Facts(guest=OFF, care=MachineCare(off_since=date(2026, 10, 1))), "fail", "note"),
    ("DC-01", Facts(guest=OFF, care=MachineCare(off_since=date(2026, 11, 1))), "pass", ""),
    ("DC-01", seen(power="on"), "pass", ""),
    ("DC-01", says(uptime_s=60.0), "pass", ""),
    ("DC-01", seen(power="off"), "unknown", ""),
    ("DC-01", Facts(guest=OFF, care=MachineCare(off_since=date(2027, 1, 1))), "unknown", ""),
    ("DC-03", seen(snapshots=1, oldest_snapshot_at=ago(days=4)), "fail", "warn"),
    ("DC-03", seen(snapshots=3, oldest_snapshot_at=ago(hours=1)), "fail", "warn"),
    ("DC-03", seen(snapshots=3), "fail", "warn"),
    ("DC-03", seen(snapshots=1, oldest_snapshot_at=ago(days=15)), "fail", "crit"),
    ("DC-03", seen(snapshots=2, oldest_snapshot_at=ago(days=2)), "pass", ""),
    ("DC-03", seen(snapshots=0), "pass", ""),
    ("DC-03", seen(snapshots=1), "unknown", ""),
    ("DC-03", seen(), "unknown", ""),
    ("DC-04", seen(backed_up_at=ago(hours=27)), "fail", "crit"),
    ("DC-04", seen(is_in_backup=False), "fail", "crit"),
    ("DC-04", by(backed_up=date(2026, 11, 19)), "fail", "crit"),
    ("DC-04", seen(backed_up_at=ago(hours=25)), "pass", ""),
    ("DC-04", by(backed_up=date(2026, 11, 21)), "pass", ""),
    ("DC-04", by(backed_up=date(2026, 11, 22)), "pass", ""),
    ("DC-04", by(backed_up=date(2026, 11, 23)), "unknown", ""),
    ("DC-04", seen(is_in_backup=True), "unknown", ""),
    ("DC-05", by(restore_tested=date(2026, 5, 1)), "fail", "warn"),
    ("DC-05", by(restore_tested=date(2026, 11, 1)), "pass", ""),
    ("DC-05", by(restore_tested=date(2026, 12, 1)), "unknown", ""),
    ("DC-06", seen(tools="stopped"), "fail", "note"),
    ("DC-06", seen(tools="absent"), "fail", "note"),
    ("DC-06", seen(tools="running"), "pass", ""),
    ("DC-07", says(release="debian 11"), "fail", "warn"),
    ("DC-07", says(release="centos 7.9"), "fail", "warn"),
    ("DC-07", says(release="debian 12"), "pass", ""),
    ("DC-07", says(release="ubuntu 26.04"), "unknown", ""),
    ("DC-08", says(pending_security_updates=3, reboot_required=False), "fail", "warn"),
    ("DC-08", says(reboot_required=True, uptime_s=15 * 86_400.0), "fail", "warn"),
    ("DC-08", says(reboot_required=True), "fail", "warn"),
    ("DC-08", says(pending_security_updates=0, reboot_required=False), "pass", ""),
    (
        "DC-08",
        says(pending_security_updates=0, reboot_required=True, uptime_s=86_400.0),
        "pass",
        "",
    ),
    ("DC-08", says(pending_security_updates=0), "unknown", ""),
    ("DC-08", says(reboot_required=False), "unknown", ""),
    ("DC-09", listens(22, 3306), "fail", "warn"),
    ("DC-09", listens(22), "pass", ""),
    ("DC-09", listens(3306, address="127.0.0.1"), "pass", ""),
    ("DC-09", says(listening=(Listener("tcp", "*", 22),)), "unknown", ""),
    ("DC-09", by(allow_ports=()), "unknown", ""),
    ("DC-10", says(sshd=(("permitrootlogin", "yes"),)), "fail", "warn"),
    ("DC-10", says(sshd=(("passwordauthentication", "yes"),)), "fail", "warn"),
    ("DC-10", says(sshd=(("maxauthtries", "7"),)), "fail", "warn"),
    ("DC-10", says(sshd=(("ciphers", "aes256-ctr,aes256-cbc"),)), "fail", "warn"),
    ("DC-10", says(sshd=(("kexalgorithms", "diffie-hellman-group1-sha1"),)), "fail", "warn"),
    ("DC-10", says(sshd=(("macs", "hmac-md5-etm@openssh.com"),)), "fail", "warn"),
    (
        "DC-10",
        says(
            sshd=(
                ("permitrootlogin", "prohibit-password"),
                ("passwordauthentication", "no"),
                ("maxauthtries", "6"),
                ("ciphers", "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com"),
                ("kexalgorithms", "curve25519-sha256"),
                ("macs", "hmac-sha2-256-etm@openssh.com"),
            )
        ),
        "pass",
        "",
    ),
    ("DC-12", disks(0.14), "fail", "warn"),
    ("DC-12", disks(0.04), "fail", "crit"),
    ("DC-12", disks(0.5, 0.1), "fail", "warn"),
    ("DC-12", disks(0.5, 0.01), "fail", "crit"),
    ("DC-12", disks(0.5, 0.5), "pass", ""),
    ("DC-12", disks(0.5), "pass", ""),
    ("DC-14", says(time_offset_s=-2.0, clock_synced=True), "fail", "warn"),
    ("DC-14", says(time_offset_s=61.0), "fail", "crit"),
    ("DC-14", says(time_offset_s=0.1, clock_synced=False), "fail", "warn"),
    ("DC-14", says(time_offset_s=0.1, clock_synced=True), "pass", ""),
    ("DC-14", says(clock_synced=True), "unknown", ""),
    ("DC-15", says(failed_units=1), "fail", "warn"),
    ("DC-15", says(failed_units=0), "pass", ""),
    ("DC-18", stores(0.5, 0.14), "fail", "warn"),
    ("DC-18", stores(0.04), "fail", "crit"),
    ("DC-18", stores(0.5, 0.15), "pass", ""),
    ("DC-18", stores(), "unknown", ""),
    ("DC-20", Facts(), "fail", "note"),
    ("DC-20", Facts(is_listed=False), "fail", "note"),
    ("DC-20", by(hosting="cloud"), "pass", ""),
)


def found(rule: str, facts: Facts, *accepted: Acceptance, now: datetime = NOW) -> Finding:
    """What one rule says."""
    judge = judge_stores if rule == "DC-18" else judge_machine
    return next(one for one in judge(facts, accepted, now, end_table()) if one.rule == rule)


@pytest.mark.parametrize(
    ("rule", "facts", "result", "severity"),
    CASES,
    ids=[f"{number}-{case[0]}-{case[2]}" for number, case in enumerate(CASES)],
)
def test_a_machine_that_breaks_a_rule_fails_and_one_that_keeps_it_passes(
    rule: str, facts: Facts, result: str, severity: str
) -> None:
    one = found(rule, facts)
    assert one.result == result
    assert severity in ("", one.severity)


def test_every_rule_has_both_among_the_machines_and_may_be_accepted() -> None:
    rules = {rule.id for rule in (*MACHINE_RULES, *STORE_RULES)}
    assert rules == set(get_args(RuleId))
    for result in ("fail", "pass"):
        assert {rule for rule, _, told, _ in CASES if told == result} == rules


def test_of_a_machine_of_which_nothing_is_known_nothing_passes() -> None:
    told = {one.rule: one.result for one in judge_machine(Facts(), (), NOW, end_table())}
    assert {rule for rule, result in told.items() if result != "unknown"} == {"DC-20"}
    assert judge_stores(Facts(), (), NOW, end_table())[0].result == "unknown"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_reads_at_80_columns(language: Language) -> None:
    for rule, facts, _, _ in CASES:
        one = found(rule, facts)
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


def test_the_newer_of_what_is_seen_and_what_is_written_counts_as_backup() -> None:
    both = Facts(
        guest=Guest("1", backed_up_at=ago(days=9)), care=MachineCare(backed_up=date(2026, 11, 21))
    )
    assert found("DC-04", both).result == "pass"
    older = replace(both, guest=Guest("1", backed_up_at=ago(hours=3)),
                    care=MachineCare(backed_up=date(2026, 1, 1)))  # fmt: skip
    assert found("DC-04", older).values == (("at", "22/11/2026"),)


def test_a_table_of_systems_older_than_twelve_months_says_so() -> None:
    facts = says(release="debian 12")
    assert found("DC-07", facts).also is None
    late = datetime.combine(end_table().as_of, NOW.timetz()) + timedelta(days=366)
    told = found("DC-07", facts, now=late)
    assert told.also is not None
    assert told.also[0] == "vm_rule.old_table"
    assert told.result == "pass"


def test_many_open_ports_are_told_in_one_short_line() -> None:
    one = found("DC-09", listens(*range(8000, 8020)))
    assert dict(one.values)["ports"] == "tcp/8000, tcp/8001, tcp/8002, tcp/8003 +16"


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
