"""A run under way: nothing before its record is on disk, and nothing twice, wherever it is cut."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.errors import ActionRefused
from playbooks.conduct import Conductor
from playbooks.errors import LogDamaged, RunTaken
from playbooks.journal import EVIDENCE, LOG, PLAYBOOK, read_log, verify
from playbooks.picture import picture
from playbooks.run import fold
from probes.clock import ManualClock, run_virtual

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from playbooks.model import Playbook
    from playbooks.picture import RunState
    from playbooks.seams import Message
    from tests.playbooks.conftest import Bench

PERSON = "local:an"
LONGEST = ("lights", "power_on", "tell", "hand_over", "proof", "patience", "open_end")


def begin(folder: Path, story: Playbook, bench: Bench, **more: Any) -> Conductor:
    """A new run of the story."""
    return Conductor.start(
        folder, story, bench.seams, ward="26740", realm="sim", actor=PERSON, **more
    )


async def drive(conductor: Conductor, answers: Sequence[str] = ()) -> RunState:
    """Conduct to the end; each question takes the next answer, the last one again and again."""
    left = list(answers) or ["1"]
    work = asyncio.ensure_future(conductor.conduct())
    while not work.done():
        seq, state = conductor.run.seq, conductor.state()
        if state.state == "asking" and state.step is not None:
            answer(conductor, state, left.pop(0) if len(left) > 1 else left[0])
            continue
        stir = asyncio.ensure_future(conductor.changed(seq))
        await asyncio.wait((work, stir), return_when=asyncio.FIRST_COMPLETED)
        stir.cancel()
    return await work


def answer(conductor: Conductor, state: RunState, value: str) -> None:
    """An answer in the form that the step takes."""
    assert state.step is not None
    for item in state.step.items:
        if item.state == "open":
            conductor.answer(state.step.id, {"item": item.id, "state": "done"}, PERSON)
    if conductor.state().step is not None and conductor.run.step == state.step.id:
        keys = [option.key for option in state.step.options]
        conductor.answer(state.step.id, value if value in keys else keys[0], PERSON)


def play(folder: Path, story: Playbook, bench: Bench, answers: Sequence[str]) -> Conductor:
    """A whole run on virtual time."""

    async def whole() -> Conductor:
        conductor = begin(folder, story, bench)
        await drive(conductor, answers)
        return conductor

    done: Conductor = run_virtual(whole(), bench.clock)
    return done


def started_keys(log: bytes) -> set[str]:
    """Keys of the effects that this log says were begun."""
    rows = [json.loads(line) for line in log.splitlines()]
    return {row["data"]["key"] for row in rows if row["type"] == "effect.started"}


def test_a_run_goes_through_every_kind_of_step(
    tmp_path: Path, story: Playbook, bench: Bench
) -> None:
    done = play(tmp_path, story, bench, ["1"])
    entered = [line.step for line in done.state().lines]
    assert entered == ["size_up", "locate", *LONGEST]
    assert done.state().outcome == "handed_over"
    assert [message.kind for message in bench.told] == ["notify", "escalate"]
    assert verify(tmp_path / done.run.id) is None


def test_nothing_is_told_before_its_record_is_on_disk(
    tmp_path: Path, story: Playbook, bench: Bench
) -> None:
    seen: list[bool] = []

    def look(message: Message) -> None:
        (folder,) = tmp_path.iterdir()
        seen.append(message.key in started_keys((folder / LOG).read_bytes()))

    bench.before = look
    play(tmp_path, story, bench, ["1"])
    assert seen == [True, True]


def test_after_a_cut_at_any_record_nothing_is_told_twice(
    tmp_path: Path, story: Playbook, bench: Bench, new_bench: Callable[..., Bench]
) -> None:
    """Cut behind every record, and in the middle of every line: the run goes on to its end."""
    folder = tmp_path / "whole" / play(tmp_path / "whole", story, bench, ["1"]).run.id
    raw = (folder / LOG).read_bytes()
    lines = raw.splitlines(keepends=True)
    for count in range(1, len(lines) + 1):
        for torn in [b"", *(line[:-7] for line in lines[count : count + 1])]:
            copy = tmp_path / f"cut-{count}-{len(torn)}" / folder.name
            shutil.copytree(folder, copy)
            prefix = b"".join(lines[:count])
            (copy / LOG).write_bytes(prefix + torn)
            last = read_log(copy).records[-1]
            again = new_bench(clock=ManualClock(last.at + timedelta(seconds=30)))

            async def rest(copy: Path = copy, again: Bench = again) -> RunState:
                return await drive(Conductor.resume(copy, again.seams), ["1"])

            state = run_virtual(rest(), again.clock)
            assert state.outcome == "handed_over", (count, torn)
            told = [message.key for message in again.told]
            assert len(told) == len(set(told))
            assert set(told) & started_keys(prefix) == set(), count
            assert verify(copy) is None
            assert (copy / LOG).read_bytes().startswith(prefix)


@settings(max_examples=40, deadline=None)
@given(
    answers=st.lists(st.sampled_from(["0", "1", "2"]), min_size=1, max_size=6),
    loss=st.sampled_from([0.0, 3.0, 60.0, 100.0, None]),
    switch=st.sampled_from([True, False, None]),
    where=st.floats(0, 1),
)
def test_any_prefix_of_a_log_folds_to_the_state_that_people_saw(
    tmp_path_factory: pytest.TempPathFactory,
    story: Playbook,
    new_bench: Callable[..., Bench],
    answers: list[str],
    loss: float | None,
    switch: bool | None,
    where: float,
) -> None:
    bench = new_bench({"dc.loss_pct": loss, "sw.reachable": switch})
    seen: dict[int, RunState] = {}

    async def whole() -> Conductor:
        conductor = begin(tmp_path_factory.mktemp("runs"), story, bench)
        conductor._on_change = lambda state: seen.__setitem__(conductor.run.seq, state)
        await drive(conductor, answers)
        return conductor

    done = run_virtual(whole(), bench.clock)
    records = read_log(done._journal.folder).records
    for seq, state in seen.items():
        assert picture(fold(records[:seq]), story) == state
    cut = 1 + int(where * (len(records) - 1))
    assert fold(records[cut:], fold(records[:cut])) == done.run


def test_what_was_begun_and_not_finished_is_said_to_be_unknown(
    tmp_path: Path, story: Playbook, bench: Bench, new_bench: Callable[..., Bench]
) -> None:
    folder = tmp_path / play(tmp_path, story, bench, ["2"]).run.id
    lines = (folder / LOG).read_bytes().splitlines(keepends=True)
    begun = next(n for n, line in enumerate(lines) if b'"effect.started"' in line)
    (folder / LOG).write_bytes(b"".join(lines[: begun + 1]))
    again = new_bench()

    async def rest() -> RunState:
        return await drive(Conductor.resume(folder, again.seams), ["1"])

    state = run_virtual(rest(), again.clock)
    (told,) = [line for line in state.lines if line.step == "tell"]
    assert told.result is not None
    assert "không rõ đã gửi chưa" in told.result["vi"]
    assert [message.kind for message in again.told] == ["escalate"]


@pytest.mark.parametrize("broken", ["notifier", "prober"])
def test_a_bug_at_a_door_costs_the_step_and_is_not_tried_again(
    tmp_path: Path, story: Playbook, bench: Bench, broken: str
) -> None:
    bench.broken = {broken}
    done = play(tmp_path, story, bench, ["2"])
    assert done.is_over
    keys = [message.key for message in bench.told]
    assert len(keys) == len(set(keys))
    if broken == "prober":
        assert done.run.facts["dc.loss_pct"].reason == "bug"
        assert [line.step for line in done.state().lines][:3] == ["size_up", "locate", "hand_over"]
    else:
        assert {act.state for act in done.run.acts.values() if act.text} == {"unknown"}


def test_a_slow_world_is_cut_at_the_budget(tmp_path: Path, story: Playbook, bench: Bench) -> None:
    bench.takes_s = 3600
    done = play(tmp_path, story, bench, ["1"])
    assert done.run.facts["dc.loss_pct"].reason == "timeout"
    first = read_log(tmp_path / done.run.id).records[2]
    assert first.type == "fact.set"
    assert (first.at - done.run.started).total_seconds() == pytest.approx(5)


def test_a_do_step_fails_when_time_is_up_and_passes_when_the_machine_sees_it(
    tmp_path: Path, story: Playbook, new_bench: Callable[..., Bench]
) -> None:
    down = new_bench()
    failed = play(tmp_path / "a", story, down, ["1", "1", "0"])
    times = {line.step: line.at for line in failed.state().lines}
    assert (times["power_on"] - times["lights"]).total_seconds() == pytest.approx(60)
    mended = new_bench()

    async def whole() -> RunState:
        conductor = begin(tmp_path / "b", story, mended)
        _, state = await asyncio.gather(mend(), drive(conductor, ["1"]))
        return state

    async def mend() -> None:
        await mended.clock.sleep(25)
        mended.values["dc.loss_pct"] = 0.0

    state = run_virtual(whole(), mended.clock)
    assert state.outcome == "restored"
    assert (state.ended - state.started).total_seconds() == pytest.approx(30)


def test_the_log_of_one_who_was_relieved_is_left_alone(
    tmp_path: Path, story: Playbook, bench: Bench, new_bench: Callable[..., Bench]
) -> None:
    """The command line works a run, the agent takes it over: the first is told so."""

    async def whole() -> None:
        first = begin(tmp_path, story, bench)
        second = Conductor.resume(tmp_path / first.run.id, new_bench(clock=bench.clock).seams)
        with pytest.raises(RunTaken):
            await first.conduct()
        assert (await drive(second, ["2"])).outcome == "handed_over"

    run_virtual(whole(), bench.clock)
    assert len(list(tmp_path.iterdir())) == 1


def test_people_answer_only_what_is_asked(tmp_path: Path, story: Playbook, bench: Bench) -> None:
    async def whole() -> None:
        conductor = begin(tmp_path, story, bench)
        with pytest.raises(ActionRefused, match="asks nothing yet"):
            conductor.answer("size_up", "1", PERSON)
        work = asyncio.ensure_future(conductor.conduct())
        await conductor.changed(conductor.run.seq)
        for step, value in (("size_up", "1"), ("lights", "4"), ("lights", "xanh")):
            with pytest.raises(ActionRefused):
                conductor.answer(step, value, PERSON)
        assert conductor.answer("lights", "dark", PERSON).step.id == "power_on"  # type: ignore[union-attr]
        back = conductor.back(PERSON)
        assert back.step is not None
        assert (back.step.id, back.step.can_back) == ("lights", False)
        with pytest.raises(ActionRefused):
            conductor.back(PERSON)
        assert conductor.abort("thử xong", PERSON).state == "aborted"
        assert (await work).outcome == "aborted"
        with pytest.raises(ActionRefused, match="has ended"):
            conductor.answer("lights", "1", PERSON)

    run_virtual(whole(), bench.clock)


def test_evidence_lies_beside_the_log_with_its_hash_in_it(
    tmp_path: Path, story: Playbook, bench: Bench
) -> None:
    done = play(tmp_path, story, bench, ["2"])
    folder = tmp_path / done.run.id
    saved = json.loads((folder / EVIDENCE / "proof-1.json").read_text(encoding="utf-8"))
    assert saved["facts"]["dc.loss_pct"]["value"] == 100.0
    assert [step["step"] for step in saved["steps"]][-1] == "hand_over"
    acts = [act for act in done.run.acts.values() if act.result == "saved"]
    assert len(acts) == 1
    assert "sha256:" in acts[0].detail


def test_a_changed_copy_of_the_playbook_is_not_followed(
    tmp_path: Path, story: Playbook, bench: Bench
) -> None:
    async def whole() -> None:
        folder = tmp_path / begin(tmp_path, story, bench).run.id
        copy = folder / PLAYBOOK
        copy.write_text(copy.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
        with pytest.raises(LogDamaged):
            Conductor.resume(folder, bench.seams)

    run_virtual(whole(), bench.clock)


def test_texts_are_filled_with_what_is_known_and_say_what_is_not(
    tmp_path: Path, story: Playbook, bench: Bench
) -> None:
    done = play(tmp_path, story, bench, ["2"])
    told = bench.told[0]
    assert told.text["vi"] == "chưa rõ mất kết nối từ 07:25."
    assert told.text["en"] == "unknown is cut since 07:25."
    assert bench.told[1].text["vi"] == "Mất gói 100%"
    assert done.run.facts["answer.lights"].value == "2"
