"""The right side of the ward's border: what each fault is called, and what it is never called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.walks.conftest import WELL_EQUIPPED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.walks.conftest import Story

HEALTHY_AFTER_S = 90


async def shown(story: Story, segment: str, part: str = "") -> bool:
    """Whether that verdict is the one people see now."""
    verdict = await story.verdict()
    return bool(verdict["segment"] == segment and (not part or verdict["part"] == part))


def blamed(story: Story) -> set[tuple[str, str]]:
    """Every segment that was blamed since the ward was healthy, with its part."""
    seen = [one for one in story.verdicts[HEALTHY_AFTER_S:] if one]
    return {(one["segment"], one["part"]) for one in seen if one["segment"] != "none"}


FAULTS = {
    "a dead switch": ([("power_off", "sw-26740-01")], ("switch", "device")),
    "a shut uplink port": ([("if_admin_down", "uplink")], ("switch", "uplink_shut")),
    "an uplink port in another VLAN": (
        [("vlan_wrong_access", "uplink")],
        ("switch", "uplink_vlan"),
    ),
    "a cable out of the terminal device": ([("cable_cut", "ce:lan")], ("metronet", "ce_link")),
    "a dead terminal device": ([("power_off", "ce-26740")], ("metronet", "ce_link")),
    "a line cut outside": ([("cable_cut", "ce:wan")], ("metronet", "line")),
    "a UPS on battery": ([("mains_off", "26740")], ("power", "ups")),
    "one service stopped": ([("service_stopped", "tthc")], ("unknown", "here_only")),
}
OUTSIDE = {("metronet", "line"), ("metronet", "core"), ("metronet", "area")}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_gets_its_side_and_no_other(tell: Callable[[Any], None], name: str) -> None:
    """Within 90 s the right segment, one incident; nobody outside is blamed for what is inside."""
    broken, (segment, part) = FAULTS[name]

    async def plot(story: Story) -> None:
        await story.wait(HEALTHY_AFTER_S)
        for fault, on in broken:
            story.fault(fault, _named(story, on))
        await story.within(90, lambda: shown(story, segment, part))
        await story.wait(60)
        assert await shown(story, segment, part)
        assert len(await story.incidents(is_open=True)) == 1
        if (segment, part) not in OUTSIDE:
            assert not blamed(story) & OUTSIDE

    tell(plot)


def _named(story: Story, on: str) -> str:
    """`uplink` stands for the core switch's uplink port."""
    if on != "uplink":
        return on
    link = story.agent.plan.inventory.wards["26740"].primary_link
    assert link is not None
    return link.near


def test_the_ward_s_own_resolver_is_not_at_fault_while_the_line_is_cut(
    tell: Callable[..., None],
) -> None:
    """It waits for what lies beyond; once the line is back it is measured like before."""

    async def plot(story: Story) -> None:
        await story.wait(HEALTHY_AFTER_S)
        assert (await story.states())["resolver"] == "ok"
        cut = story.fault("cable_cut", "ce:wan")
        await story.within(90, lambda: shown(story, "metronet", "line"))
        await story.wait(120)
        assert (await story.states())["resolver"] == "unreachable"
        story.mend(cut)
        await story.within(240, lambda: state_is(story, "resolver", "ok"))

    tell(plot, ports=WELL_EQUIPPED)


async def state_is(story: Story, name: str, state: str) -> bool:
    return (await story.states())[name] == state


def test_a_terminal_device_that_ignores_ping_is_never_a_fault(tell: Callable[[Any], None]) -> None:
    async def plot(story: Story) -> None:
        await story.wait(HEALTHY_AFTER_S)
        story.fault("ce_mute")
        await story.wait(300)
        assert blamed(story) == set()
        assert await story.incidents() == []

    tell(plot)


def test_a_line_cut_behind_a_silent_terminal_device_names_both(tell: Callable[[Any], None]) -> None:
    """A CE that never answered anything proves nothing by its silence."""

    async def plot(story: Story) -> None:
        story.fault("ce_mute")
        story.fault("snmp_silent", "ce-26740")
        await story.wait(HEALTHY_AFTER_S)
        story.fault("cable_cut", "ce:wan")
        await story.within(60, lambda: shown(story, "metronet", "line_or_ce"))
        assert not blamed(story) & OUTSIDE

    tell(plot)


def test_an_empty_ups_is_a_power_cut_never_a_line_fault(tell: Callable[[Any], None]) -> None:
    async def plot(story: Story) -> None:
        await story.wait(HEALTHY_AFTER_S)
        story.fault("mains_off", "26740", runtime_s=180)
        await story.within(90, lambda: shown(story, "power", "ups"))
        await story.wait(180)
        await story.within(90, lambda: shown(story, "power", "ward"))
        await story.wait(60)
        assert not blamed(story) & OUTSIDE

    tell(plot)


def test_a_day_without_faults_stays_silent(tell: Callable[[Any], None]) -> None:
    """Half an hour of it: no incident, nobody blamed."""

    async def plot(story: Story) -> None:
        for _ in range(30):
            await story.clock.sleep(60)
            story.verdicts.append(await story.verdict())
        assert {one["segment"] for one in story.verdicts} == {"none"}
        assert await story.incidents() == []

    tell(plot)
