"""A third of the packets is lost: on the line it is the carrier's, on the own cable nobody's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("on", "place"),
    [("ce:wan", "metronet/quality"), ("ce:lan", "unknown/"), ("access:24", "unknown/")],
)
def test_lost_packets_are_the_line_s_only_where_the_own_end_is_clean(
    on: str, place: str, look: Callable[..., Any]
) -> None:
    looked = look([(0.0, ("path_loss", on, {"loss": 0.3})), (110.0, None)])
    assert looked.wrong == []
    assert f"{looked.last.segment}/{looked.last.part}" == place
