"""What devices say by themselves: it hastens what the agent knows, and decides nothing."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import re
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from drills.messages import Messenger
from drills.mib.look import Look
from probes import oids
from probes.snmp import ber
from probes.snmp.notifications import TRAP_V2
from probes.snmp.types import Varbind
from probes.tasks import end
from tests.walks.conftest import WARD

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from tests.walks.conftest import Story

HEALTHY_AFTER_S = 120
HARD_AFTER_TRAP_S = 3.0
STEP_S = 0.05
_LEFT_OUT = re.compile(
    r'^wardops_agent_(?:traps|syslog)_total\{[^}]*result="flood"[^}]*\} (\d+)', re.M
)
# Seconds after the agent's start; the first cycle of polls is spread over thirty.
MOMENTS: tuple[float, ...] = (0.0, 1.3, 4.6, 9.7, 14.9, 27.2)
if os.environ.get("WARDOPS_SOAK") == "1":
    chance = random.Random(48)  # noqa: S311 - moments of a test
    MOMENTS = tuple(round(chance.uniform(0.0, 200.0), 2) for _ in range(100))


@asynccontextmanager
async def messages(story: Story) -> AsyncIterator[list[float]]:
    """The world's devices send their traps to the agent; the moments at which one came."""
    came: list[float] = []

    def deliver(data: bytes, host: str) -> None:
        came.append(story.clock.monotonic())
        story.agent.hints.trap(data, host, story.clock.monotonic())

    messenger = Messenger(story.world, f"ward:{WARD}", deliver)
    work = asyncio.create_task(messenger.run())
    try:
        yield came
    finally:
        await end(work)


async def until(story: Story, seconds: float, condition: Callable[[], Any]) -> Any:
    """The condition's first true value, looked at every 50 ms."""
    for _ in range(int(seconds / STEP_S)):
        if found := condition():
            return found
        await story.clock.sleep(STEP_S)
    raise AssertionError(f"not within {seconds} s")


def opened(story: Story) -> list[str]:
    return [one.event.kind for one in story.agent.store.events() if "opened" in one.event.kind]


def forged(story: Story, trap: str, index: int, number: int) -> bytes:
    """A trap with the right community that nothing in the world stands behind."""
    world = story.world
    look = Look.at(world, world.topology.nodes["sw-26740-01"], world.time())
    row = ber.index_from_arcs((index,))
    pairs = (
        Varbind(oids.sysUpTime, ber.TIMETICKS, look.ticks),
        Varbind(ber.oid("1.3.6.1.6.3.1.1.4.1.0"), ber.OID, ber.oid(trap)),
        Varbind(oids.ifIndex + row, ber.INTEGER, index),
    )
    message = ber.Message(1, world.community.encode(), TRAP_V2, number, 0, 0, pairs)
    return ber.encode_message(message)


def switch(story: Story) -> Any:
    return story.world.topology.nodes["sw-26740-01"]


def uplink_index(story: Story) -> int:
    named = story.agent.engine.cases[WARD].watch.ward.primary_link
    assert named is not None
    return next(int(p.index) for p in switch(story).ports if p.name == named.near_port)


def test_a_link_down_of_the_uplink_is_beyond_doubt_within_three_seconds(
    tell: Callable[[Callable[[Story], Coroutine[Any, Any, None]]], None],
) -> None:
    async def plot(story: Story) -> None:
        async with messages(story) as came:
            await story.wait(HEALTHY_AFTER_S + 2)  # not in step with any period
            link = story.agent.engine.cases[WARD].watch.ward.primary_link
            assert link is not None
            cable = story.world.topology.at_port[f"sw-26740-01:{link.near_port}"]
            story.world.change("cable", cable.id, False, who="test", source="inject")
            await until(story, 2.0, lambda: came)
            await until(story, 30.0, lambda: opened(story))
            took_s = story.clock.monotonic() - came[0]
            assert took_s <= HARD_AFTER_TRAP_S
            verdict = await story.verdict()
            assert (verdict["row"], verdict["segment"], verdict["part"]) == (
                "M1", "metronet", "ce_link",
            )  # fmt: skip
            (incident,) = await story.incidents(is_open=True)
            assert incident["root"]["part"] == "ce_link"

    tell(plot)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_link_down_at_any_moment_after_the_start_is_beyond_doubt_within_three_seconds(
    tell: Callable[[Callable[[Story], Coroutine[Any, Any, None]]], None], moment: float
) -> None:
    async def plot(story: Story) -> None:
        async with messages(story) as came:
            await story.clock.sleep(moment)
            link = story.agent.engine.cases[WARD].watch.ward.primary_link
            assert link is not None
            cable = story.world.topology.at_port[f"sw-26740-01:{link.near_port}"]
            story.world.change("cable", cable.id, False, who="test", source="inject")
            await until(story, 2.0, lambda: came)
            await until(story, 30.0, lambda: opened(story))
            assert story.clock.monotonic() - came[0] <= HARD_AFTER_TRAP_S
            (incident,) = await story.incidents(is_open=True)
            assert incident["root"]["part"] == "ce_link"

    tell(plot)


