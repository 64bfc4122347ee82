"""Figures of machines read as people write them."""

from __future__ import annotations

import pytest

from tui.machine_values import size_said
from tui.text import Words


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (32 * 2**20, "32 MB"),
        (2**30, "1,0 GB"),
        (100 * 2**30, "100 GB"),
        (3 * 2**39, "1,5 TB"),
    ],
)
def test_a_size_gets_the_unit_that_leaves_a_figure(octets: int, said: str) -> None:
    assert size_said(octets, Words("vi")) == said
    assert size_said(octets, Words("en")) == said.replace(",", ".")
