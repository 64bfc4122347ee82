"""Every walk that anyone can install (PyPI `snmpsim-data`, BSD-2-Clause) is polled as recorded.

What must be read is derived here from the rows themselves, without the code under test.
"""

from __future__ import annotations

import bz2
import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from probes.errors import Unsupported
from probes.snmp import ber, host, identity, interfaces, ups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import Interface, Probe, Reading
    from tests.probes.snmp.conftest import Lab

IF = "1.3.6.1.2.1.2.2.1."
IFX = "1.3.6.1.2.1.31.1.1.1."
STATUS = ["", "up", "down", "testing", "unknown", "dormant", "notPresent", "lowerLayerDown"]
# Packed octets: the large walks are hours of a chassis; they are for the long form.
SHORT_FORM_OCTETS = 35_000
# What the probes ask for: the rest of a walk is not served, so that millions of rows need no room.
SERVED = (
    *(f"1.3.6.1.2.1.{arc}." for arc in (1, 2, 17, 25, 31, 33, 47)),
    "1.3.6.1.4.1.6574.1.",
)

VENDORS = {
    "apc-7902b": ("APC", "pdu"), "apc-8641": ("APC", "pdu"), "apc-8932": ("APC", "pdu"),
    "aruba-7010": ("Aruba", "ap"), "aruba-7020": ("Aruba", "ap"), "aruba-7210": ("Aruba", "ap"),
    "arista-dcs-7150s-52-cl": ("Arista", "switch"), "bdcom-s5612": ("BDCOM", "switch"),
    "brocade-ds-5100b": ("Brocade", "switch"), "brocade-icx6430-24": ("Brocade", "switch"),
    "cisco-c3560": ("Cisco", "switch"), "cisco-c3750": ("Cisco", "switch"),
    "cisco-controller": ("Cisco", "ap"), "cisco-n5000": ("Cisco", "switch"),
    "cisco-n5000-uk9": ("Cisco", "switch"), "dcrs-5980-28t-dc": ("DCN", "switch"),
    "dcs-3726c": ("DCN", "switch"), "dlink-des3038": ("D-Link", "switch"),
    "dlink-des3200": ("D-Link", "switch"), "eastpower-istars-swv053": ("East Power", "ups"),
    "eaton-93e-80": ("Eaton", "ups"), "eaton-9px-partial": ("Eaton", "ups"),
    "emerson-network-power": ("Emerson", "ups"), "fortinet-xcu": ("Fortinet", "firewall"),
    "h3c-comware-7-1-075": ("H3C", "switch"), "h3c-comware-lsq1wcmd0": ("H3C", "ap"),
    "h3c-e528-1": ("H3C", "switch"), "h3c-e528-2": ("H3C", "switch"), "h3c-wx6103": ("H3C", "ap"),
    "huawei-gse200m": ("Huawei", "ups"), "huawei-s12704": ("Huawei", "switch"),
    "huawei-s5720": ("Huawei", "switch"), "hikvision": (None, "unknown"),
    "ibm-x3550-m3": ("Linux", "unknown"), "isilon-onefs": ("Dell", "storage"),
    "juniper-mx960-12-3r6-6": ("Juniper", "router"),
    "juniper-mx960-13-3r9-13": ("Juniper", "router"),
    "maipu-sm4200-16gef8ge-ac": ("Maipu", "switch"), "netapp-fas3270": ("NetApp", "storage"),
    "netapp-ontap-8-2-3": ("NetApp", "storage"), "paloalto-pa-5000": ("Palo Alto", "firewall"),
    "phoenixtec-power": ("Phoenixtec", "ups"), "ruijie-n18010": ("Ruijie", "switch"),
    "ruijie-s5750-24gt12sfp": ("Ruijie", "switch"), "sangfor-ad1800-fp2": ("Sangfor", "firewall"),
    "server-2003-5-2": ("Microsoft", "server"), "slackware": ("Linux", "server"),
    "topsec-ngfw4000-uf": ("Topsec", "firewall"), "tripplite-poweralert": ("Tripp Lite", "ups"),
    "ubiquiti-m5": ("Ubiquiti", "ap"), "vertiv-power": ("Vertiv", "ups"),
    "XP": ("Microsoft", "server"),
    "zte-zrx10": ("ZTE", "switch"), "zte-zxr10-5250": ("ZTE", "switch"),
}  # fmt: skip


@dataclass(frozen=True)
class Walk:
    """One recorded device: the file's name and its rows, tag and value by OID."""

    name: str
    rows: dict[str, tuple[int, Any]]


def walks(lab: Lab) -> Iterator[Walk]:
    """The installed walks one by one; the large ones only in the long form."""
    found = importlib.util.find_spec("snmpsim_data")
    if found is None or not found.submodule_search_locations:
        pytest.skip("PyPI snmpsim-data is not installed (pip install -e '.[recordings]')")
    whole = os.environ.get("WARDOPS_SOAK") == "1"
    for path in sorted(Path(found.submodule_search_locations[0]).rglob("*.snmprec*")):
        if whole or path.stat().st_size <= SHORT_FORM_OCTETS:
            with bz2.open(path) if path.suffix == ".bz2" else path.open("rb") as file:
                yield Walk(path.name.partition(".snmprec")[0], lab.snmprec(file, SERVED))


