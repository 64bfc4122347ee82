"""What tests of rules share: machines of which little is known, and what a rule says of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from inventory.machine import MachineCare
from probes.vm.end_of_life import end_table
from probes.vm.estate import Guest
from probes.vm.finding import Facts
from probes.vm.hygiene.judge import (
    MACHINE_RULES,
    STORAGE_RULES,
    STORE_RULES,
    judge_machine,
    judge_storage,
    judge_stores,
)
from probes.vm.status import Filesystem, VmStatus

if TYPE_CHECKING:
    from inventory.machine import Acceptance
    from probes.vm.finding import Finding

ICT = timezone(timedelta(hours=7))
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=ICT)
_OF_STORAGE = {rule.id for rule in STORAGE_RULES} - {rule.id for rule in STORE_RULES}
_OF_HOSTS = {rule.id for rule in STORE_RULES} - {rule.id for rule in MACHINE_RULES}


@dataclass(frozen=True, slots=True)
class Case:
    """One machine and what a rule must say of it; without a severity that does not matter."""

    rule: str
    facts: Facts
    result: str
    severity: str | None = None

    def __str__(self) -> str:
        return f"{self.rule}-{self.result}"

    def holds(self) -> None:
        """The rule says so."""
        one = found(self.rule, self.facts)
        assert one.result == self.result
        assert self.severity in (None, one.severity)


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


def found(rule: str, facts: Facts, *accepted: Acceptance, now: datetime = NOW) -> Finding:
    """What one rule says."""
    judge = judge_stores if rule in _OF_HOSTS else judge_machine
    judge = judge_storage if rule in _OF_STORAGE else judge
    return next(one for one in judge(facts, accepted, now, end_table()) if one.rule == rule)
