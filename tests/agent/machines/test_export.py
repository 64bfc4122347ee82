"""What is unknown of a machine has no series; what is known has exactly the value it has."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from agent.duty import ICT
from agent.machines import families
from agent.machines.export import guest_samples, kept_samples, ward_samples
from agent.machines.judging import Audited
from agent.machines.quota import shares_of
from inventory.machine import Acceptance, MachineCare, Quota
from inventory.model import Device, Ward
from probes.vm.end_of_life import end_table
from probes.vm.estate import Guest
from probes.vm.finding import Facts, Moment
from probes.vm.hygiene.judge import judge_machine
from probes.vm.status import Listener, VmStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probes.model import Sample

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
DAY = Moment(NOW.astimezone(ICT), end_table())
CARE = MachineCare(hosting="dc", allow_ports=("tcp/22", "tcp/443"))
SIZES = st.none() | st.integers(1, 64)


def told(samples: Iterable[Sample]) -> dict[tuple[str, ...], float]:
    """Values by metric name and labels."""
    return {(one.metric.name, *one.labels): one.value for one in samples}


def audited(facts: Facts, *accepted: Acceptance) -> Audited:
    """A machine that was judged by these facts."""
    return Audited("26740", "app", judge_machine(facts, accepted, DAY.now, DAY.ends), facts=facts)


def test_ports_end_of_life_and_dates_are_there_only_where_they_are_known() -> None:
    listening = (Listener("tcp", "*", 22), Listener("tcp", "127.0.0.1", 5432),
                 Listener("tcp", "::", 3306))  # fmt: skip
    facts = Facts(VmStatus(release="debian 12", listening=listening), care=CARE)
    known = told(kept_samples(audited(facts), DAY))
    assert known["wardops_vm_open_ports", "yes"] == known["wardops_vm_open_ports", "no"] == 1
    end = datetime(2028, 7, 1, tzinfo=ICT)
    assert known["wardops_vm_eol_timestamp_seconds",] == end.timestamp()
    names = {name for name, *_ in told(kept_samples(audited(Facts()), DAY))}
    assert names == {"wardops_vm_rules"}


def test_an_accepted_failure_is_neither_passed_nor_failed() -> None:
    accepted = Acceptance(rule="DC-20", reason="known", until=date(2027, 1, 1))
    before = told(kept_samples(audited(Facts()), DAY))
    after = told(kept_samples(audited(Facts(), accepted), DAY))
    assert before["wardops_vm_rules", "note", "fail"] == 1
    assert after["wardops_vm_rules", "note", "fail"] == 0
    assert after["wardops_vm_rules", "note", "accepted"] == 1
    assert sum(before.values()) == sum(after.values())


def test_a_snapshot_of_a_clock_that_runs_ahead_is_not_younger_than_now() -> None:
    guest = Guest("1", snapshots=1, oldest_snapshot_at=NOW + timedelta(hours=1))
    known = told(guest_samples(guest, VmStatus(), NOW))
    assert known["wardops_vm_snapshot_oldest_seconds",] == 0
    assert known["wardops_vm_power_state", "unknown"] == 1
    assert sum(known["wardops_vm_tools_state", state] for state in families.TOOLS) == 1


@given(st.lists(st.tuples(SIZES, SIZES), max_size=4))
def test_a_quota_is_shared_out_only_when_every_size_is_known(
    sizes: list[tuple[int | None, int | None]],
) -> None:
    devices = tuple(
        Device(name=f"vm-{n}", kind="linux_vm", address=f"192.0.2.{n + 1}", machine=CARE)  # type: ignore[arg-type]
        for n in range(len(sizes))
    )
    quota = Quota(cpu_cores=16, memory_gib=32)
    ward = Ward(schema="wardops/inventory/1", ward="26740", devices=devices, quota=quota)
    rows = [
        Audited("26740", f"vm-{n}", (), facts=Facts(guest=Guest(str(n), cpu_cores=cores,
                memory_bytes=None if gib is None else gib << 30)))
        for n, (cores, gib) in enumerate(sizes)
    ]  # fmt: skip
    names = [device.name for device in devices]
    shares = shares_of(ward, rows)
    assert [one.unsized for one in shares] == [
        tuple(name for name, size in zip(names, sizes, strict=True) if size[place] is None)
        for place in range(len(shares))
    ]
    known = told(ward_samples(ward, names, shares))
    for place, (resource, limit) in enumerate((("cpu", 16), ("memory", 32))):
        given_out = [size[place] for size in sizes]
        told_sizes = [size for size in given_out if size is not None]
        is_known = bool(sizes) and len(told_sizes) == len(sizes)
        expected = sum(told_sizes) / limit if is_known else None
        assert known.get(("wardops_vm_quota_ratio", resource)) == expected
    assert ("wardops_vm_quota_ratio", "disk") not in known
    assert known.get(("wardops_vms", "dc")) == (len(sizes) or None)
