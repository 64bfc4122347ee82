"""Names of records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from agent.ids import INCIDENT_ID, fresh_uid, incident_id, incident_year, time_ordered_uuid

AT = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
CHANCE = st.binary(min_size=10, max_size=10)


def test_incidents_are_numbered_by_the_year_in_viet_nam() -> None:
    assert incident_id(2026, 412) == "SC-2026-000412"
    assert incident_year(datetime(2026, 12, 31, 17, 0, tzinfo=UTC)) == 2027
    assert INCIDENT_ID.findall(b"xx SC-2026-000412 xx") == [(b"2026", b"000412")]


@given(CHANCE, CHANCE)
def test_uids_sort_by_time_whatever_chance_says(one: bytes, other: bytes) -> None:
    earlier = time_ordered_uuid(AT, one)
    assert earlier < time_ordered_uuid(AT + timedelta(milliseconds=1), other)
    assert UUID(earlier).version == 7
    assert UUID(earlier).variant == "specified in RFC 4122"


def test_fresh_uids_differ() -> None:
    assert len({fresh_uid(AT) for _turn in range(100)}) == 100
