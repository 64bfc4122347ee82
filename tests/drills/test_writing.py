"""The written inventory: it loads, points at the world, and never overwrites somebody else's."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from drills.listen import Ports
from drills.listen_shell import fingerprint
from drills.topology import ward_standard
from drills.world import World
from drills.writing import write_inventory
from inventory.errors import InputError
from inventory.load import load
from inventory.units import units
from probes.clock import ManualClock
from probes.registry import kinds

if TYPE_CHECKING:
    from pathlib import Path

PORTS = Ports(snmp=1161, https=8443, http=9100, reach=9700, ssh=2222)


def _world(*codes: str) -> World:
    return World(ward_standard(codes), 1, ManualClock())


def test_the_inventory_loads_and_says_simulated(tmp_path: Path) -> None:
    world = _world("26740")
    write_inventory(world, tmp_path, PORTS, "ward", b"authority")
    found = load(tmp_path, kinds())
    ward = found.wards["26740"]
    assert (found.site.realm, found.vantage, found.site.world) == (
        "sim",
        "ward",
        "udp://127.0.0.1:9700",
    )
    assert len(ward.devices) == 8
    assert ward.core is not None
    assert ward.ce is not None
    assert ward.core.uplink == ward.primary_link.near_port if ward.primary_link else False
    assert [service.name.vi for service in ward.services] == [
        "Họp trực tuyến",
        "Quản lý văn bản",
        "Cổng 1022",
        "Thủ tục hành chính",
    ]
    vc = next(device for device in ward.devices if device.kind == "cisco_ce")
    assert vc.https is not None
    assert (vc.https.port, vc.https.ca) == (8443, "ca.pem")
    assert vc.ssh is not None
    assert (vc.ssh.port, vc.ssh.host_key) == (2222, fingerprint(world.seed))
    assert (tmp_path / "ca.pem").read_bytes() == b"authority"


def test_every_behind_names_a_port_that_leads_to_the_device(tmp_path: Path) -> None:
    world = _world("26740", "25747")
    write_inventory(world, tmp_path, PORTS, "hub", b"")
    for ward in load(tmp_path, kinds()).wards.values():
        for device in ward.devices:
            if device.behind:
                cable = world.topology.at_port[device.behind]
                assert device.name in (cable.a.partition(":")[0], cable.b.partition(":")[0])


def test_the_whole_city_loads(tmp_path: Path) -> None:
    write_inventory(_world(*units()), tmp_path, PORTS, "hub", b"")
    found = load(tmp_path, kinds())
    assert sum(len(ward.devices) for ward in found.wards.values()) == 1344


def test_secrets_are_for_their_owner_alone(tmp_path: Path) -> None:
    world = _world("26740")
    write_inventory(world, tmp_path, PORTS, "ward", b"")
    secrets = list((tmp_path / "secrets").iterdir())
    assert {path.name for path in secrets} == {"snmp.community", "vc.yaml", "vm.yaml"}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in secrets)
    texts = [p.read_text() for p in tmp_path.rglob("*.yaml") if p.parent.name != "secrets"]
    assert not any(world.community in text or world.api_password in text for text in texts)


def test_writing_again_leaves_no_ward_of_the_time_before(tmp_path: Path) -> None:
    write_inventory(_world("26740", "25747"), tmp_path, PORTS, "hub", b"")
    write_inventory(_world("26740"), tmp_path, PORTS, "ward", b"")
    assert list(load(tmp_path, kinds()).wards) == ["26740"]


def test_a_folder_with_another_inventory_is_left_alone(tmp_path: Path) -> None:
    live = tmp_path / "site.yaml"
    live.write_text("schema: wardops/site/1\nrealm: live\n")
    with pytest.raises(InputError) as caught:
        write_inventory(_world("26740"), tmp_path, PORTS, "ward", b"")
    assert caught.value.key == "sim.out_is_live"
    assert [path.name for path in tmp_path.iterdir()] == ["site.yaml"]
    assert "realm: live" in live.read_text()


def test_a_folder_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_inventory(_world("26740"), tmp_path / "file", PORTS, "ward", b"")
