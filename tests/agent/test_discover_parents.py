"""Who is behind whom, from what neighbours say, seen from the core switch."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agent.discover_cli import Proposal, sightings, table_sightings, yaml_text
from inventory.access import SnmpAccess
from inventory.document import read
from inventory.model import Ward
from probes.attachments import Attachment, Tables
from probes.discover import Seen
from probes.model import Identity
from probes.snmp.bridge import Learned
from probes.snmp.neighbours import Neighbour

AT = datetime(2026, 11, 22, tzinfo=UTC)


def test_of_two_neighbours_the_nearer_to_the_core_is_the_parent() -> None:
    seen = [
        ("core", "a", "Gi1/0/1", "lldp"),
        ("a", "core", "Gi1/0/24", "lldp"),
        ("a", "b", "Gi1/0/2", "cdp"),
        ("x", "y", "1", "lldp"),
    ]
    found = [(s.child, s.parent, s.port, s.source) for s in sightings("core", seen, AT)]
    assert found == [
        ("a", "core", "Gi1/0/1", "lldp"),
        ("a", "core", None, "lldp"),
        ("b", "a", "Gi1/0/2", "cdp"),
    ]


def test_two_at_the_same_distance_are_nobodys_parent() -> None:
    seen = [("core", "a", "1", "lldp"), ("core", "b", "2", "lldp"), ("a", "b", "3", "lldp")]
    assert {s.parent for s in sightings("core", seen, AT)} == {"core"}


def test_a_table_never_puts_what_is_nearer_to_the_core_behind_what_is_farther() -> None:
    around = [("core", "a", "1", "lldp"), ("a", "b", "2", "lldp")]
    tables = [
        Attachment("a", "b", "24", "fdb+arp"),
        Attachment("core", "b", "24", "fdb+arp"),
        Attachment("cam", "b", "5", "fdb+arp"),
        Attachment("b", "core", None, "route"),
    ]
    found = [(s.child, s.parent, s.source) for s in table_sightings("core", around, tables, AT)]
    assert found == [("cam", "b", "fdb+arp"), ("b", "core", "route")]


def test_sources_that_agree_are_counted_and_a_silent_camera_is_placed() -> None:
    access = SnmpAccess(auth="env:SNMP")
    ward = Ward.model_validate(
        {
            "schema": "wardops/inventory/1",
            "ward": "26740",
            "devices": [
                {"name": "core", "kind": "cisco_ios", "role": "core", "address": "192.0.2.1"},
                {"name": "cam-1", "kind": "generic_host", "address": "192.0.2.9"},
            ],
        }
    )
    mac, camera = "02:00:5e:10:00:02", "02:00:5e:10:00:09"
    neighbour = Neighbour("Gi1/0/7", "x", "Gi0/1", "tang-2", None, "lldp")
    tables = Tables(
        fdb=(Learned(mac, 7, 7), Learned(camera, 3, 3)),
        arp=(("192.0.2.2", mac), ("192.0.2.9", camera)),
        ports={7: "Gi1/0/7", 3: "Gi1/0/3"},
    )
    found = (
        Seen("192.0.2.1", access, Identity(), neighbours=(neighbour,), tables=tables),
        Seen("192.0.2.2", access, Identity(sys_name="tang-2"), tables=Tables(gateway="192.0.2.1")),
    )
    text = "\n".join(Proposal(ward, found, AT, "en").text(2))
    assert (
        "behind: core:Gi1/0/7 # behind core:Gi1/0/7, say 3 source(s): fdb+arp, lldp, route" in text
    )
    assert "# cam-1 (192.0.2.9): behind core:Gi1/0/3, say 1 source(s): fdb+arp" in text


def test_a_route_never_doubts_what_a_person_wrote() -> None:
    access = SnmpAccess(auth="env:SNMP")
    devices = [
        {"name": "core", "kind": "cisco_ios", "role": "core", "address": "192.0.2.1"},
        {"name": "ce", "kind": "generic_router", "address": "192.0.2.254", "behind": "core"},
        {"name": "a", "kind": "cisco_ios", "address": "192.0.2.2", "behind": "core"},
    ]
    ward = Ward.model_validate(
        {"schema": "wardops/inventory/1", "ward": "26740", "devices": devices}
    )
    seen = Seen("192.0.2.2", access, Identity(), tables=Tables(gateway="192.0.2.254"))
    assert "route" not in "\n".join(Proposal(ward, (seen,), AT, "en").text(1))


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=30))
def test_what_is_printed_is_read_back_as_text(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.yaml"
        path.write_text(f"key: {yaml_text(text)}\n")
        assert read(path, "a.yaml").values["key"] == text


def test_a_new_switch_is_printed_behind_the_port_that_its_neighbour_names(tmp_path: Path) -> None:
    """The lines are an inventory's own, with maker and model as a remark; version 1 stays text."""
    access = SnmpAccess(auth="env:SNMP", version="1", port=1161)
    core = {"name": "core", "kind": "cisco_ios", "role": "core", "address": "192.0.2.1"}
    ward = Ward.model_validate(
        {"schema": "wardops/inventory/1", "ward": "26740", "devices": [core]}
    )
    neighbour = Neighbour("Gi1/0/7", "x", "Gi0/1", "tang-2.example.org", None, "lldp")
    found = (
        Seen("192.0.2.1", access, Identity(sys_name="core"), neighbours=(neighbour,)),
        Seen(
            "192.0.2.2",
            access,
            Identity("Huawei", "huawei_vrp", "switch", "S5720", "5.170", sys_name="tang-2"),
            others=("192.0.2.9",),
        ),
        Seen("192.0.2.3", access, Identity("Cisco", "none", "camera", sys_name="Tầng 2")),
    )
    lines = list(Proposal(ward, found, AT, "en").text(3))
    path = tmp_path / "found.yaml"
    path.write_text("\n".join(lines))
    devices = read(path, "found.yaml").values["devices"]
    assert devices[0] == {
        "name": "tang-2",
        "kind": "huawei_vrp",
        "role": "access",
        "address": "192.0.2.2",
        "behind": "core:Gi1/0/7",
        "snmp": {"auth": "env:SNMP", "version": "1", "port": 1161},
    }
    assert (devices[1]["name"], devices[1]["kind"]) == ("tang-2-192-0-2-3", "generic_host")
    assert "Huawei S5720 5.170 (switch); also at 192.0.2.9" in "\n".join(lines)
    assert "1 source(s): lldp" in "\n".join(lines)
