"""Whom to ask at once: what is in doubt, who tells of it, what a person wants to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.checks import State
from agent.verdict.reach import NO_ANSWER
from agent.ward_checks import MTU

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.pace import Slowed
    from agent.schedule import Job, JobKey, Schedule
    from agent.taken import Step, Taken
    from agent.ward_case import WardCase
    from probes.clock import Clock
    from probes.model import Observation

# What proves presence quickest, in order; a slow table walk is the last resort.
_QUICK_PROOFS = ("watch", "icmp", "http", "tcp", "node-exporter", "cisco-ce", "snmp-interfaces")

# What a switch says of its ports: whether they have link, and in which VLANs they are.
_PORTS = ("snmp-interfaces", "snmp-vlans")
_SIZE_AGAIN_S = 60.0


class Asking:
    """The one door of the engine to the schedule; times are monotonic seconds."""

    def __init__(self, schedule: Schedule, clock: Clock) -> None:
        self._schedule = schedule
        self._clock = clock

    def everything(self, ward: str, name: str) -> int:
        """Have every probe of a target run at once, but those held back; returns how many."""
        jobs = [job for job in self._schedule.jobs if job.key[:2] == (ward, name)]
        free = [job for job in jobs if not self._schedule.is_held(*job.key)]
        for job in free:
            self._schedule.hasten(*job.key, self._clock.monotonic())
        return len(free)

    def held(self, ward: str, name: str) -> tuple[str, ...]:
        """Which probes of a target are held back because a meeting must not be disturbed."""
        keys = (job.key for job in self._schedule.jobs if job.key[:2] == (ward, name))
        return tuple(key[2] for key in keys if self._schedule.is_held(*key))

    def order(self, periods: Mapping[JobKey, float]) -> None:
        """Run these jobs in another rhythm from now on, all others in their own."""
        self._schedule.order(periods, self._clock.monotonic())

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Everything that is planned."""
        return self._schedule.jobs

    def briskly(self, ward: str, name: str, most_s: float) -> int:
        """Have the probes of a target run at once that are asked so often anyway; how many."""
        jobs = [
            job for job in self._schedule.jobs
            if job.key[:2] == (ward, name) and job.probe.period_s <= most_s
        ]  # fmt: skip
        for job in jobs:
            self._schedule.hasten(*job.key, self._clock.monotonic())
        return len(jobs)

    def slowed(self, ward: str, name: str) -> tuple[Slowed, ...]:
        """Which probes of a target are asked less often because they take so long."""
        return self._schedule.slowed(ward, name)

    def one(self, ward: str, name: str, probe: str, mono: float) -> bool:
        """Have one probe of a target run at this moment; False when it is not planned or held."""
        key = (ward, name, probe)
        if self._schedule.is_held(*key) or all(job.key != key for job in self._schedule.jobs):
            return False
        self._schedule.hasten(ward, name, probe, mono)
        return True

    def follow(self, case: WardCase, seen: Observation, taken: Taken) -> None:
        """Ask again what is in doubt, the parents of what fell silent, the children of a return."""
        mono = self._clock.monotonic()
        target = seen.target
        if taken.retry_in_s is not None:
            self._schedule.retry(target.ward, target.name, seen.probe, mono + taken.retry_in_s)
        if taken.presence is State.OK:
            self._schedule.reached(target.ward, target.name, mono)
        elif taken.presence is State.CRIT and seen.reason in NO_ANSWER:
            self._schedule.missed(target.ward, target.name, mono)
        if taken.ask_burst:
            self._schedule.hasten(target.ward, target.name, "icmp", mono)
            self._ask_uplink(case, mono)
        if taken.far_end_changed:  # where the way ends now, and whether it is another one
            self._schedule.hasten(target.ward, target.name, "trace", mono)
        for step in taken.steps:
            self._follow_step(case, seen, step, mono)
        for name in taken.orders.ask_now:
            self._ask_proof(target.ward, name, mono)
        for name, when in taken.orders.recheck:
            self._ask_proof(target.ward, name, when)

    def _follow_step(self, case: WardCase, seen: Observation, step: Step, mono: float) -> None:
        target = seen.target
        if step.transition is not None and step.transition.change == "soft_bad":
            self._ask_witnesses(case, step.key[0], mono)
        if step.key[1] == MTU and step.state.is_bad:  # its end would be seen in an hour only
            self._schedule.retry(target.ward, target.name, seen.probe, mono + _SIZE_AGAIN_S)

    def _ask_witnesses(self, case: WardCase, name: str, mono: float) -> None:
        """At the first loss of the far end or the switch: ask what tells who is to blame."""
        witnesses = case.watch.witnesses(name)
        for witness in witnesses:
            self._ask_proof(case.watch.ward.ward, witness, mono)
        if witnesses:
            self._ask_uplink(case, mono)

    def _ask_uplink(self, case: WardCase, mono: float) -> None:
        """Have the switch and the terminal device say what they know besides answering ping."""
        for device in (case.watch.ward.core, case.watch.ward.ce):
            if device is not None:
                for probe in _PORTS:
                    self._schedule.hasten(case.watch.ward.ward, device.name, probe, mono)

    def _ask_proof(self, ward: str, name: str, when: float) -> None:
        planned = {job.probe.name for job in self._schedule.jobs if job.key[:2] == (ward, name)}
        quick = [probe for probe in _QUICK_PROOFS if probe in planned][:2] or sorted(planned)[:1]
        for probe in quick:
            self._schedule.hasten(ward, name, probe, when)
