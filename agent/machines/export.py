"""What is known of machines as samples; unknown is absent. Pure."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time
from itertools import product
from typing import TYPE_CHECKING

from agent.machines import families
from probes.model import Sample
from probes.vm.hygiene.access import waiting
from probes.vm.hygiene.care import last_backup, last_restore_test
from probes.vm.hygiene.upkeep import end_of_support
from probes.vm.model import VM_CPU_RATIO, VM_MEMORY_USED_RATIO, VM_UPTIME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agent.machines.judging import Audited
    from agent.machines.quota import Share
    from inventory.model import Ward
    from probes.vm.estate import Guest
    from probes.vm.finding import Facts, Finding, Moment
    from probes.vm.status import VmStatus


def guest_samples(guest: Guest, own: VmStatus, now: datetime) -> Iterator[Sample]:
    """What a hypervisor says of one machine; what that says of itself (`own`) is left to it."""
    power, tools = guest.power or "unknown", guest.tools or "unknown"
    for state in families.POWERS:
        yield Sample(families.POWER, int(state == power), (state,))
    for state in families.TOOLS:
        yield Sample(families.TOOLS_STATE, int(state == tools), (state,))
    if guest.snapshots is not None:
        yield Sample(families.SNAPSHOTS, guest.snapshots)
    if guest.oldest_snapshot_at is not None:
        age_s = (now - guest.oldest_snapshot_at).total_seconds()
        yield Sample(families.SNAPSHOT_OLDEST, max(0.0, age_s))
    either = (
        (VM_CPU_RATIO, guest.cpu_ratio, own.cpu_ratio),
        (VM_MEMORY_USED_RATIO, guest.memory_used_ratio, own.memory_used_ratio),
        (VM_UPTIME, guest.uptime_s, own.uptime_s),
    )
    for metric, told, own_value in either:
        if told is not None and own_value is None:
            yield Sample(metric, float(told))


def kept_samples(one: Audited, day: Moment) -> Iterator[Sample]:
    """How well a machine or a hypervisor is kept: rules by result, and what they rest on."""
    yield from _rules(one.findings)
    facts = one.facts
    backup, tested = last_backup(facts, day), last_restore_test(facts, day)
    ends = end_of_support(facts, day)
    if backup is not None:
        yield Sample(families.BACKUP, backup.timestamp())
    if tested is not None:
        begins = datetime.combine(tested, time(), day.now.tzinfo)
        yield Sample(families.RESTORE_TEST, begins.timestamp())
    if ends is not None:
        yield Sample(families.END_OF_LIFE, day.end_of(ends).timestamp())
    yield from _open_ports(facts)


def _rules(findings: Iterable[Finding]) -> Iterator[Sample]:
    """Every severity and result, also those that nothing has, so that an alert sees a zero."""
    found = Counter[tuple[str, str]](
        (one.severity, "accepted" if one.accepted is not None else one.result) for one in findings
    )
    for key in product(families.SEVERITIES, families.RESULTS):
        yield Sample(families.RULES, found[key], key)


def _open_ports(facts: Facts) -> Iterator[Sample]:
    allowed = facts.care.allow_ports if facts.care is not None else None
    if facts.vm.listening is None or allowed is None:
        return
    ports = set(waiting(facts.vm.listening))
    good = len(ports.intersection(allowed))
    yield Sample(families.OPEN_PORTS, good, ("yes",))
    yield Sample(families.OPEN_PORTS, len(ports) - good, ("no",))


def ward_samples(ward: Ward, machines: Iterable[str], shares: Iterable[Share]) -> Iterator[Sample]:
    """Machines of a ward by where they stand, and what they take of its quota."""
    found = Counter[str]()
    for name in machines:
        device = ward.device(name)
        care = device.machine if device is not None else None
        if care is not None and care.hosting is not None:
            found[care.hosting] += 1
    for hosting in families.HOSTINGS if found else ():
        yield Sample(families.MACHINES, found[hosting], (hosting,))
    for share in shares:
        if share.ratio is not None:
            yield Sample(families.QUOTA, share.ratio, (share.resource,))
