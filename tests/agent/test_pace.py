"""Slow and silent devices: asked less often, in few places at once, and at full rate when back."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from agent.loop import Poller
from agent.pace import FAST_RUNS, LARGEST_FACTOR, Pace, round_s, slots
from agent.schedule import Job, Schedule
from inventory.credentials import Secret
from probes.clock import ManualClock, run_virtual
from probes.errors import ParseFailed, TimedOut
from probes.model import EchoStats, Probe, Reading, Reason, Target
from probes.snmp.engine_fast import FastEngine
from probes.tasks import end
from probes.transports.fake import FakeHttp, FakeTcp
from probes.transports.model import Transports

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.model import Observation, ProbeContext

PERIOD_S = 30.0
SLOW, DEAD, LYING = "d00", "d01", "d02"


def test_three_slow_runs_double_the_period_and_ten_fast_ones_halve_it() -> None:
    pace = Pace()
    seen = []
    for took_s in (16.0, 16.0, 16.0, 31.0, 31.0, 31.0, 99.0, 99.0, 99.0):
        pace = pace.after(took_s, PERIOD_S)
        seen.append(pace.factor)
    assert seen == [1, 1, 2, 2, 2, 4, 4, 4, 4]
    assert pace.longest_s == 99.0
    factors = []
    for _run in range(2 * FAST_RUNS):
        pace = pace.after(1.0, PERIOD_S)
        factors.append(pace.factor)
    assert factors == [4] * 9 + [2] * 10 + [1]


def test_what_would_be_slow_at_the_quicker_pace_stays_at_the_slower_one() -> None:
    pace = Pace(factor=2)
    for _run in range(50):
        pace = pace.after(20.0, PERIOD_S)  # fast for 60 s, slow for 30 s
    assert pace.factor == 2


def test_a_device_that_answers_slowly_is_asked_half_as_often_until_it_is_quick_again() -> None:
    pace, factors = Pace(), []
    for _run in range(30):
        pace = pace.after(1.2, PERIOD_S, answers_slowly=True)
        factors.append(pace.factor)
    assert factors == [1] * 2 + [2] * 28
    assert pace.longest_s == 1.2
    for _run in range(FAST_RUNS):
        pace = pace.after(0.2, PERIOD_S)
    assert pace.factor == 1


@given(st.lists(st.floats(0, 120), max_size=200))
def test_the_pace_is_one_two_or_four_and_never_jumps(runs: list[float]) -> None:
    pace = Pace()
    for took_s in runs:
        before, pace = pace, pace.after(took_s, PERIOD_S)
        assert pace.factor in (1, 2, LARGEST_FACTOR)
        assert pace.factor / before.factor in (0.5, 1.0, 2.0)


def test_the_pool_has_a_place_per_fifty_devices_and_at_least_one() -> None:
    assert [slots(n) for n in (0, 1, 49, 50, 99, 100, 3000)] == [1, 1, 1, 1, 1, 2, 60]
    assert round_s(2, 3.0, 1) == 60.0
    assert round_s(50, 3.0, 1) == 150.0


async def _never_run(_target: Target, _context: ProbeContext) -> Reading:
    raise AssertionError


def job(name: str, probe: str, period_s: float = PERIOD_S) -> Job:
    target = Target("26740", name, "generic_switch", "access", "192.0.2.1")
    return Job(target, Probe(probe, period_s, 3.0, _never_run), period_s)


def fall_silent(schedule: Schedule, until: float, place: tuple[str, str]) -> Counter[str]:
    """Runs end at once without an answer; how often each probe of the place ran."""
    mono, runs = 0.0, Counter[str]()
    while (mono := schedule.next_due(mono)) < until:
        for each in schedule.due(mono):
            runs[each.probe.name] += each.key[:2] == place
            schedule.done(each)
            schedule.missed(*each.key[:2], mono)
    return runs


def test_after_45_silent_seconds_only_the_cheapest_probe_is_asked_once_a_minute() -> None:
    place = ("26740", "sw-1")
    schedule = Schedule([job("sw-1", "icmp"), job("sw-1", "snmp-interfaces")], 0.0)
    fall_silent(schedule, 120.0, place)
    assert schedule.away == {place}
    before = schedule.next_due(120.0)
    runs = Counter[str]()
    mono = 120.0
    while (mono := schedule.next_due(mono)) < 720.0:
        for each in schedule.due(mono):
            runs[each.probe.name] += 1
            assert each.quiet_s == 60.0
            schedule.done(each)
    assert runs == {"icmp": 10}
    schedule.reached(*place, 720.0)
    assert {each.probe.name for each in schedule.due(720.0)} == {"icmp", "snmp-interfaces"}
    assert schedule.away == frozenset()
    assert before <= 180.0


def test_the_watch_of_the_line_goes_on_whatever_happens() -> None:
    jobs = [job("ce", "watch", 5.0), job("ce", "icmp"), job("ce", "snmp-interfaces")]
    runs = fall_silent(Schedule(jobs, 0.0), 600.0, ("26740", "ce"))
    assert runs["watch"] >= 118
    assert runs["icmp"] >= 19
    assert runs["snmp-interfaces"] <= 3


def test_the_watch_is_never_slowed_down_by_silence() -> None:
    """A silent line's echoes last until their deadline; its return must still be seen at once."""
    jobs = [job("ce", "watch", 5.0), job("ce", "icmp"), job("ce", "snmp-interfaces")]
    schedule = Schedule(jobs, 0.0)
    for each in jobs:
        for _run in range(9):
            schedule.done(each, 0.8 * each.period_s)
    assert [one.probe for one in schedule.slowed("26740", "ce")] == ["snmp-interfaces"]


