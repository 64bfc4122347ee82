"""LLDP and CDP tables to neighbours: the local port by name, ids in words, unknown when untold."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from probes.snmp import ber
from probes.snmp.neighbours import Neighbour, read_neighbours

if TYPE_CHECKING:
    from tests.probes.snmp.conftest import Lab

IF_NAME, IF_DESCR = "1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.2.2.1.2"
LOCAL, REMOTE = "1.0.8802.1.1.2.1.3.7.1", "1.0.8802.1.1.2.1.4.1.1"
MANAGED = "1.0.8802.1.1.2.1.4.2.1.3"
CDP = "1.3.6.1.4.1.9.9.23.1.2.1.1"
MAC = bytes.fromhex("02005e100001")


def text(words: str) -> tuple[int, bytes]:
    """A cell with text."""
    return ber.OCTET_STRING, words.encode()


PORTS = {f"{IF_NAME}.{n + 100}": text(f"Gi0/{n}") for n in (1, 2)} | {
    f"{IF_DESCR}.{n + 100}": text(f"GigabitEthernet0/{n}") for n in (1, 2)
}


def remote(index: str, **cells: tuple[int, Any]) -> dict[str, tuple[int, Any]]:
    """A row of lldpRemTable: a switch with a MAC address and an interface name."""
    row = {
        4: (ber.INTEGER, 4),
        5: (ber.OCTET_STRING, MAC),
        6: (ber.INTEGER, 5),
        7: text("Gi0/24"),
        9: text("sw-core"),
    } | {int(column[1:]): cell for column, cell in cells.items()}
    return {f"{REMOTE}.{column}.{index}": cell for column, cell in row.items()}


def read(lab: Lab, values: dict[str, tuple[int, Any]]) -> tuple[Neighbour, ...]:
    """The neighbours that an agent with these values tells."""
    engine, _ = lab.engine(lab.honest(lab.Agent(values)))

    async def story() -> tuple[Neighbour, ...]:
        deadline = asyncio.get_running_loop().time() + 8
        return await read_neighbours(engine, lab.target(), deadline)

    found: tuple[Neighbour, ...] = lab.on_virtual_time(story)
    return found


def test_a_neighbour_stands_behind_the_port_that_its_local_number_names(lab: Lab) -> None:
    local = {f"{LOCAL}.2.1": (ber.INTEGER, 5), f"{LOCAL}.3.1": text("Gi0/1")}
    managed = {f"{MANAGED}.0.1.1.1.4.192.0.2.7": (ber.INTEGER, 2)}
    assert read(lab, PORTS | local | remote("0.1.1") | managed) == (
        Neighbour(
            "Gi0/1", "02:00:5e:10:00:01", "Gi0/24", "sw-core", "192.0.2.7", "lldp", local_index=101
        ),
    )


def test_a_local_number_that_says_no_name_is_a_bridge_port(lab: Lab) -> None:
    bridge = {"1.3.6.1.2.1.17.1.4.1.2.7": (ber.INTEGER, 102)}
    assert read(lab, PORTS | bridge | remote("0.7.1"))[0].local_port == "Gi0/2"


def test_the_local_number_alone_is_never_taken_for_an_ifindex(lab: Lab) -> None:
    found = read(lab, PORTS | remote("0.101.1"))
    assert (found[0].local_port, found[0].local_index) == (None, None)


def test_an_index_too_short_leaves_the_port_unknown(lab: Lab) -> None:
    assert read(lab, PORTS | remote("8"))[0].local_port is None


def test_a_mac_address_written_as_text_reads_as_one(lab: Lab) -> None:
    assert read(lab, remote("0.1.1", c5=text("02-00-5E-10-00-01")))[0].chassis == (
        "02:00:5e:10:00:01"
    )


def test_octets_that_are_no_text_are_shown_as_hexadecimal(lab: Lab) -> None:
    odd = (ber.OCTET_STRING, b"\x01\x02\x03")
    assert read(lab, remote("0.1.1", c6=(ber.INTEGER, 9), c7=odd))[0].port == "01:02:03"


def test_one_neighbour_in_both_protocols_comes_once(lab: Lab) -> None:
    local = {f"{LOCAL}.3.1": text("GigabitEthernet0/1")}
    twice = {f"{CDP}.6.101.1": text("SW-CORE.example"), f"{CDP}.7.101.1": text("Gi0/24")}
    found = read(lab, PORTS | local | remote("0.1.1") | twice)
    assert [one.source for one in found] == ["lldp"]


def test_a_neighbour_in_cdp_alone_is_told_with_its_address(lab: Lab) -> None:
    values = PORTS | {
        f"{CDP}.4.102.3": (ber.OCTET_STRING, bytes((192, 0, 2, 9))),
        f"{CDP}.6.102.3": text("ap-3"),
        f"{CDP}.7.102.3": text("Gi0"),
        f"{CDP}.8.102.3": text("AP"),
    }
    assert read(lab, values) == (
        Neighbour(
            "Gi0/2", None, "Gi0", "ap-3", "192.0.2.9", "cdp", local_index=102, system_descr="AP"
        ),
    )


def test_a_device_without_neighbours_has_none(lab: Lab) -> None:
    assert read(lab, PORTS) == ()
