"""Walk two with a person in it: line cut, incident, playbook by API, line back, incident closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playbooks.journal import verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.walks.conftest import Story

HEALTHY_AFTER_S = 120


@dataclass
class Follower:
    """A person who follows one run through the API."""

    story: Story
    run: str

    async def shown(self) -> dict[str, Any]:
        """The run as a screen reads it."""
        found: dict[str, Any] = await self.story.get(f"/playbook-runs/{self.run}")
        return found

    async def asked(self, step: str, within_s: float) -> dict[str, Any]:
        """The run, once it asks at this step."""

        async def asks() -> Any:
            found = await self.shown()
            return found["state"] == "asking" and found["step"]["id"] == step and found

        found: dict[str, Any] = await self.story.within(within_s, asks)
        return found

    async def at(self, step: str, within_s: float) -> None:
        """Wait until the run is at this step."""

        async def is_there() -> bool:
            now = (await self.shown())["step"]
            return bool(now and now["id"] == step)

        await self.story.within(within_s, is_there)

    async def answer(self, step: str, value: Any) -> None:
        """Answer a step."""
        done = await self.story.do("playbook_answer", run=self.run, step=step, value=value)
        assert done["accepted"] is True, done

    async def ended(self, within_s: float) -> dict[str, Any]:
        """The run, once it is over."""

        async def over() -> Any:
            found = await self.shown()
            return found["ended"] and found

        found: dict[str, Any] = await self.story.within(within_s, over)
        return found


async def alarm(story: Story) -> str:
    """The number of the ward's one incident, once the first screen says what to do about it."""
    (incident,) = await story.within(15, lambda: story.incidents(is_open=True))
    snapshot = await story.get("/snapshot")
    assert [one["id"] for one in snapshot["playbooks"]] == ["PB-NET-01"]
    roles = {one["role"]: one["phone"] for one in snapshot["contacts"]}
    assert set(snapshot["verdict"]["call"]) <= set(roles)
    assert set(roles.values()) == {None}
    return str(incident["id"])


async def begin(story: Story, incident: str) -> Follower:
    """Follow the playbook; that takes the incident on."""
    begun = await story.do("playbook_start", playbook="PB-NET-01", incident=incident)
    assert begun["accepted"] is True, begun
    (now,) = await story.incidents(is_open=True)
    assert now["state"] == "acked"
    (shown,) = (await story.get("/snapshot"))["runs"]
    assert (shown["id"], shown["incident"]) == (begun["result"]["run"], incident)
    return Follower(story, shown["id"])


async def hand_over(follower: Follower) -> None:
    """The lights are looked at, the level above is told, the wait for the line begins."""
    asked = await follower.asked("line_leds", 20)
    assert [one["key"] for one in asked["step"]["options"]] == ["1", "2", "0"]
    await follower.answer("line_leds", "1")
    told = (await follower.asked("carrier", 5))["step"]
    assert told["to"] == ["L2"]
    assert "26740" in told["message"]["vi"]
    assert "100%" in told["message"]["vi"]
    await follower.answer("carrier", {"value": "1", "who": "L2"})
    await follower.at("wait_restore", 5)
    assert (await follower.shown())["state"] == "waiting"


async def closing(story: Story, incident: str) -> dict[str, Any]:
    """The incident, resolved by the machine and closed by a person."""
    (resolved,) = await story.incidents()
    assert resolved["state"] == "resolved"
    closed = await story.do("close", incident=incident, cause="cable_cut", note="line back")
    assert closed["accepted"] is True
    (last,) = await story.incidents()
    found: dict[str, Any] = last
    return found


def test_a_cut_line_is_followed_by_its_playbook_from_alarm_to_closed(
    tell: Callable[[Any], None],
) -> None:
    async def plot(story: Story) -> None:
        await story.wait(HEALTHY_AFTER_S)
        cut = story.fault("cable_cut", "ce:wan")
        incident = await alarm(story)
        follower = await begin(story, incident)
        await hand_over(follower)
        await story.wait(120)
        await follower.at("wait_restore", 1)

        story.mend(cut)
        await follower.asked("confirm_open", 90)
        await follower.answer("confirm_open", "1")
        done = await follower.ended(10)
        assert (done["state"], done["outcome"], done["step"]) == ("done", "restored", None)
        steps = [line["step"] for line in done["lines"]]
        assert [step for step in steps if step in {"line_leds", "carrier", "wait_restore"}] == [
            "line_leds", "carrier", "wait_restore",
        ]  # fmt: skip

        await story.wait(200)
        verbs = [entry["verb"] for entry in (await closing(story, incident))["timeline"]]
        acts = [verb for verb in verbs if verb in {"ack", "playbook_start", "escalate"}]
        assert acts == ["ack", "playbook_start", "escalate"]
        assert verbs.count("playbook_end") == 1
        kinds = [line.event.kind for line in story.agent.store.events(key=follower.run)]
        assert kinds == ["run.started", "run.ended"]
        assert verify(story.agent.plan.state / "runs" / follower.run) is None
        assert story.agent.store.verify_audit() is None

    tell(plot)
