"""Rules on how full disks and stores are: machines that break and that keep them."""

from __future__ import annotations

import pytest

from probes.vm.estate import Store
from probes.vm.finding import Facts
from tests.probes.vm.hygiene.conftest import Case, disks


def stores(*free: float) -> Facts:
    """A hypervisor with stores."""
    return Facts(stores=tuple(Store(f"s{i}", None, 100, one) for i, one in enumerate(free)))


CASES = (
    Case("DC-12", disks(0.14), "fail", "warn"),
    Case("DC-12", disks(0.04), "fail", "crit"),
    Case("DC-12", disks(0.5, 0.1), "fail", "warn"),
    Case("DC-12", disks(0.5, 0.01), "fail", "crit"),
    Case("DC-12", disks(0.5, 0.5), "unknown"),
    Case("DC-18", stores(0.5, 0.14), "fail", "warn"),
    Case("DC-18", stores(0.04), "fail", "crit"),
    Case("DC-18", stores(0.5, 0.15), "pass"),
    Case("DC-18", stores(), "unknown"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_machine_is_judged_by_what_is_known_of_it(case: Case) -> None:
    case.holds()
