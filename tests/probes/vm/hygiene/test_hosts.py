"""Rules on hosts of machines: hosts that break and that keep them."""

from __future__ import annotations

import pytest

from probes.vm.estate import Guest, HostState
from probes.vm.finding import Facts
from tests.probes.vm.hygiene.conftest import Case, found

GIB = 2**30


def host(*given: int | None, memory: int | None = 16, **more: int) -> Facts:
    """A host of 16 GiB, and machines that were given so many; one more is off."""
    guests = tuple(
        Guest(str(i), host="h", power="on", memory_bytes=None if one is None else one * GIB)
        for i, one in enumerate(given)
    )
    off = Guest("off", host="h", power="off", memory_bytes=99 * GIB)
    state = HostState("h", True, memory_bytes=memory * GIB if memory else None, **more)
    return Facts(hosts=(state,), guests=(*guests, off))


def ballooned() -> Facts:
    """A machine that had to give back."""
    mine = Guest("1", name="db", host="h", power="on", memory_bytes=GIB, ballooned_bytes=1)
    return Facts(hosts=(HostState("h", True, memory_bytes=16 * GIB),), guests=(mine,))


CASES = (
    Case("DC-13", host(20, 5), "fail", "note"),
    Case("DC-13", host(20, 5, None), "fail", "note"),
    Case("DC-13", host(4, swap_used_bytes=GIB), "fail", "note"),
    Case("DC-13", ballooned(), "fail", "note"),
    Case("DC-13", host(20, 4), "pass"),
    Case("DC-13", host(4, swap_used_bytes=1), "pass"),
    Case("DC-13", host(20, 4, None), "unknown"),
    Case("DC-13", host(20, 5, memory=None), "unknown"),
    Case("DC-13", Facts(), "unknown"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_host_is_judged_by_what_is_known_of_it(case: Case) -> None:
    case.holds()


def test_the_host_that_gives_most_stands_first_and_what_is_short_is_named() -> None:
    assert dict(found("DC-13", host(32)).values) == {"hosts": {"vi": "h 2,0×", "en": "h 2.0×"}}
    assert dict(found("DC-13", ballooned()).values) == {"hosts": "db (balloon)"}
