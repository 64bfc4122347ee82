"""Calls in a world: their media counts follow the way, call by call and packet by packet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drills import faults
from drills.calls import DROPS_AFTER_S, FAR_END
from drills.faces import room
from drills.topology import ward_standard
from drills.world import World
from probes.clock import ManualClock

if TYPE_CHECKING:
    from drills.calls import Stream

VC = "vc-26740-a"
# On the way from the centre into the ward, and out of it.
INWARD, OUTWARD = "pe-1:26740", "ce:wan"


def streams(world: World) -> dict[str, Stream]:
    """The streams now, as `rx video`."""
    return {f"{one.dir} {one.media}": one for one in world.calls.streams(VC, world.time())}


def losses(world: World) -> dict[str, float]:
    """The share of each stream's last interval that was lost."""
    return {
        name: one.last_lost / (one.last_lost + one.last_received)
        for name, one in streams(world).items()
    }


def test_without_a_call_there_is_no_media_and_a_ringing_one_has_none(world: World) -> None:
    assert world.calls.state(VC, 0.0) == "none"
    assert streams(world) == {}
    faults.apply(world, "vc_ringing")
    assert world.calls.state(VC, 0.0) == "ringing"
    assert streams(world) == {}


@pytest.mark.parametrize(("where", "hit"), [(INWARD, "rx"), (OUTWARD, "tx")])
def test_loss_of_one_way_is_seen_in_that_direction_alone(
    world: World, clock: ManualClock, where: str, hit: str
) -> None:
    faults.apply(world, "vc_in_call")
    clock.move(30)
    assert set(losses(world).values()) == {0.0}
    loss = faults.apply(world, "one_way_loss", where, {"loss": 0.05})
    clock.move(10)
    found = losses(world)
    assert {name for name, share in found.items() if share} == {f"{hit} audio", f"{hit} video"}
    assert found[f"{hit} video"] == pytest.approx(0.05, abs=0.005)
    lost = streams(world)[f"{hit} audio"].lost
    assert lost == pytest.approx(0.05 * 50 * 10, abs=1)
    faults.clear(world, loss)
    clock.move(10)
    assert set(losses(world).values()) == {0.0}
    assert streams(world)[f"{hit} audio"].lost == lost


def test_a_short_burst_of_loss_leaves_the_last_interval_as_it_came(
    world: World, clock: ManualClock
) -> None:
    faults.apply(world, "vc_in_call")
    clock.move(60)
    burst = faults.apply(world, "one_way_loss", INWARD, {"loss": 0.5})
    clock.move(1)
    faults.clear(world, burst)
    clock.move(2)
    assert losses(world)["rx audio"] == pytest.approx(0.1, abs=0.005)  # 1 s of the last 5
    clock.move(5)
    assert losses(world)["rx audio"] == 0


@pytest.mark.parametrize(
    ("loss", "picture"),
    [(0.0, (1080, 30)), (0.02, (720, 30)), (0.06, (720, 15)), (0.3, (360, 15))],
)
def test_the_picture_gets_smaller_and_slower_as_more_gets_lost(
    world: World, clock: ManualClock, loss: float, picture: tuple[int, int]
) -> None:
    faults.apply(world, "vc_in_call")
    faults.apply(world, "one_way_loss", INWARD, {"loss": loss})
    clock.move(10)
    found = streams(world)
    assert (found["rx video"].height, found["rx video"].fps) == picture
    assert (found["tx video"].height, found["tx video"].fps) == (1080, 30)
    assert found["rx audio"].height is None


def test_jitter_and_round_trip_follow_the_way_and_the_worst_is_kept(
    world: World, clock: ManualClock
) -> None:
    faults.apply(world, "vc_in_call")
    clock.move(10)
    before = streams(world)
    shaken = faults.apply(world, "one_way_jitter", INWARD, {"ms": 90.0})
    late = faults.apply(world, "one_way_delay", OUTWARD, {"ms": 70.0})
    clock.move(10)
    during = streams(world)
    assert (during["rx audio"].jitter_ms or 0) - (before["rx audio"].jitter_ms or 0) == (
        pytest.approx(30)
    )
    assert during["tx audio"].jitter_ms == before["tx audio"].jitter_ms
    assert (during["tx video"].rtt_ms or 0) - (before["tx video"].rtt_ms or 0) == pytest.approx(70)
    faults.clear(world, shaken)
    faults.clear(world, late)
    after = streams(world)
    assert after["rx audio"].jitter_ms == before["rx audio"].jitter_ms
    assert after["rx audio"].max_jitter_ms == during["rx audio"].jitter_ms


def test_long_packets_that_vanish_take_the_picture_and_leave_the_sound(
    world: World, clock: ManualClock
) -> None:
    faults.apply(world, "vc_in_call")
    faults.apply(world, "mtu_hole", "", {"octets": 1000})
    clock.move(30)
    found = streams(world)
    assert (found["rx video"].last_received, found["rx video"].height) == (0, None)
    assert found["rx audio"].last_received == 250


