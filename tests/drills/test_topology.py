"""The standard ward: addresses, devices, and rates that add up."""

from __future__ import annotations

import pytest

from drills.model import node_of
from drills.topology import HYPERVISORS, ROOMS, Template, ward_standard
from inventory.realm import is_simulated
from inventory.units import units


@pytest.mark.parametrize("seed", range(5))
def test_every_ward_has_its_eight_devices_each_at_its_own_loopback_address(seed: int) -> None:
    topology = ward_standard(tuple(units())).build(seed)
    addresses = [node.address for node in topology.nodes.values() if node.address]
    assert all(sum(bool(n.address) for n in topology.by_ward[code]) == 8 for code in topology.codes)
    assert len(set(addresses)) == len(addresses)
    assert all(is_simulated(address) for address in addresses)


@pytest.mark.parametrize("seed", range(5))
def test_every_cable_ends_in_ports_that_exist_and_no_port_has_two(seed: int) -> None:
    topology = ward_standard(("26740", "25747", "25750")).build(seed)
    ends = [end for cable in topology.cables.values() for end in (cable.a, cable.b)]
    assert len(set(ends)) == len(ends)
    assert all(topology.port(end) for end in ends)


def test_what_the_ward_draws_comes_over_its_line() -> None:
    topology = ward_standard(("26740",)).build(3)
    line, uplink = topology.cables["ce-26740:wan"], topology.cables["ce-26740:lan"]
    leaves = [
        cable
        for cable in topology.cables.values()
        if node_of(cable.a).startswith("sw-") and not node_of(cable.b).startswith("sw-")
    ]
    assert line.b_to_a == uplink.a_to_b == pytest.approx(sum(cable.a_to_b for cable in leaves))
    assert line.a_to_b == uplink.b_to_a == pytest.approx(sum(cable.b_to_a for cable in leaves))


def test_a_place_to_look_from_is_a_ward_or_the_hub() -> None:
    topology = ward_standard(("26740",)).build(1)
    found = [topology.standing_place(asker) for asker in ("ward:26740", "hub", "ward:1", "")]
    assert [node.name if node else None for node in found] == [
        "host-26740", "hub-host", None, None,
    ]  # fmt: skip


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("kind", HYPERVISORS)
def test_a_templates_name_alone_says_its_rooms_and_the_host_of_its_machines(
    room: str, kind: str
) -> None:
    template = Template(ward_standard(("26740",), room, kind).name, ("26740",))
    topology = template.build(1)
    assert topology.device("26740", "vc").kind == room
    assert topology.nodes[HYPERVISORS[kind]].kind == kind
    assert topology.device("26740", "vm").feed == HYPERVISORS[kind]
