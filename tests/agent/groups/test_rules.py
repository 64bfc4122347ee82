"""What a group incident is called is said once, also by an agent that was started again."""

from __future__ import annotations

import pytest

from agent.groups.neighbourhood import Neighbourhood
from agent.groups.rules import Hits, number_of


@pytest.mark.parametrize(
    ("name", "number"),
    [("GỘP-2026-0007", 7), ("GỘP-2026-12345", 12345), ("SC-2026-000009", 0), ("", 0), ("GỘP-x", 0)],
)
def test_the_number_is_read_from_the_name(name: str, number: int) -> None:
    assert number_of(name) == number


def test_numbers_go_on_after_those_that_were_given_before() -> None:
    hub = Neighbourhood({}, {})
    hub.remember(["GỘP-2026-0007", "GỘP-2025-0003"])
    assert hub.hits == Hits(count=7)
    hub.remember(())
    assert hub.hits.count == 7