@pytest.mark.parametrize("name", ["cable_cut", "converter_dead"])
def test_a_call_lives_through_a_short_break_and_ends_in_a_long_one(
    world: World, clock: ManualClock, name: str
) -> None:
    faults.apply(world, "vc_in_call")
    clock.move(60)
    short = faults.apply(world, name, "ce:wan")
    clock.move(DROPS_AFTER_S - 1)
    assert world.calls.state(VC, world.time()) == "connected"
    quiet = streams(world)["rx audio"]
    assert (quiet.last_received, quiet.last_lost, quiet.jitter_ms) == (0, 0, None)
    faults.clear(world, short)
    clock.move(10)
    assert streams(world)["rx audio"].last_received == 250
    long = faults.apply(world, name, "ce:wan")
    clock.move(DROPS_AFTER_S)
    assert world.calls.state(VC, world.time()) == "none"
    faults.clear(world, long)
    clock.move(100)
    assert world.calls.state(VC, world.time()) == "none"  # somebody must call again
    faults.clear(world, "F1")
    faults.apply(world, "vc_in_call")
    assert world.calls.state(VC, world.time()) == "connected"


def test_a_call_ends_with_the_endpoints_power_and_when_the_centre_stops(
    world: World, clock: ManualClock
) -> None:
    faults.apply(world, "vc_in_call")
    dark = faults.apply(world, "power_off", "vc")
    assert world.calls.state(VC, world.time()) == "none"
    faults.clear(world, dark)
    assert world.calls.state(VC, world.time()) == "none"
    faults.clear(world, "F1")
    faults.apply(world, "vc_in_call")
    clock.move(1)
    faults.apply(world, "service_stopped", "hop")
    clock.move(DROPS_AFTER_S)
    assert world.calls.state(VC, world.time()) == "none"


def test_a_call_ends_with_the_mains(world: World) -> None:
    faults.apply(world, "vc_in_call")
    faults.apply(world, "mains_off", "", {"runtime_s": 100})
    assert world.calls.state(VC, world.time()) == "none"  # the endpoint has no battery


def test_what_the_far_end_hears_and_sees_is_what_the_room_sends(
    world: World, clock: ManualClock
) -> None:
    node = world.topology.nodes[VC]
    assert room.look(world, node, 0.0).heard is None
    faults.apply(world, "vc_in_call")
    clock.move(10)
    assert room.look(world, node, world.time())[-2:] == (True, True)
    for name, params, expected in (
        ("vc_muted", {}, (False, True)),
        ("vc_muted", {"hardware": True}, (False, True)),
        ("vc_mic_unplugged", {}, (False, True)),
        ("vc_camera_unplugged", {}, (True, False)),
        ("mtu_hole", {"octets": 1000}, (True, False)),
    ):
        state = faults.apply(world, name, "" if name == "mtu_hole" else "vc", params)
        clock.move(10)
        assert room.look(world, node, world.time())[-2:] == expected
        faults.clear(world, state)
        clock.move(10)


STEPS = st.lists(
    st.tuples(
        st.floats(0, 60),
        st.sampled_from(
            [
                ("call", VC, "connected"), ("call", VC, "none"), ("out_loss", INWARD, 0.2),
                ("out_loss", INWARD, 0.0), ("cable", "ce-26740:wan", False),
                ("cable", "ce-26740:wan", True), ("power", VC, False), ("power", VC, True),
                ("mains", "26740", False), ("mains", "26740", True),
                ("service", FAR_END, "stopped"), ("service", FAR_END, "running"),
            ]
        ),
    ),
    max_size=10,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_counts_never_fall_while_a_call_lasts_and_a_replay_counts_the_same(
    steps: list[tuple[float, tuple[str, str, object]]],
) -> None:
    clock = ManualClock()
    world = World(ward_standard(("26740",)), 1, clock)
    had: tuple[float, dict[str, Stream]] | None = None
    for wait_s, change in steps:
        for part in (wait_s / 2, wait_s / 2):
            clock.move(part)
            begun_at = world.time() - world.calls.duration_s(VC, world.time())
            now = streams(world)
            for name, one in now.items():
                assert 0 <= one.last_received <= one.received
                assert 0 <= one.last_lost <= one.lost
                if had is not None and had[0] == pytest.approx(begun_at) and name in had[1]:
                    assert one.received >= had[1][name].received
                    assert one.lost >= had[1][name].lost
            had = (begun_at, now)
        world.change(*change, who="test", source="inject")
    again = World.replay(json.loads(json.dumps(world.dump())), clock)
    assert again.calls.dump() == world.calls.dump()
    assert again.calls.streams(VC, world.time()) == world.calls.streams(VC, world.time())
