"""Whatever people and the machine do to an incident in whatever order, its life stays in order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agent.incidents import acts, life
from agent.incidents.record import MACHINE, Incident, IncidentState, changed
from agent.incidents.rules import IncidentRules, RootCheck, advance, concerned
from agent.incidents.severity import device_severity, security_severity, severity_of
from inventory.errors import ActionRefused
from inventory.values import Words
from playbooks.verdict.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.incidents.record import Severity, Step

NOW = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
FINE = Verdict("ward", "none", "", "ok", 0.95, "N1")
LINE = Verdict("ward", "metronet", "line", "down", 0.91, "M3", root="gw")
DARK = Verdict("ward", "unknown", "dark", "down", 0.50, "U2", root="gw")
SLOW = Verdict("ward", "metronet", "quality", "degraded", 0.85, "Q3", root="gw")
RULES = IncidentRules()
ORDER = ("S1", "S2", "S3", "S4")


class Life(RuleBasedStateMachine):
    """The machine's rule and people's acts on one incident, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.at = NOW
        self.kinds: list[str] = []

    @initialize(verdict=st.sampled_from((LINE, DARK, SLOW)), security=st.booleans())
    def begin(self, verdict: Verdict, security: bool) -> None:
        one, event = life.open_from(verdict, ward="26740", uid="u", t_started=NOW, now=NOW)
        self.one = changed(one, id="SC-2026-000001", kind="security" if security else "technical")
        self.kinds.append(event.kind)

    def _try(self, act: Callable[[], Step]) -> None:
        before = self.one
        try:
            self.one, event = act()
        except ActionRefused:
            assert self.one is before
            return
        self.kinds.append(event.kind)
        assert event.key == self.one.uid

    @rule(seconds=st.sampled_from((1, 90, 599, 700)))
    def wait(self, seconds: int) -> None:
        self.at += timedelta(seconds=seconds)

    @rule(verdict=st.sampled_from((LINE, DARK, SLOW, FINE)), hard=st.booleans(), ok=st.booleans())
    def judge(self, verdict: Verdict, hard: bool, ok: bool) -> None:
        root = RootCheck(hard=hard, bad_since=self.at, ok_for_s=120.0 if ok and not hard else None)
        current = concerned([self.one], verdict, self.at, RULES)
        if current is None and not self.one.is_open:
            return
        current = current or self.one
        found = advance(
            current, verdict, root, ward="26740", now=self.at, new_uid=lambda: "v", rules=RULES
        )
        if found.what == "open":
            assert not self.one.is_open
            assert found.incident is not None
            assert found.incident.follows == self.one.id
            return
        if found.incident is not None and found.event is not None:
            self.one = found.incident
            self.kinds.append(found.event.kind)

    @rule(act=st.sampled_from(("ack", "unack", "take", "note", "close", "resolve", "cannot")))
    def person(self, act: str) -> None:
        who = {"now": self.at, "actor": "local:cb-01"}
        later = self.at + timedelta(hours=1)
        table: dict[str, Callable[[], Step]] = {
            "ack": lambda: life.acknowledge(self.one, reason="x", **who),  # type: ignore[arg-type]
            "unack": lambda: acts.unacknowledge(self.one, reason="x", **who),  # type: ignore[arg-type]
            "take": lambda: acts.take(self.one, **who),  # type: ignore[arg-type]
            "note": lambda: life.note(self.one, text="x", **who),  # type: ignore[arg-type]
            "close": lambda: life.close(self.one, cause="other", text="x", **who),  # type: ignore[arg-type]
            "resolve": lambda: acts.resolve_by(self.one, reason="x", **who),  # type: ignore[arg-type]
            "cannot": lambda: acts.cannot_fix(
                self.one, reason="x", expected_restore=later, workaround="x", **who  # type: ignore[arg-type]
            ),
        }  # fmt: skip
        self._try(table[act])

    @rule(severity=st.sampled_from(ORDER))
    def person_sets(self, severity: Severity) -> None:
        self._try(
            lambda: acts.set_severity(
                self.one, now=self.at, actor="local:cb-01", severity=severity, reason="x"
            )
        )
        if self.one.state is not IncidentState.CLOSED:
            assert self.one.severity == severity

    @invariant()
    def in_order(self) -> None:
        one = self.one
        state = one.state
        assert (one.t_resolved is not None) == (not one.is_open)
        assert (one.t_closed is not None) == (state is IncidentState.CLOSED)
        assert (one.t_acked is None) or state is not IncidentState.OPEN
        if state in (IncidentState.ACKED, IncidentState.IN_PROGRESS, IncidentState.CANNOT_FIX_NOW):
            assert one.t_acked is not None
        if state is IncidentState.CLOSED:
            assert one.cause
            assert one.actions[-1].actor != MACHINE or one.actions[-1].verb == "close"
        if one.kind == "security":
            ended = [act for act in one.actions if act.verb in ("resolve", "close", "symptom")]
            assert all(act.actor != MACHINE for act in ended)
        assert self.kinds.count("incident.opened") == 1
        assert self.kinds.count("incident.closed") <= 1
        ends = self.kinds.count("incident.resolved")
        assert ends - self.kinds.count("incident.reopened") == (0 if one.is_open else 1)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def incident(verdict: Verdict = LINE) -> Incident:
    return life.open_from(verdict, ward="26740", uid="u", t_started=NOW, now=NOW)[0]


