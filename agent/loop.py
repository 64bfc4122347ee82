"""Polls what is due: one task per run, so that a slow or dead device never delays another."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from probes.run import observe

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.schedule import Job, Schedule
    from inventory.credentials import Secret
    from probes.clock import Clock
    from probes.model import Observation, Transports


class Poller:
    """Runs the schedule against the network and hands every observation to `take`.

    `secret` resolves a reference for a target's folder. `take` is called on the loop, one
    observation at a time. Whatever is hastened in the schedule, by `take` or by anybody else on the
    loop, is picked up at once.
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

    async def run(self) -> None:
        """Poll until cancelled; runs in flight are cancelled with it."""
        self._schedule.on_haste(self._changed.set)
        async with asyncio.TaskGroup() as runs:
            while True:
                for job in self._schedule.due(self._clock.monotonic()):
                    runs.create_task(self._poll(job))
                await self._wait_until(self._schedule.next_due(self._clock.monotonic()))

    async def _poll(self, job: Job) -> None:
        deadline = self._clock.monotonic() + job.deadline_s
        try:
            observation = await observe(
                job.target, job.probe, self._transports, self._clock, deadline, self._secret
            )
        finally:
            self._schedule.done(job)
        self._take(observation)
        self._changed.set()

    async def _wait_until(self, mono: float) -> None:
        self._changed.clear()
        try:
            async with asyncio.timeout_at(mono):
                await self._changed.wait()
        except TimeoutError:
            return
