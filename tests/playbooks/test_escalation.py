"""Who is called after whom: every unit of the city has somebody, and no number is made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from inventory.errors import InventoryError
from inventory.units import units
from playbooks.escalation import (
    SAMPLE,
    chain,
    contact,
    contacts,
    hours_text,
    load_escalation,
    next_level,
    read_escalation,
)
from playbooks.load import load_library

if TYPE_CHECKING:
    from pathlib import Path

CITY, KV1 = "26740", "25747"  # an area without a team of its own, and one with
SHIPPED = load_escalation()


def edited(folder: Path, old: str, new: str) -> Path:
    """The sample with one thing changed, as an inventory's own file."""
    text = SAMPLE.read_text(encoding="utf-8")
    assert old in text
    path = folder / "escalation.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_the_shipped_file_is_a_sample_without_a_single_number() -> None:
    assert SHIPPED.sample
    assert SHIPPED.contacts
    assert set(SHIPPED.contacts.values()) == {None}


@pytest.mark.parametrize("code", units())
def test_every_unit_has_a_level_above_it_and_its_chain_ends_with_the_carrier(code: str) -> None:
    levels = [one.level for one in chain(SHIPPED, code)]
    assert levels[0] == "L0"
    assert levels[-2:] == ["L2", "L3"]
    above = next_level(SHIPPED, code)
    assert above is not None
    assert above.level == levels[1]


def test_an_area_with_a_team_of_its_own_calls_that_team_first() -> None:
    above = next_level(SHIPPED, KV1)
    assert above is not None
    assert (above.who, above.after_hours) == ("L1@kv1", "L2")
    assert contact(SHIPPED, "L1", KV1) == above


def test_a_unit_does_not_call_the_carrier_unless_the_file_lets_it(tmp_path: Path) -> None:
    assert next_level(SHIPPED, CITY, "L2") is None
    allowing = read_escalation(
        edited(tmp_path, "ward_may_call_carrier: false", "ward_may_call_carrier: true")
    )
    above = next_level(allowing, CITY, "L2")
    assert above is not None
    assert above.level == "L3"


def test_every_role_that_a_playbook_names_can_be_resolved() -> None:
    for playbook in load_library().values():
        for step in playbook.steps:
            to = getattr(step, "to", ())
            for who in (to,) if isinstance(to, str) else to:
                found = next_level(SHIPPED, CITY) if who == "next" else None
                assert found or contact(SHIPPED, who, CITY), (playbook.id, step.id, who)


def test_an_inventorys_own_file_goes_before_the_sample(tmp_path: Path) -> None:
    edited(tmp_path, "L2: null", 'L2: "028 000 000"\n  L2@25747: "028 000 001"')
    own = load_escalation(tmp_path)
    numbers = {code: contact(own, "L2", code) for code in (CITY, KV1)}
    assert {code: one.phone for code, one in numbers.items() if one} == {
        CITY: "028 000 000",
        KV1: "028 000 001",
    }
    assert [one.phone for one in contacts(own, CITY) if one.who != "L2"] == [None] * 7


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("L1@kv1, L2, L3]", "L1@kv1, L7, L3]", '"L7"'),
        ("after_hours: L2", "after_hours: L9", '"L9"'),
        ("  power_company: null", "  polic: null", '"polic"'),
        ('area: "Bình Dương"', 'area: "Bình"', '"Bình Dương"'),
        ("sample: true", "sampel: true", "sampel"),
        ("L2: null", "L2: 0280001112", "L2"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    with pytest.raises(InventoryError) as caught:
        read_escalation(edited(tmp_path, old, new))
    for language in ("vi", "en"):
        line = caught.value.text(language).splitlines()[0]
        assert line.startswith("escalation.yaml:")
        assert sentence in line


def test_days_are_written_as_people_of_the_language_write_them() -> None:
    assert hours_text("07:00-17:30 mon-sat", "vi") == "07:00-17:30 T2-T7"
    assert hours_text("07:00-17:30 mon-sat", "en") == "07:00-17:30 mon-sat"
