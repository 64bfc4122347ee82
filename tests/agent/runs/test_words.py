"""Contacts as the API gives them: who calls the carrier, and whose hours these are."""

from __future__ import annotations

from agent.runs.words import shown_contacts
from playbooks.escalation import load_escalation

WARD = "26740"


def test_the_carrier_is_called_by_the_level_before_it_unless_the_ward_may() -> None:
    escalation = load_escalation()
    found = {one.role: one for one in shown_contacts(escalation, WARD, ())}
    assert found["L3"].through == "L2"
    assert [one.role for one in found.values() if one.through is not None] == ["L3"]
    direct = escalation.model_copy(update={"ward_may_call_carrier": True})
    assert all(one.through is None for one in shown_contacts(direct, WARD, ()))


def test_hours_of_the_shipped_sample_are_marked_as_such() -> None:
    escalation = load_escalation()
    assert all(one.is_sample for one in shown_contacts(escalation, WARD, ()))
    own = escalation.model_copy(update={"sample": False})
    assert not any(one.is_sample for one in shown_contacts(own, WARD, ()))


def test_those_that_are_called_first_stand_first_and_nobody_has_an_invented_number() -> None:
    found = shown_contacts(load_escalation(), WARD, ("L2", "ward.leader"))
    assert [one.role for one in found[:2]] == ["L2", "ward.leader"]
    assert all(one.phone is None for one in found)
