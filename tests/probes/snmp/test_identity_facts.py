"""Model, serial number and version come from the chassis or the maker's own scalars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from probes.snmp import ber, identity
from probes.snmp.identify import identify

if TYPE_CHECKING:
    from probes.model import Identity
    from tests.probes.snmp.conftest import Lab

M = "1.3.6.1.2.1."
E = "1.3.6.1.4.1."
ENTITY = M + "47.1.1.1.1."


def text(value: str) -> tuple[int, Any]:
    return ber.OCTET_STRING, value.encode()


def read(lab: Lab, object_id: str, descr: str, more: dict[str, tuple[int, Any]]) -> Identity:
    """The identity of an agent with this system group and these rows."""
    rows = {M + "1.1.0": text(descr), M + "1.2.0": (ber.OID, ber.oid(object_id)), **more}
    engine, _ = lab.engine(lab.honest(lab.Agent(rows)))

    async def story() -> Identity | None:
        return (await identity.PROBE.run(lab.device(), lab.context(engine))).identity

    found: Identity = lab.on_virtual_time(story)
    return found


def test_the_chassis_speaks_for_the_switch_not_its_parts(lab: Lab) -> None:
    rows = {
        ENTITY + "5.1": (ber.INTEGER, 9), ENTITY + "11.1": text("PART"), ENTITY + "13.1": text("m"),
        ENTITY + "5.2": (ber.INTEGER, 3), ENTITY + "11.2": text("FCW1"),
        ENTITY + "13.2": text("WS-C2960X-24TS-L"),
    }  # fmt: skip
    found = read(lab, E + "9.1.1", "Cisco IOS Software, C2960X Software (X), Version 15.2", rows)
    assert (found.serial, found.model) == ("FCW1", "WS-C2960X-24TS-L")
    del rows[ENTITY + "13.2"]
    found = read(lab, E + "9.1.1", "Cisco IOS Software, C2960X Software (X), Version 15.2", rows)
    assert (found.serial, found.model) == ("FCW1", "C2960X")


@pytest.mark.parametrize("kind", [None, 4, 5])
def test_a_chassis_that_is_called_something_else_is_one(lab: Lab, kind: int | None) -> None:
    rows = {
        ENTITY + "11.1": text("FGT60F1"),
        ENTITY + "13.1": text("FGT_60F"),
        ENTITY + "10.1": text('"7.2.6'),
    }
    if kind is not None:
        rows[ENTITY + "5.1"] = (ber.INTEGER, kind)
    found = read(lab, E + "12356.101.1.1", "ward firewall", rows)
    assert (found.serial, found.model, found.version) == ("FGT60F1", "FGT_60F", "7.2.6")


@pytest.mark.parametrize(
    ("descr", "version"),
    [
        ("ProCurve J9137A 2520-8-PoE, revision S.15.09.0029, ROM S.14.02", "S.15.09.0029"),
        ("Aruba JL679A  PL.10.10.0002", "PL.10.10.0002"),
        ("EdgeSwitch 24-Port 250W, 1.8.0.5106045, Linux 3.6.5", "1.8.0.5106045"),
        ("; AXIS M3046-V; Network Camera; 9.80.3.1; Jun 03", "9.80.3.1"),
        ("VMware ESXi 7.0.3 build-19482537", "7.0.3"),
        ("host at 192.0.2.10", None),
    ],
)
def test_a_release_that_no_word_introduces_is_told(descr: str, version: str | None) -> None:
    assert identify(None, descr).version == version


def test_a_part_alone_leaves_the_serial_number_unknown(lab: Lab) -> None:
    rows = {ENTITY + "5.1": (ber.INTEGER, 9), ENTITY + "11.1": text("PART")}
    assert read(lab, E + "9.1.1", "Cisco IOS Software", rows).serial is None


def test_a_ups_says_its_model_and_number_in_its_makers_mib(lab: Lab) -> None:
    rows = {E + "318.1.1.1.1.1.1.0": text("Smart-UPS 750"), E + "318.1.1.1.1.2.3.0": text("AS1")}
    found = read(lab, E + "318.1.3.2.7", "APC Web/SNMP Management Card", rows)
    assert (found.model, found.serial, found.device_class) == ("Smart-UPS 750", "AS1", "ups")
