"""The decision table: its vectors, one case a row, and what each row needs."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from playbooks.verdict.rootcause import judge
from playbooks.verdict.rows import ROWS, rows_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from playbooks.verdict.facts import Facts
    from playbooks.verdict.reading import Vantage

    Build = Callable[..., Facts]

VANTAGES: dict[str, Vantage] = {"W": "ward", "H": "hub"}
LINES = Path(__file__).with_name("vectors.csv").read_text(encoding="utf-8").splitlines()
VECTORS = list(csv.DictReader(LINES))
ALONE = "dns_hub=U svc_hub[tthc]=U svc_hub[qlvb]=U"

# One case for each row and vantage: the facts that lead to it.
CASES = {
    ("A1", "W"): ("good", "maint=T ups_batt=T"),
    ("A1", "H"): ("dark", "maint=T"),
    ("H0", "H"): ("good", "hub_ok=F"),
    ("P0", "W"): ("cut", "host_link=F power_hint=T"),
    ("A2", "W"): ("cut", "host_link=F sw_seen=T"),
    ("S5", "W"): ("cut", "host_link=F sw_dark=T"),
    ("A3", "W"): ("cut", "host_link=F"),
    ("P1", "W"): ("cut", "local_dark=T power_hint=T"),
    ("P1", "H"): ("dark", "power_hint=T"),
    ("P2", "W"): ("cut", "sw=F ups_batt=T"),
    ("S1", "W"): ("cut", "sw=F sw_traffic=F"),
    ("S4", "H"): ("good", "sw=F sw_traffic=F"),
    ("P4", "W"): ("cut", "sw=F sw_traffic=N local_dark=T"),
    ("S3", "W"): ("cut", "up_admin=F up_oper=F"),
    ("S6", "W"): ("cut", "up_vlan=F ce=F"),
    ("X1", "W"): ("cut", "nb_all=T"),
    ("X1", "H"): ("dark", "nb_all=T"),
    ("X2", "W"): ("cut", "nb_pe=T nb_all=F"),
    ("X2", "H"): ("dark", "nb_pe=T"),
    ("M1", "W"): ("cut", "up_oper=F"),
    ("M2", "W"): ("cut", "ce=F"),
    ("M2n", "W"): ("cut", "ce=N"),
    ("M3", "W"): ("cut", "pe=F"),
    ("M4", "W"): ("cut", "pe=T nb_all=F nb_pe=F"),
    ("M4u", "W"): ("cut", "pe=T"),
    ("M5", "H"): ("dark", ""),
    ("U2", "H"): ("dark", "ups_ok_before=F"),
    ("U0", "W"): ("cut", "sw=F sw_traffic=T ce=U"),
    ("M6", "W"): ("good", "mtu=F"),
    ("M6", "H"): ("good", "mtu=F"),
    ("D1", "W"): ("good", "dns=F dns_city=F dns_hub=F"),
    ("D1", "H"): ("good", "dns=F dns_hub=F"),
    ("D2", "W"): ("good", "svc[tthc]=F svc[qlvb]=F svc_hub[tthc]=F svc_hub[qlvb]=F"),
    ("D2", "H"): ("good", "svc[tthc]=F svc[qlvb]=F svc_hub[tthc]=F svc_hub[qlvb]=F"),
    ("L1", "W"): ("good", "dns=F"),
    ("V1", "W"): ("good", "svc[tthc]=F svc_hub[tthc]=F"),
    ("V1", "H"): ("good", "svc[tthc]=F svc_hub[tthc]=F"),
    ("P3", "W"): ("good", "ups_batt=T"),
    ("P3", "H"): ("good", "ups_batt=T"),
    ("B2", "W"): ("good", "up_admin=F gw=backup"),
    ("B2", "H"): ("good", "up_admin=F gw=backup"),
    ("B1", "W"): ("good", "up_oper=F gw=backup"),
    ("B1", "H"): ("good", "up_oper=F gw=backup"),
    ("Q1", "W"): ("good", "path_ok=F up_err=T"),
    ("Q1", "H"): ("good", "path_ok=F up_err=T"),
    ("Q2", "W"): ("good", "path_ok=F up_full=T"),
    ("Q2", "H"): ("good", "path_ok=F up_full=T"),
    ("Q3", "W"): ("good", "path_ok=F"),
    ("Q3", "H"): ("good", "path_ok=F ce=N"),
    ("V3", "W"): ("good", "dns=F dns_city=F"),
    ("V2", "W"): ("good", "svc[tthc]=F"),
    ("V2", "H"): ("good", "svc[tthc]=F"),
    ("V0", "W"): ("good", f"svc[tthc]=F {ALONE}"),
    ("V0", "H"): ("good", f"dns=F {ALONE}"),
    ("S2", "W"): ("good", "sw=F"),
    ("S2", "H"): ("good", "sw=F ce=F"),
    ("L2", "W"): ("good", "lan_ok=F"),
    ("L2", "H"): ("good", "lan_ok=F"),
    ("R1", "W"): ("good", "vc[a]=F"),
    ("R1", "H"): ("good", "vc[a]=F"),
    ("N1", "W"): ("good", ""),
    ("N1", "H"): ("good", ""),
    ("U1", "W"): ("nothing", ""),
    ("U1", "H"): ("nothing", ""),
}

# Facts under the conditions that speak of services and rooms, in the cases above.
UNDER = {
    "covered": ("maint",),
    "shared_svc": ("svc[tthc]", "svc[qlvb]", "svc_hub[tthc]", "svc_hub[qlvb]"),
    "one_svc": ("svc[tthc]", "svc_hub[tthc]"),
    "access_svc": ("svc[tthc]", "svc_hub[tthc]"),
    "room": ("vc[a]",),
    "svc_good": ("svc[tthc]", "svc[qlvb]"),
    "ce_rtt": ("ce",),
    "all_good": (),
}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_every_vector_has_its_verdict(vector: dict[str, str], ward: Build) -> None:
    verdict = judge(ward(vector["base"], vector["facts"]), VANTAGES[vector["vantage"]])
    found = (verdict.segment, verdict.part, verdict.state, verdict.row)
    assert found == (vector["segment"], vector["part"], vector["state"], vector["row"])
    if vector["confidence"]:
        assert verdict.confidence == float(vector["confidence"])


def test_every_row_has_a_case_for_each_vantage() -> None:
    assert set(CASES) == {(row.id, letter) for row in ROWS for letter in row.vantages}


@pytest.mark.parametrize(("row_id", "letter"), CASES)
def test_each_row_wins_with_its_facts(row_id: str, letter: str, ward: Build) -> None:
    verdict = judge(ward(*CASES[row_id, letter]), VANTAGES[letter])
    row = next(row for row in rows_for(VANTAGES[letter]) if row.id == row_id)
    assert (verdict.row, verdict.segment) == (row_id, row.segment)
    assert verdict.playbook == row.playbook or row_id == "R1"
    assert (verdict.call, verdict.dont) == (row.call, row.dont)


def _supporting(row_id: str, letter: str) -> list[str]:
    row = next(row for row in rows_for(VANTAGES[letter]) if row.id == row_id)
    edits = CASES[row_id, letter][1]
    under = UNDER | {"here_only": ("dns",) if "dns=F" in edits else ("svc[tthc]",)}
    asked = [c for c in row.when if c.want in ("true", "false")]
    # Of `ups_batt | host_batt` the case has the first; what is not applicable supports nothing.
    names = [name for c in asked for name in under.get(c.names[0], c.names[:1])]
    return [name for name in dict.fromkeys(names) if f"{name}=N" not in edits]


SUPPORT = [(*key, name) for key in CASES for name in _supporting(*key)]


@pytest.mark.parametrize(("row_id", "letter", "name"), SUPPORT)
def test_a_row_never_matches_on_an_unknown_fact(
    row_id: str, letter: str, name: str, ward: Build
) -> None:
    """Each supporting fact set to unknown loses the row, and is said to be missing."""
    base, edits = CASES[row_id, letter]
    verdict = judge(ward(base, f"{edits} {name}=U"), VANTAGES[letter])
    assert verdict.row != row_id
    assert name in (*verdict.missing, *verdict.unmeasured)


def test_a_cut_line_leaves_the_alternatives_of_the_known_limit(ward: Build) -> None:
    verdict = judge(ward("cut", source="icmp+tcp"), "ward")
    assert (verdict.row, verdict.confidence, verdict.root) == ("M3", 0.79, "gw")
    assert verdict.alternatives == ("dc/gateway", "metronet/core")
    assert set(verdict.missing) == {"nb_all", "nb_pe"}
    assert verdict.outside


def test_a_silent_carrier_edge_makes_the_line_surer(ward: Build) -> None:
    assert judge(ward("cut", "pe=F"), "ward").confidence == 0.91


def test_no_gateway_fault_is_suggested_while_other_wards_reach_it(ward: Build) -> None:
    assert judge(ward("cut", "nb_all=F"), "ward").alternatives == ("metronet/core",)


def test_a_dead_switch_with_unknown_traffic_names_what_would_decide(ward: Build) -> None:
    verdict = judge(ward("cut", "sw=F sw_traffic=U local_dark=T"), "ward")
    assert verdict.alternatives == ("power/ward", "switch/device")
    assert "sw_traffic" in verdict.missing


def test_an_unknown_own_link_never_turns_a_dead_switch_into_a_line_fault(ward: Build) -> None:
    verdict = judge(ward("cut", "host_link=U sw=F sw_traffic=F nb_pe=T pe=T"), "ward")
    assert (verdict.segment, verdict.row) == ("unknown", "U0")
    assert "switch/device" in verdict.alternatives
    assert "host_link" in verdict.missing


def test_a_good_ward_lists_no_alternatives_and_nothing_missing(ward: Build) -> None:
    verdict = judge(ward("good", ALONE), "ward")
    assert verdict.segment == "none"
    assert (verdict.alternatives, verdict.missing, verdict.unmeasured) == ((), (), ())
    assert (verdict.root, verdict.also, verdict.outside) == ("", (), False)


def test_what_is_promised_and_not_measured_is_counted(ward: Build) -> None:
    facts = ward("good", "path_ok=U lan_ok=U dns_hub=U nb_pe=U sw_traffic=U")
    assert judge(facts, "ward").unmeasured == ("path_ok", "lan_ok")


def test_what_is_not_promised_is_not_counted(ward: Build) -> None:
    facts = ward("good", "path_ok=U")
    unpromised = replace(facts.fact("path_ok"), promised=False)
    quiet = replace(facts, named={**facts.named, "path_ok": unpromised})
    verdict = judge(quiet, "ward")
    assert (verdict.unmeasured, verdict.confidence) == ((), 0.95)


@pytest.mark.parametrize("name", ["sw", "up_oper", "gw", "dns", "svc[tthc]"])
def test_a_missing_core_fact_is_never_all_fine(name: str, ward: Build) -> None:
    verdict = judge(ward("good", f"{name}=U"), "ward")
    assert (verdict.row, verdict.state) == ("U1", "unknown")
    assert name in verdict.missing


def test_a_late_fact_lowers_confidence(ward: Build) -> None:
    assert judge(ward("cut", late=("gw",)), "ward").confidence == 0.60


def test_below_sixty_percent_the_segment_is_unknown_and_part_and_state_stay(ward: Build) -> None:
    verdict = judge(ward("cut", late=("gw", "ce")), "ward")
    assert (verdict.segment, verdict.part, verdict.state) == ("unknown", "line", "down")
    assert (verdict.row, verdict.confidence, verdict.outside) == ("M3", 0.45, False)
    assert verdict.alternatives[0] == "metronet/line"
    assert {"gw", "ce"} <= set(verdict.missing)


def test_all_fine_on_late_facts_alone_is_not_said(ward: Build) -> None:
    late = ("sw", "gw", "dns")
    verdict = judge(ward("good", late=late), "ward")
    assert (verdict.row, verdict.segment, verdict.state) == ("U1", "unknown", "unknown")
    assert set(verdict.missing) == set(late)


def test_maintenance_covers_the_objects_that_it_names(ward: Build) -> None:
    partly = ward("good", "ups_batt=T lan_ok=F maint[ups_batt]=T")
    assert judge(partly, "ward").row == "P3"
    wholly = ward("good", "ups_batt=T lan_ok=F maint[ups_batt]=T maint[lan_ok]=T")
    assert judge(wholly, "ward").state == "maintenance"


def test_maintenance_of_a_good_ward_changes_nothing(ward: Build) -> None:
    assert judge(ward("good", "maint=T"), "ward").row == "N1"


@pytest.mark.parametrize(
    ("base", "edits", "vantage", "row", "also"),
    [
        ("cut", "ups_batt=T", "ward", "M3", ("power/ups",)),
        ("cut", "sw=F", "ward", "M3", ("switch/management",)),
        ("cut", "lan_ok=F", "ward", "M3", ("lan/devices",)),
        ("cut", "sw=F sw_traffic=F lan_ok=F vc[a]=F", "ward", "S1", ()),
        ("good", "sw=F svc[tthc]=F", "ward", "V2", ("switch/management",)),
        ("good", "ups_batt=T svc[tthc]=F", "ward", "P3", ("service/access",)),
        ("good", "path_ok=F up_full=T svc[tthc]=F", "ward", "Q2", ()),
        ("good", "mtu=F svc[tthc]=F svc_hub[tthc]=F", "ward", "M6", ("service/tthc",)),
        ("good", "svc[tthc]=F svc[qlvb]=F svc_hub[tthc]=F", "ward", "V2", ("service/tthc",)),
        ("good", "svc[tthc]=F svc_hub[tthc]=F path_ok=F", "ward", "V1", ("metronet/quality",)),
        ("good", "up_admin=F up_oper=F gw=backup", "ward", "B2", ()),
        ("good", "lan_ok=F vc[a]=F", "ward", "L2", ()),
        ("good", "up_err=T", "hub", "U1", ("switch/uplink_errors",)),
        ("good", "gw=backup", "ward", "U1", ("metronet/backup",)),
    ],
)
def test_faults_beside_the_winner_are_listed_and_those_behind_it_are_not(
    base: str, edits: str, vantage: Vantage, row: str, also: tuple[str, ...], ward: Build
) -> None:
    verdict = judge(ward(base, edits), vantage)
    assert (verdict.row, verdict.also) == (row, also)


@pytest.mark.parametrize(
    ("base", "edits", "vantage", "root"),
    [
        ("cut", "up_admin=F", "ward", "gw"),
        ("cut", "up_oper=F", "ward", "gw"),
        ("cut", "sw=F sw_traffic=F", "ward", "sw"),
        ("cut", "sw=F ups_batt=T", "ward", "sw"),
        ("cut", "sw=F local_dark=T power_hint=T", "ward", "sw"),
        ("dark", "power_hint=T", "hub", "gw"),
        ("good", "up_oper=F gw=backup", "ward", "up_oper"),
        ("good", "svc[qlvb]=F", "ward", "svc[qlvb]"),
        ("good", f"dns=F {ALONE}", "hub", "dns"),
        ("good", "ups_batt=T", "ward", "ups_batt"),
        ("good", "vc[a]=F", "ward", "vc[a]"),
    ],
)
def test_the_root_is_the_fact_whose_recovery_ends_it(
    base: str, edits: str, vantage: Vantage, root: str, ward: Build
) -> None:
    assert judge(ward(base, edits), vantage).root == root


def test_a_core_port_down_makes_the_local_network_down(ward: Build) -> None:
    facts = ward("good", "lan_ok=F")
    assert judge(facts, "ward").state == "degraded"
    assert judge(replace(facts, critical_lan=True), "ward").state == "down"


def test_a_room_is_down_when_its_meeting_is_near(ward: Build) -> None:
    facts = ward("good", "vc[a]=F")
    part = replace(facts.fact("vc[a]"), values={"part": "registration"})
    near = replace(facts, rooms={"a": part}, meeting_soon=True)
    verdict = judge(near, "ward")
    assert (verdict.segment, verdict.part, verdict.state) == ("meeting", "registration", "down")
    assert verdict.playbook == "PB-MTG-03"
    assert judge(facts, "ward").playbook == "PB-MTG-02"


def test_a_ce_that_answers_badly_leaves_the_line_unblamed(ward: Build) -> None:
    facts = ward("good", "path_ok=F")
    poor = replace(facts.fact("ce"), values={"good": False})
    verdict = judge(replace(facts, named={**facts.named, "ce": poor}), "ward")
    assert verdict.row == "U1"
