"""The windows of reports: days of Viet Nam, the year of the decree, periods that cannot be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent.duty import ICT
from agent.reports.source import year_starts
from agent.reports.window import Kind, days_of, months_of, window_of
from inventory.errors import InputError

NOW = datetime(2026, 12, 20, 3, 7, 30, tzinfo=UTC)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ICT)


def test_a_month_is_the_first_to_the_next_first_at_midnight_in_viet_nam() -> None:
    found = window_of("monthly", "2026-02", NOW)
    assert (found.begin, found.end) == (day("2026-02-01"), day("2026-03-01"))
    assert found.begin.astimezone(UTC) == datetime(2026, 1, 31, 17, tzinfo=UTC)
    assert not found.is_running
    leap = window_of("monthly", "2024-02", NOW)
    assert leap.total_s == 29 * 86_400


def test_without_a_period_it_is_the_last_one_that_is_over() -> None:
    assert window_of("monthly", None, NOW).period == "2026-11"
    assert window_of("monthly", None, day("2027-01-01")).period == "2026-12"
    assert window_of("annual", None, NOW).period == "2026"
    assert window_of("annual", None, day("2026-12-14T23:59")).period == "2025"
    line = window_of("uplink", None, NOW)
    assert (line.end, line.end - line.begin) == (day("2026-12-20T10:05"), timedelta(days=7))


def test_a_year_runs_from_15_december_to_15_december() -> None:
    assert year_starts() == "12-15"
    found = window_of("annual", "2026", NOW, year_starts())
    assert (found.begin, found.end) == (day("2025-12-15"), day("2026-12-15"))
    months = list(months_of(found))
    assert len(months) == 13
    assert months[0] == (day("2025-12-15"), day("2026-01-01"))
    assert months[-1] == (day("2026-12-01"), day("2026-12-15"))
    assert sum((end - begin for begin, end in months), timedelta()) == timedelta(days=365)


def test_a_period_that_goes_on_ends_with_the_last_closed_slot() -> None:
    found = window_of("monthly", "2026-12", NOW)
    assert found.is_running
    assert (found.end, found.whole_end) == (day("2026-12-20T10:05"), day("2027-01-01"))
    *whole, last = days_of(found)
    assert len(whole) == 19
    assert last == (day("2026-12-20"), day("2026-12-20T10:05"))


def test_the_week_of_a_line_ends_with_the_day_that_is_named() -> None:
    found = window_of("uplink", "2026-11-27", NOW)
    assert (found.begin, found.end) == (day("2026-11-21"), day("2026-11-28"))
    assert len(list(days_of(found))) == 7


@pytest.mark.parametrize(
    ("kind", "period"),
    [
        ("monthly", "2026-13"), ("monthly", "11/2026"), ("monthly", "0000-01"), ("annual", "26"),
        ("annual", "0000"), ("annual", "0001-1"), ("uplink", "2026-02-30"), ("uplink", "x"),
        ("monthly", "2027-01"), ("annual", "2028"), ("monthly", "9999-12"),
        ("uplink", "9999-12-31"), ("uplink", "0001-01-02"),
        ("uplink", "2027-02-01"),
    ],
)  # fmt: skip
def test_what_is_no_period_or_has_not_begun_is_one_line(kind: Kind, period: str) -> None:
    with pytest.raises(InputError) as refused:
        window_of(kind, period, NOW)
    assert refused.value.exit_code == 2
    assert all(period in refused.value.text(language) for language in ("vi", "en"))
