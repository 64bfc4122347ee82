"""Who is due, on the manual clock: rhythm, lanes, retries, and nobody waits for a dead device."""

from __future__ import annotations

import asyncio
import math
from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias
from zlib import crc32

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.schedule import Job, Schedule, phase_s
from probes.clock import ManualClock, run_virtual
from probes.model import Probe, ProbeContext, Reading, Target

if TYPE_CHECKING:
    from collections.abc import Sequence


async def _never_run(_target: Target, _context: ProbeContext) -> Reading:
    raise AssertionError


def job(
    name: str,
    probe: str = "icmp",
    period_s: float = 30.0,
    timeout_s: float = 3.0,
    ward: str = "26740",
) -> Job:
    target = Target(ward, name, "generic_switch", "access", "192.0.2.1")
    return Job(target, Probe(probe, period_s, timeout_s, _never_run), period_s)


def finish(schedule: Schedule, jobs: Sequence[Job]) -> None:
    for each in jobs:
        schedule.done(each)


def test_the_phase_is_the_checksum_of_the_name_within_the_period() -> None:
    assert phase_s("26740", "sw-1", 30.0) == crc32(b"26740/sw-1") % 60 / 2
    phases = Counter(phase_s(f"{ward:05d}", "gateway", 30.0) for ward in range(168))
    assert len(phases) > 50  # the gateways of all wards are not asked at one moment
    assert max(phases.values()) < 10


def test_the_first_cycle_fits_into_thirty_seconds_and_the_rhythm_stays() -> None:
    one = job("sw-1", period_s=300.0)
    schedule = Schedule([one], 100.0)
    first = schedule.next_due(100.0)
    assert 100.0 <= first < 130.0
    assert schedule.due(first - 0.001) == []
    assert schedule.due(first) == [one]
    schedule.done(one)
    assert math.isclose((schedule.next_due(first) - 100.0 - one.phase_s) % 300.0, 0, abs_tol=1e-6)


def test_one_run_never_reaches_into_the_next() -> None:
    assert job("a", period_s=30.0, timeout_s=60.0).deadline_s == 24.0
    assert job("a", period_s=30.0, timeout_s=3.0).deadline_s == 3.0
    assert job("a", period_s=300.0, timeout_s=200.0).deadline_s == 60.0


@given(st.lists(st.floats(0.0, 40.0), max_size=12), st.text("abcdef", min_size=1, max_size=4))
def test_what_bears_no_haste_starts_at_least_so_far_apart(hastes: list[float], name: str) -> None:
    target = Target("26740", name, "poly_group", "vc", "192.0.2.1")
    one = Job(target, Probe("poly", 60.0, 15.0, _never_run, apart_s=60.0), 60.0)
    schedule, mono, starts = Schedule([one], 0.0), 0.0, list[float]()
    for haste_s in [*hastes, *[1000.0] * 8]:
        schedule.hasten("26740", name, "poly", mono + haste_s)
        mono = schedule.next_due(mono)
        assert schedule.due(mono) == [one]
        starts.append(mono)
        schedule.done(one)
    gaps = [after - before for before, after in pairwise(starts)]
    assert all(60.0 - 1e-6 <= gap < 120.0 for gap in gaps)
    assert math.isclose(gaps[-1], 60.0, abs_tol=1e-6)


def test_what_bears_no_haste_keeps_its_minute_and_its_life_in_a_faster_rhythm() -> None:
    target = Target("26740", "vc-a", "poly_group", "vc", "192.0.2.1")
    one = Job(target, Probe("poly", 60.0, 15.0, _never_run, apart_s=60.0), 60.0)
    schedule = Schedule([one], 0.0)
    schedule.order({one.key: 10.0}, 0.0)
    runs = []
    for second in range(300):
        for each in schedule.due(float(second)):
            runs.append((second, each.probe.ttl_s))
            schedule.done(each)
    assert [second for second, _ttl in runs] == list(range(runs[0][0], 300, 60))
    assert {ttl_s for _second, ttl_s in runs} == {150.0}


