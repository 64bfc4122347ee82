"""Announced work: checks go on, nobody is called, and what is bad afterwards is news."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.walks.conftest import Story

SWITCH = "sw-26740-01"


async def _opened(story: Story) -> list[dict[str, Any]]:
    return await story.incidents(is_open=True)


def test_work_on_the_whole_ward_calls_nobody_and_what_stays_bad_is_news_at_its_end(
    tell: Callable[[Any], None],
) -> None:
    """Half an hour of announced work with the line cut; it is still cut at the end."""

    async def plot(story: Story) -> None:
        await story.wait(90)
        said = await story.do("maintenance_set", minutes=30, reason="UPS đổi ắc quy")
        assert said["accepted"], said
        assert said["result"]["window"] == "BT-0001"
        story.fault("cable_cut", "ce:wan")
        await story.wait(120)
        assert (await story.verdict())["state"] == "maintenance"
        assert set((await story.states()).values()) == {"maintenance"}
        scrape = await story.metrics()
        assert 'wardops_ward_state{ward="26740",state="maintenance"} 1' in scrape
        assert f'wardops_device_state{{ward="26740",device="{SWITCH}",state="maintenance"}} 1' in (
            scrape
        )
        await story.clock.sleep(1800 - 135)
        assert await story.incidents() == []
        ends = story.clock.now()
        (incident,) = await story.within(60, lambda: _opened(story))
        assert incident["root"]["segment"] == "metronet"
        kinds = [one.event.kind for one in story.agent.store.events(limit=10_000)]
        about = [kind for kind in kinds if kind.startswith("maintenance.")]
        assert about == ["maintenance.announced", "maintenance.opened", "maintenance.closed"]
        # the time inside the window is not its own downtime
        stored = story.agent.store.incident(incident["id"])
        assert stored is not None
        assert stored.t_started >= ends - timedelta(seconds=20)

    tell(plot)


def test_work_that_is_done_in_time_leaves_no_trace_among_the_incidents(
    tell: Callable[[Any], None],
) -> None:
    async def plot(story: Story) -> None:
        await story.wait(90)
        await story.do("maintenance_set", device=SWITCH, minutes=10, reason="thay nguồn")
        off = story.fault("power_off", SWITCH)
        await story.wait(120)
        assert (await story.verdict())["state"] == "maintenance"
        story.mend(off)
        await story.wait(500)
        assert await story.incidents() == []
        assert (await story.states())[SWITCH] == "ok"

    tell(plot)


def test_a_person_ends_a_window_early_and_only_with_its_number(tell: Callable[[Any], None]) -> None:
    async def plot(story: Story) -> None:
        await story.wait(90)
        refused = await story.do("maintenance_set", minutes=30)
        assert refused["accepted"] is False  # without a reason
        long = await story.do("maintenance_set", minutes=73 * 60, reason="dài")
        assert long["accepted"] is False
        assert "72" in long["message"]["vi"]
        begun = await story.do("maintenance_set", minutes=30, reason="thử")
        assert (await story.do("maintenance_end", window="BT-0099"))["accepted"] is False
        ended = await story.do("maintenance_end", window=begun["result"]["window"])
        assert ended["accepted"], ended
        again = await story.do("maintenance_end", window=begun["result"]["window"])
        assert again["accepted"] is False
        deeds = [row.deed.action for row in story.agent.store.audit_rows()]
        assert deeds.count("maintenance_set") == 3
        assert deeds.count("maintenance_end") == 3
        story.fault("cable_cut", "ce:wan")
        assert await story.within(15, lambda: _opened(story))

    tell(plot)
