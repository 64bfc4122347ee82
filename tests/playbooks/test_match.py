"""The right playbook is found from a verdict, an alert, or words in any spelling."""

from __future__ import annotations

from dataclasses import replace

import pytest

from playbooks.conditions import RunFact
from playbooks.load import load_library
from playbooks.match import GENERAL, KEPT, proposals, search, suggest, suggest_kept
from playbooks.verdict.facts import Fact, Facts, Truth
from playbooks.verdict.rootcause import judge
from playbooks.verdict.rows import ROOM_PLAYBOOKS, ROWS

LIBRARY = load_library()


def found(words: str) -> list[str]:
    """Ids that a search gives."""
    return [playbook.id for playbook in search(words, LIBRARY)]


def test_a_ups_on_battery_and_a_cut_line_lead_to_their_own_playbooks() -> None:
    battery = {name: Fact(Truth.TRUE) for name in ("host_link", "ups_batt", "sw", "gw")}
    cut = {name: Fact(Truth.TRUE) for name in ("host_link", "sw", "up_admin", "up_oper", "ce")}
    for facts, wanted in ((battery, "PB-NET-09"), (cut | {"gw": Fact(Truth.FALSE)}, "PB-NET-01")):
        playbook = suggest(judge(Facts(facts), "ward"), LIBRARY)
        assert playbook is not None
        assert playbook.id == wanted


def test_nothing_is_suggested_where_nothing_is_wrong() -> None:
    good = ("host_link", "sw", "up_admin", "up_oper", "ce", "pe", "gw", "path_ok", "lan_ok", "dns")
    verdict = judge(Facts({name: Fact(Truth.TRUE) for name in good}), "ward")
    assert verdict.segment == "none"
    assert suggest(verdict, LIBRARY) is None


def test_a_verdict_with_a_playbook_of_later_gets_the_general_one() -> None:
    named = {row.playbook for row in ROWS if row.playbook} | set(ROOM_PLAYBOOKS.values())
    assert named - set(LIBRARY), "all are there: this fallback can go"
    verdict = judge(Facts({"host_link": Fact(Truth.TRUE)}), "ward")
    for wanted, general in GENERAL.items():
        found = suggest(replace(verdict, playbook=f"PB-{wanted}-99"), LIBRARY)
        assert found is not None
        assert found.id == general
        assert suggest(replace(verdict, playbook=f"PB-{wanted}-99"), {}) is None


def test_nothing_is_suggested_for_an_intrusion_or_while_the_centre_is_blind() -> None:
    verdict = judge(Facts({"host_link": Fact(Truth.TRUE)}), "ward")
    assert suggest(replace(verdict, playbook="PB-SEC-01"), LIBRARY) is None
    blind = judge(Facts({"hub_ok": Fact(Truth.FALSE)}), "hub")
    assert (blind.part, suggest(blind, LIBRARY)) == ("hub_blind", None)


def test_every_row_that_speaks_of_a_fault_suggests_one_that_is_there() -> None:
    verdict = judge(Facts({"host_link": Fact(Truth.TRUE)}), "ward")
    for row in ROWS:
        if row.playbook and row.part != "hub_blind":
            found = suggest(replace(verdict, part=row.part, playbook=row.playbook), LIBRARY)
            assert found is not None, row


@pytest.mark.parametrize("words", ["mat mang", "mất mạng", "MẤT MẠNG", "metronet", "pb-net-01"])
def test_words_are_found_with_and_without_accents(words: str) -> None:
    assert "PB-NET-01" in found(words)


def test_words_that_nothing_has_find_nothing_and_none_find_all() -> None:
    assert found("xyzzy") == []
    assert found("  ") == list(LIBRARY)
    assert found("cup dien") == ["PB-NET-09"]


def test_every_trouble_opens_a_playbook_that_is_there() -> None:
    for when, wanted in KEPT:
        ((name, matcher),) = when.items()
        value = {">": 10_000, "<": -10_000}.get(str(matcher)[0], matcher)
        found = suggest_kept({name: RunFact(value)}, LIBRARY)
        assert wanted in [one.id for one in found], (name, wanted)
    assert suggest_kept({}, LIBRARY) == ()
    assert proposals(None, {}, LIBRARY) == ()
    ended = {"cert.days_left": RunFact(-1)}
    fault = judge(Facts({"host_link": Fact(Truth.FALSE)}), "ward")
    for wanted, ids in (
        ("PB-NET-12", [("PB-SEC-05", None), ("PB-NET-01", "PB-NET-12")]),
        ("PB-NET-03", [("PB-NET-01", "PB-NET-03"), ("PB-SEC-05", None)]),
        ("PB-NET-09", [("PB-NET-09", None), ("PB-SEC-05", None)]),
    ):
        told = proposals(replace(fault, playbook=wanted), ended, LIBRARY)
        assert [(one.id, instead_of) for one, instead_of in told] == ids
    both: dict[str, RunFact] = {"vm.silent": RunFact(1), "cert.days_left": RunFact(3)}
    assert [one.id for one in suggest_kept(both, LIBRARY)] == ["PB-SEC-07", "PB-SEC-05"]
