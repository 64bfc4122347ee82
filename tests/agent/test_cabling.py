"""LLDP against the written tree: a finding after three polls, told once, never a change."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from agent.cabling import Cabling
from agent.verdict.topology import tree
from inventory.load import load
from probes.model import Observation, Reading, Reason
from probes.snmp.neighbours import Neighbour
from probes.target import targets_of

INVENTORY = load(Path(__file__).parents[1] / "inventory" / "good", with_secrets=False)
WARD = INVENTORY.wards["26740"]
TARGETS = {target.name: target for target in targets_of(WARD, INVENTORY)}
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
CHILD = next(device for device in WARD.devices if device.above)
(PARENT,) = CHILD.above
OTHER = next(d.name for d in WARD.devices if d.name not in (CHILD.name, PARENT))


def polled(name: str, *others: str) -> Observation:
    """One topology poll of a device that sees others at its ports."""
    found = tuple(
        Neighbour(f"Gi1/0/{n}", None, "1", other, None, "lldp") for n, other in enumerate(others)
    )
    reading = Reading(neighbours=found)
    return Observation(TARGETS[name], "snmp-topology", Reason.OK, reading, AT, 0.0, 0.1, 2250.0)


def told(cabling: Cabling, *polls: Observation) -> list[int]:
    return [len(cabling.take(poll, AT)) for poll in polls]


def cabling() -> Cabling:
    return Cabling(WARD, tree(WARD, "ward"))


def test_a_device_seen_elsewhere_in_three_polls_is_one_finding() -> None:
    kept, elsewhere = cabling(), polled(OTHER, CHILD.name)
    assert told(kept, elsewhere, elsewhere) == [0, 0]
    (event,) = kept.take(elsewhere, AT)
    assert (event.kind, event.device) == ("cabling-differs", CHILD.name)
    assert event.data == {"seen_at": OTHER, "written": [PARENT], "polls": 3}
    assert told(kept, elsewhere, elsewhere) == [0, 0]


def test_once_it_was_gone_it_is_told_again() -> None:
    kept, elsewhere, nobody = cabling(), polled(OTHER, CHILD.name), polled(OTHER)
    assert told(kept, *[elsewhere] * 3, nobody, *[elsewhere] * 3) == [0, 0, 1, 0, 0, 0, 1]


def test_what_is_cabled_as_written_is_no_finding_seen_from_either_end() -> None:
    assert told(cabling(), *[polled(PARENT, CHILD.name)] * 4) == [0] * 4
    assert told(cabling(), *[polled(CHILD.name, PARENT)] * 4) == [0] * 4


def test_strangers_and_a_device_that_sees_itself_are_no_finding() -> None:
    assert told(cabling(), *[polled(OTHER, "phone-7", OTHER)] * 4) == [0] * 4


def test_a_failed_poll_counts_for_nothing() -> None:
    kept, elsewhere = cabling(), polled(OTHER, CHILD.name)
    lost = Observation(
        TARGETS[OTHER], "snmp-topology", Reason.TIMEOUT, Reading(), AT, 0.0, 0.1, 2250.0
    )
    assert told(kept, elsewhere, lost, elsewhere, lost, elsewhere) == [0, 0, 0, 0, 1]
