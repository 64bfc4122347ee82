"""Polling: a slow or dead device never delays another."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.loop import Poller
from agent.schedule import Job, Schedule
from inventory.credentials import Secret
from probes.clock import ManualClock, run_virtual
from probes.model import EchoStats, Probe, Reading, Reason, Target
from probes.snmp.engine_fast import FastEngine
from probes.tasks import end
from probes.transports.fake import FakeHttp, FakeTcp
from probes.transports.model import Transports

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.model import Observation, ProbeContext

SILENT, SLOW = "192.0.2.1", "192.0.2.2"
PERIOD_S = 30.0


@dataclass
class Net:
    """Twenty devices: one never answers, one answers after 30 s, the rest at once."""

    clock: ManualClock
    started: dict[str, list[float]] = field(default_factory=dict)

    async def burst(self, host: str, *, count: int, gap_s: float, timeout_s: float) -> EchoStats:
        """Answer as that host does."""
        del gap_s, timeout_s
        self.started.setdefault(host, []).append(self.clock.monotonic())
        if host == SILENT:
            await asyncio.Event().wait()
        await self.clock.sleep(30.0 if host == SLOW else 0.01)
        return EchoStats(count, 0, (0.01,) * count, "test")

    async def host_link(self) -> bool | None:
        """Not asked here."""
        return None


async def _echo(target: Target, context: ProbeContext) -> Reading:
    stats = await context.transports.echo.burst(target.host, count=1, gap_s=0, timeout_s=60)
    return Reading(echo=stats)


class _NoDatagrams:
    """A seam that carries nothing."""

    def send(self, data: bytes, host: str, port: int) -> None: ...

    def listen(self, on_datagram: Callable[..., None], on_error: Callable[..., None]) -> None: ...

    def close(self) -> None: ...


def test_others_start_within_a_second_of_plan_beside_a_silent_and_a_slow_device() -> None:
    clock = ManualClock()
    probe = Probe(name="echo", period_s=PERIOD_S, timeout_s=60, run=_echo)
    targets = [
        Target("26740", f"d{n}", "generic_host", "other", f"192.0.2.{n}") for n in range(1, 21)
    ]
    jobs = [Job(target, probe, PERIOD_S) for target in targets]
    net = Net(clock)
    seen: list[Observation] = []

    async def story() -> None:
        schedule = Schedule(jobs, clock.monotonic())
        ways = Transports(FastEngine(_NoDatagrams()), FakeHttp({}), net, FakeTcp({}))
        poller = Poller(schedule, ways, clock, lambda _ref: Secret("x"), seen.append)
        work = asyncio.create_task(poller.run())
        await clock.sleep(300)
        await end(work)

    run_virtual(story(), clock)
    for job in jobs:
        starts = net.started[job.target.host]
        late = [(start - job.phase_s) % PERIOD_S for start in starts]
        assert max(min(one, PERIOD_S - one) for one in late) < 1.0
        # what takes longer than half its period three times is asked half as often from then on
        assert len(starts) == (6 if job.target.host in (SILENT, SLOW) else 10)
    reasons = {(one.target.host, one.reason) for one in seen}
    assert (SILENT, Reason.TIMEOUT) in reasons
    assert {reason for host, reason in reasons if host not in (SILENT, SLOW)} == {Reason.OK}


def test_cancelling_the_poller_leaves_no_run_behind() -> None:
    clock = ManualClock()
    probe = Probe(name="echo", period_s=PERIOD_S, timeout_s=20, run=_echo)
    target = Target("26740", "d1", "generic_host", "other", SILENT)

    async def story() -> int:
        ways = Transports(FastEngine(_NoDatagrams()), FakeHttp({}), Net(clock), FakeTcp({}))
        schedule = Schedule([Job(target, probe, PERIOD_S)], clock.monotonic())
        poller = Poller(schedule, ways, clock, lambda _ref: Secret("x"), lambda _seen: None)
        work = asyncio.create_task(poller.run())
        await clock.sleep(35)
        await end(work)
        return len(asyncio.all_tasks())

    assert run_virtual(story(), clock) == 1


def test_what_somebody_asks_for_between_two_polls_is_asked_at_once() -> None:
    """A person wants a device probed now; the next poll by itself is minutes away."""
    clock = ManualClock()
    probe = Probe(name="echo", period_s=300, timeout_s=20, run=_echo)
    target = Target("26740", "d1", "generic_host", "other", "192.0.2.3")
    net = Net(clock)

    async def story() -> float:
        ways = Transports(FastEngine(_NoDatagrams()), FakeHttp({}), net, FakeTcp({}))
        schedule = Schedule([Job(target, probe, 300)], clock.monotonic())
        poller = Poller(schedule, ways, clock, lambda _ref: Secret("x"), lambda _seen: None)
        work = asyncio.create_task(poller.run())
        await clock.sleep(60)
        asked = clock.monotonic()
        schedule.hasten("26740", "d1", "echo", asked)
        await clock.sleep(1)
        await end(work)
        return asked

    asked = run_virtual(story(), clock)
    assert net.started["192.0.2.3"][-1] == asked
