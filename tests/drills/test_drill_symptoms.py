"""What a fault promises to show, the world really answers differently; nothing is only told."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from drills import faults
from drills.loading import shipped
from tests.drills.test_faults import ROWS, _fresh, _views

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drills.fault import Face
    from drills.traffic import Counters
    from drills.world import World

# What breaks a way shows on every face, when it is the way that all of them need.
WIDEST: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("power_off", "core", {}), ("cable_cut", "access:24", {}), ("if_admin_down", "access:24", {}),
    ("path_loss", "access:24", {"loss": 1}), ("one_way_loss", "access:24", {"loss": 1}),
    ("vlan_wrong_access", "access:24", {}), ("converter_dead", "access:24", {}),
    ("line_full", "ward", {"load": 50}), ("loop_storm", "access", {}), ("loop_storm", "core", {}),
    ("power_off", "vc", {}),
)  # fmt: skip


def shown(name: str, on: str, params: Mapping[str, Any]) -> set[Face]:
    world = _fresh()
    well = _views(world)
    faults.apply(world, name, on, params)
    return {face for face, seen in _views(world).items() if seen != well[face]} | (
        {"snmp"} if _counted(world) != _counted(_fresh()) else set()
    )


def _counted(world: World) -> list[Counters]:
    """What the ports of the ward's devices with SNMP count a minute from now."""
    return [
        world.counters(f"{node.name}:{port.name}", world.time() + 60)
        for node in world.topology.by_ward["26740"]
        if node.sys_object_id
        for port in node.ports
    ]


def test_every_face_that_a_fault_names_shows_it_somewhere() -> None:
    seen: dict[str, set[Face]] = defaultdict(set)
    for name, on, params in (*ROWS, *WIDEST):
        seen[name] |= shown(name, on, params)
    assert seen == {name: set(known.shown_by) for name, known in faults.FAULTS.items()}


INJECTS = [
    (scenario.id, inject.id, inject.fault or "", inject.on or "")
    for scenario in shipped().values()
    for inject in scenario.injects
    if inject.type == "fault"
]


@pytest.mark.parametrize(("scenario", "inject", "name", "on"), INJECTS)
def test_what_a_scenario_breaks_is_seen_where_it_is_broken(
    scenario: str, inject: str, name: str, on: str
) -> None:
    assert shown(name, on, {}), (scenario, inject)
    assert shown(name, on, {}) <= set(faults.FAULTS[name].shown_by)


def test_every_scenario_breaks_something() -> None:
    assert {scenario for scenario, *_ in INJECTS} == set(shipped())
