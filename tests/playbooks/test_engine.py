"""The engine by itself: what follows from a state and an event, and what does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.errors import ActionRefused
from playbooks import moves
from playbooks.conditions import RunFact
from playbooks.engine import decide_next, needs
from playbooks.load import load_library, parse_playbook
from playbooks.picture import picture
from playbooks.run import Record, fold

if TYPE_CHECKING:
    from playbooks.model import Playbook
    from playbooks.moves import Event
    from playbooks.run import Run

AT = datetime(2026, 11, 21, 0, 25, tzinfo=UTC)
PERSON = "local:an"
START: dict[str, Any] = {
    "run": "r1", "playbook": "PB-OPS-90", "version": "1.0.0", "sha256": "", "ward": "26740",
    "incident": None, "realm": "sim", "facts": {},
}  # fmt: skip


class Bout:
    """A run and its log in memory; each call is one event, a second after the last."""

    def __init__(self, playbook: Playbook) -> None:
        self.playbook = playbook
        self.at = AT
        first = Record(1, AT, "run.started", "", PERSON, {**START, "start": playbook.start})
        self.log = [first]
        self.run: Run = fold(self.log)
        self.take(moves.Started(self.at))

    def take(self, event: Event) -> tuple[moves.Effect, ...]:
        """Apply an event; what the run needs then."""
        self.at += timedelta(seconds=1)
        records, effects = decide_next(self.run, self.playbook, replace(event, at=self.at))
        self.log += records
        self.run = fold(records, self.run)
        assert effects == needs(self.run, self.playbook)
        return effects

    def measure(self, **values: Any) -> tuple[moves.Effect, ...]:
        """Facts come in; `dc_loss_pct=3` is `dc.loss_pct`."""
        facts = {name.replace("_", ".", 1): RunFact(value) for name, value in values.items()}
        return self.take(moves.Measured(AT, self.run.step, self.run.visit, facts))

    def answer(self, value: moves.Answer) -> tuple[moves.Effect, ...]:
        """A person answers the present step."""
        return self.take(moves.Answered(AT, self.run.step, value, PERSON))

    def carry_out(self) -> None:
        """Begin and finish what the step does."""
        self.take(moves.Began(AT, self.run.key, "x"))
        self.take(moves.Finished(AT, self.run.key, "sent"))

    @property
    def entered(self) -> list[str]:
        """Steps in the order in which they were entered."""
        return [record.step for record in self.log if record.type == "step.entered"]


def test_a_branch_on_an_unknown_fact_is_not_taken_and_the_line_names_it(story: Playbook) -> None:
    bout = Bout(story)
    bout.measure(dc_loss_pct=100.0, sw_reachable=None)
    assert bout.entered == ["size_up", "locate", "room"]
    (line,) = [line for line in picture(bout.run, story).lines if line.step == "locate"]
    assert line.result == {"vi": "thiếu dữ liệu: switch", "en": "missing data: switch"}


def test_the_word_unknown_is_matched_by_an_unknown_fact_alone(story: Playbook) -> None:
    bout = Bout(story)
    bout.measure(dc_loss_pct=None, sw_reachable=True)
    assert bout.entered[-1] == "hand_over"


def test_a_result_that_comes_late_or_for_another_visit_adds_nothing(story: Playbook) -> None:
    bout = Bout(story)
    bout.measure(dc_loss_pct=100.0, sw_reachable=True)
    before = list(bout.log)
    for event in (
        moves.Measured(AT, "size_up", 1, {"dc.loss_pct": RunFact(0.0)}),
        moves.Measured(AT, "lights", 2, {"dc.loss_pct": RunFact(0.0)}),
        moves.Finished(AT, "r1:tell:1", "sent"),
        moves.Began(AT, "r1:tell:1", "notify"),
    ):
        bout.take(event)
    assert bout.log == before


def test_a_step_is_entered_as_often_as_it_may_be_and_then_gone_past() -> None:
    text = """\
schema: wardops/playbook/1
id: PB-OPS-92
version: 1.0.0
topic: ops
title: {vi: "Vòng", en: "Circle"}
about: {meaning: {vi: "Thử.", en: "Test."}, impact: {vi: "Không.", en: "None."}}
triggers: {manual: true}
dont: [{vi: "KHÔNG.", en: "NO."}]
roles: {operator: ward_it}
start: again
steps:
  - id: again
    kind: auto
    run: [dc]
    expect: {dc.loss_pct: 0}
    on_pass: good
    on_fail: again
    max_visits: 3
    on_exhausted: bad
  - {id: good, kind: end, outcome: restored}
  - {id: bad, kind: end, outcome: handed_over}
