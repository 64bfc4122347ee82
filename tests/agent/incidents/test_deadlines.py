"""Clocks of an incident: the rules of its day, kept as they were; defaults are never law."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.duty import ICT
from agent.incidents.deadlines import (
    acknowledgement,
    handed_over,
    in_force,
    legal,
    overdue,
)
from agent.incidents.law import LawItem, read_law, read_targets
from agent.incidents.life import met
from agent.incidents.record import Deadline, Incident, Root, changed
from inventory.errors import InventoryError
from inventory.values import Words

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
ROOT = Root(segment="metronet", part="line", row="M3", confidence=0.9, fact="gw")
TECHNICAL = Incident(
    uid="u-1", ward="26740", severity="S1", root=ROOT, t_started=NOW, t0_detected=NOW
)


def security_at(at: datetime) -> Incident:
    return changed(TECHNICAL, kind="security", t0_detected=at)


def version(first: date, hours: int, ends: date | None = None) -> LawItem:
    clock = {"id": "h", "within": f"PT{hours}H", "text": {"vi": "a", "en": "a"}}
    return LawItem.model_validate({
        "id": "rule", "title": f"v{hours}", "in_force": first, "ends": ends, "mark": "primary",
        "source": "x", "verified": None, "applies": {"kind": "security"}, "clocks": [clock],
    })  # fmt: skip


OLD = version(date(2025, 1, 1), 72, ends=date(2026, 7, 1))
NEW = version(date(2026, 7, 1), 24)
MIDNIGHT = datetime(2026, 7, 1, tzinfo=ICT)


@given(st.integers(-400 * 86_400, 400 * 86_400))
def test_on_every_moment_exactly_one_version_of_a_rule_holds(seconds: int) -> None:
    at = MIDNIGHT.astimezone(UTC) + timedelta(seconds=seconds)
    holds = in_force((OLD, NEW), at)
    assert holds == ((NEW,) if seconds >= 0 else (OLD,))


def test_an_incident_open_across_a_change_keeps_its_rules() -> None:
    incident = security_at(MIDNIGHT - timedelta(seconds=1))
    (clock,) = legal((OLD, NEW), incident)
    kept = changed(incident, deadlines=(clock,))
    assert (clock.source.vi, clock.due - incident.t0_detected) == ("v72", timedelta(hours=72))
    assert overdue(kept, MIDNIGHT + timedelta(hours=30)) == ()
    assert overdue(kept, MIDNIGHT + timedelta(hours=72)) == (clock,)
    assert overdue(changed(kept, deadlines=met(kept.deadlines, "h", NOW)), NOW) == ()


def test_a_rule_without_a_known_day_starts_no_clock_and_nothing_claims_to_be_verified() -> None:
    law = read_law().items
    assert all(item.verified is None for item in law)
    unknown = {item.id for item in law if item.in_force is None}
    assert "personal_data" in unknown
    clocks = legal(law, changed(security_at(NOW), personal_data="yes"))
    assert {one.rule for one in clocks} == {"cyber_report"}
    assert [one.due - NOW for one in clocks] == [timedelta(hours=h) for h in (0, 24, 72)]
    assert legal(law, TECHNICAL) == ()


def test_a_clock_for_what_is_serious_runs_until_a_person_says_that_it_is_not() -> None:
    one = security_at(NOW)
    opened = changed(one, deadlines=legal(read_law().items, one))
    late = NOW + timedelta(hours=80)
    assert [clock.clock for clock in overdue(opened, late)] == ["immediate", "h24", "h72"]
    mild = changed(opened, serious="no")
    assert [clock.clock for clock in overdue(mild, late)] == ["h72"]
    assert overdue(changed(mild, serious="yes"), late) == opened.deadlines


def test_a_clock_of_an_earlier_version_names_its_source_in_the_one_language_it_had() -> None:
    clock = legal(read_law().items, security_at(NOW))[0].model_dump(mode="json")
    kept = Deadline.model_validate({**clock, "source": "QĐ 12"})
    assert (kept.source.vi, kept.source.en) == ("QĐ 12", "QĐ 12")
    assert clock["source"]["en"].startswith("Decree 331/2026")


def test_the_carriers_clocks_begin_with_the_handover_and_are_defaults() -> None:
    targets = read_targets().items
    assert handed_over(TECHNICAL, "L2", NOW, targets) == ()
    clocks = handed_over(TECHNICAL, "L3", NOW, targets)
    assert {one.clock: one.due - NOW for one in clocks} == {
        "carrier_reply": timedelta(minutes=15), "restore": timedelta(hours=5),
    }  # fmt: skip
    assert all((one.mark, one.group != "law") == ("default", True) for one in clocks)
    slow = changed(TECHNICAL, root=changed(ROOT, part="quality"))
    (restore,) = [c for c in handed_over(slow, "carrier", NOW, targets) if c.clock == "restore"]
    assert restore.due - NOW == timedelta(hours=1)
    again = changed(TECHNICAL, deadlines=clocks)
    assert handed_over(again, "L3", NOW, targets) == ()
    assert acknowledgement(TECHNICAL, None, Words(vi="x", en="x")) == ()


@pytest.mark.parametrize(
    ("line", "wrong", "said"),
    [
        ("mark: primary", "mark: certain", "law.yaml:5"),
        ("ends: null", "ends: 2026-01-01", "law.yaml:4"),
        ("verified: null", "", "verified"),
        ("replaced_by: null", "replaced_by: nobody", "nobody"),
        ("in_force: 2026-07-01", "in_force: tomorrow", "law.yaml:3"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_line(
    line: str, wrong: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "law.yaml"
    lines = (
        "schema: wardops/law/1", "items:", "  - {id: a, title: t, in_force: 2026-07-01,",
        "     ends: null,", "     mark: primary, source: s, verified: null, replaced_by: null,",
        "     applies: {kind: security}}",
    )  # fmt: skip
    good = "\n".join(lines)
    path.write_text(good, encoding="utf-8")
    assert len(read_law(path).items) == 1
    path.write_text(good.replace(line, wrong).replace(" , ", " "), encoding="utf-8")
    with pytest.raises(InventoryError) as caught:
        read_law(path)
    for language in ("vi", "en"):
        assert said in caught.value.text(language)


def test_two_versions_of_a_rule_may_not_hold_on_one_day(tmp_path: Path) -> None:
    entry = "  - {{id: a, title: t, in_force: {0}, mark: primary, source: s, verified: null,"
    rest = " applies: {}}\n"
    body = "".join(entry.format(day) + rest for day in ("2026-07-01", "2026-08-01"))
    path = tmp_path / "law.yaml"
    path.write_text(f"schema: wardops/law/1\nitems:\n{body}", encoding="utf-8")
    with pytest.raises(InventoryError, match=r"a"):
        read_law(path)
