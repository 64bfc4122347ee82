"""Polls what is due: one task per run, so that a slow or dead device never delays another."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from typing import TYPE_CHECKING

from probes.model import TTL_PERIODS, Memory, Reason
from probes.run import observe

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.schedule import Job, JobKey, Schedule
    from inventory.credentials import Secret
    from probes.clock import Clock
    from probes.model import Observation
    from probes.transports.model import Transports


BEAT_S = 0.1
LATE_S = 0.1
_AT_THE_SAME_MOMENT_S = 0.05
_LOST = frozenset({Reason.TIMEOUT, Reason.UNREACHABLE})


class Lateness:
    """Notices that the event loop was busy with something else; beats only while runs are out.

    A run that timed out in the very moment the loop came back late proves nothing: its answer may
    have been waiting. Times are the loop's seconds.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._out = 0
        self._due = 0.0
        self._late_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """A run starts."""
        self._out += 1
        if self._timer is None:
            self._beat_again()

    def end(self) -> bool:
        """A run has ended; whether the loop came back late at this moment."""
        self._out -= 1
        now = self._clock.monotonic()
        self._look(now)
        return now - self._late_at <= _AT_THE_SAME_MOMENT_S

    def _look(self, now: float) -> None:
        if self._timer is not None and now - self._due > LATE_S:
            self._late_at = now

    def _beat(self) -> None:
        self._look(self._clock.monotonic())
        self._timer = None
        if self._out:
            self._beat_again()

    def _beat_again(self) -> None:
        self._due = self._clock.monotonic() + BEAT_S
        self._timer = asyncio.get_running_loop().call_at(self._due, self._beat)


class Poller:
    """Runs the schedule against the network and hands every observation to `take`.

    `secret` resolves a reference for a target's folder. `take` is called on the loop, one
    observation at a time. Whatever is hastened in the schedule, by `take` or by anybody else on the
    loop, is picked up at once. A silence that may be this program's own lateness is `busy`, not
    lost, and is asked again at once: only once in a row, or what is too slow already would be given
    ever more to do.
    """

    def __init__(
        self,
        schedule: Schedule,
        transports: Transports,
        clock: Clock,
        secret: Callable[[str], Secret],
        take: Callable[[Observation], None],
    ) -> None:
        self._schedule = schedule
        self._transports = transports
        self._clock = clock
        self._secret = secret
        self._take = take
        self._changed = asyncio.Event()
        self._lateness = Lateness(clock)
        self._memories: dict[JobKey, Memory] = {}
        self._busy: set[JobKey] = set()

    async def run(self) -> None:
        """Poll until cancelled; runs in flight are cancelled with it."""
        self._schedule.on_haste(self._changed.set)
        async with asyncio.TaskGroup() as runs:
            while True:
                for job in self._schedule.due(self._clock.monotonic()):
                    runs.create_task(self._poll(job))
                await self._wait_until(self._schedule.next_due(self._clock.monotonic()))

    async def _poll(self, job: Job) -> None:
        begun = self._clock.monotonic()
        self._lateness.begin()
        late = False
        try:
            seen = await observe(
                job.target, job.probe, self._transports, self._clock,
                begun + job.deadline_s, self._secret,
                memory=self._memories.setdefault(job.key, Memory()),
            )  # fmt: skip
        finally:
            late = self._lateness.end()
            took_s = self._clock.monotonic() - begun
            self._schedule.done(job, took_s, answers_slowly=self._answers_slowly(job))
        if late and seen.reason in _LOST:
            seen = replace(seen, reason=Reason.BUSY, detail="busy", detail_values={})
            if job.key not in self._busy:
                self._schedule.hasten(*job.key, self._clock.monotonic())
            self._busy.add(job.key)
        else:
            self._busy.discard(job.key)
            if job.quiet_s is not None and not seen.ok:
                seen = replace(seen, ttl_s=max(seen.ttl_s, TTL_PERIODS * job.quiet_s))
        self._take(seen)

    def _answers_slowly(self, job: Job) -> bool:
        lessons, access = self._transports.lessons, job.target.snmp
        if lessons is None or access is None or job.lane[2] != "snmp":
            return False
        return lessons.is_slow(job.target.host, access.port)

    async def _wait_until(self, mono: float) -> None:
        self._changed.clear()
        timer = None
        if not math.isinf(mono):
            timer = asyncio.get_running_loop().call_at(mono, self._changed.set)
        try:
            await self._changed.wait()
        finally:
            if timer is not None:
                timer.cancel()
