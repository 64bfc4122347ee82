"""What an inventory and a command line ask."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.errors import InputError
from inventory.model import Duty, Inventory, Site, Ward
from probes.target import is_url, parse_target, targets_of, with_trust

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


@pytest.mark.parametrize(
    ("url", "probes", "host"),
    [
        ("snmp://192.0.2.1", ("snmp-identity", "snmp-interfaces", "snmp-health"), "192.0.2.1"),
        (
            "snmp://[2001:db8::1]:1161",
            ("snmp-identity", "snmp-interfaces", "snmp-health"),
            "2001:db8::1",
        ),
        ("cisco-ce+https://192.0.2.1:8443", ("cisco-ce",), "192.0.2.1"),
        ("poly+https://192.0.2.1", ("poly",), "192.0.2.1"),
        ("poly-trio+https://192.0.2.1", ("poly-trio",), "192.0.2.1"),
        ("poly-hdx+https://[2001:db8::1]", ("poly-hdx",), "2001:db8::1"),
        ("cms+https://192.0.2.1", ("cms",), "192.0.2.1"),
        ("yealink://192.0.2.1:6024", ("yealink",), "192.0.2.1"),
        ("vc-generic://192.0.2.1", ("vc-generic", "icmp"), "192.0.2.1"),
        ("node-exporter+http://192.0.2.1:9100", ("node-exporter",), "192.0.2.1"),
        ("icmp://192.0.2.1", ("icmp",), "192.0.2.1"),
        ("tcp://192.0.2.1:22", ("tcp",), "192.0.2.1"),
        ("https://svc.example/a?b=c", ("http",), "svc.example"),
        ("tls://[2001:db8::1]:443", ("tls",), "2001:db8::1"),
        ("dns://192.0.2.53/svc.example?type=AAAA", ("dns",), "192.0.2.53"),
        ("ntp://192.0.2.123", ("ntp",), "192.0.2.123"),
        ("sip://[2001:db8::1]?transport=tcp", ("sip-options",), "2001:db8::1"),
    ],
)
def test_each_url_form_means_its_probes(url: str, probes: tuple[str, ...], host: str) -> None:
    asked = parse_target(url, ["env:X"])
    assert (asked.probes, asked.target.host) == (probes, host)


def test_ports_and_paths_of_a_url_reach_the_target() -> None:
    snmp = parse_target("snmp://192.0.2.1:1161?version=1", ["env:X"]).target.snmp
    assert snmp is not None
    assert (snmp.port, snmp.version) == (1161, "1")
    https = parse_target("cisco-ce+https://192.0.2.1:8443", ["env:X"]).target.https
    assert https is not None
    assert https.port == 8443
    exporter = parse_target("node-exporter+https://192.0.2.1:9100").target
    assert exporter.url == "https://192.0.2.1:9100/metrics"
    own_path = parse_target("node-exporter+http://192.0.2.1:9100/own").target
    assert own_path.url == "http://192.0.2.1:9100/own"


def test_several_credentials_are_several_targets() -> None:
    asked = parse_target("snmp://192.0.2.1", ["env:A", "env:B"])
    found = [target.snmp.auth for target in (asked.target, *asked.others) if target.snmp]
    assert found == ["env:A", "env:B"]


@pytest.mark.parametrize(
    ("url", "auth", "key"),
    [
        ("poly+https://192.0.2.1", [], "probe.auth_missing"),
        ("h323://192.0.2.1", [], "probe.url_later"),
        ("libvirt:///system", [], "probe.url_later"),
        ("gopher://192.0.2.1", [], "probe.url_scheme"),
        ("dns://192.0.2.53", [], "probe.url_name"),
        ("tls://192.0.2.10", [], "probe.url_bad"),
        ("snmp://192.0.2.1", [], "probe.auth_missing"),
        ("cisco-ce+https://192.0.2.1", [], "probe.auth_missing"),
        ("snmp://192.0.2.1", ["canary-77"], "probe.bad_auth"),
        ("snmp://192.0.2.1?version=4", ["env:X"], "probe.bad_version"),
        ("snmp://192.0.2.1:0", ["env:X"], "probe.bad_port"),
        ("snmp://192.0.2.1:99999", ["env:X"], "probe.url_bad"),
        ("icmp://", [], "probe.url_bad"),
        ("icmp://[::1", [], "probe.url_bad"),
        ("tcp://192.0.2.1", [], "probe.url_bad"),
        ("https://a b/", [], "probe.url_bad"),
    ],
)
def test_a_bad_url_is_one_clear_line_in_both_languages(url: str, auth: list[str], key: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_target(url, auth)
    assert (caught.value.key, caught.value.exit_code) == (key, 2)
    texts = {caught.value.text("vi"), caught.value.text("en")}
    assert len(texts) == 2
    assert all("\n" not in text and "canary" not in text for text in texts)


def test_a_password_in_a_url_is_never_repeated() -> None:
    with pytest.raises(InputError) as caught:
        parse_target("snmp://admin:canary-78@192.0.2.1")
    assert "canary-78" not in caught.value.text("vi")
    assert parse_target("icmp://admin:canary-78@192.0.2.1").target.name == "icmp://192.0.2.1"


def test_a_pin_is_checked_and_reaches_what_is_asked() -> None:
    pin = "sha256:" + "ab" * 32
    asked = parse_target("cisco-ce+https://192.0.2.1", ["env:X"], pin=pin)
    assert asked.target.https is not None
    assert asked.target.https.pin == pin
    assert parse_target("https://192.0.2.1/", insecure=True).target.insecure
    with pytest.raises(InputError):
        with_trust(asked.target, pin="sha256:short", insecure=False)


@given(st.text(max_size=60), st.sampled_from(["", "snmp://", "icmp://", "tcp://", "https://"]))
def test_no_text_does_more_than_be_refused(text: str, prefix: str) -> None:
    asked = prefix + text
    if is_url(asked):
        assert "\n" not in (_refusal(asked) or "").replace(text, "")


def _refusal(asked: str) -> str | None:
    try:
        parse_target(asked, ["env:X"])
    except InputError as error:
        return error.text("vi")
    return None
