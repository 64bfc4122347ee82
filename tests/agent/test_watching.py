"""One ward under watch: off duty nothing counts, under announced work nothing gets hard."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.checks import CheckState, Ring, State
from agent.config import Timing
from agent.duty import packaged_calendar
from agent.maintenance.model import Covered
from agent.verdict.topology import tree
from agent.ward_checks import REACHABLE
from agent.watching import WardWatch
from inventory.load import load
from inventory.model import Duty
from playbooks.verdict.facts import Truth
from probes.model import EchoStats, Observation, Reading, Reason
from probes.target import targets_of
from probes.vc.status import VcStatus

MONDAY = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # 07:00 in the ward
INVENTORY = load(Path(__file__).parents[1] / "inventory" / "good", with_secrets=False)
WARD = INVENTORY.wards["26740"]
CORE = "sw-26740-01"


def watch_of(duty: Duty = Duty.ALWAYS) -> tuple[WardWatch, str]:
    """The ward of the test inventory; its first device that is not the switch has that duty."""
    targets = targets_of(WARD, INVENTORY)
    chosen = next(t for t in targets if t.role not in ("core", "ce", "gateway", "service"))
    changed = tuple(replace(t, duty=duty) if t is chosen else t for t in targets)
    watch = WardWatch(
        WARD, changed, tree(WARD, "ward"), "ward", Timing(), packaged_calendar(), lambda: 0.5
    )
    return watch, chosen.name


def result(
    watch: WardWatch, name: str, at_s: float, *, ok: bool, probe: str = "icmp", **reading: Any
) -> None:
    at = MONDAY + timedelta(seconds=at_s)
    reason = Reason.OK if ok else Reason.TIMEOUT
    echo: dict[str, Any] = {"echo": EchoStats(1, 0, (0.01,))} if ok else {}
    seen = Observation(
        watch.targets[name], probe, reason, Reading(**{**echo, **reading}), at, at_s, 0.1, 75.0
    )
    watch.take(seen, at)


def state(watch: WardWatch, name: str) -> CheckState:
    return watch.checks.get((name, REACHABLE), CheckState())


HOUR = 3600.0


def test_what_was_switched_off_in_the_evening_begins_anew_in_the_morning() -> None:
    watch, name = watch_of(Duty.OFFICE)
    result(watch, name, 2 * HOUR, ok=True)
    for turn in range(8):  # 16:40 local: silent before the day is over
        result(watch, name, 9.66 * HOUR + 30 * turn, ok=False)
    assert state(watch, name).is_bad
    for turn in range(400):  # the night
        result(watch, name, 10 * HOUR + 120 * turn, ok=False)
    off = state(watch, name)
    assert (off.state, off.hard) == (State.UNKNOWN, False)
    assert watch.seen(name, MONDAY + timedelta(hours=20), 20 * HOUR).answers is Truth.UNKNOWN
    result(watch, name, 24.8 * HOUR, ok=False)  # 07:48: within duty, past the grace
    morning = state(watch, name)
    assert (morning.state, morning.hard, morning.attempt) == (State.CRIT, False, 1)
    assert morning.bad_since == MONDAY + timedelta(hours=24.8)


def test_one_that_answers_at_night_is_shown_as_usual() -> None:
    watch, name = watch_of(Duty.OFFICE)
    result(watch, name, 15 * HOUR, ok=True)
    assert state(watch, name).state is State.OK


@pytest.mark.parametrize(("after_min", "counts"), [(5, True), (14, True), (16, False)])
def test_an_endpoint_that_falls_silent_in_a_call_counts(after_min: int, counts: bool) -> None:
    watch, name = watch_of(Duty.MEETING)
    result(watch, name, HOUR, ok=True, probe="cisco-ce", vc=VcStatus(in_call=True))
    at = HOUR + 60 * after_min
    result(watch, name, at, ok=False)
    result(watch, name, at, ok=False, probe="cisco-ce")
    assert state(watch, name).is_bad is counts


def test_nothing_under_announced_work_gets_hard_and_it_counts_anew_afterwards() -> None:
    watch, name = watch_of()
    for probe in ("watch", "icmp"):
        result(watch, CORE, 5, ok=True, probe=probe)
    at = MONDAY + timedelta(seconds=10)
    assert watch.cover(Covered(names=frozenset({CORE})), at, 10) == ()
    for turn in range(100):
        result(watch, CORE, 20 + 5 * turn, ok=False, probe="watch")
    assert (state(watch, CORE).state, state(watch, CORE).hard) == (State.CRIT, False)
    assert watch.sight(at, 520).maintained.has(CORE)
    end = MONDAY + timedelta(seconds=530)
    assert watch.cover(Covered(), end, 530) == (CORE,)
    after = state(watch, CORE)
    assert (after.attempt, after.bad_since) == (1, end)
    for turn in range(3):
        result(watch, CORE, 535 + 2 * turn, ok=False, probe="watch")
    assert state(watch, CORE).hard
    assert name in watch.targets


def test_what_an_earlier_run_knew_is_memory_not_measurement() -> None:
    watch, name = watch_of()
    ring = Ring(0b1011, State.CRIT, flapping=False)
    watch.remember({(name, REACHABLE): CheckState(State.CRIT, hard=True, ring=ring)})
    assert watch.checks == {}
    result(watch, name, 5, ok=True)
    assert state(watch, name).ring == ring.entered(State.OK)
    assert state(watch, name).bad_since is None


@given(st.floats(0, 1000), st.booleans())
def test_a_result_lives_two_and_a_half_periods_is_stale_for_three_lives_then_unknown(
    age_s: float, ok: bool
) -> None:
    """Whatever the result said, its age alone decides whether it counts."""
    watch, name = watch_of()
    result(watch, name, 100.0, ok=ok)
    seen = watch.seen(name, MONDAY, 100.0 + age_s)
    assert seen.fresh is (age_s <= 75.0)
    expected = (Truth.TRUE if ok else Truth.FALSE) if age_s <= 75.0 else Truth.UNKNOWN
    assert seen.answers is expected
    assert bool(seen.live) is (ok and age_s <= 75.0)
