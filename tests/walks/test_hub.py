"""Several wards seen from the data centre: a cut line silences one ward and nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drills.sim import ward_codes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.walks.conftest import Story

WARDS = 3
HEALTHY_AFTER_S = 90


def test_a_cut_line_is_one_incident_of_its_own_ward(tell: Callable[..., None]) -> None:
    async def plot(story: Story) -> None:
        first, *others = ward_codes(WARDS)
        await story.clock.sleep(HEALTHY_AFTER_S)
        for code in (first, *others):
            assert (await story.verdict(code))["segment"] == "none"
        story.fault("cable_cut", f"ce-{first}:wan")

        async def opened() -> list[dict[str, Any]]:
            return await story.incidents(is_open=True)

        (incident,) = await story.within(30, opened)
        assert incident["ward"] == first
        await story.clock.sleep(120)
        verdict = await story.verdict(first)
        # From afar a silent ward may have lost its line or its power: both are said.
        assert (verdict["segment"], verdict["part"]) == ("unknown", "dark")
        assert {"metronet/line_or_ce", "power/ward"} <= set(verdict["alternatives"])
        assert [one["ward"] for one in await story.incidents()] == [first]
        for code in others:
            assert (await story.verdict(code))["segment"] == "none"

    tell(plot, wards=WARDS)


def test_a_ward_without_power_is_not_called_a_line_fault_from_afar(
    tell: Callable[..., None],
) -> None:
    async def plot(story: Story) -> None:
        first, *_others = ward_codes(WARDS)
        await story.clock.sleep(HEALTHY_AFTER_S)
        story.fault("mains_off", first, runtime_s=120)
        await story.clock.sleep(300)
        verdict = await story.verdict(first)
        assert (verdict["segment"], verdict["part"]) == ("power", "ward")

    tell(plot, wards=WARDS)