def asked(lab: Lab, walk: Walk, probe: Probe) -> Reading:
    """What a probe makes of a walk, served from memory on a clock that nothing waits for."""
    engine, _ = lab.engine(lab.honest(lab.Agent(walk.rows)))

    async def story() -> Reading:
        return await probe.run(lab.device(), lab.context(engine, timeout_s=600))

    read: Reading = lab.on_virtual_time(story)
    return read


def cells(walk: Walk) -> dict[int, dict[str, Any]]:
    """The interface rows of a walk: value by column for each ifIndex."""
    found: dict[int, dict[str, Any]] = {}
    for oid, (_, value) in walk.rows.items():
        for table in (IF, IFX):
            if oid.startswith(table) and oid.count(".") == table.count(".") + 1:
                column, index = oid[len(table) :].split(".")
                found.setdefault(int(index), {})[table + column] = value
    return found


def plain(octets: bytes | None) -> str | None:
    """Text that needs no judgement: printable ASCII, blanks at its ends taken off."""
    text = (octets or b"").strip(b"\0 \r\n")
    return text.decode() if all(32 <= octet < 127 for octet in text) else None


def derived(index: int, row: dict[str, Any], port: Interface) -> list[str]:
    """Where a port differs from its row."""
    names = [plain(row.get(column)) for column in (IFX + "1", IF + "2")]
    name = port.name if None in names else next((n for n in names if n), f"if{index}")
    alias = plain(row.get(IFX + "18"))
    speed = row.get(IFX + "15", 0) * 1_000_000 or row.get(IF + "5")
    wanted = {
        "name": name,
        "alias": port.alias if alias is None else alias or None,
        "admin": status(row.get(IF + "7"), STATUS[:5]),
        "oper": status(row.get(IF + "8"), STATUS),
        "speed_bps": None if speed == 4_294_967_295 else speed,
    }
    return [
        f"{index}.{key} {getattr(port, key)!r} for {value!r}"
        for key, value in wanted.items()
        if getattr(port, key) != value
    ]


def status(number: int | None, words: list[str]) -> str | None:
    """The word of RFC 2863; a number outside the enumeration is unknown, an absent one None."""
    if number is None:
        return None
    return words[number] if 0 < number < len(words) else "unknown"


@pytest.mark.timeout(1800)
def test_the_ports_of_every_public_walk_are_read_as_recorded(lab: Lab) -> None:
    wrong: dict[str, list[str]] = {}
    polled = 0
    for walk in walks(lab):
        rows = cells(walk)
        reading = asked(lab, walk, interfaces.PROBE)
        ports = {port.index: port for port in reading.interfaces or ()}
        missing = {i for i, row in rows.items() if IF + "8" in row} - set(ports)
        found = [f"{i} invented" for i in set(ports) - set(rows)]
        found += [f"{i} missing" for i in missing] + ([] if reading.complete else ["cut"])
        for index in set(ports) & set(rows):
            found += derived(index, rows[index], ports[index])
        if found:
            wrong[walk.name] = found[:5]
        polled += 1
    assert wrong == {}
    assert polled >= 50


@pytest.mark.timeout(1800)
def test_public_walks_are_named_and_break_no_probe(lab: Lab) -> None:
    """A device without a MIB says so by a ProbeError; whom the table names is named."""
    seen = {}
    for walk in walks(lab):
        found = asked(lab, walk, identity.PROBE).identity
        seen[walk.name] = found and (found.vendor, found.device_class)
        for probe in (ups.PROBE, host.PROBE):
            try:
                asked(lab, walk, probe)
            except Unsupported:
                continue
    wrong = {n: (seen[n], want) for n, want in VENDORS.items() if n in seen and seen[n] != want}
    assert wrong == {}
    assert len(seen.keys() & VENDORS.keys()) >= 20


def test_variations_and_hex_of_the_format_are_read(lab: Lab) -> None:
    """snmprec: OID|TAG|VALUE, `x` for hex, `:module` for a value made up at each request."""
    lines = [
        b"1.3.6.1.2.1.1.1.0|4x|6f6b\n",
        b"# a remark\n",
        b"1.3.6.1.2.1.1.3.0|67:numeric|rate=100,initial=5\n",
        b"1.3.6.1.2.1.2.2.1.2.1|4|a|b\r\n",
        b"1.3.6.1.2.1.4.20.1.1.1|64|192.0.2.1\n",
        b"broken\n",
        b"1.3.6.1.2.1.1.5.0|4x|no hex\n",
    ]
    assert lab.snmprec(lines) == {
        "1.3.6.1.2.1.1.1.0": (ber.OCTET_STRING, b"ok"),
        "1.3.6.1.2.1.1.3.0": (ber.TIMETICKS, 5),
        "1.3.6.1.2.1.2.2.1.2.1": (ber.OCTET_STRING, b"a|b"),
        "1.3.6.1.2.1.4.20.1.1.1": (ber.IPADDRESS, bytes([192, 0, 2, 1])),
    }
