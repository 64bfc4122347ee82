"""What devices say by themselves is a fact of playbooks for half an hour, where anybody listens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.hints.habits import LIFE_S
from agent.hints.model import Hint, HintKind
from agent.runs.probe import EngineProber
from playbooks.known import names_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.walks.conftest import Story

WARD = "26740"


async def hints(story: Story) -> list[bool | None]:
    """`hint.power`, `hint.login_burst`, `hint.loop` as a run reads them."""
    prober = EngineProber(story.agent.engine, WARD, story.clock)
    found = await prober.facts(names_of(["hint"]), 2)
    return [found[name].value for name in names_of(["hint"])]  # type: ignore[misc] # all bool


def test_a_burst_of_logins_and_a_loop_are_facts_for_half_an_hour(
    tell: Callable[[Any], None],
) -> None:
    async def plot(story: Story) -> None:
        engine = story.agent.engine
        await story.wait(60)
        assert (await hints(story))[1:] == [None, None]  # nobody listens: nothing is known
        heard = engine.config.hints.model_copy(update={"syslog": "127.0.0.1:1514"})
        engine.config = engine.config.model_copy(update={"hints": heard})
        assert await hints(story) == [False, False, False]
        for _ in range(20):
            mono = story.clock.monotonic()
            said = (HintKind.LOGIN_FAILED, HintKind.MAC_FLAP)
            for kind in said:
                engine.take_hint(Hint(WARD, "sw-26740-01", "syslog", kind, mono))
            await story.clock.sleep(1)
        assert await hints(story) == [False, True, True]
        await story.clock.sleep(LIFE_S)
        assert await hints(story) == [False, False, False]

    tell(plot)
