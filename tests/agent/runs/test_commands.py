"""What a person may ask of a run, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from inventory.errors import ActionRefused, InputError, WardopsError

if TYPE_CHECKING:
    from tests.agent.runs.conftest import Scene, Stage


async def refused(scene: Scene, verb: str, **args: Any) -> WardopsError:
    with pytest.raises(WardopsError) as caught:
        await scene.do(verb, **args)
    return caught.value


def test_beginning_a_run_takes_its_incident_on(stage: Stage) -> None:
    async def plot(scene: Scene) -> None:
        assert [one.id for one in scene.agent.runs.playbooks()] == ["PB-NET-90"]
        run = await scene.start()
        assert scene.verbs() == ["ack", "playbook_start"]
        shown = scene.shown(run)
        assert (shown.playbook, shown.ward, shown.incident) == (
            "PB-NET-90", "26740", scene.incident,
        )  # fmt: skip
        assert shown.actor == "local:it"
        (listed,) = scene.agent.runs.runs(ward="26740", is_open=True)
        assert (listed.id, listed.lines) == (run, ())
        assert scene.agent.runs.runs(ward="27553", is_open=None) == []
        assert scene.agent.store.verify_audit() is None

    stage.play(plot)


def test_a_run_needs_no_incident_and_an_acknowledged_one_stays_as_it_is(stage: Stage) -> None:
    async def plot(scene: Scene) -> None:
        await scene.do("ack", incident=scene.incident, reason="seen")
        await scene.start()
        assert scene.verbs() == ["ack", "playbook_start"]

    async def alone(scene: Scene) -> None:
        run = await scene.start(incident=None)
        assert (await scene.follow(run)).outcome == "handed_over"
        assert scene.verbs() == []

    stage.play(plot)
    stage.play(alone, "another")


@pytest.mark.parametrize(
    ("args", "kind", "key"),
    [
        ({"playbook": "PB-NET-99"}, InputError, "run.no_playbook"),
        ({"ward": "99999"}, InputError, "run.no_ward"),
        ({"playbook": ""}, InputError, "api.missing_argument"),
        ({"incident": "SC-2026-999999"}, ActionRefused, "api.no_such_incident"),
    ],
)
def test_what_cannot_be_begun_leaves_nothing_behind(
    stage: Stage, args: dict[str, Any], kind: type[WardopsError], key: str
) -> None:
    async def plot(scene: Scene) -> None:
        error = await refused(scene, "playbook_start", **{"playbook": "PB-NET-90", **args})
        assert (type(error), error.key) == (kind, key)
        assert not list((stage.folder / "state").glob("runs/*"))

    stage.play(plot)


def test_one_playbook_is_followed_once_at_a_time_and_three_in_all(stage: Stage) -> None:
    text = (stage.library / "PB-NET-90.yaml").read_text(encoding="utf-8")
    for number in ("91", "92", "93"):
        other = text.replace("PB-NET-90", f"PB-NET-{number}")
        (stage.library / f"PB-NET-{number}.yaml").write_text(other, encoding="utf-8")

    async def plot(scene: Scene) -> None:
        first = await scene.start()
        error = await refused(scene, "playbook_start", playbook="PB-NET-90")
        assert (error.key, error.values["run"]) == ("run.goes_on", first)
        await scene.start(playbook="PB-NET-91")
        await scene.start(playbook="PB-NET-92")
        error = await refused(scene, "playbook_start", playbook="PB-NET-93")
        assert error.key == "run.too_many"
        await scene.do("playbook_abort", "found it", run=first)
        await scene.start(playbook="PB-NET-93")

    stage.play(plot)


def test_an_answer_is_for_the_step_that_is_shown(stage: Stage) -> None:
    async def plot(scene: Scene) -> None:
        run = await scene.start()
        await scene.until(run, "asking")
        wrong = {"run": run, "step": "carrier", "value": "1"}
        assert (await refused(scene, "playbook_answer", **wrong)).key == "playbook.other_step"
        none = {"run": run, "step": "lights", "value": "7"}
        assert (await refused(scene, "playbook_answer", **none)).key == "playbook.no_option"
        blank = {"run": run, "step": "lights"}
        assert (await refused(scene, "playbook_answer", **blank)).key == "api.missing_argument"
        nowhere = {"run": "nothing", "step": "lights", "value": "1"}
        assert (await refused(scene, "playbook_answer", **nowhere)).key == "run.unknown"
        assert scene.shown(run).step == (await scene.until(run, "asking")).step
        result = (await scene.do("playbook_answer", run=run, step="lights", value=1)).result
        assert (result["run"], result["step"]) == (run, "reseat")

    stage.play(plot)


def test_one_goes_back_to_the_question_answered_last(stage: Stage) -> None:
    async def plot(scene: Scene) -> None:
        run = await scene.start()
        now = await scene.until(run, "asking")
        assert now.step is not None
        assert not now.step.can_back
        assert (await refused(scene, "playbook_back", run=run)).key == "playbook.no_way_back"
        await scene.answer(run, now)
        back = (await scene.do("playbook_back", run=run)).result
        assert back["step"] == "lights"
        assert (await scene.follow(run)).outcome == "handed_over"

    stage.play(plot)


def test_a_run_is_given_up_with_a_reason_and_then_over(stage: Stage) -> None:
    async def plot(scene: Scene) -> None:
        run = await scene.start()
        assert (await refused(scene, "playbook_abort", run=run)).key == "run.no_reason"
        assert scene.shown(run).ended is None
        await scene.do("playbook_abort", "drove out there", run=run)
        await scene.clock.sleep(1)
        shown = scene.shown(run)
        assert (shown.state, shown.outcome, shown.step) == ("aborted", "aborted", None)
        assert scene.agent.runs.runs(ward=None, is_open=True) == []
        assert scene.verbs() == ["ack", "playbook_start", "playbook_end"]
        again = {"run": run, "step": "lights", "value": "1"}
        assert (await refused(scene, "playbook_answer", **again)).key == "run.not_here"

    stage.play(plot)


def test_every_change_of_a_run_is_an_event(stage: Stage) -> None:
    async def plot(scene: Scene) -> None:
        follower = scene.agent.bus.subscribe(kinds=frozenset({"step"}))
        run = await scene.start()
        await scene.follow(run)
        steps, last = [], None
        while (event := await follower.next_event(scene.clock.monotonic())) is not None:
            assert (event.key, event.ward) == (f"runs/{run}", "26740")
            last = event.patch
            if last["step"] and last["step"]["id"] not in steps:
                steps.append(last["step"]["id"])
        assert steps[0] == "size_up"
        assert {"lights", "reseat", "carrier", "look", "linger"} <= set(steps)
        assert last is not None
        assert (last["id"], last["state"], last["outcome"]) == (run, "done", "handed_over")

    stage.play(plot)


def test_a_message_goes_on_the_incident_for_the_level_above(stage: Stage) -> None:
    async def plot(scene: Scene) -> None:
        await scene.follow(await scene.start())
        incident = scene.agent.actions.incident(scene.incident)
        assert incident is not None
        told = {one.verb: one.reason for one in incident.actions}
        assert told["notify"] == "ward.leader: Mất kết nối."
        assert told["escalate"] == "L2: 26740: mất gói chưa rõ%."

    stage.play(plot)


@pytest.mark.parametrize("verb", ["playbook_skip", "run_capability"])
def test_what_is_not_built_is_refused_by_name(stage: Stage, verb: str) -> None:
    async def plot(scene: Scene) -> None:
        error = await refused(scene, verb)
        assert (error.key, error.values["verb"]) == ("api.no_such_verb", verb)

    stage.play(plot)