@pytest.mark.parametrize(
    ("verdict", "meeting", "wards", "severity"),
    [
        (LINE, False, 1, "S1"),
        (DARK, False, 1, "S1"),
        (SLOW, False, 1, "S3"),
        (SLOW, True, 1, "S2"),
        (Verdict("hub", "service", "i", "down", 0.9, "V1", root="svc[a]"), False, 2, "S2"),
        (Verdict("hub", "service", "i", "down", 0.9, "V1", root="svc[a]"), False, 3, "S1"),
        (Verdict("ward", "meeting", "endpoint", "degraded", 0.9, "R1"), False, 1, "S3"),
        (Verdict("ward", "meeting", "endpoint", "degraded", 0.9, "R1"), True, 1, "S2"),
        (Verdict("ward", "lan", "devices", "down", 0.9, "L2"), False, 1, "S2"),
    ],
)
def test_severity_goes_by_rules(
    verdict: Verdict, meeting: bool, wards: int, severity: Severity
) -> None:
    assert severity_of(verdict, in_meeting=meeting, wards_without_service=wards) == severity


def test_a_single_device_is_s4_more_with_others_behind_it_or_in_a_meeting() -> None:
    assert device_severity() == "S4"
    assert device_severity(children=2) == device_severity(in_meeting=True) == "S3"
    assert (security_severity(), security_severity(spreading=True)) == ("S2", "S1")


def test_what_a_person_set_is_raised_only_by_something_new() -> None:
    slow = incident(SLOW)
    lower, _ = acts.set_severity(slow, now=NOW, actor="local:a", severity="S4", reason="thử máy")
    assert life.update(lower, SLOW, NOW) is None
    step = life.update(lower, LINE, NOW)
    assert step is not None
    assert (step[0].severity, step[1].data["worse"]) == ("S1", True)


def test_a_segment_known_later_is_no_second_alarm() -> None:
    dark = incident(DARK)
    taken, _ = life.acknowledge(dark, now=NOW, actor="local:a", reason="x")
    step = life.update(taken, LINE, NOW)
    assert step is not None
    assert (step[0].state, step[0].root.segment, step[1].data["worse"]) == (
        IncidentState.ACKED, "metronet", False,
    )  # fmt: skip


def test_a_security_incident_is_a_new_one_linked_to_the_technical_one() -> None:
    first = changed(incident(), id="SC-2026-000001")
    words = Words(vi="x", en="x")
    new, event = acts.reported(
        ward="26740", uid="w", kind="security", severity="S2", headline=words, now=NOW,
        actor="local:a", linked=first,
    )  # fmt: skip
    assert (new.linked, new.detected_by, event.kind) == (first.id, "role", "incident.opened")
    assert first.kind == "technical"
    with pytest.raises(ActionRefused):
        life.resolve(new, NOW)
    with pytest.raises(ActionRefused):
        acts.resolve_by(first, now=NOW, actor="local:a", reason="x")


def test_an_acknowledgement_is_lifted_with_a_reason_and_stays_in_the_record() -> None:
    one, _event = life.open_from(LINE, ward="26740", uid="u", t_started=NOW, now=NOW)
    who = {"now": NOW, "actor": "local:cb-01"}
    with pytest.raises(ActionRefused, match="not acknowledged yet"):
        acts.unacknowledge(one, reason="x", **who)  # type: ignore[arg-type]
    acked, _event = life.acknowledge(one, reason="đi xem", **who)  # type: ignore[arg-type]
    with pytest.raises(ActionRefused, match="without a reason"):
        acts.unacknowledge(acked, reason=" ", **who)  # type: ignore[arg-type]
    lifted, event = acts.unacknowledge(acked, reason="bận việc khác", **who)  # type: ignore[arg-type]
    assert (lifted.state, lifted.t_acked, event.kind) == ("open", None, "incident.unacked")
    assert [act.verb for act in lifted.actions] == ["ack", "unack"]
