"""What a device says it is: the longest prefix, then its text, and unknown rather than wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from inventory.language import LANGUAGES, say
from probes.snmp import ber, identity
from probes.snmp.identify import identify
from probes.snmp.identify_table import RULES

if TYPE_CHECKING:
    from probes.model import Identity
    from tests.probes.snmp.conftest import Lab

E = "1.3.6.1.4.1"
CLASSES = {
    "ap", "bmc", "camera", "firewall", "hypervisor", "mcu", "other", "pdu", "phone", "printer",
    "router", "server", "storage", "switch", "unknown", "ups", "video",
}  # fmt: skip


@pytest.mark.parametrize(
    ("object_id", "descr", "vendor", "device_class"),
    [
        (
            f"{E}.9.1.1",
            "Cisco IOS Software, C2960X Software (X), Version 15.0(2a)EX5",
            "Cisco",
            "switch",
        ),
        (f"{E}.9.1.1", "Cisco Adaptive Security Appliance Version 9.8", "Cisco", "firewall"),
        (
            f"{E}.2011.2.23.1",
            "S5720 Huawei Versatile Routing Platform Software VRP",
            "Huawei",
            "switch",
        ),
        (
            f"{E}.2011.2.224.1",
            "Huawei AR169F Huawei Versatile Routing Platform",
            "Huawei",
            "router",
        ),
        (f"{E}.2011.2.235", "Hardware management system", "Huawei", "bmc"),
        (f"{E}.14988.1", "RouterOS CRS317-1G-16S+", "MikroTik", "switch"),
        (f"{E}.14988.1", "RouterOS RB760iGS", "MikroTik", "router"),
        (f"{E}.8072.3.2.10", "Linux vm 6.1.0", "Linux", "server"),
        (f"{E}.8072.3.2.10", "Linux pve 6.8.12 SMP PVE", "Proxmox", "hypervisor"),
        (f"{E}.318.1.3.4.5", "APC Metered Rack PDU", "APC", "pdu"),
        (f"{E}.5596.150.6.4.1", None, "Cisco", "video"),
        (f"{E}.18334.1", "KONICA MINOLTA", "Konica Minolta", "printer"),
        (f"{E}.193.1", "a box", "Ericsson", "unknown"),
        (f"{E}.99999.1", "something", None, "unknown"),
        (None, None, None, "unknown"),
        ("not an oid", "", None, "unknown"),
    ],
)
def test_a_device_is_identified_by_number_and_text(
    object_id: str | None, descr: str | None, vendor: str | None, device_class: str
) -> None:
    found = identify(object_id, descr)
    assert (found.vendor, found.device_class) == (vendor, device_class)


def test_model_and_version_come_from_the_text() -> None:
    found = identify(
        f"{E}.9.1.1", "Cisco IOS Software, C2960X Software (C2960X-U), Version 15.0(2a)EX5, R"
    )
    assert (found.model, found.version, found.os) == ("C2960X", "15.0(2a)EX5", "cisco_ios")


def test_every_rule_is_well_formed() -> None:
    for rule in RULES:
        assert rule.device_class in CLASSES, rule
        assert re.fullmatch(r"\.?[\d.]*", rule.prefix), rule
        re.compile(rule.descr)
        assert not rule.model or re.compile(rule.model).groups, rule


def read(lab: Lab, values: dict[str, tuple[int, Any]]) -> Identity:
    """The identity that the probe reads from an agent with these values."""
    engine, _ = lab.engine(lab.honest(lab.Agent(values)))

    async def story() -> Identity | None:
        reading = await identity.run(lab.device(), lab.context(engine))
        return reading.identity

    found: Identity = lab.on_virtual_time(story)
    return found


SYSTEM = {
    "1.3.6.1.2.1.1.1.0": (ber.OCTET_STRING, b"Linux nas 4.4.302 #1\r\n SMP"),
    "1.3.6.1.2.1.1.2.0": (ber.OID, ber.oid(f"{E}.8072.3.2.10")),
    "1.3.6.1.2.1.1.5.0": (ber.OCTET_STRING, b"nas"),
}


def test_net_snmp_alone_is_a_linux_server(lab: Lab) -> None:
    found = read(lab, SYSTEM)
    assert (found.vendor, found.device_class, found.sys_name) == ("Linux", "server", "nas")
    assert found.sys_descr == "Linux nas 4.4.302 #1  SMP"


def test_a_nas_on_net_snmp_is_told_by_its_own_mib(lab: Lab) -> None:
    found = read(lab, SYSTEM | {f"{E}.6574.1.1.0": (ber.INTEGER, 1)})
    assert (found.vendor, found.device_class) == ("Synology", "storage")


def test_a_ups_on_net_snmp_is_told_by_the_ups_mib(lab: Lab) -> None:
    found = read(lab, SYSTEM | {"1.3.6.1.2.1.33.1.1.1.0": (ber.OCTET_STRING, b"Maker")})
    assert (found.vendor, found.device_class) == ("Maker", "ups")


@pytest.mark.parametrize(
    ("oid", "value", "vendor", "device_class"),
    [
        (f"{E}.24681.1.2.12.0", b"TS-453D", "QNAP", "storage"),
        (f"{E}.2620.1.6.1.0", b"SVN Foundation", "Check Point", "firewall"),
        ("1.3.6.1.2.1.43.5.1.1.16.1", b"Brother HL-L5210DN", "Brother", "printer"),
    ],
)
def test_what_the_system_group_leaves_open_one_trades_own_mib_tells(
    lab: Lab, oid: str, value: bytes, vendor: str, device_class: str
) -> None:
    found = read(lab, SYSTEM | {oid: (ber.OCTET_STRING, value)})
    assert (found.vendor, found.device_class) == (vendor, device_class)


def test_a_known_maker_of_an_unknown_thing_stays_its_maker(lab: Lab) -> None:
    system = SYSTEM | {
        "1.3.6.1.2.1.1.1.0": (ber.OCTET_STRING, b"card 2.1"),
        "1.3.6.1.2.1.1.2.0": (ber.OID, ber.oid(f"{E}.193.7")),
    }
    assert read(lab, system).device_class == "unknown"
    found = read(lab, system | {"1.3.6.1.2.1.33.1.1.1.0": (ber.OCTET_STRING, b"OEM")})
    assert (found.vendor, found.device_class) == ("Ericsson", "ups")


def test_a_device_that_hides_its_system_group_is_unknown(lab: Lab) -> None:
    found = read(lab, {"1.3.6.1.2.1.2.1.0": (ber.INTEGER, 1)})
    assert (found.vendor, found.device_class, found.sys_name) == (None, "unknown", None)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "code",
    [
        "silent", "port_closed", "no_route", "view", "too_big", "order", "malformed",
        "v3_user", "v3_auth_key", "v3_priv_key", "v3_level", "v3_engine", "v3_time",
        "v3_boots", "v3_report", "v3_silent",
        "snmp_queue", "no_user", "pysnmp_full", "pysnmp_busy",
        "wrong_source", "error_status", "no_community", "no_snmp", "ups_mib",
        "host_resources",
    ],
)  # fmt: skip
def test_every_reason_of_snmp_has_its_sentence(language: Any, code: str) -> None:
    values = {"address": "192.0.2.99", "status": 5, "limit": 40, "percent": 10}
    sentence = say(f"reason.{code}", language, **values)
    assert sentence
    assert "{address}" not in sentence
