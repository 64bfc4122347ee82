"""What an inventory asks."""

from __future__ import annotations

from inventory.model import Duty, Inventory, Site, Ward
from probes.target import targets_of

WARD = {
    "schema": "wardops/inventory/1",
    "ward": "26740",
    "links": [
        {
            "id": "mtn-1",
            "carrier": "c",
            "circuit": "x",
            "commit_mbps": 100,
            "near": "sw-1:Gi1/0/48",
            "via": "ce-1",
        }
    ],
    "devices": [
        {"name": "sw-1", "kind": "cisco_ce", "role": "core", "address": "192.0.2.10"},
        {"name": "vc-1", "kind": "cisco_ce", "address": "192.0.2.30", "behind": "sw-1:Gi1/0/5"},
        {"name": "pc-1", "kind": "generic_host", "address": "192.0.2.50", "behind": "sw-1"},
        {
            "name": "vm-1",
            "kind": "linux_vm",
            "site": "dc",
            "address": "198.51.100.10",
            "node_exporter": "http://198.51.100.10:9100/metrics",
            "duty": "office",
        },
    ],
    "path": {"gateway": {"address": "198.51.100.1"}, "pe": {"address": "203.0.113.1"}},
    "services": [
        {
            "id": "tthc",
            "name": {"vi": "a", "en": "b"},
            "url": "https://tthc.example/x",
            "ca": "ca.pem",
        },
        {
            "id": "db",
            "name": {"vi": "a", "en": "b"},
            "url": "tcp://db.example:5432",
            "module": "tcp_connect",
        },
    ],
}


def _inventory(*wards: Ward) -> Inventory:
    return Inventory(site=Site(realm="sim"), wards={w.ward: w for w in wards}, folder="/inv")


WARD_READ = Ward.model_validate(WARD)
TARGETS = {target.name: target for target in targets_of(WARD_READ, _inventory(WARD_READ))}


def test_a_host_of_machines_is_asked_by_ssh_at_its_own_address() -> None:
    hosts = [
        {"name": "kvm-1", "kind": "libvirt", "address": "192.0.2.60", "libvirt": {"user": "look"}},
        {
            "name": "kvm-2",
            "kind": "libvirt",
            "address": "2001:db8::60",
            "libvirt": {"user": "look", "port": 2222, "driver": "lxc"},
        },
        {"name": "kvm-3", "kind": "libvirt", "address": "192.0.2.62"},
    ]
    ward = Ward.model_validate(WARD | {"devices": [*WARD["devices"], *hosts]})
    found = {target.name: target.url for target in targets_of(ward, _inventory(ward))}
    assert found["kvm-1"] == "qemu+ssh://look@192.0.2.60:22/system"
    assert found["kvm-2"] == "lxc+ssh://look@[2001:db8::60]:2222/"
    assert found["kvm-3"] is None
    assert found["vm-1"] == "http://198.51.100.10:9100/metrics"


def test_devices_then_hops_then_services_are_asked() -> None:
    assert list(TARGETS) == ["sw-1", "vc-1", "pc-1", "vm-1", "gateway", "pe", "tthc", "db"]
    assert [TARGETS[name].kind for name in ("gateway", "pe", "tthc", "db")] == [
        "gateway",
        "gateway",
        "service:http_2xx",
        "service:tcp_connect",
    ]


def test_a_dual_service_is_asked_at_both_kinds_of_address_apart() -> None:
    """The first keeps the service's own name, by which the verdict goes."""
    service = WARD_READ.services[0].model_copy(
        update={"family": "dual", "pin": "sha256:" + "0" * 64, "allow_hosts": ("SSO.example",)}
    )
    ward = WARD_READ.model_copy(update={"services": (service,)})
    found = {one.name: one for one in targets_of(ward, _inventory(ward)) if one.role == "service"}
    assert {name: one.family for name, one in found.items()} == {"tthc": 4, "tthc-v6": 6}
    assert found["tthc-v6"].url == found["tthc"].url == service.url
    assert (found["tthc-v6"].pin, found["tthc-v6"].allow_hosts) == (service.pin, ("sso.example",))
    assert ward.service("tthc-v6") == ward.service("tthc") == service
    assert ward.service("sso") is None


def test_every_target_knows_its_ward_realm_folder_and_vantage() -> None:
    for target in TARGETS.values():
        assert (target.ward, target.realm, target.folder, target.vantage) == (
            "26740",
            "sim",
            "/inv",
            "ward",
        )


def test_more_wards_are_seen_from_the_hub() -> None:
    other = WARD_READ.model_copy(update={"ward": "26743"})
    found = targets_of(other, _inventory(WARD_READ, other))
    assert {target.vantage for target in found} == {"hub"}


def test_a_switch_watches_the_ports_that_the_inventory_names() -> None:
    assert (TARGETS["sw-1"].uplink, TARGETS["sw-1"].watched) == (
        "Gi1/0/48",
        ("Gi1/0/48", "Gi1/0/5"),
    )
    assert TARGETS["vc-1"].uplink is None


def test_a_role_that_is_not_written_follows_from_the_kind() -> None:
    assert [TARGETS[name].role for name in ("sw-1", "vc-1", "pc-1", "vm-1")] == [
        "core",
        "vc",
        "other",
        "vm",
    ]


def test_duty_is_the_devices_own_else_its_kinds() -> None:
    assert (TARGETS["vc-1"].duty, TARGETS["vm-1"].duty) == (Duty.MEETING, Duty.OFFICE)


def test_a_pc_is_pinged_only_when_the_inventory_says_so() -> None:
    assert (TARGETS["pc-1"].ping, TARGETS["vc-1"].ping) == (False, True)


def test_a_service_brings_its_host_url_and_ca() -> None:
    service = TARGETS["tthc"]
    assert (service.host, service.url, service.ca) == (
        "tthc.example",
        "https://tthc.example/x",
        "ca.pem",
    )
