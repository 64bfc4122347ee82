"""A single device fails on its own, beside whatever else is going on, and is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.walks.conftest import Story

HEALTHY_AFTER_S = 120
VM = "vm-26740-1"


def test_a_dead_machine_has_its_own_incident_that_names_it_and_ends_with_it(
    tell: Callable[[Any], None],
) -> None:
    async def plot(story: Story) -> None:
        await story.wait(HEALTHY_AFTER_S)
        off = story.fault("power_off", VM)

        async def opened() -> list[dict[str, Any]]:
            return await story.incidents(is_open=True)

        (incident,) = await story.within(180, opened)
        assert incident["severity"] == "S4"
        assert VM in incident["headline"]["vi"]
        assert VM in incident["headline"]["en"]
        verdict = await story.verdict()
        assert verdict["segment"] == "none"
        assert f"device/{VM}" in verdict["also"]
        story.mend(off)
        await story.wait(300)
        (ended,) = await story.incidents()
        assert (ended["uid"], ended["state"]) == (incident["uid"], "resolved")
        assert (await story.verdict())["also"] == []

    tell(plot)


def test_what_stays_dead_after_a_cut_is_told_once_the_rest_is_summed_up(
    tell: Callable[[Any], None],
) -> None:
    """One incident for the line, one sentence when it is back, one incident for what is not."""

    async def plot(story: Story) -> None:
        await story.wait(HEALTHY_AFTER_S)
        cut = story.fault("cable_cut", "ce:wan")
        await story.wait(60)
        story.fault("power_off", VM)
        await story.wait(60)
        assert len(await story.incidents()) == 1
        story.mend(cut)
        await story.wait(300)
        line, machine = reversed(await story.incidents())
        assert line["root"]["segment"] == "metronet"
        assert line["state"] == "resolved"
        assert (machine["severity"], machine["state"]) == ("S4", "open")
        lines = [one.event for one in story.agent.store.events(limit=10_000)]
        (said,) = [event for event in lines if event.kind == "incident.summary"]
        assert said.key == line["uid"]
        assert said.data["vi"].startswith("Metronet đã nối lại lúc 07:0")
        assert f"1 chưa hoạt động: {VM}." in said.data["vi"]
        assert said.data["affected"] == said.data["working"] + 1
        assert said.data["down"] == [VM]
        kinds = [event.kind for event in lines]
        assert kinds.count("incident.opened") == 2

    tell(plot)


def test_a_device_that_fell_just_before_its_line_becomes_the_lines_symptom(
    tell: Callable[[Any], None],
) -> None:
    async def plot(story: Story) -> None:
        await story.wait(HEALTHY_AFTER_S)
        off = story.fault("power_off", VM)

        async def opened() -> list[dict[str, Any]]:
            return await story.incidents(is_open=True)

        (machine,) = await story.within(120, opened)
        cut = story.fault("cable_cut", "ce:wan")
        await story.wait(60)
        (line,) = await story.incidents(is_open=True)
        assert line["root"]["segment"] == "metronet"
        taken = await story.get(f"/incidents/{machine['id']}")
        assert (taken["state"], taken["symptom_of"]) == ("resolved", line["uid"])
        story.mend(off)
        story.mend(cut)
        await story.wait(300)
        assert {one["state"] for one in await story.incidents()} == {"resolved"}
        kinds = [one.event.kind for one in story.agent.store.events(limit=10_000)]
        assert kinds.count("incident.opened") == 2
        assert kinds.count("incident.symptom") == kinds.count("incident.resolved") == 1
        assert "incident.reopened" not in kinds

    tell(plot)
