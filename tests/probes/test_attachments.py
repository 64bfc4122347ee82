"""Who hangs on whom by MAC tables, ARP and routes: on the last port, and only where it is sure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from inventory.access import SnmpAccess
from probes.attachments import Attachment, Tables, attachments
from probes.discover import Seen
from probes.model import Identity
from probes.snmp.bridge import Learned

NAMES = {"192.0.2.1": "core", "192.0.2.2": "tang-2", "192.0.2.9": "cam-1", "192.0.2.254": "ce"}
CAM, PC, TANG_2, CE = (f"02:00:5e:10:00:{n:02x}" for n in (9, 77, 2, 254))


def switch(address: str, *learned: tuple[str, int], **tables: Any) -> Seen:
    """A switch with ports Gi1 to Gi9 that has learned these addresses behind these ports."""
    fdb = tuple(Learned(mac, port, port) for mac, port in learned)
    ports = {n: f"Gi{n}" for n in range(1, 10)}
    access = SnmpAccess(auth="env:SNMP")
    return Seen(address, access, Identity(), tables=Tables(fdb=fdb, ports=ports, **tables))


ARP = (("192.0.2.9", CAM), ("192.0.2.2", TANG_2), ("192.0.2.254", CE), ("192.0.2.77", PC))
CORE = switch("192.0.2.1", (CAM, 2), (PC, 2), (TANG_2, 2), (CE, 8), arp=ARP)
ACCESS = switch("192.0.2.2", (CAM, 5), (PC, 6), (CE, 1))


def test_a_camera_hangs_on_the_port_where_nothing_else_is_learned() -> None:
    assert attachments((CORE, ACCESS), NAMES, ()) == (
        Attachment("cam-1", "tang-2", "Gi5", "fdb+arp"),
    )


def test_a_device_that_two_switches_see_alone_hangs_where_fewer_addresses_are() -> None:
    beside = switch("192.0.2.2", (CE, 1), (PC, 1), ("02:00:5e:10:00:aa", 1))
    found = attachments((CORE, beside), {**NAMES, "192.0.2.9": "other"}, ())
    assert Attachment("ce", "core", "Gi8", "fdb+arp") in found


def test_two_switches_that_see_it_alike_leave_it_open() -> None:
    found = attachments((CORE, switch("192.0.2.2", (CE, 1))), NAMES, ())
    assert "ce" not in {one.child for one in found}


def test_a_port_with_a_known_neighbour_has_nothing_else_on_it() -> None:
    """The second switch told no MAC table: LLDP says that it stands between."""
    core = switch("192.0.2.1", (CAM, 2), arp=ARP)
    assert attachments((core,), NAMES, ()) != ()
    assert attachments((core,), NAMES, [("core", "tang-2", "Gi2", "lldp")]) == ()


def test_an_address_that_two_devices_share_is_nobodys() -> None:
    shared = replace(CORE, macs=frozenset((CAM,)))
    assert "cam-1" not in {one.child for one in attachments((shared, ACCESS), NAMES, ())}


def test_a_default_route_leads_to_a_device_of_the_inventory() -> None:
    router = switch("192.0.2.254", own=frozenset(("192.0.2.254", "203.0.113.1")))
    one = switch("192.0.2.1", gateway="203.0.113.1")
    two = switch("192.0.2.2", gateway="198.51.100.9")
    assert attachments((router, one, two), NAMES, ()) == (Attachment("core", "ce", None, "route"),)