tests: {cases: [{outcomes: {again: fail}, path: [again, again, again, bad]}]}
review: {owner: tests, valid_days: 365}
"""
    bout = Bout(parse_playbook(text.encode(), "circle.yaml"))
    for _ in range(3):
        bout.measure(dc_loss_pct=9)
    assert bout.entered == ["again", "again", "again", "bad"]
    assert bout.run.outcome == "handed_over"


def test_going_back_does_not_use_up_visits_and_keeps_what_was_done(story: Playbook) -> None:
    bout = Bout(story)
    bout.measure(dc_loss_pct=100.0, sw_reachable=True)
    for _ in range(5):
        bout.answer("1")
        assert bout.run.step == "power_on"
        bout.take(moves.WentBack(AT, PERSON))
        assert bout.run.step == "lights"
    assert bout.run.counted["lights"] == 1
    assert bout.run.facts["dc.loss_pct"].value == 100.0
    with pytest.raises(ActionRefused):
        bout.take(moves.WentBack(AT, PERSON))


def test_done_starts_the_verification_and_is_not_the_proof(story: Playbook) -> None:
    bout = Bout(story)
    bout.measure(dc_loss_pct=100.0, sw_reachable=True)
    bout.answer("1")
    assert needs(bout.run, story) == ()
    (wish,) = bout.answer("done")
    assert isinstance(wish, moves.Measure)
    assert "dc.loss_pct" in wish.names
    (wish,) = bout.measure(dc_loss_pct=None)
    assert isinstance(wish, moves.Measure)
    assert wish.not_before == bout.at + timedelta(seconds=10)
    bout.measure(dc_loss_pct=20)
    assert bout.run.outcome == "restored"


def test_a_checklist_ticks_what_the_machine_sees_and_a_person_goes_first(story: Playbook) -> None:
    bout = Bout(story)
    bout.measure(dc_loss_pct=90.0, sw_reachable=None)
    assert bout.run.step == "room"
    bout.measure(dc_loss_pct=0.0)
    with pytest.raises(ActionRefused, match="1 items are not marked"):
        bout.answer("next")
    states = {item.id: (item.state, item.by) for item in picture(bout.run, story).step.items}  # type: ignore[union-attr]
    assert states == {"line": ("done", "auto"), "people": ("open", "person")}
    bout.answer({"item": "line", "state": "failed"})
    bout.answer({"item": "people", "state": "done"})
    bout.measure(dc_loss_pct=0.0)
    assert bout.run.step == "room"
    bout.answer("1")
    assert bout.run.outcome == "handed_over"


def test_a_checklist_is_left_by_itself_when_all_is_done(story: Playbook) -> None:
    bout = Bout(story)
    bout.measure(dc_loss_pct=90.0, sw_reachable=None)
    bout.answer({"item": "people", "state": "done"})
    bout.measure(dc_loss_pct=0.0)
    assert bout.run.outcome == "restored"


def test_an_escalation_waits_for_the_one_who_takes_it(story: Playbook) -> None:
    bout = Bout(story)
    bout.measure(dc_loss_pct=None)
    assert picture(bout.run, story).state == "running"
    bout.carry_out()
    shown = picture(bout.run, story)
    assert shown.state == "asking"
    assert shown.step is not None
    assert [option.value for option in shown.step.options] == ["acked", "unreached"]
    bout.answer({"value": "acked", "who": "trực NOC"})
    said = next(record for record in bout.log if record.type == "answer.given")
    assert said.data == {"value": "acked", "who": "trực NOC"}
    assert bout.run.step == "proof"


def test_waiting_can_be_stopped_by_a_person(story: Playbook) -> None:
    bout = Bout(story)
    bout.measure(dc_loss_pct=None)
    bout.carry_out()
    bout.answer("0")
    bout.carry_out()
    assert bout.run.step == "patience"
    assert picture(bout.run, story).state == "waiting"
    bout.answer("1")
    assert bout.run.outcome == "handed_over"


def skip(bout: Bout, reason: str = "chưa có chìa khóa") -> None:
    bout.take(moves.Skipped(AT, bout.run.step, PERSON, reason))


def test_a_step_done_by_hand_can_be_left_undone_and_then_has_not_passed(story: Playbook) -> None:
    bout = Bout(story)
    bout.measure(dc_loss_pct=100.0, sw_reachable=True)
    bout.answer("1")
    shown = picture(bout.run, story)
    assert shown.step is not None
    assert (shown.step.id, shown.step.can_skip) == ("power_on", True)
    skip(bout)
    left = next(one for one in bout.log if one.type == "step.left" and one.step == "power_on")
    assert (left.data["to"], left.data["skipped"]) == (story.step("power_on").on_fail, True)  # type: ignore[union-attr]
    line = picture(bout.run, story).lines[-1]
    assert (line.step, line.actor) == ("power_on", PERSON)
    assert line.result == {"vi": "bỏ qua: chưa có chìa khóa", "en": "skipped: chưa có chìa khóa"}


def test_a_checklist_left_undone_fails_and_a_wait_left_undone_runs_out(story: Playbook) -> None:
    bout = Bout(story)
    bout.measure(dc_loss_pct=90.0, sw_reachable=None)
    skip(bout)
    assert bout.run.outcome == "handed_over"
    bout = Bout(story)
    bout.measure(dc_loss_pct=None)
    bout.carry_out()
    bout.answer("0")
    bout.carry_out()
    skip(bout)
    assert (bout.run.lines[-1].result, bout.run.outcome) == ("ended.handed_over", "handed_over")


def test_what_a_person_is_asked_is_never_skipped_nor_anything_without_a_reason(
    story: Playbook,
) -> None:
    bout = Bout(story)
    with pytest.raises(ActionRefused, match="size_up cannot be skipped"):
        skip(bout)
    bout.measure(dc_loss_pct=100.0, sw_reachable=True)
    with pytest.raises(ActionRefused, match="lights cannot be skipped"):
        skip(bout)
    bout.answer("1")
    with pytest.raises(ActionRefused, match="power_on: not skipped without a reason"):
        skip(bout, "  ")
    with pytest.raises(ActionRefused, match="is at step power_on, not lights"):
        bout.take(moves.Skipped(AT, "lights", PERSON, "x"))
    assert bout.run.step == "power_on"


def test_evidence_is_kept_with_its_hash_and_moves_nothing(story: Playbook) -> None:
    bout = Bout(story)
    before = bout.take(moves.Started(AT))
    photo = moves.Filing("Đèn LOS đỏ", "los.jpg", "ab" * 32, 1234)
    assert bout.take(moves.Filed(AT, PERSON, photo)) == before
    kept = bout.log[-1]
    assert (kept.type, kept.actor) == ("evidence.added", PERSON)
    assert kept.data == {
        "text": "Đèn LOS đỏ", "name": "los.jpg", "sha256": "ab" * 32, "size": 1234
    }  # fmt: skip
    line = picture(bout.run, story).lines[-1]
    assert line.result is not None
    assert line.result["vi"] == f"bằng chứng: Đèn LOS đỏ · los.jpg (1234 B, sha256:{'ab' * 32})"
    with pytest.raises(ActionRefused, match="nothing to add"):
        bout.take(moves.Filed(AT, PERSON, moves.Filing(" ")))


EVENTS = st.lists(
    st.one_of(
        st.builds(lambda n, s: ("measure", n, s), st.sampled_from([0.0, 30.0, 100.0, None]),
                  st.sampled_from([True, False, None])),
        st.sampled_from(["0", "1", "2", "3", "done", "next"]).map(lambda v: ("answer", v, None)),
        st.tuples(
            st.sampled_from(["act", "back", "resume", "skip", "file"]), st.none(), st.none()
        ),
    ),
    max_size=60,
)  # fmt: skip
SHIPPED = load_library()


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(sorted(SHIPPED)), events=EVENTS)
def test_whatever_happens_the_log_folds_to_the_run_and_no_effect_is_begun_twice(
    name: str, events: list[tuple[str, Any, Any]]
) -> None:
    bout = Bout(SHIPPED[name])
    for kind, first, second in events:
        try:
            if kind == "measure":
                bout.measure(dc_loss_pct=first, sw_reachable=second, verdict_segment="metronet",
                             verdict_part="line" if second else None)  # fmt: skip
            elif kind == "answer":
                bout.answer(first)
            elif kind == "act":
                bout.carry_out()
            elif kind == "back":
                bout.take(moves.WentBack(AT, PERSON))
            elif kind == "skip":
                skip(bout)
            elif kind == "file":
                bout.take(moves.Filed(AT, PERSON, moves.Filing("x")))
            else:
                bout.take(moves.Resumed(AT))
        except ActionRefused:
            continue
        assert bout.run.going is None or bout.run.outcome is not None
    assert fold(bout.log) == bout.run
    begun = [record.data["key"] for record in bout.log if record.type == "effect.started"]
    assert len(begun) == len(set(begun))
    picture(bout.run, bout.playbook)
