"""The one world: derived states, closed-form counters, power, and a log that replays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drills.facts import KINDS
from drills.model import Mutation, node_of
from drills.topology import ward_standard
from drills.world import World
from probes.clock import ManualClock

if TYPE_CHECKING:
    from drills.model import Topology

CODES = ("26740", "25747")
TOPOLOGY = ward_standard(CODES).build(1)
HOST, GATEWAY = "host-26740", "gateway"


def _subjects(topology: Topology) -> dict[str, list[str]]:
    ports = [f"{n.name}:{p.name}" for n in topology.nodes.values() for p in n.ports]
    nodes = list(topology.nodes)
    return {
        "node": nodes,
        "ward": list(topology.codes),
        "port": ports,
        "cable": list(topology.cables),
        "disk": [
            f"{n.name}:{disk.mount}"
            for n in topology.nodes.values()
            if n.machine
            for disk in n.machine.disks
        ],
        "fault": ["F1", "F2"],
    }


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "runtime_s": st.none() | st.integers(0, 600),
    "loss": st.floats(0, 1),
    "delay_ms": st.floats(0, 500),
    "service": st.sampled_from(["running", "degraded", "failing", "stopped"]),
    "snmp_delay_s": st.floats(0, 60),
    "vlan": st.integers(1, 4094),
    "out_loss": st.floats(0, 1),
    "out_delay_ms": st.floats(0, 500),
    "out_jitter_ms": st.floats(0, 500),
    "largest": st.integers(576, 1500),
    "names": st.sampled_from(["right", "wrong", "unknown", "refused", "failing"]),
    "time": st.sampled_from(["right", "unsynchronised"]),
    "time_off_s": st.floats(-60, 60),
    "error_ratio": st.floats(0, 1),
    "line_load": st.floats(0, 20),
    "service_delay_s": st.floats(0, 60),
    "certificate": st.sampled_from(["valid", "expired"]),
    "mode": st.sampled_from(["", "10half", "100full"]),
    "mute": st.sampled_from(["off", "on", "hardware"]),
    "account": st.sampled_from(["right", "wrong_password"]),
    "zone_min": st.integers(-720, 840),
    "call": st.sampled_from(["none", "ringing", "connected"]),
    "diagnosis": st.sampled_from(["none", "warning", "error", "critical"]),
    "api": st.sampled_from(["open", "login_page", "busy"]),
    "firmware": st.sampled_from(["tc", "ce", "roomos"]),
    "disk_used": st.none() | st.floats(0, 1),
    "busy": st.none() | st.floats(0, 1),
    "exposed": st.sampled_from(["", "tcp/3306", "udp/69"]),
    "unit_failed": st.sampled_from(["", "ssh.service"]),
    "updates": st.integers(0, 500),
    "sshd": st.sampled_from(["strict", "weak"]),
    "guest_agent": st.sampled_from(["running", "stopped", "absent"]),
    "snapshots": st.none() | st.lists(st.floats(-1e6, 0), min_size=1, max_size=3),
    "backups_until": st.none() | st.floats(-1e6, 0),
    "fault": st.none() | st.just({"fault": "x"}),
}


@st.composite
def steps(draw: st.DrawFn) -> list[tuple[float, str, str, Any]]:
    """Up to a dozen changes: seconds to wait before it, kind, subject, value."""
    subjects = _subjects(TOPOLOGY)
    found = []
    for _ in range(draw(st.integers(0, 12))):
        kind = draw(st.sampled_from(sorted(KINDS)))
        on = draw(st.sampled_from(subjects[KINDS[kind].about]))
        value = draw(VALUES.get(kind, st.booleans()))
        found.append((draw(st.floats(0, 2000)), kind, on, value))
    return found


def _changed(changes: list[tuple[float, str, str, Any]]) -> tuple[World, ManualClock]:
    clock = ManualClock()
    world = World(ward_standard(CODES), 1, clock)
    for wait_s, kind, on, value in changes:
        clock.move(wait_s)
        world.change(kind, on, value, who="test", source="inject")
    return world, clock


@settings(max_examples=40, deadline=None)
@given(steps())
def test_replaying_the_log_gives_the_identical_dump(
    changes: list[tuple[float, str, str, Any]],
) -> None:
    world, clock = _changed(changes)
    dump = json.loads(json.dumps(world.dump()))
    again = World.replay(dump, clock)
    assert json.dumps(again.dump()) == json.dumps(world.dump())
    assert again.version == len(changes)


@settings(max_examples=40, deadline=None)
@given(steps(), st.floats(0, 4000))
def test_a_port_is_never_up_with_a_dead_end_a_cut_cable_or_a_shut_peer(
    changes: list[tuple[float, str, str, Any]], wait_s: float
) -> None:
    world, clock = _changed(changes)
    clock.move(wait_s)
    t = world.time()
    for cable in TOPOLOGY.cables.values():
        is_up = world.oper(cable.a, t)
        assert is_up == world.oper(cable.b, t)
        if is_up:
            assert world.fact("cable", cable.id)
            assert world.admin(cable.a)
            assert world.admin(cable.b)
            assert world.powered(node_of(cable.a), t)
            assert world.powered(node_of(cable.b), t)


@settings(max_examples=40, deadline=None)
@given(steps(), st.floats(0, 4000))
def test_no_path_leads_through_a_node_without_power(
    changes: list[tuple[float, str, str, Any]], wait_s: float
) -> None:
    world, clock = _changed(changes)
    clock.move(wait_s)
    t = world.time()
    for goal in TOPOLOGY.nodes:
        path = world.path(HOST, goal, t)
        passed = {node_of(end) for cable in path or () for end in (cable.a, cable.b)}
        assert all(world.powered(name, t) for name in passed)
        assert (path is None) == (world.quality(HOST, goal, t) is None)


@settings(max_examples=40, deadline=None)
@given(steps(), st.lists(st.floats(0, 2000), min_size=1, max_size=4))
def test_octets_never_fall_unless_the_device_started_again(
    changes: list[tuple[float, str, str, Any]], waits: list[float]
) -> None:
    clock = ManualClock()
    world = World(ward_standard(CODES), 1, clock)
    refs = [f"{n.name}:{p.name}" for n in TOPOLOGY.nodes.values() for p in n.ports]
    seen = {ref: (world.counters(ref, 0), world.booted_at(node_of(ref))) for ref in refs}
    quiet = [(wait_s, "", "", None) for wait_s in waits]
    for wait_s, kind, on, value in [*changes, *quiet]:
        clock.move(wait_s)
        if kind:
            world.change(kind, on, value, who="test", source="inject")
        for ref in refs:
            now, booted = world.counters(ref, world.time()), world.booted_at(node_of(ref))
            before, booted_before = seen[ref]
            if booted == booted_before:
                assert now.in_octets >= before.in_octets
                assert now.out_octets >= before.out_octets
            seen[ref] = now, booted


def test_the_same_seed_gives_the_same_world_and_another_seed_another() -> None:
    template = ward_standard(CODES)
    same, other = template.build(1), template.build(2)
    assert same.nodes == TOPOLOGY.nodes
    assert same.cables == TOPOLOGY.cables
    assert other.cables != TOPOLOGY.cables


def test_a_well_ward_reaches_everything(world: World) -> None:
    nodes = [node for node in world.topology.nodes.values() if node.address]
    assert all(world.reaches(HOST, node.name, 0) for node in nodes)
    assert all(world.reaches("hub-host", node.name, 0) for node in nodes)
    assert world.facts() == {}


def test_a_port_that_is_down_stops_counting_and_goes_on_where_it_stood(
    world: World, clock: ManualClock
) -> None:
    ref = "ce-26740:wan"
    clock.move(10)
    world.change("cable", ref, False, who="test", source="inject")
    stood = world.counters(ref, world.time())
    clock.move(100)
    assert world.counters(ref, world.time()) == stood
    world.change("cable", ref, True, who="test", source="inject")
    assert world.counters(ref, world.time()) == stood
    clock.move(10)
    assert world.counters(ref, world.time()).in_octets > stood.in_octets
    assert world.changed_at(ref, world.time()) == 110


def test_the_line_cut_beyond_the_ce_leaves_the_uplink_up_with_chatter_alone(
    world: World, clock: ManualClock
) -> None:
    core = world.topology.nodes["sw-26740-01"]
    uplink = f"{core.name}:{next(p.name for p in core.ports if p.alias == 'uplink')}"
    clock.move(10)
    well = world.counters(uplink, 10).in_octets - world.counters(uplink, 0).in_octets
    world.change("cable", "ce-26740:wan", False, who="test", source="inject")
    cut = world.counters(uplink, 20).in_octets - world.counters(uplink, 10).in_octets
    assert world.oper(uplink, 20)
    assert not world.oper("ce-26740:wan", 20)
    assert 0 < cut < 0.05 * well
    assert world.reaches(HOST, "ce-26740", 20)
    assert not world.reaches(HOST, GATEWAY, 20)


def test_the_battery_carries_switches_and_ce_until_it_is_empty(
    world: World, clock: ManualClock
) -> None:
    fed = ["sw-26740-01", "sw-26740-02", "ce-26740", "ups-26740"]
    world.change("runtime_s", "ups-26740", 600, who="test", source="inject")
    world.change("mains", "26740", False, who="test", source="inject")
    assert not world.powered("vc-26740-a", 0)
    assert all(world.powered(name, 599) for name in fed)
    assert world.charge("ups-26740", 300) == pytest.approx(0.5)
    assert not any(world.powered(name, 600) for name in fed)
    assert not world.reaches(HOST, "sw-26740-01", 600)
    clock.move(900)
    world.change("mains", "26740", True, who="test", source="inject")
    assert all(world.powered(name, 900) for name in fed)
    assert world.booted_at("sw-26740-01") == 900
    assert world.counters("ce-26740:wan", 900).in_octets == 0
    assert 0 < world.charge("ups-26740", 1800) < 0.1


def test_a_port_that_went_dark_with_the_battery_says_when(world: World, clock: ManualClock) -> None:
    world.change("runtime_s", "ups-26740", 600, who="test", source="inject")
    world.change("mains", "26740", False, who="test", source="inject")
    clock.move(900)
    assert world.changed_at("ce-26740:lan", 900) == 600


def test_a_path_adds_its_delays_and_composes_its_losses(world: World) -> None:
    plain = world.quality(HOST, GATEWAY, 0)
    world.change("delay_ms", "ce-26740:wan", 80, who="test", source="inject")
    world.change("loss", "ce-26740:wan", 0.5, who="test", source="inject")
    world.change("loss", "ce-26740:lan", 0.5, who="test", source="inject")
    worse = world.quality(HOST, GATEWAY, 0)
    assert plain is not None
    assert worse is not None
    assert worse.rtt_ms == pytest.approx(plain.rtt_ms + 80)
    assert (plain.loss, worse.loss) == (0, 0.75)


@pytest.mark.parametrize(
    ("kind", "on", "params"),
    [
        ("nothing", "ce-26740", {"value": True}),
        ("power", "nobody", {"value": True}),
        ("power", "ce-26740", {"value": "off"}),
        ("power", "ce-26740", {}),
        ("loss", "ce-26740:wan", {"value": 1.5}),
        ("admin", "ce-26740:nowhere", {"value": False}),
    ],
)
def test_a_mutation_that_does_not_fit_is_refused_and_changes_nothing(
    world: World, kind: str, on: str, params: dict[str, Any]
) -> None:
    before = world.dump()
    with pytest.raises(ValueError, match=kind):
        world.mutate(Mutation(1, 0.0, "test", "inject", kind, on, params))
    assert world.dump() == before


def test_a_mutation_out_of_order_is_refused(world: World) -> None:
    world.mutate(Mutation(1, 5.0, "test", "inject", "power", "ce-26740", {"value": False}))
    for seq, t in ((1, 6.0), (3, 6.0), (2, 4.0)):
        with pytest.raises(ValueError, match="out of order"):
            world.mutate(Mutation(seq, t, "test", "inject", "power", "ce-26740", {"value": True}))
