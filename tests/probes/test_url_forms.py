"""What a URL on the command line names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.errors import InputError
from probes.url_forms import is_url, parse_target, with_trust


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


def test_behind_libvirt_stands_libvirts_own_uri() -> None:
    asked = parse_target("libvirt:qemu+ssh://look@192.0.2.50/system")
    assert asked.probes == ("libvirt",)
    assert asked.target.url == "qemu+ssh://look@192.0.2.50/system"
    assert asked.target.host == "192.0.2.50"
    assert asked.target.name == "libvirt:qemu+ssh://192.0.2.50/system"
    assert parse_target("libvirt:test:///default").target.host == "localhost"


def test_several_credentials_are_several_targets() -> None:
    asked = parse_target("snmp://192.0.2.1", ["env:A", "env:B"])
    found = [target.snmp.auth for target in (asked.target, *asked.others) if target.snmp]
    assert found == ["env:A", "env:B"]


@pytest.mark.parametrize(
    ("url", "auth", "key"),
    [
        ("poly+https://192.0.2.1", [], "probe.auth_missing"),
        ("h323://192.0.2.1", [], "probe.url_later"),
        ("vsphere://192.0.2.1", [], "probe.auth_missing"),
        ("libvirt:///system", [], "probe.url_bad"),
        ("libvirt:qemu+ssh://[::1/system", [], "probe.url_bad"),
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