def test_a_run_that_finds_its_own_still_going_is_skipped_and_counted() -> None:
    one = job("sw-1")
    schedule = Schedule([one], 0.0)
    start = schedule.next_due(0.0)
    assert schedule.due(start) == [one]
    assert schedule.due(start + 30.0) == []
    assert schedule.due(start + 60.0) == []
    assert schedule.skipped[one.key] == 2
    schedule.done(one)
    assert schedule.due(start + 90.0) == [one]  # once, not three times
    assert schedule.due(start + 90.0) == []


def test_a_devices_snmp_runs_go_one_after_another_and_none_starves() -> None:
    names = ("snmp-interfaces", "snmp-identity", "snmp-ups")
    schedule = Schedule([job("sw-1", probe=name) for name in names], 0.0)
    at = schedule.next_due(0.0)
    order = []
    for _turn in names:
        (running,) = schedule.due(at)
        assert schedule.due(at) == []
        assert schedule.next_due(at) > at  # who waits for it does not make the planner spin
        order.append(running.probe.name)
        schedule.done(running)
    assert sorted(order) == sorted(names)


def test_other_probes_of_a_device_do_not_wait_for_its_snmp() -> None:
    both = [job("sw-1", probe="snmp-interfaces"), job("sw-1", probe="icmp")]
    schedule = Schedule(both, 0.0)
    assert len(schedule.due(schedule.next_due(0.0))) == 2


def test_haste_moves_the_next_run_once_and_never_later() -> None:
    one = job("sw-1")
    schedule = Schedule([one], 0.0)
    start = schedule.next_due(0.0)
    finish(schedule, schedule.due(start))
    schedule.hasten("26740", "sw-1", "icmp", start + 2.0)
    schedule.hasten("26740", "sw-1", "icmp", start + 20.0)
    assert schedule.next_due(start) == start + 2.0
    finish(schedule, schedule.due(start + 2.0))
    assert math.isclose(schedule.next_due(start + 2.0), start + 30.0)


def test_a_hastened_run_follows_the_one_in_flight() -> None:
    one = job("sw-1")
    schedule = Schedule([one], 0.0)
    start = schedule.next_due(0.0)
    schedule.due(start)
    schedule.hasten("26740", "sw-1", "icmp", start + 0.5)
    assert schedule.due(start + 0.5) == []
    assert schedule.skipped[one.key] == 0
    schedule.done(one)
    assert schedule.next_due(start + 1.0) == start + 1.0
    assert schedule.due(start + 1.0) == [one]


def test_haste_for_something_unknown_is_left_alone() -> None:
    schedule = Schedule([job("sw-1")], 0.0)
    before = schedule.next_due(0.0)
    schedule.hasten("26740", "nobody", "icmp", 0.0)
    assert schedule.next_due(0.0) == before


def test_without_jobs_nothing_is_ever_due() -> None:
    assert Schedule([], 0.0).next_due(5.0) == math.inf


MOVES = st.lists(
    st.tuples(st.sampled_from(["wait", "done", "hasten"]), st.integers(0, 5), st.floats(0.1, 40.0)),
    max_size=60,
)


@given(MOVES)
@settings(max_examples=100)
def test_never_two_runs_at_once_in_a_lane_and_never_a_spin(
    moves: list[tuple[str, int, float]],
) -> None:
    probes = ("snmp-interfaces", "snmp-ups", "icmp")
    jobs = [job(f"d{n}", probe=probe) for n in range(2) for probe in probes]
    schedule, mono, flying = Schedule(jobs, 0.0), 0.0, list[Job]()
    for move, which, seconds in moves:
        if move == "wait":
            mono += seconds
        elif move == "done" and flying:
            schedule.done(flying.pop(which % len(flying)))
        elif move == "hasten":
            schedule.hasten(*jobs[which].key, mono + seconds - 20.0)
        flying += schedule.due(mono)
        lanes = [each.lane for each in flying]
        assert len(set(lanes)) == len(lanes)
        assert schedule.next_due(mono) > mono
    finish(schedule, flying)
    mono += 31.0
    assert schedule.due(mono)


Starts: TypeAlias = dict[tuple[str, str], list[float]]  # by target and probe, monotonic seconds
SILENT, SLOW = "dead-device", "slow-device"


