"""Rules on how a machine's system is kept up: machines that break and that keep them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from probes.vm.end_of_life import end_table
from probes.vm.hygiene.upkeep import system_name
from tests.probes.vm.hygiene.conftest import NOW, Case, found, says

CASES = (
    Case("DC-07", says(release="debian 11"), "fail", "warn"),
    Case("DC-07", says(release="centos 7.9"), "fail", "warn"),
    Case("DC-07", says(release="debian 12"), "pass"),
    Case("DC-07", says(release="windows server 2012 r2"), "fail", "warn"),
    Case("DC-07", says(release="windows server 2016"), "pass"),
    Case("DC-07", says(release="rocky 9.6"), "pass"),
    Case("DC-07", says(release="almalinux 9.4", release_ends=date(2032, 6, 1)), "pass"),
    Case("DC-07", says(release="fedora 40", release_ends=date(2025, 5, 13)), "fail", "warn"),
    Case("DC-07", says(release="ubuntu 26.04"), "unknown"),
    Case("DC-08", says(pending_security_updates=3, reboot_required=False), "fail", "warn"),
    Case("DC-08", says(reboot_required=True, uptime_s=15 * 86_400.0), "fail", "warn"),
    Case("DC-08", says(reboot_required=True), "fail", "warn"),
    Case("DC-08", says(pending_security_updates=0, reboot_required=False), "pass"),
    Case(
        "DC-08", says(pending_security_updates=0, reboot_required=True, uptime_s=86_400.0), "pass"
    ),
    Case("DC-08", says(pending_security_updates=0), "unknown"),
    Case("DC-08", says(reboot_required=False), "unknown"),
    Case("DC-14", says(time_offset_s=-2.0, clock_synced=True), "fail", "warn"),
    Case("DC-14", says(time_offset_s=61.0), "fail", "crit"),
    Case("DC-14", says(time_offset_s=0.1, clock_synced=False), "fail", "warn"),
    Case("DC-14", says(time_offset_s=0.1, clock_synced=True), "pass"),
    Case("DC-14", says(clock_synced=True), "unknown"),
    Case("DC-15", says(failed_units=1), "fail", "warn"),
    Case("DC-15", says(failed_units=0), "pass"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_machine_is_judged_by_what_is_known_of_it(case: Case) -> None:
    case.holds()


def test_a_table_of_systems_older_than_twelve_months_says_so() -> None:
    facts = says(release="debian 12")
    assert found("DC-07", facts).also is None
    late = datetime.combine(end_table().as_of, NOW.timetz()) + timedelta(days=366)
    told = found("DC-07", facts, now=late)
    assert told.also is not None
    assert told.also[0] == "vm_rule.old_table"
    assert told.result == "pass"


def test_a_system_is_named_as_people_write_it() -> None:
    for release, name in (
        ("debian 12", "Debian 12"), ("ubuntu 22.04", "Ubuntu 22.04"), ("rocky 9", "Rocky Linux 9"),
        ("windows server 2019", "Windows Server 2019"), ("rhel", "RHEL"),
    ):  # fmt: skip
        assert system_name(release) == name
    assert dict(found("DC-07", says(release="debian 12")).values)["release"] == "Debian 12"
