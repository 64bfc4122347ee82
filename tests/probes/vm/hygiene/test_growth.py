"""Rules that need a history: what will be full, who is idle, and what too few days do not tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from inventory.language import say
from probes.vm.end_of_life import end_table
from probes.vm.finding import Facts, Finding
from probes.vm.hygiene.judge import judge_quota
from probes.vm.trend import Count, Forecast, Load, NoForecast, Outlook, Room, Trends
from tests.probes.vm.hygiene.conftest import NOW, Case, ago, disks, found

FLAT = NoForecast("not_filling", 7.0, 3)
SHORT = NoForecast("too_little", 2.75, 3)
OLD = NoForecast("stale", 7.0, 3)
MONTH_SHORT = NoForecast("too_little", 9.0, 14)


def full_in(days: float, *, is_bounded: bool = True) -> Forecast:
    """A disk that is full in so many days, give or take a fifth."""
    last = NOW + timedelta(days=days * 1.2) if is_bounded else None
    first = NOW + timedelta(days=days * 0.8)
    return Forecast(NOW + timedelta(days=days), first, last, ago(days=7), 7.0)


def trending(week: Outlook, month: Outlook = FLAT, left: float = 0.5) -> Facts:
    """A machine whose only disk has such a history."""
    return replace(disks(left), trends=Trends((Room("/", 1 - left, week, month),)))


def loaded(days: float, busy: float) -> Facts:
    """A machine with such a load."""
    return Facts(trends=Trends(load=Load(days, busy)))


CASES = (
    Case("DC-02", loaded(30, 0.049), "fail", "note"),
    Case("DC-02", loaded(30, 0.05), "pass"),
    Case("DC-02", loaded(26.75, 0.0), "unknown"),
    Case("DC-02", Facts(trends=Trends()), "unknown"),
    Case("DC-12", trending(full_in(14)), "fail", "warn"),
    Case("DC-12", trending(full_in(10, is_bounded=False)), "fail", "warn"),
    Case("DC-12", trending(full_in(14.1)), "pass"),
    Case("DC-12", trending(FLAT), "pass"),
    Case("DC-12", trending(SHORT), "unknown"),
    Case("DC-12", trending(OLD), "unknown"),
    Case("DC-12", disks(0.5), "unknown"),
    Case("DC-12", replace(disks(0.5), trends=Trends()), "unknown"),
    Case("DC-19", trending(FLAT, full_in(90)), "fail", "note"),
    Case("DC-19", trending(FLAT, full_in(91)), "pass"),
    Case("DC-19", trending(FLAT, MONTH_SHORT), "unknown"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_machine_is_judged_by_its_history(case: Case) -> None:
    case.holds()


def test_the_evidence_says_when_with_its_interval_and_from_how_many_days() -> None:
    one = found("DC-12", trending(full_in(10)))
    assert say(one.said, "vi", **dict(one.values)) == ("/: đầy vào khoảng 30/11/2026 – 04/12/2026.")
    assert one.also is not None
    assert "7 ngày" in say(one.also[0], "vi", **dict(one.also[1]))
    bare = found("DC-12", trending(full_in(10, is_bounded=False)))
    assert say(bare.said, "en", **dict(bare.values)) == (
        "/: full around 02/12/2026, not before 30/11/2026, perhaps never."
    )


def test_what_is_missing_is_said_in_days_and_the_present_beside_it() -> None:
    one = found("DC-12", trending(SHORT))
    assert dict(one.values) == {"days": "2", "needed": "3"}
    assert one.also == ("vm_rule.said.disks", (("disks", "/ 50 %"),))


def test_a_disk_that_is_nearly_full_keeps_its_severity_and_says_when() -> None:
    one = found("DC-12", trending(full_in(2), left=0.04))
    assert (one.result, one.severity) == ("fail", "crit")
    assert one.also is not None
    assert one.also[0] == "vm_rule.said.fills"


def test_a_disk_that_is_gone_is_not_judged() -> None:
    gone = Room("/old", 0.99, full_in(1), full_in(1))
    facts = trending(FLAT)
    assert facts.trends is not None
    facts = replace(facts, trends=replace(facts.trends, rooms=(*facts.trends.rooms, gone)))
    assert {found(rule, facts).result for rule in ("DC-12", "DC-19")} == {"pass"}


def quota(trends: Trends | None) -> Finding:
    """What the rule says of a ward."""
    (one,) = judge_quota(Facts(trends=trends), (), NOW, end_table())
    return one


def test_a_quota_is_judged_by_its_share_its_growth_and_the_number_of_machines() -> None:
    roomy, full = Room("disk", 0.9, FLAT, FLAT), Room("memory", 0.91, FLAT, FLAT)
    steady, grown = Count(12, 10, 90.0), Count(13, 10, 40.0)
    assert quota(None).result == "unknown"
    assert quota(Trends((roomy,), count=steady)).result == "pass"
    assert quota(Trends((roomy, full), count=steady)).said == "vm_rule.said.quota_memory"
    assert quota(Trends((roomy,), count=grown)).said == "vm_rule.said.more_machines"
    assert quota(Trends((roomy,), count=Count(12, 10, 40.0))).result == "unknown"
    assert quota(Trends((roomy,))).result == "unknown"
    filling = replace(roomy, month=full_in(60))
    assert quota(Trends((filling,), count=Count(12, 10, 40.0))).result == "fail"
    assert quota(Trends((replace(roomy, month=MONTH_SHORT),), count=steady)).result == "unknown"


def test_a_quota_of_which_a_machines_size_is_unknown_is_not_roomy_and_names_it() -> None:
    roomy, full = Room("disk", None, FLAT, FLAT), Room("memory", 0.91, FLAT, FLAT)
    for rooms, result in (((roomy,), "unknown"), ((roomy, full), "fail")):
        facts = Facts(trends=Trends(rooms, count=Count(12, 10, 90.0)), unsized=("app-1", "mail"))
        (one,) = judge_quota(facts, (), NOW, end_table())
        assert one.result == result
        assert ("app-1, mail" in dict(one.values).values()) == (result == "unknown")
