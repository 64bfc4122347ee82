"""Discovery asks only where it may, finds each device once, and takes silence for silence."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.access import SnmpAccess
from inventory.credentials import Secret
from inventory.errors import InputError
from inventory.model import Device, Ward
from probes.clock import ManualClock, run_virtual
from probes.discover import ADDRESSES_PER_S, Ask, discover, edges, once, plan
from probes.snmp import ber
from probes.snmp.engine_fast import FastEngine
from probes.snmp.types import Varbind
from probes.transports.model import Transports

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from probes.discover import Seen

M = "1.3.6.1.2.1."
LLDP = "1.0.8802.1.1.2.1."
COMMUNITY = "ward-secret"
ACCESS = SnmpAccess(auth="env:SNMP")


def ward(*addresses: str, snmp: SnmpAccess | None = ACCESS) -> Ward:
    """A ward with these devices."""
    devices = tuple(
        Device.model_validate(
            {"name": f"d{n}", "kind": "generic_switch", "address": address, "snmp": snmp}
        )
        for n, address in enumerate(addresses)
    )
    return Ward.model_validate({"schema": "wardops/inventory/1", "ward": "26740"}).model_copy(
        update={"devices": devices}
    )


def rows(name: str, mac: int, *, around: Sequence[str] = ()) -> dict[str, tuple[int, Any]]:
    """A switch's system group, one port, and LLDP neighbours by their names."""
    held: dict[str, tuple[int, Any]] = {
        M + "1.1.0": (ber.OCTET_STRING, b"Cisco IOS Software, C2960X Software (X), Version 15.2"),
        M + "1.2.0": (ber.OID, ber.oid("1.3.6.1.4.1.9.1.1208")),
        M + "1.5.0": (ber.OCTET_STRING, name.encode()),
        M + "2.2.1.2.1": (ber.OCTET_STRING, b"Gi1/0/1"),
        M + "2.2.1.6.1": (ber.OCTET_STRING, bytes([2, 0, 0, 0, 0, mac])),
    }
    for n, other in enumerate(around, start=1):
        held |= {
            LLDP + f"3.7.1.2.{n}": (ber.INTEGER, 5),
            LLDP + f"3.7.1.3.{n}": (ber.OCTET_STRING, b"Gi1/0/1"),
            LLDP + f"4.1.1.4.0.{n}.1": (ber.INTEGER, 7),
            LLDP + f"4.1.1.5.0.{n}.1": (ber.OCTET_STRING, b"x"),
            LLDP + f"4.1.1.9.0.{n}.1": (ber.OCTET_STRING, other.encode()),
        }
    return held


@dataclass
class Street:
    """Devices by address on one wire; whoever knows not the community hears nothing."""

    agents: dict[str, Any]
    asked: list[tuple[float, str]] = field(default_factory=list)
    on_datagram: Callable[..., None] = lambda *_: None

    def send(self, data: bytes, host: str, port: int) -> None:
        """Answer from the device at that address."""
        loop = asyncio.get_running_loop()
        self.asked.append((loop.time(), host))
        request = ber.decode_message(data)
        agent = self.agents.get(host)
        if agent is not None and request.community == COMMUNITY.encode():
            answer = ber.encode_message(agent.answer(request))
            loop.call_later(0.01, lambda: self.on_datagram(answer, host, port, loop.time()))

    def listen(self, on_datagram: Callable[..., None], _on_error: object) -> None:
        """Remember who takes what comes back."""
        self.on_datagram = on_datagram

    def close(self) -> None:
        """Nothing to close."""


class Agent:
    """Answers GET, GETNEXT and GETBULK from rows."""

    def __init__(self, held: dict[str, tuple[int, Any]]) -> None:
        self._held = sorted(
            (Varbind(ber.oid(name), tag, value) for name, (tag, value) in held.items()),
            key=lambda varbind: ber.oid_key(varbind.oid),
        )

    def answer(self, request: ber.Message) -> ber.Message:
        """The response to a request."""
        oids = [varbind.oid for varbind in request.varbinds]
        if request.pdu == ber.GET:
            found = [self._at(oid) for oid in oids]
        else:
            heads = request.error_status if request.pdu == ber.GETBULK else len(oids)
            found = [self._after(oid) for oid in oids[:heads]]
            cursors = oids[heads:]
            for _ in range(request.error_index if cursors else 0):
                step = [self._after(oid) for oid in cursors]
                cursors = [varbind.oid for varbind in step]
                found += step
        changes = {"pdu": ber.RESPONSE, "error_status": 0, "error_index": 0}
        return ber.Message(**{**_fields(request), **changes, "varbinds": tuple(found)})

    def _at(self, oid: bytes) -> Varbind:
        absent = Varbind(oid, ber.NO_SUCH_INSTANCE, None)
        return next((one for one in self._held if one.oid == oid), absent)

    def _after(self, oid: bytes) -> Varbind:
        key = ber.oid_key(oid)
        end = Varbind(oid, ber.END_OF_MIB_VIEW, None)
        return next((one for one in self._held if ber.oid_key(one.oid) > key), end)


def _fields(message: ber.Message) -> dict[str, Any]:
    names = ("version", "community", "pdu", "request_id", "varbinds")
    return {name: getattr(message, name) for name in names}


