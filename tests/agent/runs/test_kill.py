"""kill -9 after every record of a run: the same step comes back, and nothing is done twice."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from agent.runs.words import shown_run
from playbooks.conduct import playbook_of
from playbooks.escalation import load_escalation
from playbooks.journal import LOG, read_log, resume, verify
from playbooks.picture import picture

if TYPE_CHECKING:
    from pathlib import Path

    from playbooks.run import Record
    from tests.agent.runs.conftest import Scene, Stage

PERSON = "local:it"
EFFECTS = {"tell": "notify", "carrier": "escalate"}
# What the person does beside answering: kinds of records, and the lines on the incident.
DEEDS = {"evidence.added": "evidence_add", "escalate.sent": "escalate"}


def whole_run(stage: Stage) -> tuple[Path, tuple[Record, ...]]:
    """A run that nothing interrupted: its folder and records."""

    async def plot(scene: Scene) -> str:
        run = await scene.start()
        done = await scene.follow(run)
        assert done.outcome == "handed_over"
        return run

    folder = stage.folder / "state" / "runs" / stage.play(plot)
    return folder, read_log(folder).records


def entered(records: tuple[Record, ...]) -> list[str]:
    return [one.step for one in records if one.type == "step.entered"]


@pytest.mark.parametrize("torn", [False, True], ids=["whole lines", "half a line more"])
@pytest.mark.timeout(240)
def test_after_every_record_the_same_step_comes_back_and_no_effect_is_done_twice(
    stage: Stage, path: tuple[str, ...], torn: bool
) -> None:
    folder, records = whole_run(stage)
    assert tuple(entered(records)) == path
    lines = (folder / LOG).read_bytes().splitlines(keepends=True)
    for count in range(1, len(lines)):
        cut = lines[count][: len(lines[count]) // 2] if torn else b""
        state = f"life-{count}-{torn}"
        log = b"".join(lines[:count]) + cut
        life_after_death(stage, state, folder, log, records[: count + 1], path)


def life_after_death(
    stage: Stage,
    state: str,
    folder: Path,
    log: bytes,
    records: tuple[Record, ...],
    path: tuple[str, ...],
) -> None:
    """One more life on what was on disk at the moment of death; `records` has one more."""
    known, following = records[:-1], records[-1]
    waited_for_a_person = following.actor == PERSON
    copy = stage.folder / state / "runs" / folder.name
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("taken"))
    (copy / LOG).write_bytes(log)
    before = picture(resume(copy), playbook_of(copy))

    async def plot(scene: Scene) -> tuple[list[str], list[str]]:
        now = scene.shown(folder.name)
        if waited_for_a_person:
            assert now.step == shown_run(before, load_escalation()).step
        done = await scene.follow(folder.name)
        assert done.outcome == "handed_over"
        return scene.verbs("machine"), scene.verbs(PERSON)

    machines, persons = stage.play(plot, state, known[-1].at + timedelta(seconds=5))
    told, did = Counter[str](machines), Counter[str](persons)
    assert verify(copy) is None
    after = read_log(copy).records
    assert tuple(entered(after)) == path
    begun = Counter(one.data["key"] for one in after if one.type == "effect.started")
    over = Counter(
        one.data["key"] for one in after if one.type in {"effect.done", "effect.unknown"}
    )
    assert set(begun.values()) == {1}
    assert begun == over
    for step, verb in EFFECTS.items():
        had_begun = any(one.type == "effect.started" and one.step == step for one in known)
        assert told[verb] == (0 if had_begun else 1), (state, verb)
    for kind, verb in DEEDS.items():
        assert sum(one.type == kind for one in after) == 1
        assert did[verb] == (0 if any(one.type == kind for one in known) else 1), (state, verb)
    assert sum(bool(one.data.get("skipped")) for one in after) == 1


def test_a_life_cut_short_anywhere_in_time_goes_on_where_it_was(
    stage: Stage, path: tuple[str, ...]
) -> None:
    """The agent dies every 23 seconds; the person answers in whatever life it is."""
    lives = 0

    async def begin(scene: Scene) -> str:
        return await scene.start()

    run = stage.play(begin)
    folder = stage.folder / "state" / "runs" / run

    async def a_life(scene: Scene) -> Any:
        for _ in range(92):
            now = scene.shown(run)
            if now.state == "asking":
                await scene.answer(run, now)
            await scene.clock.sleep(0.25)
        return scene.shown(run), Counter(scene.verbs()), scene.clock.now()

    end = read_log(folder).records[-1].at
    now, verbs = None, Counter[str]()
    while now is None or not now.ended:
        lives += 1
        now, verbs, end = stage.play(a_life, start=end + timedelta(seconds=1))
        assert lives < 20
    assert lives > 3
    assert now.outcome == "handed_over"
    assert tuple(entered(read_log(folder).records)) == path
    assert verbs["notify"] == verbs["evidence_add"] == 1
    assert verbs["escalate"] == 2  # the playbook's own, and the person's
    assert verbs["ack"] == verbs["playbook_start"] == 1
