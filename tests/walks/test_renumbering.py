"""A switch numbers its interfaces anew, or its clock and counters run over: seen by all of us."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from drills.model import Topology
from tests.walks.conftest import WARD

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from tests.walks.conftest import Story

    Tell = Callable[[Callable[[Story], Coroutine[Any, Any, None]]], None]

SWITCH = "sw-26740-02"
KEY = (WARD, SWITCH)
HEALTHY_AFTER_S = 70
TURN_S = 2**32 / 100  # sysUpTime begins anew (RFC 3418, TimeTicks)


def node(story: Story) -> Any:
    return story.world.topology.nodes[SWITCH]


def set_ports(story: Story, ports: Iterable[Any]) -> None:
    known = story.world.topology
    changed = replace(node(story), ports=tuple(ports))
    nodes = [changed if one.name == SWITCH else one for one in known.nodes.values()]
    story.world.topology = Topology.of(known.codes, nodes, known.cables.values())


def ids_by_name(story: Story) -> dict[str, str]:
    """Identity by name of all ports of the switch, as its newest table gives them."""
    known = story.agent.engine.chronicle.port_ids(KEY)
    return {port.name: known[port.index] for port in node(story).ports}


async def series(story: Story) -> set[str]:
    """The switch's series on /metrics, without their values."""
    mine = (line for line in (await story.metrics()).splitlines() if f'device="{SWITCH}"' in line)
    return {line.rpartition("} ")[0] for line in mine if "ifName=" in line}


def events(story: Story) -> list[str]:
    lines = story.agent.store.events(limit=100_000)
    return [line.event.kind for line in lines if line.event.device == SWITCH]


def test_48_ports_shuffled_by_a_restart_keep_identity_and_series_and_are_one_event(
    tell: Tell,
) -> None:
    async def plot(story: Story) -> None:
        first = node(story).ports
        more = [
            replace(first[-1], name=f"Gi2/0/{n}", index=20_000 + n)
            for n in range(1, 49 - len(first))
        ]
        set_ports(story, (*first, *more))
        await story.clock.sleep(HEALTHY_AFTER_S)
        before, seen = ids_by_name(story), await series(story)
        assert (len(before), len(set(before.values()))) == (48, 48)
        assert seen
        story.world.change("power", SWITCH, False, who="test", source="inject")
        await story.clock.sleep(40)
        indexes = [port.index for port in node(story).ports]
        moved = indexes[:]
        random.Random(5).shuffle(moved)  # noqa: S311 - a story's chance
        set_ports(
            story,
            (
                replace(port, index=index)
                for port, index in zip(node(story).ports, moved, strict=True)
            ),
        )
        story.world.change("power", SWITCH, True, who="test", source="inject")
        await story.clock.sleep(150)
        assert ids_by_name(story) == before
        assert await series(story) == seen
        told = [kind for kind in events(story) if "interface" in kind or "ifname" in kind]
        assert told == ["interfaces-renumbered"]
        assert events(story).count("device-restarted") == 1
        assert story.agent.engine.chronicle.renumberings(KEY) == 1

    tell(plot)


@pytest.mark.parametrize("octets", [2**32, 2**64])
def test_a_wrap_of_sys_uptime_and_counters_is_no_restart_and_no_spike(
    tell: Tell, octets: int
) -> None:
    """A wrap of 2^32 octets is seen by nobody who reads 64 bits; one of 2^64 begins anew."""

    async def plot(story: Story) -> None:
        world = story.world
        refs = (f"{SWITCH}:{port.name}" for port in node(story).ports)
        place = next(ref for ref in refs if ref in world.topology.at_port)
        world._boots[SWITCH] = world.time() - TURN_S + HEALTHY_AFTER_S + 45  # between two polls
        world._meters[place] = replace(world.meter(place), in_octets=octets - 1_000_000)
        await story.clock.sleep(HEALTHY_AFTER_S)
        flows = story.agent.engine.chronicle.flows(KEY)
        usual = max(flow.into.per_s or 0.0 for flow in flows.values())
        assert usual > 0
        for _ in range(36):
            await story.clock.sleep(5.0)
            for flow in story.agent.engine.chronicle.flows(KEY).values():
                for rate in (flow.into.per_s, flow.out.per_s):
                    assert rate is None or 0 <= rate <= 2 * usual
        assert "device-restarted" not in events(story)
        assert "device-clock-jumped" not in events(story)
        assert story.agent.engine.chronicle.restarts(KEY) == 0
        assert world.counters(place, world.time()).in_octets > octets

    tell(plot)
