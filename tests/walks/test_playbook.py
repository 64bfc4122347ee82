"""Walk two with people in it: the line is cut, a playbook is followed by API, the incident closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playbooks.journal import verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.walks.conftest import Story

HEALTHY_AFTER_S = 120


async def _run(story: Story, run: str) -> dict[str, Any]:
    found: dict[str, Any] = await story.get(f"/playbook-runs/{run}")
    return found


def test_a_cut_line_is_followed_by_its_playbook_from_alarm_to_closed(
    tell: Callable[[Any], None],
) -> None:
    async def plot(story: Story) -> None:
        await story.wait(HEALTHY_AFTER_S)
        cut = story.fault("cable_cut", "ce:wan")
        (incident,) = await story.within(15, lambda: story.incidents(is_open=True))
        snapshot = await story.get("/snapshot")
        assert [one["id"] for one in snapshot["playbooks"]] == ["PB-NET-01"]
        roles = {one["role"]: one["phone"] for one in snapshot["contacts"]}
        assert set(snapshot["verdict"]["call"]) <= set(roles)
        assert set(roles.values()) == {None}

        begun = await story.do("playbook_start", playbook="PB-NET-01", incident=incident["id"])
        assert begun["accepted"] is True, begun
        run = begun["result"]["run"]
        (now,) = await story.incidents(is_open=True)
        assert now["state"] == "acked"

        async def at(step: str) -> bool:
            found = await _run(story, run)
            return bool(found["step"] and found["step"]["id"] == step)

        assert not await at("line_leds")
        await story.within(25, lambda: at("line_leds"))
        asked = await _run(story, run)
        assert asked["state"] == "asking"
        assert [one["key"] for one in asked["step"]["options"]] == ["1", "2", "0"]
        assert (await story.get("/snapshot"))["runs"][0]["id"] == run

        answered = await story.do("playbook_answer", run=run, step="line_leds", value="1")
        assert answered["accepted"] is True
        await story.within(5, lambda: at("carrier"))
        told = await _run(story, run)
        assert told["step"]["to"] == ["L2"]
        assert "100%" in told["step"]["message"]["vi"]
        assert "26740" in told["step"]["message"]["vi"]
        await story.do(
            "playbook_answer", run=run, step="carrier", value={"value": "1", "who": "L2"}
        )
        await story.within(5, lambda: at("wait_restore"))
        assert (await _run(story, run))["state"] == "waiting"

        await story.wait(120)
        assert await at("wait_restore")
        story.mend(cut)

        async def asks() -> Any:
            found = await _run(story, run)
            return found["state"] == "asking" and found["step"]

        step = await story.within(90, asks)
        assert step["id"] == "confirm_open"
        await story.do("playbook_answer", run=run, step="confirm_open", value="1")

        async def over() -> Any:
            found = await _run(story, run)
            return found["ended"] and found

        done = await story.within(60, over)
        assert (done["state"], done["outcome"], done["step"]) == ("done", "restored", None)
        assert {line["step"] for line in done["lines"]} >= {"line_leds", "carrier", "wait_restore"}

        await story.wait(200)
        (resolved,) = await story.incidents()
        assert resolved["state"] == "resolved"
        closed = await story.do(
            "close", incident=incident["id"], cause="cable_cut", note="line back"
        )
        assert closed["accepted"] is True
        (last,) = await story.incidents()
        verbs = [entry["verb"] for entry in last["timeline"]]
        assert verbs.count("ack") == verbs.count("playbook_start") == 1
        assert verbs.count("escalate") == verbs.count("playbook_end") == 1
        assert verbs.index("playbook_start") < verbs.index("escalate") < verbs.index("playbook_end")
        kinds = [line.event.kind for line in story.agent.store.events(key=run)]
        assert kinds == ["run.started", "run.ended"]
        assert verify(story.agent.plan.state / "runs" / run) is None
        assert story.agent.store.verify_audit() is None

    tell(plot)
