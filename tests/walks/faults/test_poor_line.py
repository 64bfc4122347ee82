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


@pytest.mark.parametrize("variants", [["no services"], ["no services", "a CE that ignores ping"]])
def test_echoes_that_are_late_on_the_own_cable_are_not_a_dead_line(
    variants: list[str], look: Callable[..., Any]
) -> None:
    slow = ("path_latency", "host:eth0", {"ms": 2500.0})
    looked = look([(8.0, slow), (60.0, None), (30.0, None)], 3, variants)
    assert looked.wrong == [], looked.shown


@pytest.mark.parametrize("seed", [1, 5])
def test_an_own_cable_that_loses_nearly_all_is_not_a_dead_line_behind_the_carrier_s_edge(
    seed: int, look: Callable[..., Any]
) -> None:
    lossy = ("path_loss", "access:24", {"loss": 0.9})
    looked = look([(90.0, lossy), (100.0, None), (30.0, None)], seed, ["the carrier's edge known"])
    assert looked.wrong == [], looked.shown


def test_a_terminal_device_that_only_stops_to_answer_ping_is_not_blamed(
    look: Callable[..., Any],
) -> None:
    mute: Any = ("ce_mute", "ce", {})
    looked = look([(3.5, ("power_off", "pe-1", {})), (2.0, mute), (40.0, None)], 1)
    assert looked.wrong == [], looked.shown
    assert looked.last.segment in ("metronet", "unknown")


def test_loss_on_the_own_cable_of_a_ward_without_terminal_device_is_not_the_line_s(
    look: Callable[..., Any],
) -> None:
    lossy = ("path_loss", "host:eth0", {"loss": 0.45})
    looked = look([(1.5, lossy), (100.0, None)], 3, ["no access switch", "no CE"])
    assert looked.wrong == [], looked.shown
