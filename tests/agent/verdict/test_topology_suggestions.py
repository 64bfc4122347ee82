"""What the network says of its own shape is proposed with its sources, never applied."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.verdict.topology_suggestions import Sighting, moved, suggestions
from inventory.load import load

WARD = load(Path(__file__).parents[2] / "inventory" / "good", with_secrets=False).wards["26740"]
AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
CHILD = next(device for device in WARD.devices if device.above)
(PARENT,) = CHILD.above
OTHER = next(d.name for d in WARD.devices if d.name not in (CHILD.name, PARENT))


def test_agreeing_sources_are_counted_and_dated() -> None:
    later = AT + timedelta(hours=1)
    seen = [
        Sighting("lldp", CHILD.name, OTHER, AT, "1/1"),
        Sighting("fdb+arp", CHILD.name, OTHER, later),
        Sighting("fdb+arp", CHILD.name, OTHER, AT),
    ]
    (one,) = suggestions(WARD, seen)
    assert (one.agreeing, one.sources, one.seen_at) == (2, ("fdb+arp", "lldp"), later)
    assert (one.parent, one.port, one.accepted) == (OTHER, "1/1", (PARENT,))


def test_what_is_accepted_or_unknown_is_not_proposed() -> None:
    seen = [
        Sighting("lldp", CHILD.name, PARENT, AT),
        Sighting("lldp", "no-such-device", OTHER, AT),
        Sighting("route", OTHER, OTHER, AT),
    ]
    assert suggestions(WARD, seen) == ()


def test_a_cable_in_another_place_is_said_after_three_polls() -> None:
    elsewhere = [Sighting("lldp", CHILD.name, OTHER, AT)]
    assert moved(WARD, [elsewhere, elsewhere]) == ()
    (one,) = moved(WARD, [elsewhere, elsewhere, elsewhere])
    assert (one.child, one.accepted, one.seen) == (CHILD.name, (PARENT,), OTHER)


def test_a_poll_that_saw_it_in_its_place_ends_the_count() -> None:
    elsewhere = [Sighting("lldp", CHILD.name, OTHER, AT)]
    home = [Sighting("lldp", CHILD.name, PARENT, AT)]
    assert moved(WARD, [elsewhere, home, elsewhere]) == ()
    assert moved(WARD, [elsewhere, [], elsewhere]) == ()
