"""What rules of hygiene look at, and what they say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

from probes.vm.status import VmStatus

if TYPE_CHECKING:
    from datetime import date

    from inventory.machine import Acceptance, MachineCare, RuleId
    from probes.shares.model import OpenShare
    from probes.vm.accounts import Accounts
    from probes.vm.end_of_life import EndTable
    from probes.vm.estate import Guest, HostState, Store
    from probes.vm.outside import PortSeal, Reach
    from probes.vm.trend import Trends

Severity: TypeAlias = Literal["crit", "warn", "note"]
Result: TypeAlias = Literal["fail", "unknown", "pass"]

SshWay: TypeAlias = Literal["silent", "plain", "sudo"]

NOTHING_SAID = VmStatus()


@dataclass(frozen=True, slots=True)
class HostKey:
    """Whether a machine's SSH server showed the key that is written down, None unknown.

    `shown` is the fingerprint of another one.
    """

    is_written_one: bool | None = None
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one machine, or of one hypervisor. None is unknown.

    `vm` is what it says of itself, `guest` what its hypervisor says, `stores`, `hosts` and `guests`
    those of a hypervisor, `care` what people wrote; `is_listed` whether the inventory has it at
    all; `trends` what its history says, None where there is none. `reach` and `seals` are its ports
    and TLS as seen from elsewhere, `accounts` those it is asked with, `endpoint_protection` the
    services of which one must run. `parts` are disks and arrays by name, and whether the device
    calls them good; `shares` those open to everybody, `asks_shares` whether that is asked at all.
    `host_key` and `ssh` are None where it is not asked over SSH; `ssh` is else how far that went:
    nothing was read, it was read, or it was read with leave asked for what root alone may see.
    `amiss` is the hypervisor and number that the inventory gives and where there is no such guest.
    `unsized` are the machines that take from a ward's quota nobody knows how much.
    """

    vm: VmStatus = NOTHING_SAID
    guest: Guest | None = None
    stores: tuple[Store, ...] | None = None
    care: MachineCare | None = None
    is_listed: bool = True
    trends: Trends | None = None
    hosts: tuple[HostState, ...] | None = None
    guests: tuple[Guest, ...] = ()
    reach: Reach | None = None
    seals: tuple[PortSeal, ...] | None = None
    accounts: Accounts | None = None
    endpoint_protection: tuple[str, ...] = ()
    parts: tuple[tuple[str, bool], ...] = ()
    asks_shares: bool = False
    shares: tuple[OpenShare, ...] | None = None
    host_key: HostKey | None = None
    ssh: SshWay | None = None
    amiss: tuple[str, str] | None = None
    unsized: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says: `said` names the evidence's sentence, `values` are put into it.

    `accepted` is the acceptance in force, which makes a failure not count; `lapsed` one that is
    over. `also` is a second sentence. `playbook` is the id of the one that helps, where one does.
    """

    rule: RuleId
    severity: Severity
    result: Result
    said: str
    values: tuple[tuple[str, object], ...] = ()
    accepted: Acceptance | None = None
    lapsed: Acceptance | None = None
    also: tuple[str, tuple[tuple[str, object], ...]] | None = None
    playbook: str | None = None

    @property
    def counts(self) -> bool:
        """Whether it is a failure that nobody accepted."""
        return self.result == "fail" and self.accepted is None


@dataclass(frozen=True, slots=True)
class Moment:
    """When it is judged, in the zone whose days the dates mean, and by which table."""

    now: datetime
    ends: EndTable

    @property
    def today(self) -> date:
        """The day it is judged on."""
        return self.now.date()

    def days_since(self, day: date) -> int:
        """Whole days from that day to this one; below zero for one that is to come."""
        return (self.today - day).days

    def end_of(self, day: date) -> datetime:
        """The moment at which that day is over."""
        return datetime.combine(day + timedelta(days=1), time(), self.now.tzinfo or UTC)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of facts, as in Finding; without a severity it is the rule's own."""

    result: Result
    said: str
    values: tuple[tuple[str, object], ...] = ()
    severity: Severity | None = None
    also: tuple[str, tuple[tuple[str, object], ...]] | None = None
