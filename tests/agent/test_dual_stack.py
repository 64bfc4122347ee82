"""IPv6 broken and IPv4 good is a finding, told once, and never the service's fault."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent.dual_stack import BACK, BROKEN, DualStack
from inventory.model import Inventory, Service, Site, Ward
from probes.model import Observation, Reading, Reason
from probes.target import targets_of

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SERVICE = {
    "id": "tthc",
    "name": {"vi": "a", "en": "b"},
    "url": "https://tthc.example/",
    "family": "dual",
}
WARD = Ward(schema="wardops/inventory/1", ward="26740", services=(Service.model_validate(SERVICE),))
INVENTORY = Inventory(site=Site(), wards={"26740": WARD}, folder="/inv")
TARGETS = {target.name: target for target in targets_of(WARD, INVENTORY)}
GOOD4, GOOD6 = ("tthc", Reason.OK), ("tthc-v6", Reason.OK)
BAD4, BAD6 = ("tthc", Reason.TIMEOUT), ("tthc-v6", Reason.UNREACHABLE)
UNSURE6 = ("tthc-v6", Reason.BUSY)


def told(*results: tuple[str, Reason]) -> list[str]:
    """The findings of these checks, one after the other."""
    kept = DualStack(WARD)
    seen = [
        Observation(TARGETS[name], "http", reason, Reading(), AT, 0.0, 0.1, 150.0)
        for name, reason in results
    ]
    return [event.kind for one in seen for event in kept.take(one, AT)]


@pytest.mark.parametrize(
    ("results", "findings"),
    [
        ([GOOD4, BAD6, GOOD4, BAD6, GOOD4], []),
        ([GOOD4, BAD6, BAD6, BAD6], [BROKEN]),
        ([GOOD4, BAD6, BAD6, BAD6, BAD6, GOOD4, BAD6], [BROKEN]),
        ([GOOD4, BAD6, BAD6, GOOD6, BAD6, BAD6], []),
        ([GOOD4, *[BAD6] * 3, GOOD6, GOOD6, *[BAD6] * 3], [BROKEN, BACK, BROKEN]),
        ([BAD4, *[BAD6] * 9], []),
        ([BAD4, *[BAD6] * 9, GOOD4, BAD6], [BROKEN]),
        ([*[BAD6] * 9], []),
        ([GOOD4, BAD6, UNSURE6, UNSURE6, UNSURE6, BAD6], []),
        ([GOOD4, GOOD6] * 4, []),
    ],
)
def test_ipv6_alone_failing_thrice_is_one_finding(
    results: list[tuple[str, Reason]], findings: list[str]
) -> None:
    assert told(*results) == findings


def test_the_finding_names_the_service_and_why() -> None:
    kept = DualStack(WARD)
    for name, reason in (GOOD4, BAD6, BAD6):
        kept.take(Observation(TARGETS[name], "http", reason, Reading(), AT, 0.0, 0.1, 150.0), AT)
    last = Observation(TARGETS["tthc-v6"], "http", BAD6[1], Reading(), AT, 0.0, 0.1, 150.0)
    (event,) = kept.take(last, AT)
    assert (event.ward, event.device) == ("26740", "tthc-v6")
    assert event.data == {"service": "tthc", "reason": "unreachable", "detail": ""}


def test_the_ipv6_side_alone_is_called_broken_and_until_it_answers() -> None:
    kept = DualStack(WARD)
    for name, reason in (GOOD4, BAD6, BAD6, BAD6):
        kept.take(Observation(TARGETS[name], "http", reason, Reading(), AT, 0.0, 0.1, 150.0), AT)
    assert (kept.is_broken("tthc-v6"), kept.is_broken("tthc")) == (True, False)
    kept.take(Observation(TARGETS["tthc-v6"], "http", Reason.OK, Reading(), AT, 0, 0.1, 150.0), AT)
    assert not kept.is_broken("tthc-v6")