def test_in_doubt_it_is_asked_every_15_seconds() -> None:
    schedule = Schedule([job("sw-1", "icmp", 300.0)], 0.0)
    first = schedule.next_due(0.0)
    starts = []
    mono = first
    while mono < first + 46.0:
        for each in schedule.due(mono):
            starts.append(mono - first)
            schedule.done(each)
            schedule.missed(*each.key[:2], mono)
        mono = schedule.next_due(mono)
    assert [round(at, 6) for at in starts] == [0.0, 15.0, 30.0, 45.0]


def test_the_dead_take_turns_in_their_own_few_places() -> None:
    jobs = [job(f"d{n:02d}", "icmp") for n in range(40)]
    schedule = Schedule(jobs, 0.0)
    fall_silent(schedule, 120.0, ("", ""))
    assert len(schedule.away) == 40
    flying: list[tuple[float, Job]] = []
    mono, asked = 120.0, Counter[str]()
    while mono < 720.0:
        for ended, each in [pair for pair in flying if pair[0] <= mono]:
            flying.remove((ended, each))
            schedule.done(each)
        for each in schedule.due(mono):
            asked[each.target.name] += 1
            flying.append((mono + 3.0, each))
        assert len(flying) <= 1  # fewer than fifty devices: one place
        mono = min([schedule.next_due(mono), *(ended for ended, _job in flying)])
    assert len(asked) == 40
    assert max(asked.values()) - min(asked.values()) <= 2  # nobody starves
    schedule.hasten("26740", "d07", "icmp", mono)
    assert "d07" in {each.target.name for each in schedule.due(mono)}  # asked for: at once


def test_a_retry_leaves_what_is_away_to_its_own_rhythm() -> None:
    schedule = Schedule([job("sw-1", "icmp")], 0.0)
    fall_silent(schedule, 120.0, ("", ""))
    before = schedule.next_due(120.0)
    schedule.retry("26740", "sw-1", "icmp", 121.0)
    assert schedule.next_due(120.0) == before


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["wait", "done", "hasten", "retry", "missed", "reached"]),
        st.integers(0, 8),
        st.floats(0.1, 40.0),
    ),
    max_size=80,
)


