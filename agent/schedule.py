"""Who is due: every probe of every target in its rhythm, never two runs of one at a time.

Planning only: each run is a task of its own, so a slow or dead device delays nobody else.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from probes.model import Probe, Target

JobKey: TypeAlias = tuple[str, str, str]  # ward code, target name, probe name

FIRST_CYCLE_S = 30.0
LONGEST_RUN_S = 60.0
_SHARE_OF_PERIOD = 0.8
_SAME_MOMENT_S = 1e-6  # below it two computed moments of one rhythm differ by rounding alone


def phase_s(ward: str, name: str, period_s: float) -> float:
    """Where in its period a target's runs fall: the same after every start, spread over targets.

    The ward's code is part of it, else the gateways of all wards would be asked at one moment.
    """
    return crc32(f"{ward}/{name}".encode()) % max(1, round(period_s * 1000)) / 1000


@dataclass(frozen=True, slots=True)
class Job:
    """One probe of one target with its period in seconds."""

    target: Target
    probe: Probe
    period_s: float

    @property
    def key(self) -> JobKey:
        """Ward, target and probe by name."""
        return (self.target.ward, self.target.name, self.probe.name)

    @property
    def lane(self) -> JobKey:
        """What only one run at a time may use: SNMP agents of devices are asked one by one."""
        snmp = self.probe.name.startswith("snmp-")
        return (self.target.ward, self.target.name, "snmp" if snmp else self.probe.name)

    @property
    def phase_s(self) -> float:
        """Offset of its runs within the period, seconds."""
        return phase_s(self.target.ward, self.target.name, self.period_s)

    @property
    def deadline_s(self) -> float:
        """How long one run may take, so that it never reaches into the next."""
        return min(_SHARE_OF_PERIOD * self.period_s, self.probe.timeout_s, LONGEST_RUN_S)


@dataclass(slots=True)
class _Plan:
    job: Job
    next_at: float
    hastened: bool = False


@dataclass(slots=True)
class _Lane:
    holder: JobKey | None = None
    parked: dict[JobKey, None] = field(default_factory=dict)


class Schedule:
    """Plans the runs of some jobs from a start on; times are the clock's monotonic seconds.

    `due` hands out runs; each is in flight until `done`. A run that is due while the same one is
    still in flight is skipped and counted. One that finds another SNMP run of its device waits for
    it, in one place only.
    """

    def __init__(self, jobs: Iterable[Job], start_mono: float) -> None:
        self._start = start_mono
        self._plans: dict[JobKey, _Plan] = {}
        self._lanes: dict[JobKey, _Lane] = {}
        self._heap: list[tuple[float, JobKey]] = []
        self._skipped: Counter[JobKey] = Counter()
        self._wake: Callable[[], None] = lambda: None
        for job in jobs:
            first_cycle_s = min(job.period_s, FIRST_CYCLE_S)
            self._plans[job.key] = _Plan(job, start_mono + job.phase_s % first_cycle_s)
            self._lanes.setdefault(job.lane, _Lane())
            self._push(job.key)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Everything that is planned."""
        return tuple(plan.job for plan in self._plans.values())

    @property
    def skipped(self) -> Mapping[JobKey, int]:
        """How many runs of each job were left out because one was still in flight."""
        return self._skipped

    def due(self, mono: float) -> list[Job]:
        """The runs to start now, earliest planned first; each counts as in flight from here on."""
        started: list[Job] = []
        while (found := self._top()) is not None and found[0] <= mono:
            heapq.heappop(self._heap)
            plan = self._plans[found[1]]
            lane = self._lanes[plan.job.lane]
            if lane.holder is None:
                self._begin(plan, lane, mono)
                started.append(plan.job)
            elif lane.holder == plan.job.key and not plan.hastened:
                self._skipped[plan.job.key] += 1
                self._move(plan, self._after(plan.job, mono))
            else:
                lane.parked[plan.job.key] = None
        return started

    def done(self, job: Job) -> None:
        """Say that a run has ended, however it ended; who waited for it is due again."""
        lane = self._lanes[job.lane]
        lane.holder = None
        parked, lane.parked = lane.parked, {}
        for key in parked:
            self._push(key)

    def hasten(self, ward: str, name: str, probe: str, at: float) -> None:
        """Run a job at `at` at the latest: retries, parent checks, hints. Unknown jobs are left.

        While a run of it is in flight, the hastened one follows when that ends: what is in flight
        may have been asked before the reason for the haste.
        """
        plan = self._plans.get((ward, name, probe))
        if plan is None or plan.next_at <= at:
            return
        plan.hastened = True
        self._move(plan, at)
        self._wake()

    def on_haste(self, wake: Callable[[], None]) -> None:
        """Have `wake` called whenever something is due earlier than `next_due` said."""
        self._wake = wake

    def next_due(self, mono: float) -> float:
        """When `due` will next have something to decide: at least `mono`, inf for never.

        Runs that wait for another one are not counted: `done` brings them back.
        """
        found = self._top()
        return math.inf if found is None else max(mono, found[0])

    def _begin(self, plan: _Plan, lane: _Lane, mono: float) -> None:
        lane.holder = plan.job.key
        if not plan.hastened:
            self._skipped[plan.job.key] += int((mono - plan.next_at) // plan.job.period_s)
        plan.hastened = False
        self._move(plan, self._after(plan.job, mono))

    def _after(self, job: Job, mono: float) -> float:
        """The first moment of the job's own rhythm after `mono`."""
        first = self._start + job.phase_s
        passed = max(0, math.floor((mono - first) / job.period_s) + 1)
        at = first + passed * job.period_s
        return at if at > mono + _SAME_MOMENT_S else at + job.period_s

    def _move(self, plan: _Plan, to: float) -> None:
        plan.next_at = to
        self._push(plan.job.key)

    def _push(self, key: JobKey) -> None:
        heapq.heappush(self._heap, (self._plans[key].next_at, key))

    def _top(self) -> tuple[float, JobKey] | None:
        """The earliest entry that still holds; moved plans leave dead entries behind."""
        while self._heap:
            at, key = self._heap[0]
            parked = key in self._lanes[self._plans[key].job.lane].parked
            if self._plans[key].next_at == at and not parked:
                return at, key
            heapq.heappop(self._heap)
        return None
