"""A counter in a switch becomes a line of a scrape, and is gone once it is old."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.walks.conftest import Story

HEALTHY_AFTER_S = 90


def octets(scrape: str, device: str, port: str) -> int | None:
    """The scraped ifHCInOctets of one port."""
    line = rf'^ifHCInOctets{{ward="26740",device="{device}",ifName="{port}",.*}} (\d+)$'
    found = re.search(line, scrape, re.MULTILINE)
    return int(found[1]) if found else None


def age(scrape: str, device: str) -> float:
    """The scraped age of the device's newest good result."""
    line = rf'^wardops_device_data_age_seconds{{ward="26740",device="{device}"}} (\S+)$'
    found = re.search(line, scrape, re.MULTILINE)
    assert found is not None
    return float(found[1])


def test_a_counter_becomes_a_scrape_line_within_one_polls_growth(
    tell: Callable[[Any], None],
) -> None:
    async def plot(story: Story) -> None:
        await story.wait(HEALTHY_AFTER_S)
        link = story.agent.plan.inventory.wards["26740"].primary_link
        assert link is not None
        assert link.near_port is not None
        scraped = octets(await story.metrics(), link.near_device, link.near_port)
        now = story.world.time()
        newest = story.world.counters(link.near, now).in_octets
        oldest = story.world.counters(link.near, now - 35).in_octets
        assert scraped is not None
        assert oldest <= scraped <= newest
        rows = await story.get(f"/devices/{link.near_device}/interfaces")
        rows = rows["items"] if isinstance(rows, dict) else rows
        (uplink,) = [row for row in rows if row["ifName"] == link.near_port]
        assert (uplink["oper"], uplink["uplink"]) == ("up", True)

    tell(plot)


def test_an_old_counter_is_absent_and_its_age_goes_on(tell: Callable[[Any], None]) -> None:
    """SNMP falls silent while ping still answers: the port's series ends, nothing stays green."""

    async def plot(story: Story) -> None:
        await story.wait(HEALTHY_AFTER_S)
        link = story.agent.plan.inventory.wards["26740"].primary_link
        assert link is not None
        assert link.near_port is not None
        story.fault("snmp_silent", link.near_device)
        await story.wait(40)
        assert octets(await story.metrics(), link.near_device, link.near_port) is not None
        await story.wait(65)
        scrape = await story.metrics()
        assert octets(scrape, link.near_device, link.near_port) is None
        assert (await story.states())[link.near_device] == "ok"
        verdict = await story.verdict()
        assert verdict["state"] == "unknown"
        assert set(verdict["missing"]) >= {"up_oper"}
        assert await story.incidents() == []

    tell(plot)


def test_a_silent_device_keeps_its_age_and_loses_its_values(tell: Callable[[Any], None]) -> None:
    async def plot(story: Story) -> None:
        await story.wait(HEALTHY_AFTER_S)
        story.fault("power_off", "ups-26740")
        await story.wait(200)
        scrape = await story.metrics()
        assert "\nwardops_ups_on_battery{" not in scrape
        assert age(scrape, "ups-26740") > 150
        assert 'wardops_device_state{ward="26740",device="ups-26740",state="ok"} 0' in scrape

    tell(plot)
