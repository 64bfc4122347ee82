"""Kinds and probes are found by where their files lie."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from inventory.access import HttpsAccess, SnmpAccess
from inventory.errors import InputError
from inventory.guests import HYPERVISOR_KINDS
from inventory.kind_names import nearest_kind
from probes.model import Metric, Target
from probes.registry import device_type, endpoint_probe, kinds, probes, probes_for

SNMP = SnmpAccess(auth="env:X")
HTTPS = HttpsAccess(auth="env:X")
PLAIN = Target(ward="26740", name="x", kind="linux_vm", role="vm", host="192.0.2.1")


def _names(target: Target) -> list[str]:
    return [probe.name for probe in probes_for(target)]


def test_every_kind_has_a_type_whose_probes_exist() -> None:
    known = probes()
    for kind in kinds():
        found = device_type(kind)
        assert found.kind == kind
        assert set(found.probes) <= set(known)


def test_the_inventory_knows_which_kinds_are_hypervisors() -> None:
    types = [device_type(kind) for kind in kinds()]
    assert {one.kind for one in types if one.device_class == "hypervisor"} == HYPERVISOR_KINDS


def test_naming_the_kinds_imports_none_of_them() -> None:
    """Reading an inventory's kinds must not load every device type and engine."""
    script = (
        "import sys; from probes.registry import kinds; names = kinds(); assert names;"
        "print([m for m in sys.modules if m.startswith('probes.devices.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        device_type("cisco_c")
    assert caught.value.exit_code == 2
    assert "cisco_ce" in caught.value.text("vi")


def test_a_kind_is_never_a_path_or_a_module() -> None:
    for strange in ("../model", "__init__", "", "probes.model"):
        with pytest.raises(InputError):
            device_type(strange)


def test_a_probe_without_its_access_is_left_out() -> None:
    assert _names(PLAIN) == ["icmp"]
    assert _names(replace(PLAIN, snmp=SNMP)) == ["icmp", "snmp-host"]
    assert _names(replace(PLAIN, ping=False)) == []


def test_a_machine_with_exporter_and_snmp_exports_each_series_once() -> None:
    both = replace(PLAIN, snmp=SNMP, url="http://192.0.2.1:9100/metrics")
    assert _names(both) == ["icmp", "node-exporter"]


def test_a_codec_is_asked_over_https_only_with_credentials() -> None:
    codec = replace(PLAIN, kind="cisco_ce")
    assert _names(codec) == ["icmp"]
    assert _names(replace(codec, https=HTTPS)) == ["icmp", "cisco-ce"]


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("gateway", ["icmp"]),
        ("service:http_2xx", ["http"]),
        ("service:tcp_connect", ["tcp"]),
        ("service:tls", ["tls"]),
        ("service:dns", ["dns"]),
        ("service:ntp", ["ntp"]),
        ("service:sip", ["sip-options"]),
    ],
)
def test_targets_that_are_no_devices_have_their_probe(kind: str, names: list[str]) -> None:
    assert _names(replace(PLAIN, kind=kind)) == names


def test_a_metric_name_has_one_meaning_in_all_probes() -> None:
    by_name: dict[str, Metric] = {}
    for probe in probes().values():
        for metric in probe.metrics:
            assert by_name.setdefault(metric.name, metric) == metric


def test_an_endpoint_is_read_by_one_probe_and_other_devices_by_none() -> None:
    expected = {
        "cisco_ce": "cisco-ce", "poly_group": "poly", "poly_studio": "poly",
        "poly_trio": "poly-trio", "poly_hdx": "poly-hdx", "yealink_vc": "yealink",
        "vc_generic": "vc-generic", "huawei_te": "vc-generic", "cms": "", "linux_vm": "",
    }  # fmt: skip
    found = {kind: endpoint_probe(replace(PLAIN, kind=kind, https=HTTPS)) for kind in expected}
    assert {kind: one.name if one else "" for kind, one in found.items()} == expected
    assert endpoint_probe(replace(PLAIN, kind="poly_group")) is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *(("kvm", "libvirt"), ("QEMU", "libvirt"), ("pve", "proxmox"), ("esxi", "vsphere")),
        *(("vcenter", "vsphere"), ("vmware", "vsphere"), ("nas", "generic_storage")),
        *(("windows", "generic_host"), ("cisco_ioz", "cisco_ios")),
    ],
)
def test_a_type_called_by_its_everyday_name_is_answered_with_the_type(
    written: str, meant: str
) -> None:
    assert nearest_kind(written, kinds()) == meant
    assert nearest_kind(written, ()) == "-"
