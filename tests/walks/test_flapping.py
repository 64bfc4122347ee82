"""A port that comes and goes: one line says so, and the agent's restart forgets nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.assembly import Agent
from agent.checks import State
from drills import cable

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.walks.conftest import Story

LINES = ("check.flapping", "check.settled")
GATEWAY = ("gateway", "reachable")


def _told(story: Story) -> list[tuple[str, Any, Any]]:
    events = (one.event for one in story.agent.store.events())
    return [
        (event.kind, event.data["state"], event.data["tell"])
        for event in events
        if event.kind in LINES and event.device == "gateway" and event.key == "reachable"
    ]


def test_a_line_that_comes_and_goes_is_said_once_and_then_as_it_stays(
    tell: Callable[[Any], None],
) -> None:
    """One change each 10 s for five minutes; it stays down: one line, then the state."""

    async def plot(story: Story) -> None:
        await story.wait(120)
        for _turn in range(15):
            cut = story.fault("cable_cut", "ce:wan")
            await story.wait(10)
            story.mend(cut)
            await story.wait(10)
        assert [(kind, tell) for kind, _state, tell in _told(story)] == [("check.flapping", False)]
        assert (await story.states())["gateway"] == "flapping"
        story.fault("cable_cut", "ce:wan")
        await story.wait(200)
        flapping, *settled = _told(story)
        assert flapping[0] == "check.flapping"
        assert [kind for kind, _state, _tell in settled] == ["check.settled"]
        assert story.agent.engine.cases["26740"].watch.checks[GATEWAY].told is State.CRIT
        assert (await story.states())["gateway"] == "down"

    tell(plot)


def test_a_restart_in_the_middle_goes_on_flapping(tell: Callable[[Any], None]) -> None:
    async def plot(story: Story) -> None:
        await story.wait(60)
        for _turn in range(8):
            cut = story.fault("cable_cut", "ce:wan")
            await story.wait(10)
            story.mend(cut)
            await story.wait(10)
        before = story.agent.engine.cases["26740"].watch.checks[GATEWAY].ring
        assert before.flapping
        story.agent.engine.save_rings()
        again = Agent(story.agent.plan, cable.transports(story.world, "hub"), story.clock)
        watch = again.engine.cases["26740"].watch
        assert GATEWAY not in watch.checks  # nothing stored counts as measured
        again.close()
        known = story.agent.store.check_states(story.clock.now(), story.clock.monotonic())
        assert known["26740", *GATEWAY].ring == before

    tell(plot)
