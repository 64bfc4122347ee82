"""Own addresses, the default route in its three tables, and Cisco's MAC tables by VLAN."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from probes.snmp import ber
from probes.snmp.bridge import Learned
from probes.snmp.bridge_vlans import read_fdb_of_vlans
from probes.snmp.routes import read_gateway, read_own_addresses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.snmp.ber import Message
    from tests.probes.snmp.conftest import Lab, Reply

IP = "1.3.6.1.2.1.4"
UP = {"1.3.6.1.2.1.1.3.0": (ber.TIMETICKS, 1), "1.3.6.1.2.1.99.1.0": (ber.INTEGER, 1)}
ANY = "0.0.0.0.0.0.0.0"


def asked(lab: Lab, question: Any, values: dict[str, tuple[int, Any]]) -> Any:
    """What a question gives on a device with these values."""
    engine, _ = lab.engine(lab.honest(lab.Agent(UP | values)))

    async def story() -> Any:
        return await question(engine, lab.target(), asyncio.get_running_loop().time() + 8)

    return lab.on_virtual_time(story)


@pytest.mark.parametrize(
    ("values", "gateway"),
    [
        ({f"{IP}.21.1.7.0.0.0.0": (ber.IPADDRESS, bytes((192, 0, 2, 254)))}, "192.0.2.254"),
        ({f"{IP}.24.4.1.5.{ANY}.0.192.0.2.254": (ber.INTEGER, 3)}, "192.0.2.254"),
        ({f"{IP}.24.7.1.7.1.4.0.0.0.0.0.2.0.0.1.4.192.0.2.254": (ber.INTEGER, 3)}, "192.0.2.254"),
        ({f"{IP}.24.4.1.5.10.0.0.0.255.0.0.0.0.192.0.2.1": (ber.INTEGER, 3)}, None),
        (
            {
                f"{IP}.24.4.1.5.{ANY}.0.192.0.2.253": (ber.INTEGER, 3),
                f"{IP}.24.4.1.5.{ANY}.0.192.0.2.254": (ber.INTEGER, 3),
            },
            None,
        ),
        ({f"{IP}.21.1.7.0.0.0.0": (ber.IPADDRESS, bytes(4))}, None),
        ({}, None),
    ],
)
def test_the_default_route_is_read_from_whichever_table_has_it(
    lab: Lab, values: dict[str, tuple[int, Any]], gateway: str | None
) -> None:
    assert asked(lab, read_gateway, values) == gateway


def test_own_addresses_are_all_but_the_loopback(lab: Lab) -> None:
    values = {f"{IP}.20.1.2.{a}": (ber.INTEGER, 1) for a in ("127.0.0.1", "192.0.2.1", "10.1.1.1")}
    assert asked(lab, read_own_addresses, values) == {"192.0.2.1", "10.1.1.1"}


# ---- Cisco: one MAC table for each VLAN ----

MEMBER, FDB = "1.3.6.1.4.1.9.9.68.1.2.2.1.2", "1.3.6.1.2.1.17.4.3.1.2"
BASE = "1.3.6.1.2.1.17.1.4.1.2"


def by_vlan(lab: Lab, refused: tuple[int, ...] = ()) -> tuple[Any, list[str]]:
    """The MAC tables of a switch with access ports in VLANs 10, 20 and 1, and whom was asked."""
    members = {f"{MEMBER}.{n}": (ber.INTEGER, vlan) for n, vlan in enumerate((10, 10, 20, 1), 1)}
    names: list[str] = []

    def behave(request: Message, _data: bytes) -> Iterator[Reply]:
        name = request.community.decode()
        names.append(name)
        vlan = int(name.partition("@")[2] or 1)
        own = {
            f"{FDB}.2.0.94.16.0.{vlan}": (ber.INTEGER, 1),
            f"{BASE}.1": (ber.INTEGER, 10_100 + vlan),
        }
        if vlan not in refused:
            answer = lab.Agent(UP | (own if vlan > 1 else members)).answer(request)
            yield lab.Reply(ber.encode_message(answer))

    engine, _ = lab.engine(behave)

    async def story() -> Any:
        deadline = asyncio.get_running_loop().time() + 8
        return await read_fdb_of_vlans(engine, lab.target(), deadline)

    return lab.on_virtual_time(story), list(dict.fromkeys(names))


def test_a_cisco_switch_shows_each_vlan_to_a_community_of_its_own(lab: Lab) -> None:
    found, names = by_vlan(lab)
    assert found == (
        Learned("02:00:5e:10:00:0a", 1, 10_110, 10),
        Learned("02:00:5e:10:00:14", 1, 10_120, 20),
    )
    assert names == ["public", "public@10", "public@20"]


def test_a_switch_that_is_silent_to_such_a_name_is_asked_no_further(lab: Lab) -> None:
    assert by_vlan(lab, refused=(10,)) == ((), ["public", "public@10"])


def test_a_switch_that_tells_no_members_is_not_asked_by_vlan(lab: Lab) -> None:
    assert asked(lab, read_fdb_of_vlans, {}) == ()
