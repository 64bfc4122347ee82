"""The format a scraper gets, by its Accept header; never a refusal."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.exposition.family import OPENMETRICS, OPENMETRICS_0_0_1, TEXT, Format
from agent.exposition.negotiate import accepts_gzip, compressed, format_for

PROMETHEUS_2_42 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, TEXT),
        ("", TEXT),
        ("*/*", TEXT),
        (PROMETHEUS_2_42, OPENMETRICS),
        ("application/openmetrics-text", OPENMETRICS),
        ("application/openmetrics-text; version=0.0.1", OPENMETRICS_0_0_1),
        ("application/openmetrics-text; version=2.0.0", TEXT),
        ("text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0", OPENMETRICS),
        ("text/plain;q=0.9, application/openmetrics-text;q=0.8", TEXT),
        ("text/plain;q=0.3, application/openmetrics-text;q=0.8", OPENMETRICS),
        ("text/plain;version=1.0.0", TEXT),
        ("application/openmetrics-text;q=0", TEXT),
        ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily", TEXT),
        ("application/openmetrics-text;q=high", TEXT),
        (";;;,,,q=", TEXT),
        ('APPLICATION/OpenMetrics-Text; VERSION="1.0.0"', OPENMETRICS),
    ],
)
def test_the_highest_q_wins_and_ties_go_to_openmetrics(
    accept: str | None, expected: Format
) -> None:
    assert format_for(accept) is expected


@given(st.text())
def test_no_header_is_refused(accept: str) -> None:
    assert format_for(accept) in (TEXT, OPENMETRICS, OPENMETRICS_0_0_1)
    accepts_gzip(accept)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, False),
        ("gzip", True),
        ("gzip;q=0", False),
        ("br, gzip;q=0.1", True),
        ("*", True),
        ("*, gzip;q=0", False),
        ("identity", False),
    ],
)
def test_gzip_is_used_where_it_is_allowed(header: str | None, expected: bool) -> None:
    assert accepts_gzip(header) is expected


def test_the_same_text_packs_to_the_same_octets() -> None:
    parts = [b"a 1\n" * 500, b"b 2\n"]
    assert gzip.decompress(compressed(parts)) == b"".join(parts)
    assert compressed(parts) == compressed(parts)
