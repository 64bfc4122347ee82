"""Rules on protection and accounts: machines that break and that keep them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from probes.vm.accounts import Accounts, default_community, default_user
from probes.vm.finding import Facts
from tests.probes.vm.hygiene.conftest import Case, found, says

LIST = ("ClamAV-Daemon.service", "WinDefend")


def runs(*services: str) -> Facts:
    """A machine with these services, in a city that has a list."""
    return replace(says(services=services), endpoint_protection=LIST)


def uses(*defaults: str, **more: Any) -> Facts:
    """A machine that is asked with such accounts."""
    return Facts(accounts=Accounts(defaults, **more))


CASES = (
    Case("DC-16", runs("cron", "windefender"), "fail", "note"),
    Case("DC-16", runs(), "fail", "note"),
    Case("DC-16", runs("cron", "windefend"), "pass"),
    Case("DC-16", runs("clamav-daemon"), "pass"),
    Case("DC-16", says(services=("clamav-daemon",)), "unknown"),
    Case("DC-16", Facts(endpoint_protection=LIST), "unknown"),
    Case("DC-17", uses("ssh: root"), "fail", "crit"),
    Case("DC-17", uses("snmp: community", wards=3), "fail", "crit"),
    Case("DC-17", uses(wards=2), "fail", "crit"),
    Case("DC-17", uses(is_whole=False, wards=2), "fail", "crit"),
    Case("DC-17", uses(), "pass"),
    Case("DC-17", uses(is_whole=False), "unknown"),
    Case("DC-17", Facts(), "unknown"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_machine_is_judged_by_what_is_known_of_it(case: Case) -> None:
    case.holds()


def test_names_that_everybody_tries_are_told_and_words_of_communities_are_not() -> None:
    assert default_user("https", "root@pam") == "https: root"
    assert default_user("https", "CITY\\Administrator") == "https: administrator"
    assert default_user("ssh", "wardops") is None
    assert default_community("Public") == "snmp: community"
    assert default_community("q8-vZ") is None


def test_a_shared_secret_is_told_beside_a_default_account() -> None:
    one = found("DC-17", uses("ssh: root", wards=3))
    assert one.also == ("vm_rule.said.accounts_shared", (("wards", 3),))