class Network:
    """Twenty devices: one never answers, one answers after 30 s, the others at once."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock

    async def ask(self, name: str) -> None:
        if name == SILENT:
            await asyncio.get_running_loop().create_future()
        await self._clock.sleep(30.0 if name == SLOW else 0.02)


async def poll(
    schedule: Schedule, clock: ManualClock, for_s: float
) -> dict[tuple[str, str], list[float]]:
    """A runner as small as can be: a task per run under its deadline; notes when runs began."""
    network, wake = Network(clock), asyncio.Event()
    started: Starts = defaultdict(list)

    async def run(one: Job) -> None:
        started[(one.target.name, one.probe.name)].append(clock.monotonic())
        try:
            async with asyncio.timeout(one.deadline_s):
                await network.ask(one.target.name)
        except TimeoutError:
            pass
        finally:
            schedule.done(one)
            wake.set()

    async with asyncio.TaskGroup() as runs:
        while clock.monotonic() < for_s:
            for one in schedule.due(clock.monotonic()):
                runs.create_task(run(one))
            wake.clear()
            until = min(for_s, schedule.next_due(clock.monotonic()))
            try:
                async with asyncio.timeout_at(until):
                    await wake.wait()
            except TimeoutError:
                continue
    return started


def test_one_silent_and_one_slow_device_delay_none_of_the_others() -> None:
    """Among 20 devices the polls of the other 18 start within 1 s of plan, for ten minutes."""
    names = [SILENT, SLOW, *(f"sw-{n:02d}" for n in range(18))]
    jobs = [
        job(name, probe=probe, timeout_s=60.0)
        for name in names
        for probe in ("snmp-interfaces", "icmp")
    ]
    clock = ManualClock()
    schedule = Schedule(jobs, 0.0)
    started = run_virtual(poll(schedule, clock, 600.0), clock)
    for name in names[2:]:
        for probe in ("snmp-interfaces", "icmp"):
            planned = [phase_s("26740", name, 30.0) + 30.0 * cycle for cycle in range(20)]
            seen = started[(name, probe)]
            assert len(seen) == 20
            assert max(abs(a - b) for a, b in zip(seen, planned, strict=True)) < 1.0
    assert sum(schedule.skipped.values()) == 0  # each deadline ended before the next cycle
    assert len(started[(SILENT, "icmp")]) == 20


def test_a_timer_that_comes_a_rounding_error_early_finds_its_run_due() -> None:
    """Otherwise it would be set again for the same moment, and again, while no time passes."""
    one = job("sw-1")
    schedule = Schedule([one], 100.0)
    early = schedule.next_due(100.0) - 2e-13
    assert schedule.due(early) == [one]
    schedule.done(one)
    assert schedule.skipped.get(one.key, 0) == 0
    assert schedule.next_due(early) > early + 29


def test_a_job_that_is_held_back_runs_for_nobody_and_goes_on_in_its_own_rhythm_after() -> None:
    walk, echo = job("sw-1", "snmp-topology", 900.0), job("sw-1", "icmp", 30.0)
    schedule = Schedule([walk, echo], 0.0)
    schedule.order({walk.key: math.inf}, 0.0)
    schedule.hasten(*walk.key, 5.0)
    schedule.missed("26740", "sw-1", 5.0)
    schedule.missed("26740", "sw-1", 60.0)
    schedule.reached("26740", "sw-1", 61.0)
    for second in range(2000):
        ran = schedule.due(float(second))
        assert walk not in ran
        finish(schedule, ran)
    assert schedule.is_held(*walk.key)
    schedule.order({}, 2000.0)
    at = next(s for s in range(2000, 2900) if walk in schedule.due(float(s)))
    assert math.isclose((at - walk.phase_s) % 900.0, 0.0, abs_tol=1.0)


def test_a_job_with_another_rhythm_lives_as_long_as_that_and_no_longer() -> None:
    echo = job("gateway")
    schedule = Schedule([echo], 0.0)
    schedule.order({echo.key: 10.0}, 0.0)
    runs = []
    for half in range(240):
        for one in schedule.due(half / 2):
            runs.append((half / 2, one.probe.ttl_s, one.deadline_s))
            schedule.done(one)
    assert len(runs) in (12, 13)
    assert {run[1:] for run in runs[1:]} == {(25.0, 3.0)}
    schedule.order({}, 120.0)
    after = 0
    for second in range(120, 300):
        for one in schedule.due(float(second)):
            schedule.done(one)
            after += 1
    assert after == 6
