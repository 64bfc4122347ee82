"""Who is due: every probe of every target in its rhythm, never two runs of one at a time.

Planning only: each run is a task of its own, so a slow or dead device delays nobody else.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias
from zlib import crc32

from agent.pace import (
    RECHECK_S,
    UNAVAILABLE_AFTER_S,
    UNAVAILABLE_EVERY_S,
    Pace,
    Slowed,
    round_s,
    slots,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from probes.model import Probe, Target

JobKey: TypeAlias = tuple[str, str, str]  # ward code, target name, probe name
Place: TypeAlias = tuple[str, str]  # ward code, target name

FIRST_CYCLE_S = 30.0
LONGEST_RUN_S = 60.0
_SHARE_OF_PERIOD = 0.8
# Runs of one half second start together: a program that is woken four hundred times a second to do
# a little each time takes a fifth more CPU than one that does the same at once.
_PHASE_STEP_S = 0.5
_SAME_MOMENT_S = 1e-6  # below it two computed moments of one rhythm differ by rounding alone


def phase_s(ward: str, name: str, period_s: float) -> float:
    """Where in its period a target's runs fall: the same after every start, spread over targets.

    A multiple of half a second. The ward's code is part of it, else the gateways of all wards would
    be asked at one moment.
    """
    steps = max(1, round(period_s / _PHASE_STEP_S))
    return crc32(f"{ward}/{name}".encode()) % steps * _PHASE_STEP_S


@dataclass(frozen=True, slots=True)
class Job:
    """One probe of one target with its period in seconds.

    `quiet_s` is set when a target that goes on being silent may next be asked only after so long:
    its result then has to live longer.
    """

    target: Target
    probe: Probe
    period_s: float
    quiet_s: float | None = None

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


# The cheapest proof of presence first; a target without any of them is asked by what it has.
_PROOFS = ("icmp", "tcp", "http", "node-exporter", "cisco-ce", "snmp-interfaces", "snmp-ups")
WATCH = "watch"


@dataclass(slots=True)
class _Plan:
    job: Job
    next_at: float
    hastened: bool = False
    pace: Pace = field(default_factory=Pace)
    pooled: bool = False
    ordered_s: float | None = None
    begun_at: float = -math.inf

    @property
    def free_at(self) -> float:
        """The earliest start of its next run, whoever asks for it; -inf for at once."""
        apart_s = self.job.probe.apart_s
        return self.begun_at + apart_s if apart_s else -math.inf

    @property
    def period_s(self) -> float:
        """Seconds between two runs at its present pace; infinity while it is held back."""
        own_s = self.job.period_s if self.ordered_s is None else self.ordered_s
        return max(own_s, self.job.probe.apart_s) * self.pace.factor

    @property
    def is_held(self) -> bool:
        """Whether it is not to run at all for a while, whoever asks."""
        return self.ordered_s == math.inf


@dataclass(slots=True)
class _Lane:
    holder: JobKey | None = None
    parked: dict[JobKey, None] = field(default_factory=dict)


class Schedule:
    """Plans the runs of some jobs from a start on; times are the clock's monotonic seconds.

    `due` hands out runs; each is in flight until `done`. A run that is due while the same one is
    still in flight is skipped and counted. One that finds another SNMP run of its device waits for
    it, in one place only.

    A target that does not answer (`missed`) is asked again every 15 s; after 45 s it is away: its
    cheapest probe alone is asked, once a minute and in few places at once, so that the dead do not
    hold up the living, until it is `reached`. The watch of the line goes on whatever happens.
    """

    def __init__(self, jobs: Iterable[Job], start_mono: float) -> None:
        self._start = start_mono
        self._plans: dict[JobKey, _Plan] = {}
        self._lanes: dict[JobKey, _Lane] = {}
        self._heap: list[tuple[float, JobKey]] = []
        self._skipped: Counter[JobKey] = Counter()
        self._silent_since: dict[Place, float] = {}
        self._away: dict[Place, JobKey | None] = {}
        self._queue: dict[JobKey, None] = {}
        self._pooled: set[JobKey] = set()
        self._of: dict[Place, list[JobKey]] = {}
        self._wake: Callable[[], None] = lambda: None
        self._promised = math.inf
        for job in jobs:
            first_cycle_s = min(job.period_s, FIRST_CYCLE_S)
            self._plans[job.key] = _Plan(job, start_mono + job.phase_s % first_cycle_s)
            self._lanes.setdefault(job.lane, _Lane())
            self._of.setdefault(job.key[:2], []).append(job.key)
            self._push(job.key)
        self._slots = slots(len(self._of))

    @property
    def away(self) -> frozenset[Place]:
        """The targets that are asked in the pool of those that do not answer."""
        return frozenset(self._away)

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
        # A loop's timer may come a rounding error early; it would only be set again for now.
        while (found := self._top()) is not None and found[0] <= mono + _SAME_MOMENT_S:
            heapq.heappop(self._heap)
            plan = self._plans[found[1]]
            lane = self._lanes[plan.job.lane]
            if self._must_queue(plan):
                self._queue[plan.job.key] = None
            elif lane.holder is None:
                started.append(self._shaped(plan, mono))
                self._begin(plan, lane, mono)
            elif lane.holder == plan.job.key and not plan.hastened:
                self._skipped[plan.job.key] += 1
                self._move(plan, self._after(plan, mono))
            else:
                lane.parked[plan.job.key] = None
        return started

    def done(self, job: Job, took_s: float = 0.0, *, answers_slowly: bool = False) -> None:
        """Say that a run has ended, however it ended; who waited for it is due again.

        `took_s` seconds tell the pace: what is slow again and again is asked less often, and so is
        a device that answers slowly.
        """
        plan = self._plans[job.key]
        before = plan.pace
        if not self._goes_on(job.key):
            plan.pace = before.after(took_s, plan.job.period_s, answers_slowly=answers_slowly)
        if plan.pace.factor > before.factor and not math.isinf(plan.next_at):
            self._move(plan, plan.next_at + (plan.pace.factor - before.factor) * plan.job.period_s)
        if plan.pooled:
            plan.pooled = False
            self._pooled.discard(job.key)
            self._next_in_queue()
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
        if plan is None or plan.is_held or (plan.next_at <= at and plan.job.key not in self._queue):
            return
        plan.hastened = True
        self._queue.pop(plan.job.key, None)
        self._move(plan, min(at, plan.next_at))

    def retry(self, ward: str, name: str, probe: str, at: float) -> None:
        """Like `hasten` for what is in doubt; what is away has its own rhythm and is left to it."""
        if (ward, name) not in self._away:
            self.hasten(ward, name, probe, at)

    def missed(self, ward: str, name: str, mono: float) -> None:
        """Say that a target did not answer: nothing of it came back from the network."""
        place = (ward, name)
        since = self._silent_since.setdefault(place, mono)
        if place in self._away or place not in self._of:
            return
        if mono - since >= UNAVAILABLE_AFTER_S:
            self._send_away(place, mono)
        elif (proof := self._proof(place)) is not None:
            self.hasten(*proof, mono + RECHECK_S)

    def reached(self, ward: str, name: str, mono: float) -> None:
        """Say that a target answered: one that was away is asked everything at once."""
        place = (ward, name)
        self._silent_since.pop(place, None)
        if place not in self._away:
            return
        del self._away[place]
        for key in self._of[place]:
            self._queue.pop(key, None)
            plan = self._plans[key]
            if plan.next_at > mono and not self._goes_on(key) and not plan.is_held:
                self._move(plan, mono)

    def order(self, periods: Mapping[JobKey, float], mono: float) -> None:
        """From now on run these jobs in another rhythm, all others in their own.

        Seconds; infinity holds a job back, also when somebody wants it at once.
        """
        for key, plan in self._plans.items():
            if plan.ordered_s != (ordered_s := periods.get(key)):
                plan.ordered_s = ordered_s
                self._move(plan, self._after(plan, mono))

    def is_held(self, ward: str, name: str, probe: str) -> bool:
        """Whether a job is held back at present."""
        plan = self._plans.get((ward, name, probe))
        return plan is not None and plan.is_held

    def slowed(self, ward: str, name: str) -> tuple[Slowed, ...]:
        """Which probes of a target are asked less often because they take so long."""
        plans = (self._plans[key] for key in self._of.get((ward, name), ()))
        return tuple(
            Slowed(one.job.probe.name, one.pace.factor, one.period_s, one.pace.longest_s)
            for one in plans
            if one.pace.factor > 1
        )

    def on_haste(self, wake: Callable[[], None]) -> None:
        """Have `wake` called whenever something is due earlier than `next_due` said."""
        self._wake = wake

    def next_due(self, mono: float) -> float:
        """When `due` will next have something to decide: at least `mono`, inf for never.

        Runs that wait for another one are not counted: `done` brings them back.
        """
        found = self._top()
        self._promised = math.inf if found is None else max(mono, found[0])
        return self._promised

    def _begin(self, plan: _Plan, lane: _Lane, mono: float) -> None:
        lane.holder = plan.job.key
        key = plan.job.key
        missed = int(max(0.0, mono - plan.next_at) // plan.period_s)
        if missed and not plan.hastened and key[:2] not in self._away:
            self._skipped[key] += missed
        if key == self._away.get(key[:2]):
            plan.pooled = True
            self._pooled.add(key)
        plan.hastened = False
        plan.begun_at = mono
        self._move(plan, self._after(plan, mono))

    def _after(self, plan: _Plan, mono: float) -> float:
        """The first moment of the job's own rhythm after `mono`; never while it is withheld."""
        job, period_s = plan.job, plan.period_s
        if job.key[:2] in self._away and not self._goes_on(job.key):
            if job.key != self._away[job.key[:2]]:
                return math.inf
            period_s = max(UNAVAILABLE_EVERY_S, period_s)
        first = self._start + job.phase_s
        passed = max(0, math.floor((mono - first) / period_s) + 1)
        at = first + passed * period_s
        # A run that began late leaves the rhythm as it is; one out of rhythm finds back to it.
        is_soon = plan.free_at - at > period_s / 4
        return at + period_s if is_soon or at <= mono + _SAME_MOMENT_S else at

    def _shaped(self, plan: _Plan, mono: float) -> Job:
        """The job as it is run now: at its present pace, its silence good for as long as needed."""
        job, place = plan.job, plan.job.key[:2]
        if plan.period_s != job.period_s:
            probe = replace(job.probe, period_s=plan.period_s)
            job = replace(job, period_s=plan.period_s, probe=probe)
        silent_s = mono - self._silent_since.get(place, mono)
        if silent_s < UNAVAILABLE_AFTER_S - RECHECK_S or self._goes_on(plan.job.key):
            return job
        return replace(job, quiet_s=round_s(len(self._away) + 1, job.deadline_s, self._slots))

    def _must_queue(self, plan: _Plan) -> bool:
        """Whether it belongs to the pool and the pool is full; what was asked for is not."""
        pooled = plan.job.key == self._away.get(plan.job.key[:2]) and not plan.hastened
        return pooled and len(self._pooled) >= self._slots

    def _next_in_queue(self) -> None:
        key = next(iter(self._queue), None)
        if key is not None:
            del self._queue[key]
            self._push(key)

    def _send_away(self, place: Place, mono: float) -> None:
        self._away[place] = self._proof(place)
        for key in self._of[place]:
            if not self._goes_on(key):
                plan = self._plans[key]
                plan.hastened = False
                self._move(plan, self._after(plan, mono))

    def _proof(self, place: Place) -> JobKey | None:
        """The cheapest probe of a target; None where the watch proves presence anyway."""
        keys = {key[2]: key for key in self._of.get(place, ())}
        if not keys or WATCH in keys:
            return None
        known = (keys[probe] for probe in _PROOFS if probe in keys)
        return next(known, min(keys.values(), key=lambda key: self._plans[key].job.deadline_s))

    def _goes_on(self, key: JobKey) -> bool:
        """The watch and the echoes beside it: what the line's state is read from."""
        return key[2] == WATCH or (key[2] == "icmp" and (*key[:2], WATCH) in self._plans)

    def _move(self, plan: _Plan, to: float) -> None:
        plan.next_at = max(to, plan.free_at)
        self._push(plan.job.key)

    def _push(self, key: JobKey) -> None:
        at = self._plans[key].next_at
        heapq.heappush(self._heap, (at, key))
        if at < self._promised:
            self._promised = at
            self._wake()

    def _top(self) -> tuple[float, JobKey] | None:
        """The earliest entry that still holds; moved plans leave dead entries behind."""
        while self._heap:
            at, key = self._heap[0]
            parked = key in self._queue or key in self._lanes[self._plans[key].job.lane].parked
            if self._plans[key].next_at == at and not parked:
                return at, key
            heapq.heappop(self._heap)
        return None
