"""A ward with reflector, resolvers and time server: the direction, the resolver, the far end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.walks.conftest import WARD, WELL_EQUIPPED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.walks.conftest import Story

HEALTHY_S = 100.0


def said(verdict: dict[str, Any], language: str) -> list[str]:
    return [one["text"][language] for one in verdict["evidence"]]


async def _is(story: Story, row: str) -> bool:
    return bool((await story.verdict())["row"] == row)


async def _healthy(story: Story) -> None:
    await story.wait(HEALTHY_S)
    verdict = await story.verdict()
    assert (verdict["row"], verdict["unmeasured"]) == ("N1", [])


@pytest.mark.parametrize(
    ("on", "vi", "en"),
    [("ce:wan", "chiều đi.", "on the way out."), ("pe-1:26740", "chiều về.", "on the way back.")],
)
def test_jitter_of_one_direction_is_said_of_that_one_and_taken_back(
    on: str, vi: str, en: str, tell: Callable[..., None]
) -> None:
    async def plot(story: Story) -> None:
        await _healthy(story)
        fault = story.fault("one_way_jitter", on, ms=150.0)
        await story.within(130, lambda: _is(story, "Q3"))
        verdict = await story.verdict()
        assert (verdict["segment"], verdict["part"]) == ("metronet", "quality")
        assert any(one.endswith(vi) for one in said(verdict, "vi"))
        assert any(one.endswith(en) for one in said(verdict, "en"))
        story.mend(fault)
        await story.within(130, lambda: _is(story, "N1"))

    tell(plot, ports=WELL_EQUIPPED)


def test_a_resolver_of_the_ward_s_own_that_lies_is_the_ward_s(tell: Callable[..., None]) -> None:
    async def plot(story: Story) -> None:
        await _healthy(story)
        fault = story.fault("dns_wrong", "ce")
        await story.within(80, lambda: _is(story, "L1"))
        verdict = await story.verdict()
        assert (verdict["segment"], verdict["part"]) == ("lan", "dns")
        assert "Máy chủ tên miền của thành phố vẫn trả lời đúng." in said(verdict, "vi")

        async def opened() -> list[dict[str, Any]]:
            return await story.incidents(is_open=True)

        (incident,) = await story.within(60, opened)
        assert incident["root"]["segment"] == "lan"
        story.mend(fault)
        await story.within(130, lambda: _is(story, "N1"))

    tell(plot, ports=WELL_EQUIPPED)


def test_the_city_s_resolver_that_lies_is_nobody_s_while_elsewhere_is_not_known(
    tell: Callable[..., None],
) -> None:
    async def plot(story: Story) -> None:
        await _healthy(story)
        story.fault("dns_wrong", "resolver")
        await story.within(130, lambda: _is(story, "V0"))
        verdict = await story.verdict()
        assert (verdict["segment"], verdict["part"]) == ("unknown", "here_only")
        assert "metronet" in {one["segment"] for one in verdict["ruled_out"]}

    tell(plot, ports=WELL_EQUIPPED)


def test_a_gateway_that_stops_to_answer_ping_is_no_fault_where_the_reflector_answers(
    tell: Callable[..., None],
) -> None:
    async def plot(story: Story) -> None:
        await _healthy(story)
        story.fault("ce_mute", "gateway")
        await story.wait(120)
        assert {one["segment"] for one in story.verdicts[int(HEALTHY_S) :]} <= {"none", "unknown"}
        assert (await story.verdict())["segment"] == "none"
        assert await story.incidents() == []

    tell(plot, ports=WELL_EQUIPPED)


def test_a_cut_line_is_still_said_in_time_where_the_reflector_has_to_be_asked(
    tell: Callable[..., None],
) -> None:
    async def plot(story: Story) -> None:
        await _healthy(story)
        story.fault("cable_cut", "ce:wan")

        async def opened() -> list[dict[str, Any]]:
            return await story.incidents(is_open=True)

        (incident,) = await story.within(15, opened)
        assert (incident["root"]["segment"], incident["root"]["part"]) == ("metronet", "line")
        states = await story.states()
        assert states["gateway"] == "down"
        await story.wait(60)
        behind = await story.states()
        assert {behind[one] for one in ("reflector", "resolver-city", "ntp")} == {"unreachable"}

    tell(plot, ports=WELL_EQUIPPED)


def test_a_line_that_stops_large_packets_is_said_and_taken_back_within_a_minute(
    tell: Callable[..., None],
) -> None:
    async def plot(story: Story) -> None:
        await story.wait(40)
        hole = story.fault("mtu_hole", "ce:wan")
        asking, mono = story.agent.engine.asking, story.clock.monotonic()
        assert asking.one(WARD, "gateway", "mtu", mono)
        await story.within(30, lambda: _is(story, "M6"))
        verdict = await story.verdict()
        assert (verdict["segment"], verdict["part"]) == ("metronet", "mtu")
        assert "Gói lớn không qua (1301 byte)." in said(verdict, "vi")
        assert "Large packets do not pass (1301 bytes)." in said(verdict, "en")
        story.mend(hole)
        await story.within(90, lambda: _is(story, "N1"))

    tell(plot, is_live=True)
