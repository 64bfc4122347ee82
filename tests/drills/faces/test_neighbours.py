"""The switches' faces: neighbours as the cables lie, and a health that our own probes can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drills.mib import lldp
from drills.mib.look import Look
from drills.topology import ward_standard
from drills.world import World
from probes.clock import ManualClock
from probes.snmp import ber

if TYPE_CHECKING:
    from collections.abc import Callable

    Ask = Callable[..., ber.Message | None]

SYS_NAME = "1.0.8802.1.1.2.1.4.1.1.9"
POE_GIVEN = "1.3.6.1.2.1.105.1.3.1.1.4.1"


def _look(world: World, name: str) -> Look:
    return Look.at(world, world.topology.nodes[name], world.time())


def _seen(world: World, ask: Ask, name: str) -> dict[int, str]:
    """The system names behind each local LLDP port, by GETNEXT as a manager walks."""
    found: dict[int, str] = {}
    at = SYS_NAME
    while True:
        answer = ask(world.topology.nodes[name], ber.GETNEXT, at)
        assert answer is not None
        (cell,) = answer.varbinds
        at = ber.oid_text(cell.oid)
        if not at.startswith(f"{SYS_NAME}."):
            return found
        assert isinstance(cell.value, bytes)
        found[int(at.split(".")[-2])] = cell.value.decode()


def test_a_switch_sees_what_its_cables_lead_to(world: World, ask: Ask) -> None:
    assert _seen(world, ask, "sw-26740-02") == {22: "ap-26740-01", 24: "sw-26740-01"}
    core = _seen(world, ask, "sw-26740-01")
    assert sorted(core.values()) == ["ce-26740", "sw-26740-02", "vc-26740-a"]
    assert _seen(world, ask, "ce-26740") == {1: "sw-26740-01"}


@pytest.mark.parametrize("seed", range(3))
def test_two_that_see_each_other_name_each_others_ports(seed: int) -> None:
    world = World(ward_standard(("26740", "26743")), seed, ManualClock())
    for name in ("sw-26740-01", "sw-26743-01"):
        look = _look(world, name)
        for number in lldp.neighbour_ports(look):
            port = look.node.ports[number - 1]
            far = world.topology.at_port[f"{name}:{port.name}"].far_end(f"{name}:{port.name}")
            there = _look(world, far.partition(":")[0])
            back = [there.node.ports[at - 1].name for at in lldp.neighbour_ports(there)]
            assert far.partition(":")[2] in back


def test_a_cable_pulled_out_takes_its_neighbour_with_it(world: World, ask: Ask) -> None:
    trunk = world.topology.at_port["sw-26740-02:24"]
    world.change("cable", trunk.id, False, who="test", source="inject")
    assert _seen(world, ask, "sw-26740-02") == {22: "ap-26740-01"}
    world.change("cable", trunk.id, True, who="test", source="inject")
    assert 24 in _seen(world, ask, "sw-26740-02")


def test_power_over_ports_is_given_to_what_lives_on_the_switch(world: World, ask: Ask) -> None:
    answer = ask(world.topology.nodes["sw-26740-02"], ber.GET, POE_GIVEN)
    assert answer is not None
    chassis = world.topology.nodes["sw-26740-02"].chassis
    assert chassis is not None
    assert answer.varbinds[0].value == 2 * chassis.poe_port_w


@pytest.mark.parametrize(
    ("name", "port", "instance"),
    [
        (
            "sw-26740-01",
            "",
            "1.3.6.1.4.1.9.9.68.1.2.2.1.2.{index}",
        ),  # Cisco's own table, by ifIndex
        ("sw-26740-02", "24", "1.3.6.1.2.1.17.7.1.4.5.1.1.24"),  # dot1qPvid, by bridge port
    ],
)
def test_a_switch_tells_the_vlan_of_a_port_in_the_way_of_its_make(
    world: World, ask: Ask, name: str, port: str, instance: str
) -> None:
    node = world.topology.nodes[name]
    known = next(one for one in node.ports if one.name == port or one.alias == "uplink")

    def told() -> object:
        answer = ask(node, ber.GET, instance.format(index=known.index))
        assert answer is not None
        return answer.varbinds[0].value

    assert told() == 1
    world.change("vlan", f"{name}:{known.name}", 99, who="test", source="inject")
    assert told() == 99
