"""A port in another VLAN than before is a line in the journal, once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from agent.vlan_changes import CHANGED, VlanChanges
from inventory.load import load
from probes.model import Observation, PortVlans, Reading, Reason
from probes.target import targets_of

INVENTORY = load(Path(__file__).parents[1] / "inventory" / "good", with_secrets=False)
TARGET = targets_of(INVENTORY.wards["26740"], INVENTORY)[0]
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def polled(vlan: int, reason: Reason = Reason.OK) -> Observation:
    reading = Reading(vlans=(PortVlans("Gi1/1", None, vlan, (30,)),))
    return Observation(TARGET, "snmp-vlans", reason, reading, AT, 0.0, 0.1, 1500.0)


def test_a_change_is_told_once_with_what_it_was() -> None:
    changes = VlanChanges()
    assert [len(changes.take(polled(vlan), AT)) for vlan in (10, 10, 20, 20)] == [0, 0, 1, 0]
    (event,) = changes.take(polled(10), AT)
    assert (event.kind, event.device) == (CHANGED, TARGET.name)
    assert event.data == {
        "port": "Gi1/1",
        "before": {"untagged": 20, "tagged": [30]},
        "after": {"untagged": 10, "tagged": [30]},
    }


def test_a_failed_reading_changes_nothing() -> None:
    changes = VlanChanges()
    changes.take(polled(10), AT)
    assert changes.take(polled(20, Reason.TIMEOUT), AT) == ()
