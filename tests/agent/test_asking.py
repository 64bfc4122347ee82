"""Whom the agent asks at once: the way, when its far end comes or goes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from agent.asking import Asking
from agent.schedule import Job, Schedule
from agent.taken import Taken
from probes.clock import ManualClock
from probes.model import Observation, Reading, Reason, Target
from probes.path.trace import PROBE

GATEWAY = Target(ward="26740", name="gateway", kind="gateway", role="gateway", host="192.0.2.1")


@pytest.mark.parametrize("changed", [True, False])
def test_the_way_is_traced_at_once_when_its_far_end_comes_or_goes(changed: bool) -> None:
    clock = ManualClock()
    schedule = Schedule([Job(GATEWAY, PROBE, PROBE.period_s)], clock.monotonic())
    [first] = schedule.due(clock.monotonic() + 60)
    schedule.done(first)
    seen = Observation(
        GATEWAY, "watch", Reason.OK, Reading(), datetime(2026, 3, 2, tzinfo=UTC), 0.0, 0.1, 12.5
    )
    no_case: Any = None  # asked for only where something is in doubt
    Asking(schedule, clock).follow(no_case, seen, Taken(far_end_changed=changed))
    due_in_s = schedule.next_due(clock.monotonic()) - clock.monotonic()
    assert (due_in_s == 0) is changed
