"""Who resolves names, and when the line rather than the resolver is in doubt."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agent.checks import State
from agent.verdict.echoes import Burst, EchoWindow
from agent.verdict.facts import facts_of
from agent.verdict.sight import Seen, Sight
from inventory.model import Dns, Inventory
from playbooks.verdict.facts import Truth
from playbooks.verdict.rootcause import judge
from probes.model import Observation, Reading, Reason
from probes.registry import probes_for
from probes.target import targets_of
from tests.agent.verdict.test_facts import AT, INVENTORY, TARGETS, WARD, good_ward, silent

T, F, U, NA = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN, Truth.NA
CITY = {"address": "198.51.100.53"}
OWN = {"address": "192.0.2.53", "port": 5353}
CANARY = {"name": "tthc.example.vn", "expect": "^198"}


def dns(**parts: Any) -> Dns:
    return Dns.model_validate({"city": CITY, "canary": CANARY, **parts})


def targets(vantage: str = "ward", **parts: Any) -> dict[str, Any]:
    ward = WARD.model_copy(update={"dns": dns(**parts)})
    site = INVENTORY.site.model_copy(update={"vantage": vantage})
    found = targets_of(ward, Inventory(site=site, wards={ward.ward: ward}, folder="."))
    return {target.name: target for target in found if target.role == "resolver"}


def resolver(name: str, reason: Reason = Reason.OK, detail: str = "") -> Seen:
    target = targets(ward=OWN)[name]
    last = Observation(target, "dns", reason, Reading(), AT, 99.0, 1.0, 150.0, detail)
    state = State.OK if reason is Reason.OK else State.CRIT
    is_good = reason is Reason.OK
    return Seen(
        target, state, AT, 50.0, fresh=True, ever=True, last=last,
        last_ok_mono=99.0 if is_good else 60.0, bad_since_mono=None if is_good else 98.0,
    )  # fmt: skip


def ward(own: Seen, city: Seen | None = None, **changed: Any) -> Sight:
    sight = good_ward()
    gateway = replace(sight.seen["gateway"], last_ok_mono=99.5)
    known = {
        **sight.seen,
        "gateway": gateway,
        "resolver": own,
        **({"resolver-city": city} if city else {}),
    }
    return replace(sight, seen=known, **changed)


def test_the_ward_s_own_resolver_is_asked_beside_the_city_s() -> None:
    both = targets(ward=OWN)
    assert both["resolver"].url == "dns://192.0.2.53:5353/tthc.example.vn"
    assert both["resolver-city"].url == "dns://198.51.100.53:53/tthc.example.vn"
    assert [probe.name for probe in probes_for(both["resolver"])] == ["dns"]
    assert targets()["resolver"].host == "198.51.100.53"
    assert set(targets()) == set(targets("hub", ward=OWN)) == {"resolver"}


def test_without_a_resolver_in_the_inventory_nothing_is_promised() -> None:
    found = facts_of(good_ward())
    assert (found.truth("dns"), found.truth("dns_city")) == (NA, NA)


@pytest.mark.parametrize(
    ("own", "city", "row"),
    [
        (Reason.OK, Reason.OK, "N1"),
        (Reason.TIMEOUT, Reason.OK, "L1"),
        (Reason.PROTOCOL, Reason.OK, "L1"),
        (Reason.PROTOCOL, Reason.PROTOCOL, "V0"),
    ],
)
def test_a_resolver_that_fails_is_the_ward_s_where_the_city_s_is_right(
    own: Reason, city: Reason, row: str
) -> None:
    sight = ward(resolver("resolver", own), resolver("resolver-city", city))
    assert judge(facts_of(sight), "ward").row == row


LOSSY = EchoWindow((Burst(90.0, 20, 2),), T, T)


@pytest.mark.parametrize(
    ("reason", "detail", "truth"),
    [
        (Reason.TIMEOUT, "dns_silent", U),
        (Reason.PROTOCOL, "dns_ill", U),
        (Reason.PROTOCOL, "dns_wrong", F),
        (Reason.DNS, "dns_nxdomain", F),
    ],
)
def test_over_a_lossy_line_only_a_wrong_answer_is_held_against_a_resolver(
    reason: Reason, detail: str, truth: Truth
) -> None:
    sight = ward(resolver("resolver", reason, detail), far_end=LOSSY)
    assert facts_of(sight).truth("dns") is truth


def test_until_the_far_end_has_answered_again_the_line_may_be_what_broke() -> None:
    sight = ward(resolver("resolver", Reason.TIMEOUT, "dns_silent"))
    before = replace(sight.seen["gateway"], last_ok_mono=98.0)
    assert facts_of(sight).truth("dns") is F
    sight = replace(sight, seen={**sight.seen, "gateway": before})
    assert facts_of(sight).truth("dns") is U


def test_what_the_city_s_resolver_said_before_the_fault_says_nothing() -> None:
    old = replace(resolver("resolver-city"), last_ok_mono=90.0)
    sight = ward(resolver("resolver", Reason.PROTOCOL, "dns_ill"), old)
    assert facts_of(sight).truth("dns_city") is U
    assert judge(facts_of(sight), "ward").row == "V0"


def test_when_the_city_s_resolver_is_back_the_ward_s_is_asked_again_first() -> None:
    back = replace(resolver("resolver-city"), since_mono=99.0)
    own = resolver("resolver", Reason.PROTOCOL, "dns_wrong")
    assert facts_of(ward(own, back)).truth("dns_city") is U
    assert own.last is not None
    again = replace(own, last=replace(own.last, mono=101.0))
    assert facts_of(ward(again, back)).truth("dns_city") is T


def test_behind_a_lost_line_nothing_is_known_of_names() -> None:
    gone = replace(silent("gateway"), bad_since_mono=90.0)
    sight = ward(resolver("resolver"), far_end=EchoWindow((Burst(96.0, 5, 5),), F))
    sight = replace(sight, seen={**sight.seen, "gateway": gone})
    found = facts_of(sight)
    assert (found.truth("gw"), found.truth("dns")) == (F, U)


def test_a_failure_from_before_the_far_end_came_back_was_the_line_s() -> None:
    sight = ward(resolver("resolver", Reason.PROTOCOL, "dns_wrong"))
    back = replace(sight.seen["gateway"], since_mono=98.5)
    sight = replace(sight, seen={**sight.seen, "gateway": back})
    assert facts_of(sight).truth("dns") is U


def test_the_hub_asks_the_city_s_resolver_and_leaves_the_rest_open() -> None:
    seen = {name: one for name, one in good_ward().seen.items() if name in TARGETS}
    sight = replace(ward(resolver("resolver", Reason.PROTOCOL, "dns_wrong")), vantage="hub")
    sight = replace(sight, seen={**seen, "resolver": sight.seen["resolver"]})
    found = facts_of(sight)
    assert (found.truth("dns"), found.truth("dns_city")) == (F, NA)
