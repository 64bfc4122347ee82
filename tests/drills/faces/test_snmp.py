"""The SNMP face: exceptions, order, size, silence; what it says is what the world says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drills.faces import snmp
from drills.mib.index import index_of, shape_of
from drills.mib.look import Look
from drills.topology import ward_standard
from drills.world import World
from probes import oids
from probes.clock import ManualClock
from probes.snmp import ber
from probes.snmp.identify import identify
from probes.snmp.types import Varbind

if TYPE_CHECKING:
    from collections.abc import Callable

    from drills.model import Node

    Ask = Callable[..., ber.Message | None]

SYS_NAME = "1.3.6.1.2.1.1.5.0"
IF_OPER = "1.3.6.1.2.1.2.2.1.8"


def _asked(world: World) -> list[Node]:
    return [node for node in world.topology.nodes.values() if node.sys_object_id]


def _node(world: World, name: str) -> Node:
    return world.topology.nodes[name]


def _value(answer: ber.Message | None) -> object:
    assert answer is not None
    (varbind,) = answer.varbinds
    return varbind.value


def test_five_devices_of_a_ward_speak_snmp(world: World, ask: Ask) -> None:
    names = [node.name for node in _asked(world)]
    assert names == ["sw-26740-01", "sw-26740-02", "ce-26740", "ups-26740", "vm-26740-1"]
    for node in _asked(world):
        assert _value(ask(node, ber.GET, SYS_NAME)) == node.name.encode()


def test_the_answer_carries_the_request_id_and_the_community(world: World, ask: Ask) -> None:
    answer = ask(_node(world, "ce-26740"), ber.GET, SYS_NAME)
    assert answer is not None
    assert (answer.pdu, answer.request_id, answer.error_status) == (ber.RESPONSE, 77, 0)
    assert answer.community == world.community.encode()


@pytest.mark.parametrize(
    ("oid", "tag"),
    [
        ("1.3.6.1.2.1.1.5.1", ber.NO_SUCH_INSTANCE),
        (f"{IF_OPER}.999", ber.NO_SUCH_INSTANCE),
        ("1.3.6.1.2.1.33.1.2.4.0", ber.NO_SUCH_OBJECT),
        ("1.3.6.1.4.1.9.9.9", ber.NO_SUCH_OBJECT),
        ("2.5", ber.NO_SUCH_OBJECT),
    ],
)
def test_what_a_device_does_not_have_is_said_to_be_missing(
    world: World, ask: Ask, oid: str, tag: int
) -> None:
    answer = ask(_node(world, "sw-26740-01"), ber.GET, oid)
    assert answer is not None
    assert [v.tag for v in answer.varbinds] == [tag]


@pytest.mark.parametrize("seed", range(3))
def test_getnext_visits_every_instance_in_order_and_then_says_so(seed: int) -> None:
    world = World(ward_standard(("26740",)), seed, ManualClock())
    for node in _asked(world):
        index = index_of(shape_of(Look.at(world, node, 0)))
        seen, oid = [], ber.oid("1.0")
        while True:
            request = ber.Message(
                1, world.community.encode(), ber.GETNEXT, 1, 0, 0, (Varbind(oid, ber.NULL, None),)
            )
            octets = snmp.respond(world, "hub", node, ber.encode_message(request), 0)
            assert octets is not None
            (found,) = ber.decode_message(octets).varbinds
            if found.tag == ber.END_OF_MIB_VIEW:
                assert found.oid == oid
                break
            assert ber.oid_is_after(found.oid, oid)
            seen.append(found.oid)
            oid = found.oid
        assert tuple(seen) == index.oids


def test_getbulk_repeats_its_columns_and_asks_non_repeaters_once(world: World, ask: Ask) -> None:
    node = _node(world, "sw-26740-01")
    answer = ask(
        node, ber.GETBULK, "1.3.6.1.2.1.1.3", "1.3.6.1.2.1.2.2.1.7", IF_OPER, first=1, second=3
    )
    assert answer is not None
    texts = [ber.oid_text(v.oid) for v in answer.varbinds]
    indexes = [port.index for port in node.ports[:3]]
    assert texts == [
        "1.3.6.1.2.1.1.3.0",
        *(f"1.3.6.1.2.1.2.2.1.{column}.{index}" for index in indexes for column in (7, 8)),
    ]


def test_a_bulk_that_is_too_large_is_cut_and_a_get_says_too_big(world: World, ask: Ask) -> None:
    node = _node(world, "sw-26740-01")
    bulk = ask(node, ber.GETBULK, "1.3.6.1.2.1.2.2.1.2", second=500)
    assert bulk is not None
    assert 20 < len(bulk.varbinds) < 60
    get = ask(node, ber.GET, *["1.3.6.1.2.1.1.1.0"] * 30)
    assert get is not None
    assert (get.error_status, get.varbinds) == (1, ())


def test_a_set_is_refused(world: World, ask: Ask) -> None:
    answer = ask(_node(world, "ce-26740"), ber.SET, SYS_NAME)
    assert answer is not None
    assert answer.error_status == 6


def test_silence(world: World, ask: Ask) -> None:
    """No way, no power, a wrong community or version, or a PDU that is no question: no answer."""
    node = _node(world, "ce-26740")
    assert ask(node, ber.GET, SYS_NAME, community=b"public") is None
    assert ask(node, ber.GET, SYS_NAME, version=0) is None
    assert ask(node, ber.RESPONSE, SYS_NAME) is None
    assert ask(node, ber.GET, SYS_NAME, asker="ward:99999") is None
    assert ask(_node(world, "vc-26740-a"), ber.GET, SYS_NAME) is None
    world.change("cable", "ce-26740:wan", False, who="test", source="inject")
    assert ask(node, ber.GET, SYS_NAME) is not None
    assert ask(node, ber.GET, SYS_NAME, asker="hub") is None
    world.change("power", "ce-26740", False, who="test", source="inject")
    assert ask(node, ber.GET, SYS_NAME) is None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_octets_that_are_no_question_are_silence(octets: bytes) -> None:
    world = World(ward_standard(("26740",)), 1, ManualClock())
    node = _node(world, "ce-26740")
    assert snmp.respond(world, "hub", node, octets, 0) is None


def test_counters_move_and_wrap_at_their_width(world: World, ask: Ask, clock: ManualClock) -> None:
    node = _node(world, "ce-26740")
    narrow, wide = "1.3.6.1.2.1.2.2.1.10.2", "1.3.6.1.2.1.31.1.1.1.6.2"
    seen = []
    for _ in range(2):
        octets = world.counters("ce-26740:wan", world.time()).in_octets
        assert _value(ask(node, ber.GET, wide)) == octets
        assert _value(ask(node, ber.GET, narrow)) == octets % 2**32
        assert octets > 2**32
        seen.append(octets)
        clock.move(30)
    assert seen[1] > seen[0]


def test_a_restarted_device_counts_its_uptime_from_nought(
    world: World, ask: Ask, clock: ManualClock
) -> None:
    node, up_time = _node(world, "ce-26740"), "1.3.6.1.2.1.1.3.0"
    before = _value(ask(node, ber.GET, up_time))
    world.change("power", node.name, False, who="test", source="inject")
    clock.move(60)
    world.change("power", node.name, True, who="test", source="inject")
    clock.move(5)
    assert isinstance(before, int)
    assert before > 100 * 86_400
    assert _value(ask(node, ber.GET, up_time)) == 500


def test_what_devices_say_of_themselves_identifies_them_and_says_simulated(world: World) -> None:
    found = {
        node.name: identify(node.sys_object_id, node.sys_descr, node.name) for node in _asked(world)
    }
    core, machine = found["sw-26740-01"], found["vm-26740-1"]
    assert (core.vendor, core.os, core.device_class) == ("Cisco", "cisco_ios", "switch")
    assert (core.model, core.version) == ("C2960X", "15.2(7)E")
    assert machine.os == "linux"
    assert all("simulated" in node.sys_descr for node in _asked(world))


def test_a_ups_on_battery_says_so_in_every_object(
    world: World, ask: Ask, clock: ManualClock
) -> None:
    node = _node(world, "ups-26740")

    def got(oid: bytes) -> object:
        return _value(ask(node, ber.GET, ber.oid_text(oid)))

    assert got(oids.upsOutputSource) == 3
    assert got(oids.upsAlarmsPresent) == 0
    world.change("runtime_s", node.name, 1200, who="test", source="inject")
    world.change("mains", "26740", False, who="test", source="inject")
    clock.move(300)
    assert got(oids.upsOutputSource) == 5
    assert got(oids.upsSecondsOnBattery) == 300
    assert got(oids.upsEstimatedChargeRemaining) == 75
    assert got(oids.upsEstimatedMinutesRemaining) == 15
    assert got(oids.upsAlarmsPresent) == 1
    assert _value(ask(node, ber.GET, f"{ber.oid_text(oids.upsAlarmDescr)}.2")) == (
        oids.upsAlarmOnBattery
    )
    clock.move(600)
    assert got(oids.upsBatteryStatus) == 3
    assert got(oids.upsAlarmsPresent) == 2
    clock.move(300)
    assert ask(node, ber.GET, SYS_NAME) is None