@given(MOVES)
def test_whatever_happens_nothing_spins_and_everything_is_asked_again(
    moves: list[tuple[str, int, float]],
) -> None:
    probes = ("watch", "icmp", "snmp-interfaces", "snmp-ups")
    jobs = [job(f"d{n}", probe) for n in range(3) for probe in probes[n == 2 :]]
    schedule, mono, flying = Schedule(jobs, 0.0), 0.0, list[Job]()
    for move, which, seconds in moves:
        key = jobs[which % len(jobs)].key
        if move == "wait":
            mono += seconds
        elif move == "done" and flying:
            schedule.done(flying.pop(which % len(flying)), seconds)
        elif move in ("hasten", "retry"):
            getattr(schedule, move)(*key, mono + seconds - 20.0)
        elif move in ("missed", "reached"):
            getattr(schedule, move)(*key[:2], mono)
        flying += schedule.due(mono)
        lanes = [each.lane for each in flying]
        assert len(set(lanes)) == len(lanes)
        assert schedule.next_due(mono) > mono
    for each in flying:
        schedule.done(each)
    for place in {each.key[:2] for each in jobs}:
        schedule.reached(*place, mono)
    assert _asked_from(schedule, mono) == {each.key for each in jobs}


def _asked_from(schedule: Schedule, mono: float) -> set[tuple[str, str, str]]:
    """What is asked at least once within 400 turns."""
    asked = set()
    for _turn in range(400):
        mono = schedule.next_due(mono)
        for each in schedule.due(mono):
            asked.add(each.key)
            schedule.done(each)
    return asked


@dataclass
class Fifty:
    """Fifty devices: one answers after 30 s, one drops all, one lies in its tables."""

    clock: ManualClock
    starts: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    async def ask(self, name: str) -> Reading:
        """Answer as that device does."""
        if name == DEAD:
            await asyncio.Event().wait()
        await self.clock.sleep(30.0 if name == SLOW else 0.02)
        if name == LYING:
            raise ParseFailed("oid_order")
        return Reading(echo=EchoStats(1, 0, (0.02,), "test"))

    def probe(self, name: str, timeout_s: float) -> Probe:
        """A probe that asks this network."""

        async def run(target: Target, _context: ProbeContext) -> Reading:
            self.starts.setdefault((target.name, name), []).append(self.clock.monotonic())
            return await self.ask(target.name)

        return Probe(name, PERIOD_S, timeout_s, run)


class _NoDatagrams:
    """A seam that carries nothing."""

    def send(self, data: bytes, host: str, port: int) -> None: ...

    def listen(self, on_datagram: Callable[..., None], on_error: Callable[..., None]) -> None: ...

    def close(self) -> None: ...


class _NoEcho:
    """Not asked here."""

    async def burst(self, host: str, *, count: int, gap_s: float, timeout_s: float) -> EchoStats:
        """Nobody calls this."""
        raise AssertionError((host, count, gap_s, timeout_s))

    async def host_link(self) -> bool | None:
        """Not asked here."""
        return None


async def polled(
    schedule: Schedule, clock: ManualClock, for_s: float, take: Callable[[Observation], None]
) -> None:
    """Poll for some seconds as the agent does."""

    ways = Transports(FastEngine(_NoDatagrams()), FakeHttp({}), _NoEcho(), FakeTcp({}))
    work = asyncio.create_task(Poller(schedule, ways, clock, lambda _ref: Secret("x"), take).run())
    await clock.sleep(for_s)
    await end(work)


def test_one_slow_one_dead_and_one_lying_device_hold_up_none_of_the_other_47() -> None:
    """Twenty minutes: every poll of the others starts within 1 s of plan, a cycle is <= 60 s."""
    clock = ManualClock()
    network = Fifty(clock)
    names = [f"d{n:02d}" for n in range(50)]
    kinds = (network.probe("icmp", 3.0), network.probe("snmp-interfaces", 60.0))
    jobs = [
        Job(Target("26740", name, "generic_switch", "access", "192.0.2.1"), probe, PERIOD_S)
        for name in names
        for probe in kinds
    ]
    schedule = Schedule(jobs, 0.0)
    reasons: dict[str, Counter[Reason]] = {name: Counter() for name in names}

    def take(seen: Observation) -> None:
        name = seen.target.name
        reasons[name][seen.reason] += 1
        if seen.reason is Reason.OK:
            schedule.reached("26740", name, clock.monotonic())
        elif seen.reason is Reason.TIMEOUT:
            schedule.missed("26740", name, clock.monotonic())

    run_virtual(polled(schedule, clock, 1200.0, take), clock)
    late = []
    for each in jobs:
        if each.target.name in (SLOW, DEAD):
            continue
        starts = network.starts[each.key[1:]]
        assert len(starts) == 40
        late += [abs(at - (each.phase_s + PERIOD_S * n)) for n, at in enumerate(starts)]
        assert max(b - a for a, b in itertools.pairwise(starts)) <= 60.0
    assert max(late) < 1.0
    assert set(reasons[LYING]) == {Reason.PARSE}
    assert all(set(reasons[name]) == {Reason.OK} for name in names[3:])
    assert len(network.starts[DEAD, "snmp-interfaces"]) <= 4  # then only the cheap proof
    assert len(network.starts[DEAD, "icmp"]) >= 18


