"""Rules on TLS: machines that break and that keep them."""

from __future__ import annotations

import pytest

from probes.vm.end_of_life import end_table
from probes.vm.finding import Facts
from probes.vm.hygiene.judge import judge_stores
from probes.vm.outside import PortSeal
from tests.probes.vm.hygiene.conftest import Case, ago, found


def shows(*seals: PortSeal) -> Facts:
    """A machine whose TLS was looked at."""
    return Facts(seals=seals)


def lasts(days: float, *, takes_old: bool | None = False, port: int = 443) -> PortSeal:
    """A port whose certificate ends in so many days."""
    return PortSeal(port, "TLSv1.3", ago(days=-days), takes_old)


CASES = (
    Case("DC-11", shows(lasts(29.9)), "fail", "warn"),
    Case("DC-11", shows(lasts(6.9)), "fail", "crit"),
    Case("DC-11", shows(lasts(-1)), "fail", "crit"),
    Case("DC-11", shows(lasts(90), lasts(5, port=8443)), "fail", "crit"),
    Case("DC-11", shows(lasts(90, takes_old=True)), "fail", "warn"),
    Case("DC-11", shows(PortSeal(443, "TLSv1.1", None, takes_old=True)), "fail", "warn"),
    Case("DC-11", shows(lasts(30.1)), "pass"),
    Case("DC-11", shows(lasts(90, takes_old=None)), "unknown"),
    Case("DC-11", shows(PortSeal(443, "TLSv1.3", None, takes_old=False)), "unknown"),
    Case("DC-11", shows(), "unknown"),
    Case("DC-11", Facts(), "unknown"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_machine_is_judged_by_what_is_known_of_it(case: Case) -> None:
    case.holds()


def test_a_host_without_tls_is_not_asked_for_ports_that_only_machines_have() -> None:
    (host,) = (one for one in judge_stores(shows(), (), ago(), end_table()) if one.rule == "DC-11")
    assert (host.result, host.said) == ("unknown", "vm_rule.said.no_host_tls")
    assert found("DC-11", shows()).said == "vm_rule.said.no_tls_known"


def test_old_tls_is_told_beside_a_certificate_that_ends_soon() -> None:
    one = found("DC-11", shows(lasts(3, takes_old=True, port=8006)))
    assert one.also == ("vm_rule.said.old_tls", (("ports", "8006"),))
    assert dict(one.values) == {"port": 8006, "until": "25/11/2026"}
