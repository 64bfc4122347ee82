"""A run decides alike with the agent and without it: both see the same facts of the same ward."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agent.runs.probe import EngineProber
from drills import cable
from drills.topology import ROOMS
from inventory.credentials import resolve
from inventory.units import units
from playbooks.known import MEASURED, names_of
from playbooks.probing import WardProber

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from playbooks.conditions import RunFact
    from tests.walks.conftest import Story

WARD = "26740"
NAMES = names_of(MEASURED)
# Only the agent remembers and sees a whole ward: words, shares and rows that rest on it may differ.
OWN = {
    "hint.power", "verdict.confidence", "verdict.sentence", "verdict.missing", "verdict.row",
    "vm.cpu_pct",  # of the time between two looks
}  # fmt: skip


async def both(story: Story) -> tuple[Mapping[str, RunFact], Mapping[str, RunFact]]:
    """All facts as the agent's run measures them, and as a run without the agent does."""
    inventory = story.agent.plan.inventory
    ways = cable.transports(story.world, f"ward:{WARD}")
    alone = WardProber(
        inventory.wards[WARD], units()[WARD], inventory, ways, story.clock,
        lambda reference: resolve(reference, Path(inventory.folder)),
    )  # fmt: skip
    try:
        with_agent = EngineProber(story.agent.engine, WARD, story.clock)
        return await with_agent.facts(NAMES, 20), await alone.facts(NAMES, 20)
    finally:
        ways.snmp.close()


@pytest.mark.parametrize(
    ("fault", "on", "expected"),
    [
        ("", "", {"dc.loss_pct": 0, "app.ok": True, "verdict.segment": "none"}),
        ("cable_cut", "ce:wan", {"dc.loss_pct": 100, "app.ok": None, "verdict.part": "line"}),
        ("if_admin_down", "switch:uplink", {"uplink.admin": "down", "verdict.part": "uplink_shut"}),
    ],
)
def test_agent_and_command_line_see_the_same_facts(
    tell: Callable[[Any], None], fault: str, on: str, expected: dict[str, Any]
) -> None:
    async def plot(story: Story) -> None:
        await story.wait(120)
        if fault:
            story.fault(fault, on)
            await story.wait(30)
        ours, theirs = await both(story)
        assert set(ours) == set(theirs) == set(NAMES)
        known = {name: (ours[name].value, theirs[name].value) for name in set(NAMES) - OWN}
        assert {name: pair for name, pair in known.items() if pair[0] != pair[1]} == {}
        assert {name: ours[name].value for name in expected} == expected

    tell(plot)


def test_a_room_of_another_brand_is_read_as_well(tell: Callable[..., None]) -> None:
    async def plot(story: Story) -> None:
        await story.wait(120)
        story.world.change("mute", f"vc-{WARD}-a", "on", who="test", source="inject")
        await story.wait(70)
        for facts in await both(story):
            told = {name: facts[f"vc.{name}"].value for name in ("registered", "mic_muted")}
            assert told == {"registered": True, "mic_muted": True}

    tell(plot, room=ROOMS[-1])