def found(
    asks: tuple[Ask, ...], agents: dict[str, dict[str, tuple[int, Any]]], community: str = COMMUNITY
) -> tuple[tuple[Seen, ...], Street, int]:
    """What is discovered on a street, the street, and how often progress was told."""
    street = Street({host: Agent(held) for host, held in agents.items()})
    told: list[None] = []
    missing: Any = None
    clock = ManualClock()

    async def story() -> tuple[Seen, ...]:
        transports = Transports(FastEngine(street), missing, missing, missing)
        secret = Secret(community)
        return await discover(
            ward("192.0.2.1"),
            asks,
            transports,
            clock,
            lambda _ref: secret,
            lambda: told.append(None),
        )

    return run_virtual(story(), clock), street, len(told)


def asks(*addresses: str) -> tuple[Ask, ...]:
    """These addresses with the ward's access."""
    return tuple(Ask(address, (ACCESS,)) for address in addresses)


def test_what_answers_is_seen_with_maker_class_and_model() -> None:
    (seen,), _, told = found(asks("192.0.2.1", "192.0.2.9"), {"192.0.2.1": rows("sw-1", 1)})
    identity = seen.identity
    assert (seen.address, identity.vendor, identity.device_class) == (
        "192.0.2.1",
        "Cisco",
        "switch",
    )
    assert told == 2  # the silent address counts as done too


def test_a_wrong_community_is_silence_and_no_error() -> None:
    seen, _, told = found(asks("192.0.2.1"), {"192.0.2.1": rows("sw-1", 1)}, community="wrong")
    assert (seen, told) == ((), 1)


def test_a_device_under_two_addresses_is_one() -> None:
    held = rows("sw-1", 1)
    agents = {"192.0.2.1": held, "192.0.2.2": held, "192.0.2.3": rows("sw-2", 2)}
    seen, _, _ = found(asks(*agents), agents)
    assert [(one.address, one.others) for one in seen] == [
        ("192.0.2.1", ("192.0.2.2",)),
        ("192.0.2.3", ()),
    ]


def test_addresses_are_begun_at_a_steady_pace() -> None:
    hosts = [f"192.0.2.{n}" for n in range(1, 12)]
    _, street, _ = found(asks(*hosts), {})
    first = {host: min(at for at, asked in street.asked if asked == host) for host in hosts}
    begun = sorted(first.values())
    assert begun[-1] - begun[0] >= (len(hosts) - 1) / ADDRESSES_PER_S - 0.01


def test_neighbours_are_told_by_the_names_they_give_themselves() -> None:
    agents = {
        "192.0.2.1": rows("sw-1", 1, around=["sw-2.example.org"]),
        "192.0.2.2": rows("SW-2", 2),
    }
    seen, _, _ = found(asks(*agents), agents)
    names = {"192.0.2.1": "core", "192.0.2.2": "access"}
    assert list(edges(seen, names)) == [("core", "access", "Gi1/0/1", "lldp")]


def test_without_places_the_wards_own_devices_are_asked() -> None:
    assert [ask.address for ask in plan(ward("192.0.2.1", "192.0.2.7"), ())] == [
        "192.0.2.1",
        "192.0.2.7",
    ]


def test_a_subnet_around_a_device_is_asked_whole() -> None:
    asked = plan(ward("192.0.2.1"), ("192.0.2.0/24",))
    assert len(asked) == 254
    assert {ask.accesses for ask in asked} == {(ACCESS,)}


@pytest.mark.parametrize(
    ("places", "key"),
    [
        (("198.51.100.1",), "discover.outside"),
        (("192.0.2.0/23",), "discover.outside"),
        (("0.0.0.0/0",), "discover.outside"),
        (("2001:db8::/32",), "discover.outside"),
        (("sw-1",), "discover.no_address"),
    ],
)
def test_what_is_not_the_inventorys_is_refused(places: tuple[str, ...], key: str) -> None:
    with pytest.raises(InputError) as refused:
        plan(ward("192.0.2.1"), places)
    assert refused.value.key == key


def test_more_than_1024_addresses_are_refused() -> None:
    spread = ward(*(f"10.0.{n}.1" for n in range(5)))
    with pytest.raises(InputError, match="1270"):
        plan(spread, tuple(f"10.0.{n}.0/24" for n in range(5)))


def test_an_inventory_without_a_credential_says_so() -> None:
    with pytest.raises(InputError) as refused:
        plan(ward("192.0.2.1", snmp=None), ())
    assert refused.value.key == "discover.no_credential"


@given(st.ip_addresses(v=4), st.integers(8, 32))
def test_no_address_outside_the_inventorys_subnets_is_ever_planned(address: Any, size: int) -> None:
    try:
        asked = plan(ward("192.0.2.1", "10.1.2.3"), (f"{address}/{size}",))
    except InputError:
        return
    assert all(ask.address.startswith(("192.0.2.", "10.1.2.")) for ask in asked)


def test_devices_without_port_addresses_stay_two() -> None:
    """Nothing tells two of a kind apart then, and a lost device is worse than a doubled one."""
    bare = {M + "1.5.0": (ber.OCTET_STRING, b"sw")}
    seen, _, _ = found(asks("192.0.2.1", "192.0.2.2"), {"192.0.2.1": bare, "192.0.2.2": bare})
    assert len(once(seen)) == 2
