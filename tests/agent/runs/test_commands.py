"""What a person may ask of a run, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from agent.maintenance.model import Covered
from agent.runs.shelf import Shelf
from agent.verdict.settle import Settled
from inventory.errors import ActionRefused, InputError, WardopsError
from inventory.model import Role
from playbooks.journal import read_log
from playbooks.verdict.facts import Fact, Facts, Truth
from playbooks.verdict.rootcause import judge
from probes.model import Observation, Reading, Reason, Sample
from probes.services.model import PROBE_CERT_EXPIRY
from tests.agent.runs.conftest import PHOTO

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
        await scene.do("playbook_answer", run=run, step="lights", value="1")
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
        told = {one.verb: one.reason for one in incident.actions if one.actor == "machine"}
        assert told["notify"] == "ward.leader: Mất kết nối."
        assert told["escalate"] == "L2: 26740: mất gói chưa rõ%."

    stage.play(plot)


def test_a_person_adds_evidence_and_hands_over_from_a_run_and_its_incident_shows_it(
    stage: Stage,
) -> None:
    async def plot(scene: Scene) -> None:
        run = await scene.start()
        before = await scene.until(run, "asking")
        await scene.do("evidence_add", run=run, **PHOTO)
        await scene.do("escalate", run=run, to="L2", text="Đề nghị\ntiếp nhận")
        now = scene.shown(run)
        assert now.step == before.step
        said = [line.result.vi for line in now.lines[len(before.lines) :] if line.result]
        photo = f"Đèn LOS đỏ · los.jpg (1234 B, sha256:{'ab' * 32})"
        assert said == [f"bằng chứng: {photo}", "chuyển cấp trên: L2"]
        incident = scene.agent.actions.incident(scene.incident)
        assert incident is not None
        assert [(one.verb, one.actor, one.reason) for one in incident.actions[-2:]] == [
            ("evidence_add", "local:it", photo),
            ("escalate", "local:it", "L2: Đề nghị tiếp nhận"),
        ]

    stage.play(plot)


def test_an_incident_without_a_run_is_handed_over_and_gets_evidence_too(stage: Stage) -> None:
    async def plot(scene: Scene) -> None:
        await scene.do("evidence_add", incident=scene.incident, text="CPE mất nguồn")
        await scene.do("escalate", incident=scene.incident, to="next", text="Xin hỗ trợ")
        incident = scene.agent.actions.incident(scene.incident)
        assert incident is not None
        assert [(one.verb, one.reason) for one in incident.actions] == [
            ("evidence_add", "CPE mất nguồn"), ("hand_over", "L2"),
        ]  # fmt: skip
        assert scene.agent.store.verify_audit() is None

    stage.play(plot)


@pytest.mark.parametrize(
    ("verb", "args", "key"),
    [
        ("escalate", {"to": "L9", "text": "x"}, "run.no_party"),
        ("escalate", {"to": "L3", "text": "x"}, "run.carrier"),
        ("escalate", {"to": "L2"}, "api.missing_argument"),
        ("escalate", {"text": "x"}, "api.missing_argument"),
        ("evidence_add", {}, "api.missing_argument"),
        ("evidence_add", {"text": "x", "name": "a.jpg"}, "api.missing_argument"),
        ("evidence_add", {"name": "a.jpg", "sha256": "AB" * 32, "size": 1}, "api.missing_argument"),
        ("evidence_add", {"name": "a", "sha256": "ab" * 32, "size": -1}, "api.missing_argument"),
    ],
)
def test_what_is_incomplete_or_for_nobody_is_not_recorded(
    stage: Stage, verb: str, args: dict[str, Any], key: str
) -> None:
    async def plot(scene: Scene) -> None:
        run = await scene.start()
        before = scene.verbs()
        for about in ("incident", "run"):
            whole = {about: scene.incident if about == "incident" else run, **args}
            assert (await refused(scene, verb, **whole)).key == key
        assert scene.verbs() == before

    stage.play(plot)


def test_a_step_is_skipped_with_its_reason_in_the_audit(stage: Stage) -> None:
    async def plot(scene: Scene) -> None:
        run = await scene.start()
        now = await scene.until(run, "asking")
        assert now.step is not None
        assert not now.step.can_skip
        error = await refused(scene, "playbook_skip", run=run, step="lights")
        assert error.key == "playbook.no_skip"
        await scene.do("playbook_answer", run=run, step="lights", value="1")
        error = await refused(scene, "playbook_skip", run=run, step="reseat")
        assert error.key == "playbook.no_skip_reason"
        now = scene.shown(run)
        assert now.step is not None
        assert now.step.can_skip
        result = await scene.do("playbook_skip", "Tủ khóa", run=run, step="reseat")
        assert result.result["step"] == "tell"
        assert [one.result.vi for one in scene.shown(run).lines if one.result][-1] == (
            "bỏ qua: Tủ khóa"
        )
        assert (await refused(scene, "playbook_skip", run=run, step="reseat")).key == (
            "playbook.other_step"
        )

    stage.play(plot)


@pytest.mark.parametrize("verb", ["drill_start", "run_capability"])
def test_what_is_not_built_is_refused_by_name(stage: Stage, verb: str) -> None:
    async def plot(scene: Scene) -> None:
        error = await refused(scene, verb)
        assert (error.key, error.values["verb"]) == ("api.no_such_verb", verb)

    stage.play(plot)


def test_a_verdict_whose_playbook_is_not_there_suggests_the_general_one_or_none(
    stage: Stage,
) -> None:
    text = (stage.library / "PB-NET-90.yaml").read_text(encoding="utf-8")
    general = text.replace("PB-NET-90", "PB-NET-01")
    (stage.library / "PB-NET-01.yaml").write_text(general, encoding="utf-8")

    async def plot(scene: Scene) -> None:
        ward = scene.agent.view().wards[0]
        good = dict.fromkeys(("host_link", "sw", "ce", "up_oper"), Fact(Truth.TRUE))
        cut = judge(Facts({**good, "gw": Fact(Truth.FALSE)}), "ward")
        for playbook, ids in (("PB-NET-12", ["PB-NET-01"]), ("PB-SEC-01", []), ("", [])):
            seen = replace(ward, verdict=replace(cut, playbook=playbook))
            briefs = scene.agent.runs.suggested(seen)
            assert [one.id for one in briefs] == ids
            assert {one.instead_of for one in briefs} <= {playbook}
        (own,) = scene.agent.runs.suggested(replace(ward, verdict=replace(cut, playbook=FITS)))
        assert own.instead_of is None
        assert scene.agent.runs.suggested(replace(ward, verdict=None)) == ()

    stage.play(plot)


FITS = "PB-NET-01"  # what the verdict of a cut line sends to
SINCE = "{run.since:%H:%M:%S}."


def with_the_fitting_playbook(stage: Stage) -> None:
    text = (stage.library / "PB-NET-90.yaml").read_text(encoding="utf-8")
    text = (
        text.replace("PB-NET-90", FITS)
        .replace("Mất kết nối.", SINCE)
        .replace("The line is down.", SINCE)
    )
    (stage.library / f"{FITS}.yaml").write_text(text, encoding="utf-8")


def believe_the_line_is_cut(scene: Scene) -> None:
    good, bad = Fact(Truth.TRUE, source="icmp"), Fact(Truth.FALSE, source="icmp")
    named = dict.fromkeys(("host_link", "sw", "ce", "up_admin", "up_oper"), good)
    scene.agent.engine.cases["26740"].settled = Settled(judge(Facts({**named, "gw": bad}), "ward"))


def test_a_run_of_the_playbook_that_fits_belongs_to_the_open_incident(stage: Stage) -> None:
    with_the_fitting_playbook(stage)

    async def plot(scene: Scene) -> None:
        believe_the_line_is_cut(scene)
        run = await scene.start(playbook=FITS, incident=None)
        assert scene.shown(run).incident == scene.incident
        assert scene.verbs() == ["ack", "playbook_start"]
        other = await scene.start(playbook="PB-NET-90", incident=None)
        assert scene.shown(other).incident is None
        await scene.do("playbook_abort", "enough", run=run)
        await scene.clock.sleep(1)
        assert scene.verbs() == ["ack", "playbook_start", "playbook_end"]

    stage.play(plot)


def test_a_text_that_nobody_sends_stands_in_the_run_with_the_incident_s_own_time(
    stage: Stage,
) -> None:
    with_the_fitting_playbook(stage)

    async def plot(scene: Scene) -> None:
        await scene.clock.sleep(99)
        believe_the_line_is_cut(scene)
        run = await scene.start(playbook=FITS, incident=None)
        lines = (await scene.follow(run)).lines
        told = [one for one in lines if one.message is not None]
        assert [(one.step, one.to) for one in told] == [("tell", ("ward.leader",))]
        assert [one.message.vi for one in told if one.message] == ["07:00:00."]

    stage.play(plot)


def test_a_run_has_no_incident_where_the_verdict_speaks_of_another_fault(stage: Stage) -> None:
    with_the_fitting_playbook(stage)

    async def plot(scene: Scene) -> None:
        run = await scene.start(playbook=FITS, incident=None)
        assert scene.shown(run).incident is None

    stage.play(plot)


def test_while_traces_have_to_be_kept_no_step_that_cuts_power_is_done(stage: Stage) -> None:
    book = stage.library / "PB-NET-90.yaml"
    text = book.read_text(encoding="utf-8")
    book.write_text(text.replace("touches: own_pc", "touches: ups"), encoding="utf-8")

    async def plot(scene: Scene) -> None:
        await scene.do("incident_report", kind="security", text="Màn hình lạ đòi tiền")
        security = next(one.id for one in scene.agent.store.incidents() if one.keeps_as_is)
        run = await scene.start()
        await scene.until(run, "asking")
        await scene.do("playbook_answer", run=run, step="lights", value="1")
        shown = await scene.until(run, "asking")
        assert shown.step is not None
        assert (shown.step.id, shown.step.options) == ("reseat", ())
        assert shown.step.body is not None
        assert "GIỮ NGUYÊN HIỆN TRẠNG" in shown.step.body.vi
        error = await refused(scene, "playbook_answer", run=run, step="reseat", value="1")
        assert (error.key, error.values["id"]) == ("run.keep_as_is", security)
        told = await refused(scene, "escalate", incident=security, to="L3", text="x")
        assert told.key in ("incident.no_carrier", "run.carrier")
        await scene.do("playbook_skip", "giữ nguyên hiện trạng", run=run, step="reseat")
        after = (await scene.until(run, "asking")).step
        assert after is not None
        assert after.id != "reseat"
        for verb in ("resolve", "close"):
            extra = {"reason": "x"} if verb == "resolve" else {"cause": "other", "note": "x"}
            await scene.do(verb, incident=security, **extra)
        assert scene.agent.runs.run(run) is not None

    stage.play(plot)


def test_handing_an_incident_over_is_one_thing_by_either_word(stage: Stage) -> None:
    async def plot(scene: Scene) -> None:
        await scene.do("escalate", incident=scene.incident, to="next", text="Đề nghị tiếp nhận")
        found = scene.agent.actions.incident(scene.incident)
        assert found is not None
        assert [(one.to_role, one.text) for one in found.handovers] == [("L2", "Đề nghị tiếp nhận")]
        assert found.actions[-1].verb == "hand_over"

    stage.play(plot)


def test_a_silent_machine_and_an_ending_certificate_suggest_their_own_behind_the_verdicts(
    stage: Stage,
) -> None:
    """While the way to the machine stands; a run can be begun for one of them by name."""
    text = (stage.library / "PB-NET-90.yaml").read_text(encoding="utf-8")
    for name in ("PB-NET-01", "PB-SEC-05", "PB-SEC-07"):
        other = text.replace("PB-NET-90", name)
        (stage.library / f"{name}.yaml").write_text(other, encoding="utf-8")

    async def plot(scene: Scene) -> None:
        case, now = scene.agent.engine.cases["26740"], scene.clock.now()
        machine = next(one.name for one in case.watch.ward.devices if one.role is Role.VM)
        service = next(one.id for one in case.watch.ward.services if one.url.startswith("https"))
        soon = Sample(PROBE_CERT_EXPIRY, now.timestamp() + 5 * 86_400, (service, "ward"))
        for name, probe, reason, samples in (
            (machine, "icmp", Reason.TIMEOUT, ()), (service, "http", Reason.OK, (soon,)),
        ):  # fmt: skip
            target, mono = case.watch.targets[name], scene.clock.monotonic()
            seen = Observation(target, probe, reason, Reading(samples), now, mono, 1.0, 75.0)
            case.watch.take(seen, now)
        ward = scene.agent.view().wards[0]
        good = dict.fromkeys(("host_link", "sw", "ce", "up_oper"), Fact(Truth.TRUE))
        for gw, ids in (
            (Truth.TRUE, ["PB-SEC-07", "PB-SEC-05"]),
            (Truth.FALSE, ["PB-NET-01", "PB-SEC-05"]),
        ):
            facts = Facts({**good, "gw": Fact(gw)})
            seen_ward = replace(ward, verdict=judge(facts, "ward"), facts=facts)
            briefs = scene.agent.runs.suggested(seen_ward)
            assert [one.id for one in briefs][-2:] == ids
        well = replace(ward, verdict=None, facts=Facts({**good, "gw": Fact(Truth.TRUE)}))
        assert "PB-SEC-07" in [one.id for one in scene.agent.runs.suggested(well)]
        case.watch.maintained = Covered(names=frozenset({machine}))
        assert "PB-SEC-07" not in [one.id for one in scene.agent.runs.suggested(well)]
        error = await refused(scene, "playbook_start", playbook="PB-SEC-07", device="nobody")
        assert (error.key, machine in str(error.values["known"])) == ("playbook.no_device", True)
        (incident,) = case.incidents.values()
        about = incident.root.model_copy(update={"fact": f"device[{machine}]"})
        case.incidents[incident.uid] = incident.model_copy(update={"root": about})
        run = await scene.start(playbook="PB-SEC-07", incident=None)
        assert scene.shown(run).incident == scene.incident
        (first, *_) = read_log(stage.folder / "state" / "runs" / run).records
        assert first.data["facts"]["run.device"]["value"] == machine
        shelf = Shelf(stage.folder / "state" / "runs")
        shelf.look()
        assert shelf.runs[run].pins.machine == machine
        other = await scene.start(playbook="PB-SEC-05", incident=None, device=service)
        assert scene.shown(other).incident is None
        assert (scene.shown(run).about, scene.shown(other).about) == (machine, service)
        error = await refused(scene, "playbook_start", playbook="PB-SEC-05", device=service)
        assert error.key == "run.goes_on"
        third = await scene.start(playbook="PB-SEC-05", incident=None, device=machine)
        assert scene.shown(third).about == machine

    stage.play(plot)
