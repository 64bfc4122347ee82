"""Runs that another program wrote while the agent was down: continued, or taken in by hash."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from inventory.errors import ActionRefused
from playbooks.conditions import RunFact
from playbooks.conduct import Conductor
from playbooks.errors import RunTaken
from playbooks.journal import LOG
from playbooks.load import load_library
from playbooks.moves import Filing
from playbooks.seams import Delivery, Seams
from probes.clock import ManualClock, run_virtual

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from playbooks.seams import Message
    from tests.agent.runs.conftest import Scene, Stage


class Blind:
    """Measures nothing and passes nothing on."""

    async def facts(self, names: Collection[str], budget_s: float) -> Mapping[str, RunFact]:
        del budget_s
        return {name: RunFact(reason="no_answer") for name in names}

    async def deliver(self, message: Message) -> Delivery:
        del message
        return Delivery("shown")


def begun_elsewhere(
    stage: Stage, *, ends: bool, ward: str = "26740", realm: str = "sim"
) -> Conductor:
    """A run of another program on the agent's state folder, up to its first question or its end."""
    clock = ManualClock()
    seams = Seams(Blind(), Blind(), clock)
    playbook = load_library(stage.library)["PB-NET-90"]
    conductor = Conductor.start(
        stage.folder / "state" / "runs", playbook, seams, ward=ward, realm=realm, actor="local:cli",
        incident="SC-2026-000001",
    )  # fmt: skip

    async def life() -> None:
        work = asyncio.create_task(conductor.conduct())
        while conductor.state().state != "asking":
            await clock.sleep(0.1)
        conductor.file(Filing("Đèn LOS đỏ"), "local:cli")
        conductor.escalate("L2", "Đề nghị tiếp nhận", "local:cli")
        if ends:
            conductor.abort("enough", "local:cli")
            await work
        work.cancel()

    run_virtual(life(), clock)
    return conductor


def ends_of(scene: Scene, run: str) -> list[Any]:
    found = scene.agent.store.events(key=run)
    return [one.event.data for one in found if one.event.kind == "run.ended"]


def test_a_run_that_ended_elsewhere_is_taken_in_once(stage: Stage) -> None:
    run = begun_elsewhere(stage, ends=True).run.id
    last = (
        (stage.folder / "state" / "runs" / run / LOG).read_text(encoding="utf-8").splitlines()[-1]
    )

    async def plot(scene: Scene) -> None:
        (ended,) = ends_of(scene, run)
        assert (ended["sha"], ended["outcome"]) == (json.loads(last)["sha"], "aborted")
        assert scene.verbs() == ["playbook_end"]
        shown = scene.shown(run)
        assert (shown.state, shown.actor) == ("aborted", "local:cli")
        said = [line.result.en for line in shown.lines if line.result and line.step == "lights"]
        assert said[:2] == ["evidence: Đèn LOS đỏ", "handed over to L2"]
        assert scene.agent.runs.runs(ward=None, is_open=True) == []

    stage.play(plot)
    stage.play(plot)
    (stage.folder / "state" / "runs" / run / "taken").unlink()
    stage.play(plot)


def test_a_run_that_ends_elsewhere_while_the_agent_works_is_taken_in_soon(stage: Stage) -> None:
    async def plot(scene: Scene) -> None:
        await scene.clock.sleep(1)
        outside.append(begun_elsewhere_now(stage))
        assert ends_of(scene, outside[0]) == []
        await scene.clock.sleep(15)
        assert len(ends_of(scene, outside[0])) == 1

    outside: list[str] = []
    stage.play(plot)


def begun_elsewhere_now(stage: Stage) -> str:
    """Like `begun_elsewhere`, inside a running loop: begun and given up at once."""
    seams = Seams(Blind(), Blind(), ManualClock())
    playbook = load_library(stage.library)["PB-NET-90"]
    conductor = Conductor.start(
        stage.folder / "state" / "runs", playbook, seams, ward="26740", realm="sim",
        actor="local:cli",
    )  # fmt: skip
    conductor.abort("enough", "local:cli")
    return conductor.run.id


def test_an_open_run_is_continued_and_its_former_conductor_writes_no_more(stage: Stage) -> None:
    former = begun_elsewhere(stage, ends=False)
    before = former.state()

    async def plot(scene: Scene) -> None:
        now = scene.shown(former.run.id)
        assert before.step is not None
        assert now.step is not None
        assert (now.state, now.step.id) == ("asking", before.step.id)
        assert scene.verbs() == ["ack", "playbook_start"]
        with pytest.raises(RunTaken):
            former.answer("lights", "1", "local:cli")
        assert (await scene.follow(former.run.id)).outcome == "handed_over"

    stage.play(plot)


@pytest.mark.parametrize("foreign", [{"realm": "drill"}, {"ward": "27553"}])
def test_a_run_of_another_realm_or_ward_is_shown_and_left_alone(
    stage: Stage, foreign: dict[str, str]
) -> None:
    former = begun_elsewhere(stage, ends=False, **foreign)
    log = stage.folder / "state" / "runs" / former.run.id / LOG

    async def plot(scene: Scene) -> None:
        assert scene.shown(former.run.id).state == "asking"
        with pytest.raises(ActionRefused):
            await scene.do("playbook_back", run=former.run.id)

    before = log.read_bytes()
    stage.play(plot)
    assert log.read_bytes() == before


def test_a_changed_log_is_shown_as_far_as_it_is_sound_and_never_continued(stage: Stage) -> None:
    run = begun_elsewhere(stage, ends=False).run.id
    log = stage.folder / "state" / "runs" / run / LOG
    lines = log.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[2] = lines[2].replace('"actor":"machine"', '"actor":"local:me"')
    log.write_text("".join(lines), encoding="utf-8", newline="\n")

    async def plot(scene: Scene) -> None:
        shown = scene.shown(run)
        assert (shown.state, shown.outcome, shown.step) == ("unknown", "damaged", None)
        with pytest.raises(ActionRefused):
            await scene.do("playbook_answer", run=run, step="lights", value="1")
        assert [one["outcome"] for one in ends_of(scene, run)] == ["damaged"]

    stage.play(plot)
    assert log.read_text(encoding="utf-8") == "".join(lines)


def test_what_is_no_run_at_all_stops_nothing(stage: Stage) -> None:
    def write(path: Path, text: str) -> None:
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")

    runs = stage.folder / "state" / "runs"
    write(runs / "empty" / LOG, "")
    write(runs / "noise" / LOG, "{}\n")
    write(runs / "notes" / "readme.txt", "x")

    async def plot(scene: Scene) -> None:
        run = await scene.start()
        assert [one.id for one in scene.agent.runs.runs(ward=None, is_open=None)] == [run]
        assert (await scene.follow(run)).outcome == "handed_over"

    stage.play(plot)


def test_a_run_whose_log_cannot_be_written_waits_and_goes_on_later(stage: Stage) -> None:
    async def plot(scene: Scene) -> None:
        run = await scene.start()
        log = stage.folder / "state" / "runs" / run / LOG
        log.rename(log.with_suffix(".gone"))
        await scene.clock.sleep(30)
        log.with_suffix(".gone").rename(log)
        await scene.clock.sleep(15)
        assert (await scene.follow(run)).outcome == "handed_over"
        assert scene.verbs().count("playbook_start") == 1

    stage.play(plot)
