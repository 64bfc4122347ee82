"""Model, serial number and version come from the chassis or the maker's own scalars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probes.snmp import ber, identity

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
        ENTITY + "13.2": text("WS"),
    }  # fmt: skip
    found = read(lab, E + "9.1.1", "Cisco IOS Software, C2960X Software (X), Version 15.2", rows)
    assert (found.serial, found.model) == ("FCW1", "C2960X")


def test_a_part_alone_leaves_the_serial_number_unknown(lab: Lab) -> None:
    rows = {ENTITY + "5.1": (ber.INTEGER, 9), ENTITY + "11.1": text("PART")}
    assert read(lab, E + "9.1.1", "Cisco IOS Software", rows).serial is None


def test_a_ups_says_its_model_and_number_in_its_makers_mib(lab: Lab) -> None:
    rows = {E + "318.1.1.1.1.1.1.0": text("Smart-UPS 750"), E + "318.1.1.1.1.2.3.0": text("AS1")}
    found = read(lab, E + "318.1.3.2.7", "APC Web/SNMP Management Card", rows)
    assert (found.model, found.serial, found.device_class) == ("Smart-UPS 750", "AS1", "ups")