def test_forged_link_downs_cause_a_poll_each_five_seconds_and_no_incident(
    tell: Callable[[Callable[[Story], Coroutine[Any, Any, None]]], None],
) -> None:
    async def plot(story: Story) -> None:
        await story.wait(HEALTHY_AFTER_S)
        engine, index = story.agent.engine, uplink_index(story)
        key = (WARD, "sw-26740-01")
        before = sum(engine.runs(key, "snmp-interfaces").runs.values())
        for number in range(300):
            data = forged(story, "1.3.6.1.6.3.1.1.5.3", index, number)
            story.agent.hints.trap(data, str(switch(story).address), story.clock.monotonic())
            await story.clock.sleep(0.1)
        after = sum(engine.runs(key, "snmp-interfaces").runs.values())
        assert 1 <= after - before <= 30 // 5 + 1 + 1  # its own rhythm of 30 s beside
        await story.wait(60)
        assert await story.incidents() == []
        assert {one.get("segment") for one in story.verdicts if one} <= {"none", "unknown"}
        assert (await story.verdict())["segment"] == "none"

    tell(plot)


def test_a_storm_of_traps_and_lines_from_one_device_delays_nobody_else_and_is_said(
    tell: Callable[[Callable[[Story], Coroutine[Any, Any, None]]], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """1,000 traps and 10,000 lines a second for 10 s: the plan of all others stands.

    What was left out is counted and said: on the screen while it lasts, in log and journal when it
    is over.
    """
    caplog.set_level(logging.INFO)

    async def plot(story: Story) -> None:
        await story.wait(HEALTHY_AFTER_S)
        ends = _ends(story)
        host = str(switch(story).address)
        for tenth in range(100):
            mono = story.clock.monotonic()
            for number in range(100):
                trap = forged(story, "1.3.6.1.6.3.1.1.5.4", 100 + number, tenth)
                story.agent.hints.trap(trap, host, mono)
            for number in range(1_000):
                story.agent.hints.syslog(b"<189>line %d" % (tenth * 1_000 + number), host, mono)
            await story.clock.sleep(0.1)
        (shown,) = (await story.get("/snapshot"))["troubles"]
        assert shown["code"] == "flood"
        assert shown["text"]["en"].startswith("sw-26740-01: too many traps or syslog lines, 1")
        await story.wait(70)
        assert (await story.get("/snapshot"))["troubles"] == []
        late = [
            gap - period_s
            for (name, _probe), (period_s, moments) in ends.items()
            if name != "sw-26740-01"
            for gap in (b - a for a, b in pairwise(moments))
        ]
        assert len(late) > 50
        assert max(late) < 1.0
        kinds = [line.event.kind for line in story.agent.store.events(limit=100_000)]
        assert (kinds.count("hint-flood"), kinds.count("hint-flood-over")) == (1, 1)
        scrape = await story.metrics()
        left_out = sum(int(count) for count in _LEFT_OUT.findall(scrape))
        assert left_out > 100_000
        said = [line for line in caplog.messages if line.startswith("flood ")]
        assert said == [
            "flood ward=26740 device=sw-26740-01 channel=trap",
            f"flood over ward=26740 device=sw-26740-01 dropped={left_out}",
        ]
        assert 'wardops_agent_traps_total{device="sw-26740-01",result="flood",type=""}' in scrape
        assert 'wardops_agent_syslog_total{device="sw-26740-01",result="flood"' in scrape
        assert await story.incidents() == []

    tell(plot)


def _ends(story: Story) -> dict[tuple[str, str], tuple[float, list[float]]]:
    """Filled from now on: when the runs of every job end, with its period."""
    engine = story.agent.engine
    found: dict[tuple[str, str], tuple[float, list[float]]] = {
        job.key[1:]: (job.period_s, []) for job in story.agent.schedule.jobs
    }
    watch = engine.cases[WARD].watch
    take = watch.take

    def noting(seen: Any, at: Any) -> Any:
        found[seen.target.name, seen.probe][1].append(seen.mono - seen.took_s)
        return take(seen, at)

    watch.take = noting  # type: ignore[method-assign] # an eye on what is taken, nothing replaced
    return found


def test_what_a_ups_tells_by_a_trap_holds_until_its_own_answer(
    tell: Callable[[Callable[[Story], Coroutine[Any, Any, None]]], None],
) -> None:
    async def plot(story: Story) -> None:
        await story.wait(HEALTHY_AFTER_S)
        watch = story.agent.engine.cases[WARD].watch
        ups = next(name for name in watch.targets if name.startswith("ups"))
        address = story.world.topology.nodes[ups].address
        community = story.world.community.encode()
        on_battery = ber.oid("1.3.6.1.2.1.33.2.1")
        pairs = (Varbind(ber.oid("1.3.6.1.6.3.1.1.4.1.0"), ber.OID, on_battery),)
        trap = ber.encode_message(ber.Message(1, community, TRAP_V2, 1, 0, 0, pairs))
        story.agent.hints.trap(trap, address, story.clock.monotonic())
        memory = watch.sight(story.clock.now(), story.clock.monotonic()).ups_memory
        assert memory is not None
        assert memory.status.on_battery is True
        # The poll that the trap asks for says mains, and the hint is false again.
        await story.wait(3)
        memory = watch.sight(story.clock.now(), story.clock.monotonic()).ups_memory
        assert memory is not None
        assert memory.status.on_battery is False

    tell(plot)


def test_a_switch_that_restarts_is_one_event_and_its_ports_stay_the_same(
    tell: Callable[[Callable[[Story], Coroutine[Any, Any, None]]], None],
) -> None:
    async def plot(story: Story) -> None:
        async with messages(story):
            await story.wait(HEALTHY_AFTER_S)
            key = (WARD, "sw-26740-02")
            before = dict(story.agent.engine.chronicle.port_ids(key))
            assert before
            story.world.change("power", "sw-26740-02", False, who="test", source="inject")
            await story.wait(70)
            story.world.change("power", "sw-26740-02", True, who="test", source="inject")
            await story.wait(120)
            kinds = [
                line.event.kind
                for line in story.agent.store.events(limit=100_000)
                if line.event.device == "sw-26740-02"
            ]
            assert kinds.count("device-restarted") == 1
            assert story.agent.engine.chronicle.port_ids(key) == before
            line = 'wardops_device_restarts_total{ward="26740",device="sw-26740-02"} 1'
            assert line in await story.metrics()

    tell(plot)


@pytest.mark.parametrize("heard", [True, False])
def test_a_battery_told_by_a_trap_alone_makes_the_darkness_a_power_cut(
    tell: Callable[[Callable[[Story], Coroutine[Any, Any, None]]], None], *, heard: bool
) -> None:
    """The UPS answers no poll any more; what it said last, by a trap, is what there is."""

    async def plot(story: Story) -> None:
        async with messages(story) as came:
            await story.wait(HEALTHY_AFTER_S)
            world = story.world
            ups = next(n.name for n in world.topology.nodes.values() if n.battery is not None)
            world.change("snmp", ups, False, who="test", source="inject")
            world.change("runtime_s", ups, 4.0, who="test", source="inject")
            if not heard:
                story.agent.hints.trap = lambda *_message: None  # type: ignore[method-assign] # nothing reaches the port
            world.change("mains", WARD, False, who="test", source="inject")
            await story.wait(90)
            assert came
            verdict = await story.verdict()
            assert (verdict["segment"] == "power") is heard, verdict["row"]
            assert verdict["segment"] in ("power", "unknown")

    tell(plot)
