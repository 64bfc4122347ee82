"""A port in another VLAN is blamed on two readings: one from good times, one from after."""

from __future__ import annotations

import pytest

from agent.verdict.doubt import Loss
from agent.verdict.port_vlans import VlanMemory, difference, vlans_of
from playbooks.verdict.facts import Truth
from probes.model import PortVlans, Reading

T, F, U, N = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN, Truth.NA
LOSS = Loss(since=100.0, last_ok=98.0)


def told(*readings: tuple[float, int]) -> VlanMemory:
    """What is remembered of a port that was in these VLANs at these times."""
    memory = VlanMemory()
    for mono, vlan in readings:
        memory = memory.add(PortVlans("Gi1/1", None, vlan), mono)
    return memory


@pytest.mark.parametrize(
    ("readings", "truth"),
    [
        ((), N),
        (((99.0, 20),), N),  # nothing known of the time when the far end answered
        (((50.0, 10),), U),  # not read since the loss
        (((50.0, 10), (90.0, 10)), U),
        (((50.0, 10), (101.0, 10)), T),
        (((50.0, 10), (101.0, 20)), F),
        (((50.0, 10), (99.0, 20)), U),  # that it still was so after the loss nobody saw
        (((50.0, 10), (99.0, 20), (101.0, 20)), F),
        (((50.0, 10), (90.0, 20), (101.0, 20)), T),  # the line worked in the new one too
        (((50.0, 10), (101.0, 20), (110.0, 10)), T),  # put back
    ],
)
def test_the_vlan_of_the_time_before_the_loss_is_what_counts(
    readings: tuple[tuple[float, int], ...], truth: Truth
) -> None:
    assert told(*readings).judged(LOSS)[0] is truth


def test_while_the_far_end_answers_the_port_is_right_as_it_is() -> None:
    assert told((50.0, 10), (60.0, 20)).judged(None)[0] is T
    assert VlanMemory().judged(None)[0] is N


def test_memory_of_a_port_that_goes_from_one_vlan_to_another_does_not_grow() -> None:
    memory = told(*((float(n), n % 2 + 1) for n in range(1000)))
    assert len(memory.spans) == 4


def port(untagged: int | None, *tagged: int, told: bool = True) -> PortVlans:
    return PortVlans("Gi1/1", None, untagged, tagged if told else None)


@pytest.mark.parametrize(
    ("before", "now", "truth", "said"),
    [
        (port(10), port(20), F, {"before": 10, "after": 20}),
        (port(1, 10, 20), port(1, 20), F, {"lost": "10"}),
        (port(1, 10), port(1, 10, 30), T, {}),
        (port(10, told=False), port(10, 20), T, {}),
        (port(1, 10), port(1, told=False), T, {}),
        (port(10), port(None, told=False), U, {}),
    ],
)
def test_vlans_that_came_are_no_fault_and_those_not_told_are_not_gone(
    before: PortVlans, now: PortVlans, truth: Truth, said: dict[str, object]
) -> None:
    assert difference(before, now) == (truth, said)


def test_a_port_is_found_by_either_of_its_names() -> None:
    reading = Reading(vlans=(PortVlans("Gi1/1", "GigabitEthernet1/1", 10),))
    assert vlans_of("GigabitEthernet1/1", reading) == vlans_of("Gi1/1", reading)
    assert vlans_of("Gi1/2", reading) is None
    assert vlans_of("Gi1/1", Reading()) is None
