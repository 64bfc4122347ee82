"""What the stations of the way show: the fault, what was measured, and no green for the rest."""

from __future__ import annotations

import pytest

from agent.web.path import path_of
from playbooks.verdict.facts import Fact, Facts, Truth
from playbooks.verdict.rootcause import judge

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
GOOD = dict.fromkeys(("host_link", "sw", "up_admin", "up_oper", "ce", "gw", "dns", "lan_ok"), T)


def stations(
    svc: Truth = T, svc_hub: Truth = U, **named: Truth
) -> dict[str, tuple[str, str | None]]:
    facts = Facts(
        {name: Fact(truth) for name, truth in {**GOOD, **named}.items()},
        {"tthc": Fact(svc)},
        {"tthc": Fact(svc_hub)},
    )
    return {one.segment: (one.state, one.reason) for one in path_of(judge(facts, "ward"), facts)}


POOR = {"path_ok": F, "up_full": T, "up_err": F}
UNMEASURED = ("unknown", "not_measured")
OK = ("ok", None)


def test_beyond_a_poor_line_what_was_measured_is_shown() -> None:
    found = stations(**POOR)
    assert (found["metronet"], found["dc"], found["service"]) == (("degraded", None), OK, OK)


@pytest.mark.parametrize(
    ("svc", "svc_hub", "dc", "service"),
    [
        (U, U, OK, UNMEASURED),
        (F, U, UNMEASURED, ("degraded", None)),  # it may fail for the centre's fault
        (F, T, OK, ("degraded", None)),
    ],
)
def test_what_fails_or_is_unknown_there_is_not_green(
    svc: Truth, svc_hub: Truth, dc: tuple[str, str | None], service: tuple[str, str | None]
) -> None:
    found = stations(svc, svc_hub, **POOR)
    assert (found["dc"], found["service"]) == (dc, service)


def test_a_centre_whose_names_are_not_resolved_is_not_green() -> None:
    assert stations(**POOR, dns=F, dns_hub=T, dns_city=U)["dc"] == UNMEASURED


def test_behind_a_lost_line_nothing_was_measured() -> None:
    found = stations(gw=F, pe=F)
    assert found["metronet"] == ("down", None)
    assert found["dc"] == found["service"] == UNMEASURED
