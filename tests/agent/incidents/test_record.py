"""An incident's life: who may do what when, and what the machine decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.incidents.life import (
    acknowledge,
    close,
    hold_children,
    note,
    open_from,
    reopen,
    resolve,
    update,
)
from agent.incidents.record import Event, Incident, IncidentState
from agent.incidents.rules import (
    Decision,
    IncidentRules,
    RootCheck,
    advance,
    concerned,
    same_cause,
)
from agent.incidents.severity import severity_of
from inventory.errors import ActionRefused
from inventory.language import LANGUAGES
from inventory.values import Words
from playbooks.verdict.model import Verdict

NOW = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
RULES = IncidentRules()
FINE = Verdict("ward", "none", "", "ok", 0.95, "N1")
DARK = Verdict("ward", "unknown", "", "down", 0.50, "U0", root="gw")
LINE = Verdict("ward", "metronet", "line", "down", 0.91, "M3", root="gw")
SWITCH = Verdict("ward", "switch", "device", "down", 0.80, "S1", root="sw")
QUALITY = Verdict("ward", "metronet", "quality", "degraded", 0.85, "Q3", root="path_ok")
ON_UPS = Verdict("ward", "power", "ups", "degraded", 0.95, "P3", root="ups_batt")
SERVICE = Verdict("ward", "service", "tthc", "down", 0.92, "V1", root="svc[tthc]")
BACKUP = Verdict("ward", "metronet", "backup", "degraded", 0.85, "B1", root="up_oper")

BAD = RootCheck(hard=True, bad_since=NOW - timedelta(seconds=50))
SOFT = RootCheck(hard=False, bad_since=NOW)


def good(for_s: float) -> RootCheck:
    return RootCheck(hard=False, ok_for_s=for_s)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def decide(
    current: Incident | None, verdict: Verdict, root: RootCheck, at: float = 0.0
) -> Decision:
    numbers = count(1)
    return advance(
        current, verdict, root, ward="26740", now=later(at),
        new_uid=lambda: f"uid-{at}-{next(numbers)}",
    )  # fmt: skip


def opened(verdict: Verdict = LINE) -> Incident:
    incident, _event = open_from(verdict, ward="26740", uid="uid-1", t_started=later(-50), now=NOW)
    return incident


def resolved() -> Incident:
    return resolve(opened(), later(300))[0]


def numbered(incident: Incident) -> Incident:
    return incident.model_copy(update={"id": "SC-2026-000001"})


def chosen(decision: Decision) -> tuple[str, Incident, Event]:
    assert decision.incident is not None
    assert decision.event is not None
    return decision.what, decision.incident, decision.event


def test_an_incident_opens_only_when_its_root_is_hard() -> None:
    assert decide(None, LINE, SOFT).what == "nothing"
    what, incident, event = chosen(decide(None, LINE, BAD))
    assert (what, event.kind, event.key) == ("open", "incident.opened", incident.uid)
    assert incident.t_started == NOW - timedelta(seconds=50)
    assert incident.t0_detected == NOW
    assert (incident.root.segment, incident.root.fact, incident.severity) == (
        "metronet", "gw", "S1",
    )  # fmt: skip


@pytest.mark.parametrize(
    "verdict",
    [
        FINE,
        Verdict("ward", "unknown", "", "unknown", 0.0, "U1"),
        Verdict("ward", "none", "", "maintenance", 0.95, "A1"),
        Verdict("ward", "unknown", "", "down", 0.5, "U0"),
    ],
)
def test_nothing_opens_when_all_is_fine_unknown_planned_or_without_a_root(
    verdict: Verdict,
) -> None:
    assert decide(None, verdict, BAD).what == "nothing"


def test_down_without_a_segment_opens_and_takes_the_segment_later() -> None:
    incident = chosen(decide(None, DARK, BAD))[1]
    assert incident.root.segment == "unknown"
    what, known, event = chosen(decide(incident, LINE, BAD, 10.0))
    assert (what, event.kind) == ("update", "incident.changed")
    assert (known.uid, known.root.segment, known.root.row) == (incident.uid, "metronet", "M3")
    assert event.data["root_before"]["segment"] == "unknown"
    assert decide(known, LINE, BAD, 11.0).what == "nothing"


def test_a_deeper_root_on_the_same_way_is_the_same_incident() -> None:
    what, known, _event = chosen(decide(opened(LINE), SWITCH, BAD))
    assert (what, known.root.fact) == ("update", "sw")


def test_independent_faults_are_two_incidents() -> None:
    on_battery = opened(ON_UPS)
    assert not same_cause(on_battery, LINE)
    assert concerned([on_battery], LINE, NOW, RULES) is None
    assert not same_cause(opened(SERVICE), LINE)


def test_a_backup_that_falls_too_is_the_same_line() -> None:
    cut = Verdict("ward", "metronet", "ce_link", "down", 0.85, "M1", root="up_oper")
    what, worse, event = chosen(decide(opened(BACKUP), cut, BAD))
    assert (what, worse.severity) == ("update", "S1")
    assert (event.data["severity_before"], event.data["severity"]) == ("S3", "S1")


def test_getting_worse_lifts_the_acknowledgement_and_getting_better_changes_nothing() -> None:
    acked, _event = acknowledge(opened(QUALITY), now=NOW, actor="cb-01", reason="đang xem")
    down = Verdict("ward", "metronet", "quality", "down", 0.9, "Q9", root="path_ok")
    step = update(acked, down, later(10))
    assert step is not None
    assert (step[0].state, step[0].t_acked, step[0].severity) == (IncidentState.OPEN, None, "S1")
    assert update(step[0], down, later(20)) is None


def test_it_resolves_after_the_root_was_good_for_two_minutes() -> None:
    assert decide(opened(), FINE, good(119.9)).what == "nothing"
    what, incident, event = chosen(decide(opened(), FINE, good(120.0), 300.0))
    assert (what, event.kind, incident.state) == ("resolve", "incident.resolved", "resolved")
    assert incident.t_resolved == later(300)


def test_it_does_not_resolve_while_the_root_is_unmeasured_or_the_verdict_still_says_so() -> None:
    assert decide(opened(), FINE, RootCheck(hard=False)).what == "nothing"
    assert decide(opened(), LINE, good(500.0)).what == "nothing"


def test_another_fault_does_not_keep_it_open() -> None:
    assert decide(opened(LINE), ON_UPS, good(120.0)).what == "resolve"


def test_a_cause_that_returns_within_ten_minutes_reopens_the_same_incident() -> None:
    what, again, event = chosen(decide(resolved(), LINE, BAD, 300.0 + 600.0))
    assert (what, event.kind, again.uid) == ("reopen", "incident.reopened", "uid-1")
    assert (again.state, again.reopened, again.t_resolved) == (IncidentState.OPEN, 1, None)


def test_a_cause_that_returns_later_is_a_new_incident() -> None:
    what, again, _event = chosen(decide(numbered(resolved()), LINE, BAD, 300.0 + 600.1))
    assert (what, again.follows) == ("open", "SC-2026-000001")
    assert again.uid != "uid-1"


def test_a_cause_that_returns_after_closing_is_a_new_incident_that_follows() -> None:
    named = resolved().model_copy(update={"id": "SC-2026-000001"})
    closed, _event = close(named, now=later(310), actor="cb-01", cause="cable", text="đã nối")
    what, again, _event = chosen(decide(closed, LINE, BAD, 320.0))
    assert (what, again.follows) == ("open", "SC-2026-000001")


def test_the_open_incident_is_preferred_to_one_that_just_ended() -> None:
    ended = resolved().model_copy(update={"uid": "uid-0"})
    assert concerned([ended, opened()], LINE, later(310), RULES) == opened()
    assert concerned([ended], LINE, later(310), RULES) == ended
    assert concerned([ended], LINE, later(300 + 86_401), RULES) is None
    assert concerned([opened()], FINE, NOW, RULES) is None


def test_a_person_acknowledges_with_a_reason_once() -> None:
    acked, event = acknowledge(opened(), now=later(5), actor="cb-01", reason="gọi nhà mạng")
    assert (acked.state, acked.t_acked) == (IncidentState.ACKED, later(5))
    assert (event.kind, event.data["actor"]) == ("incident.acked", "cb-01")
    assert acked.actions[-1].reason == "gọi nhà mạng"
    with pytest.raises(ActionRefused) as refused:
        acknowledge(acked, now=later(6), actor="cb-02", reason="gọi lại")
    assert refused.value.key == "incident.already_acked"
    with pytest.raises(ActionRefused) as refused:
        acknowledge(opened(), now=later(6), actor="cb-02", reason="  ")
    assert refused.value.key == "incident.no_reason"
    with pytest.raises(ActionRefused) as refused:
        acknowledge(resolved(), now=later(6), actor="cb-02", reason="x")
    assert refused.value.key == "incident.over"


def test_only_a_person_closes_and_only_what_is_resolved_with_cause_and_note() -> None:
    closed, event = close(
        resolved(), now=later(400), actor="cb-01", cause=" cable ", text="đã hàn cáp"
    )
    assert (closed.state, closed.cause, closed.t_closed) == ("closed", "cable", later(400))
    assert (event.kind, event.data["cause"]) == ("incident.closed", "cable")
    assert closed.notes[-1].text == "đã hàn cáp"
    refusals = [
        (opened(), "cb-01", "cable", "x", "incident.not_resolved"),
        (resolved(), "machine", "cable", "x", "incident.needs_person"),
        (resolved(), "", "cable", "x", "incident.needs_person"),
        (resolved(), "cb-01", " ", "x", "incident.no_cause"),
        (resolved(), "cb-01", "cable", "", "incident.no_note"),
        (closed, "cb-01", "cable", "x", "incident.over"),
    ]
    for incident, actor, cause, text, key in refusals:
        with pytest.raises(ActionRefused) as refused:
            close(incident, now=later(500), actor=actor, cause=cause, text=text)
        assert refused.value.key == key
        for language in LANGUAGES:
            assert incident.uid in refused.value.text(language)


def test_notes_are_kept_in_order_until_it_is_closed() -> None:
    once, _event = note(opened(), now=later(1), actor="cb-01", text="đèn CPE đỏ")
    twice, event = note(once, now=later(2), actor="cb-02", text="đã gọi")
    assert [written.actor for written in twice.notes] == ["cb-01", "cb-02"]
    assert event.kind == "incident.noted"
    with pytest.raises(ActionRefused):
        note(opened(), now=NOW, actor="cb-01", text=" ")


def test_held_children_are_listed_with_begin_and_end() -> None:
    incident, event = hold_children(opened(), {"vm-1": "gateway", "tthc": "gateway"}, later(1))
    assert event is not None
    assert event.data == {"held": ["vm-1", "tthc"], "released": []}
    same, nothing = hold_children(incident, {"tthc": "gateway", "vm-1": "gateway"}, later(2))
    assert (same, nothing) == (incident, None)
    fewer, event = hold_children(incident, {"vm-1": "gateway"}, later(3))
    assert event is not None
    assert event.data == {"held": [], "released": ["tthc"]}
    assert [child.device for child in fewer.held_now] == ["vm-1"]
    ended, _event = resolve(fewer, later(9))
    assert [(c.device, c.until) for c in ended.held] == [("vm-1", later(9)), ("tthc", later(3))]


def test_severity_of_the_first_form() -> None:
    seen = {v.row: severity_of(v) for v in (LINE, SWITCH, DARK, QUALITY, SERVICE, ON_UPS)}
    assert seen == {"M3": "S1", "S1": "S1", "U0": "S1", "Q3": "S3", "V1": "S2", "P3": "S3"}


def test_a_record_survives_json() -> None:
    words = Words(vi="MẤT KẾT NỐI METRONET", en="METRONET LOST")
    incident, _event = open_from(
        LINE, ward="26740", uid="u", t_started=NOW, now=NOW, headline=words
    )
    full, _event = acknowledge(incident, now=NOW, actor="cb-01", reason="đang gọi")
    assert Incident.model_validate_json(full.model_dump_json()) == full


MOVES = st.lists(
    st.tuples(
        st.sampled_from([FINE, DARK, LINE, SWITCH, QUALITY]),
        st.sampled_from(["hard", "soft", "good", "unknown"]),
        st.integers(1, 400),
    ),
    max_size=50,
)


@given(MOVES)
def test_the_machine_never_closes_and_opens_only_when_nothing_of_that_cause_is_open(
    moves: list[tuple[Verdict, str, int]],
) -> None:
    roots = {"hard": BAD, "soft": SOFT, "good": good(500.0), "unknown": RootCheck(hard=False)}
    known: dict[str, Incident] = {}
    now = 0.0
    for verdict, root, gap in moves:
        now += gap
        current = concerned(known.values(), verdict, later(now), RULES)
        still = next((i for i in known.values() if i.is_open), None)
        decision = decide(current or still, verdict, roots[root], now)
        if decision.incident is None:
            continue
        before = known.get(decision.incident.uid)
        if decision.what == "open":
            assert before is None
            assert roots[root].hard
            assert not any(i.is_open and same_cause(i, verdict) for i in known.values())
        if decision.what == "reopen":
            assert before is not None
            assert before.state is IncidentState.RESOLVED
        if decision.what == "resolve":
            assert roots[root].ok_for_s is not None
        assert decision.incident.state is not IncidentState.CLOSED
        known[decision.incident.uid] = decision.incident


PERSON = st.lists(st.sampled_from(["ack", "note", "close", "resolve", "reopen"]), max_size=15)


@given(PERSON)
def test_whatever_is_tried_in_whatever_order_the_life_stays_in_order(tries: list[str]) -> None:
    """closed is the end; closed needs resolved before; every refusal leaves no trace."""
    incident, path, second = opened(), [IncidentState.OPEN], 1
    for verb in tries:
        second += 1
        now = later(second)
        acts = {
            "ack": lambda i, now=now: acknowledge(i, now=now, actor="cb-01", reason="x"),
            "note": lambda i, now=now: note(i, now=now, actor="cb-01", text="x"),
            "close": lambda i, now=now: close(i, now=now, actor="cb-01", cause="c", text="x"),
            "resolve": lambda i, now=now: resolve(i, now),
            "reopen": lambda i, now=now: reopen(i, LINE, now),
        }
        try:
            incident, event = acts[verb](incident)
        except ActionRefused:
            continue
        assert event.key == incident.uid
        if incident.state is not path[-1]:
            path.append(incident.state)
    if IncidentState.CLOSED in path:
        assert path.index(IncidentState.CLOSED) == len(path) - 1
        assert path[-2] is IncidentState.RESOLVED
    assert (incident.t_closed is not None) == (incident.state is IncidentState.CLOSED)