def test_a_device_that_needs_30_seconds_is_read_once_it_is_given_them() -> None:
    clock = ManualClock()
    network = Fifty(clock)
    slow = Job(
        Target("26740", SLOW, "generic_switch", "access", "192.0.2.1"),
        network.probe("snmp-interfaces", 60.0),
        PERIOD_S,
    )
    seen: list[Observation] = []
    schedule = Schedule([slow], 0.0)
    run_virtual(polled(schedule, clock, 900.0, seen.append), clock)
    assert [one.reason for one in seen[:3]] == [Reason.TIMEOUT] * 3
    assert {one.reason for one in seen[4:]} == {Reason.OK}
    (slowed,) = schedule.slowed("26740", SLOW)
    assert (slowed.probe, slowed.factor, slowed.period_s) == ("snmp-interfaces", 2, 60.0)
    assert seen[-1].ttl_s == 150.0
    assert sum(schedule.skipped.values()) == 0


def test_an_answer_that_waited_while_the_program_was_busy_is_not_called_lost() -> None:
    """The loop stands still for 5 s over the deadline: busy, and asked again at once."""
    clock = ManualClock()

    async def answer(_target: Target, _context: ProbeContext) -> Reading:
        await clock.sleep(1.0)
        return Reading()

    one = replace(job("sw-1", "icmp"), probe=Probe("icmp", PERIOD_S, 1.5, answer))
    seen: list[tuple[float, Observation]] = []
    schedule = Schedule([one], 0.0)
    first = schedule.next_due(0.0)

    async def story() -> None:
        loop = asyncio.get_running_loop()
        loop.call_at(first + 0.05, clock.move, 5.0)
        await polled(schedule, clock, first + 20.0, lambda o: seen.append((clock.monotonic(), o)))

    run_virtual(story(), clock)
    assert [o.reason for _at, o in seen] in ([Reason.BUSY, Reason.OK], [Reason.OK])
    assert seen[-1][0] <= first + 5.05 + 1.1


def test_what_was_busy_twice_in_a_row_waits_for_its_own_rhythm() -> None:
    """A program that is always late would else ask ever more, and be ever later."""
    clock = ManualClock()
    begun: list[float] = []

    async def silence(_target: Target, _context: ProbeContext) -> Reading:
        begun.append(clock.monotonic())
        asyncio.get_running_loop().call_later(0.05, clock.move, 5.0)
        await clock.sleep(1.0)
        raise TimedOut

    one = replace(job("sw-1", "icmp"), probe=Probe("icmp", PERIOD_S, 1.5, silence))
    seen: list[Observation] = []
    schedule = Schedule([one], 0.0)
    first = schedule.next_due(0.0)
    run_virtual(polled(schedule, clock, first + 4 * PERIOD_S, seen.append), clock)
    assert {one.reason for one in seen} == {Reason.BUSY}
    assert len(begun) == 1 + 4, "the one at once, and those of four periods"


def test_a_device_that_is_really_silent_is_lost_however_busy_the_program_was_before() -> None:
    clock = ManualClock()

    async def silence(_target: Target, _context: ProbeContext) -> Reading:
        await clock.sleep(1.0)
        raise TimedOut

    one = replace(job("sw-1", "icmp"), probe=Probe("icmp", PERIOD_S, 3.0, silence))
    seen: list[Observation] = []
    schedule = Schedule([one], 0.0)
    first = schedule.next_due(0.0)

    async def story() -> None:
        asyncio.get_running_loop().call_at(first + 0.3, clock.move, 0.3)
        await polled(schedule, clock, first + 5.0, seen.append)

    run_virtual(story(), clock)
    assert [o.reason for o in seen] == [Reason.TIMEOUT]
