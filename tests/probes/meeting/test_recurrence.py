"""Rules laid out as dateutil lays them out, and always at an end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.meeting.recurrence import laid_out, rule_of

START, UNTIL = date(2024, 1, 31), date(2027, 1, 20)
WEEKDAYS = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1,
                    max_size=3, unique=True)  # fmt: skip


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Rules that have days in the first years, of every kind that is supported."""
    freq = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={freq}", f"INTERVAL={draw(st.integers(1, 4))}"]
    if draw(st.booleans()):
        days = draw(WEEKDAYS)
        if freq in ("MONTHLY", "YEARLY") and draw(st.booleans()):
            days = [f"{draw(st.sampled_from([1, 2, -1]))}{day}" for day in days]
        parts.append(f"BYDAY={','.join(days)}")
    elif freq == "MONTHLY" and draw(st.booleans()):
        numbers = draw(st.lists(st.sampled_from([1, 15, 31, -1]), min_size=1, unique=True))
        parts.append(f"BYMONTHDAY={','.join(map(str, numbers))}")
    if freq == "YEARLY" and draw(st.booleans()):
        parts.append("BYMONTH=1,3,8")
    if freq == "WEEKLY":
        parts.append(f"WKST={draw(st.sampled_from(['MO', 'SU']))}")
    # In a week dateutil counts places from the first day on, not from the week's begin.
    is_long = freq in ("MONTHLY", "YEARLY") and any(one.startswith("BYDAY") for one in parts)
    if is_long and draw(st.booleans()):
        parts.append(f"BYSETPOS={draw(st.sampled_from(['1', '-1']))}")
    return ";".join(parts)


@settings(max_examples=60)
@given(rules(), st.integers(0, 400))
def test_days_are_those_that_dateutil_lays_out(rule: str, later: int) -> None:
    start = START + timedelta(days=later)
    known = rule_of(rule)
    assert known is not None
    begin = datetime(start.year, start.month, start.day, tzinfo=UTC)
    said = rrulestr(f"{rule};UNTIL={UNTIL:%Y%m%d}T000000Z", dtstart=begin)
    theirs = {one.date() for one in said}
    assert list(laid_out(known, start, UNTIL)) == sorted(theirs | {start})


@pytest.mark.parametrize(
    "rule",
    ["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
     "FREQ=MONTHLY;INTERVAL=12;BYMONTH=2", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=9",
     "FREQ=YEARLY;BYMONTH=13;BYMONTHDAY=1"],
)  # fmt: skip
def test_a_rule_that_never_comes_has_its_first_day_alone(rule: str) -> None:
    known = rule_of(rule)
    assert known is not None
    assert list(laid_out(known, START, UNTIL)) == [START]


def test_a_count_holds_the_first_day() -> None:
    known = rule_of("FREQ=DAILY;COUNT=3")
    assert known is not None
    assert len(list(laid_out(known, START, UNTIL))) == 3


@pytest.mark.parametrize(
    "rule",
    ["", "FREQ=HOURLY", "FREQ=DAILY;BYHOUR=1", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;COUNT=x",
     "FREQ=WEEKLY;BYDAY=1MO", "FREQ=DAILY;BYDAY=XX", "FREQ=YEARLY;BYWEEKNO=1", "FREQ", "WKST=MO",
     "FREQ=DAILY;WKST=1", "FREQ=MONTHLY;BYMONTHDAY=1.5"],
)  # fmt: skip
def test_rules_within_a_day_and_wrong_ones_are_none(rule: str) -> None:
    assert rule_of(rule) is None
