"""How good the measurements are, as a scrape reads it: good days, and a device that is gone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.walks.conftest import Story

_LINE = re.compile(
    r'wardops_data_(?:quality_ratio|age_seconds)\{ward="26740",\w+="([^"]+)"\} (\S+)'
)


async def _figures(story: Story) -> dict[str, float]:
    return {name: float(value) for name, value in _LINE.findall(await story.metrics())}


def test_a_good_hour_is_complete_and_a_silent_device_is_seen_in_the_figures(
    tell: Callable[[Any], None],
) -> None:
    async def plot(story: Story) -> None:
        await story.wait(300)
        good = await _figures(story)
        assert {good[name] for name in ("validity", "coverage", "uniqueness", "freshness")} == {1.0}
        assert good["0.5"] <= good["0.95"] <= good["1"] <= 3600.0
        story.fault("power_off", "ups-26740")
        await story.wait(300)
        after = await _figures(story)
        assert after["validity"] == 1.0
        assert 0.8 < after["coverage"] < 1.0
        assert after["freshness"] < 1.0

    tell(plot)


def test_a_device_that_answers_late_says_on_its_page_that_it_is_asked_less_often(
    tell: Callable[[Any], None],
) -> None:
    async def plot(story: Story) -> None:
        await story.wait(60)
        assert (await story.get("/devices/sw-26740-02"))["slowed"] == []
        schedule = story.agent.schedule
        job = next(j for j in schedule.jobs if j.key[1:] == ("sw-26740-02", "snmp-interfaces"))
        for _run in range(3):
            schedule.done(job, 0.6 * job.period_s)
        (slowed,) = (await story.get("/devices/sw-26740-02"))["slowed"]
        assert slowed == {
            "probe": "snmp-interfaces", "factor": 2, "period_s": 60.0, "longest_s": 18.0,
        }  # fmt: skip

    tell(plot)
