"""Facts of one machine become findings: every rule of hygiene is applied. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from probes.vm.finding import Finding, Moment
from probes.vm.hygiene import (
    access,
    accounts,
    care,
    disks,
    growth,
    hosts,
    hypervisor,
    protection,
    storage,
    tls,
    upkeep,
)

if TYPE_CHECKING:
    from datetime import date, datetime

    from inventory.machine import Acceptance
    from probes.vm.end_of_life import EndTable
    from probes.vm.finding import Facts, Verdict
    from probes.vm.hygiene.rule import Rule

# A new group of rules is a module with RULES, named here.
MACHINE_RULES = (
    *hypervisor.RULES,
    *care.RULES,
    *upkeep.RULES,
    *access.RULES,
    *disks.RULES,
    *growth.RULES,
    *tls.RULES,
    *protection.RULES,
    *accounts.RULES,
)
# What a hypervisor can tell of a guest, and that it stands in no inventory.
STRAY_RULES = tuple(rule for rule in (*hypervisor.RULES, *care.RULES) if rule.id != "DC-05")
STORE_RULES = (*disks.STORE_RULES, *hosts.HOST_RULES, *tls.HOST_RULES, *accounts.RULES)
STORAGE_RULES = (*disks.STORE_RULES, *storage.STORAGE_RULES)
SHARE_RULES = storage.SHARE_RULES
SSH_RULES = access.SSH_RULES
_ORDER = ("crit", "warn", "note")


def judge_machine(
    facts: Facts, accepted: tuple[Acceptance, ...], now: datetime, ends: EndTable
) -> tuple[Finding, ...]:
    """Every rule on one machine, worst first; `now` is in the zone whose days the dates mean."""
    rules = (
        *MACHINE_RULES,
        *(SHARE_RULES if facts.asks_shares else ()),
        *(SSH_RULES if facts.host_key is not None else ()),
    )
    return _judged(rules, facts, accepted, Moment(now, ends))


def judge_stray(facts: Facts, now: datetime, ends: EndTable) -> tuple[Finding, ...]:
    """The rules on a guest that is no device, by its hypervisor's word alone, likewise."""
    return _judged(STRAY_RULES, facts, (), Moment(now, ends))


def judge_stores(
    facts: Facts, accepted: tuple[Acceptance, ...], now: datetime, ends: EndTable
) -> tuple[Finding, ...]:
    """The rules on a hypervisor itself: its stores, hosts, TLS and accounts, likewise."""
    return _judged(STORE_RULES, facts, accepted, Moment(now, ends))


def judge_storage(
    facts: Facts, accepted: tuple[Acceptance, ...], now: datetime, ends: EndTable
) -> tuple[Finding, ...]:
    """The rules on a storage for files: its volumes, disks and shares, likewise."""
    rules = (*STORAGE_RULES, *(SHARE_RULES if facts.asks_shares else ()))
    return _judged(rules, facts, accepted, Moment(now, ends))


def judge_quota(
    facts: Facts, accepted: tuple[Acceptance, ...], now: datetime, ends: EndTable
) -> tuple[Finding, ...]:
    """The rules on a ward's quota, by the trends of the ward."""
    return _judged(growth.WARD_RULES, facts, accepted, Moment(now, ends))


def _judged(
    rules: tuple[Rule, ...], facts: Facts, accepted: tuple[Acceptance, ...], day: Moment
) -> tuple[Finding, ...]:
    found = (_finding(rule, rule.judge(facts, day), accepted, day.today) for rule in rules)
    return tuple(sorted(found, key=_rank))


def _finding(
    rule: Rule, verdict: Verdict, accepted: tuple[Acceptance, ...], today: date
) -> Finding:
    found = Finding(
        rule.id, verdict.severity or rule.severity, verdict.result, f"vm_rule.said.{verdict.said}",
        verdict.values, also=verdict.also, playbook=rule.playbook,
    )  # fmt: skip
    written = [one for one in accepted if one.rule == rule.id]
    if found.result != "fail" or not written:
        return found
    last = max(written, key=lambda one: one.until)
    return replace(found, accepted=last) if last.until >= today else replace(found, lapsed=last)


def _rank(finding: Finding) -> tuple[int, int, str]:
    place = {"fail": 0, "unknown": 2, "pass": 3}[finding.result]
    severity = _ORDER.index(finding.severity) if finding.result == "fail" else 0
    return (1 if finding.accepted else place, severity, finding.rule)
