"""Asks addresses of an inventory what stands there: maker, class, neighbours, tables.

Only addresses that the caller allowed are asked, a few a second, each with the credentials that the
inventory has already. What does not answer is not there or knows none of them: both look alike.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, TypeAlias

from inventory.errors import InputError
from inventory.text import one_line
from probes import oids
from probes.attachments import Tables
from probes.errors import ProbeError
from probes.model import Identity, ProbeContext, Target
from probes.snmp import ber, identity, values
from probes.snmp.ask import snmp_target
from probes.snmp.bridge import read_arp, read_fdb
from probes.snmp.bridge_vlans import read_fdb_of_vlans
from probes.snmp.neighbours import read_neighbours
from probes.snmp.routes import read_gateway, read_own_addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

    from inventory.access import SnmpAccess
    from inventory.credentials import Secret
    from inventory.model import Device, Ward
    from probes.clock import Clock
    from probes.snmp.neighbours import Neighbour
    from probes.snmp.types import SnmpClient, SnmpTarget
    from probes.transports.model import Transports

    AnyAddress: TypeAlias = "IPv4Address | IPv6Address"
    AnyNetwork: TypeAlias = "IPv4Network | IPv6Network"

MAX_ADDRESSES = 1024
MAX_CREDENTIALS = 4
ADDRESSES_PER_S = 10.0
AT_ONCE = 16
TIMEOUT_S = 4.0  # for one credential; a table of a large switch needs most of it
# An inventory names devices, not subnets: its subnets are these around its devices.
_PREFIX = {4: 24, 6: 120}


@dataclass(frozen=True, slots=True)
class Seen:
    """A device that answered: where, with which access, and what it says.

    `others` are further addresses of the same device; `macs` its ports' addresses.
    """

    address: str
    access: SnmpAccess
    identity: Identity
    macs: frozenset[str] = frozenset()
    neighbours: tuple[Neighbour, ...] = ()
    others: tuple[str, ...] = ()
    tables: Tables = field(default_factory=Tables)


@dataclass(frozen=True, slots=True)
class Ask:
    """One address and the accesses to try on it, in order."""

    address: str
    accesses: tuple[SnmpAccess, ...]


def plan(ward: Ward, places: Sequence[str]) -> tuple[Ask, ...]:
    """Whom to ask in a ward: the addresses or subnets named, else every device with an address.

    Raises InputError for what is no address, lies outside the inventory's subnets (the /24 or /120
    around each of its devices), is more than 1024 addresses, or has no SNMP credential to try.
    """
    known = {str(device.address): device for device in ward.devices}
    addresses = tuple(dict.fromkeys(_addresses(ward, places))) if places else tuple(known)
    if len(addresses) > MAX_ADDRESSES:
        raise InputError("discover.too_many", count=len(addresses), limit=MAX_ADDRESSES)
    shared = _accesses(ward)
    asks = [Ask(one, _tried(known.get(one), shared)) for one in addresses]
    asks = [ask for ask in asks if ask.accesses]
    if not asks:
        raise InputError("discover.no_credential", ward=ward.ward)
    return tuple(asks)


def _addresses(ward: Ward, places: Iterable[str]) -> Iterator[str]:
    allowed = tuple(_subnets(ward))
    for place in places:
        network = _network(place)
        if not any(_within(network, subnet) for subnet in allowed):
            subnets = ", ".join(map(str, allowed)) or "-"
            raise InputError(
                "discover.outside",
                place=one_line(place),
                ward=ward.ward,
                subnets=one_line(subnets, 200),
            )
        if network.num_addresses > MAX_ADDRESSES:
            raise InputError("discover.too_many", count=network.num_addresses, limit=MAX_ADDRESSES)
        yield from map(str, network.hosts())


def _network(place: str) -> AnyNetwork:
    try:
        return ip_network(place, strict=False)
    except ValueError:
        raise InputError("discover.no_address", place=one_line(place)) from None


def _subnets(ward: Ward) -> Iterator[AnyNetwork]:
    found = {
        ip_network((device.address, _PREFIX[device.address.version]), strict=False)
        for device in ward.devices
    }
    yield from sorted(found, key=lambda network: (network.version, int(network.network_address)))


def _within(network: AnyNetwork, subnet: AnyNetwork) -> bool:
    first, last = network[0], network[-1]
    return network.version == subnet.version and first in subnet and last in subnet


def _accesses(ward: Ward) -> tuple[SnmpAccess, ...]:
    """The ward's SNMP accesses, the commonest first, without what is one device's own."""
    every = [
        device.snmp.model_copy(update={"accept_source": (), "quirks": frozenset()})
        for device in ward.devices
        if device.snmp
    ]
    ordered = sorted(set(every), key=lambda access: (-every.count(access), every.index(access)))
    return tuple(ordered[:MAX_CREDENTIALS])


def _tried(device: Device | None, shared: tuple[SnmpAccess, ...]) -> tuple[SnmpAccess, ...]:
    return (device.snmp,) if device is not None and device.snmp else shared


async def discover(
    ward: Ward,
    asks: Sequence[Ask],
    transports: Transports,
    clock: Clock,
    secret: Callable[[str], Secret],
    advance: Callable[[], None],
) -> tuple[Seen, ...]:
    """What answered, in order of address, each device once. `advance` is called per address done.

    Raises InputError for a credential that is missing.
    """
    room = asyncio.Semaphore(AT_ONCE)

    async def one(ask: Ask) -> Seen | None:
        async with room:
            try:
                return await _ask(ward, ask, transports, clock, secret)
            finally:
                advance()

    tasks: list[asyncio.Task[Seen | None]] = []
    async with asyncio.TaskGroup() as group:
        for ask in asks:
            tasks.append(group.create_task(one(ask)))
            await clock.sleep(1 / ADDRESSES_PER_S)
    found = [seen for task in tasks if (seen := task.result()) is not None]
    return once(sorted(found, key=lambda seen: _order(seen.address)))


def _order(address: str) -> tuple[int, int]:
    parsed: AnyAddress = ip_address(address)
    return parsed.version, int(parsed)


async def _ask(
    ward: Ward,
    ask: Ask,
    transports: Transports,
    clock: Clock,
    secret: Callable[[str], Secret],
) -> Seen | None:
    for access in ask.accesses:
        target = Target(ward.ward, ask.address, "url:snmp", "other", ask.address, snmp=access)
        context = ProbeContext(clock, clock.monotonic() + TIMEOUT_S, transports, secret)
        try:
            reading = await identity.PROBE.run(target, context)
        except ProbeError:
            continue
        found = Seen(ask.address, access, reading.identity or Identity())
        context = replace(context, deadline=clock.monotonic() + 2 * TIMEOUT_S)
        return await _looked_around(found, target, context)
    return None


async def _looked_around(found: Seen, target: Target, context: ProbeContext) -> Seen:
    """Its ports' addresses, its neighbours, its tables; it is seen without those that fail."""
    asked = snmp_target(target, context)
    for look in (_with_ports, _with_neighbours, _with_addresses, _with_learned, _with_vlans):
        try:
            found = await look(found, context.transports.snmp, asked, context.deadline)
        except ProbeError:
            continue
    return found


async def _with_ports(found: Seen, client: SnmpClient, asked: SnmpTarget, deadline: float) -> Seen:
    columns = (oids.ifPhysAddress, oids.ifName, oids.ifDescr)
    table = await client.table(asked, columns, deadline=deadline)
    macs = frozenset(mac for cell, *_ in table.rows.values() if (mac := values.mac(cell)))
    named = {
        ber.index_arcs(index)[0]: values.text(name) or values.text(descr)
        for index, (_, name, descr) in table.rows.items()
    }
    ports = {index: name for index, name in named.items() if name}
    return replace(found, macs=macs, tables=replace(found.tables, ports=ports))


async def _with_neighbours(
    found: Seen, client: SnmpClient, asked: SnmpTarget, deadline: float
) -> Seen:
    return replace(found, neighbours=await read_neighbours(client, asked, deadline))


async def _with_addresses(
    found: Seen, client: SnmpClient, asked: SnmpTarget, deadline: float
) -> Seen:
    own = await read_own_addresses(client, asked, deadline)
    gateway = await read_gateway(client, asked, deadline)
    return replace(found, tables=replace(found.tables, own=own, gateway=gateway))


async def _with_learned(
    found: Seen, client: SnmpClient, asked: SnmpTarget, deadline: float
) -> Seen:
    arp = await read_arp(client, asked, deadline)
    pairs = tuple((address, mac) for address, mac, _ in arp)
    found = replace(found, tables=replace(found.tables, arp=pairs))
    fdb = await read_fdb(client, asked, deadline)
    return replace(found, tables=replace(found.tables, fdb=fdb))


async def _with_vlans(found: Seen, client: SnmpClient, asked: SnmpTarget, deadline: float) -> Seen:
    more = await read_fdb_of_vlans(client, asked, deadline)
    fdb = tuple(dict.fromkeys((*found.tables.fdb, *more)))
    return replace(found, tables=replace(found.tables, fdb=fdb))


def once(found: Iterable[Seen]) -> tuple[Seen, ...]:
    """Each device once: what says the same of itself and bears the same port addresses is one."""
    kept: dict[tuple[object, ...], Seen] = {}
    for seen in found:
        key = _fingerprint(seen)
        first = kept.get(key)
        kept[key] = seen if first is None else replace(first, others=(*first.others, seen.address))
    return tuple(kept.values())


def _fingerprint(seen: Seen) -> tuple[object, ...]:
    if not seen.macs:  # nothing tells two of a kind apart
        return (seen.address,)
    return seen.identity.sys_name, seen.identity.sys_object_id, seen.macs


def edges(
    found: Sequence[Seen], names: Mapping[str, str]
) -> Iterator[tuple[str, str, str | None, str]]:
    """Neighbourhoods between devices that are known: this one, that one, this one's port, source.

    `names` are device names by address. A neighbour is known by its management address, its chassis
    id among the ports' addresses of a device, or the name that it gives itself.
    """
    by_mac = _unique((mac, names[seen.address]) for seen in found for mac in seen.macs)
    by_name = _unique((_short(seen.identity.sys_name), names[seen.address]) for seen in found)
    by_address = {
        address: names[seen.address] for seen in found for address in (seen.address, *seen.others)
    } | dict(names)
    for seen in found:
        here = names[seen.address]
        for one in seen.neighbours:
            there = (
                by_address.get(one.address or "")
                or by_mac.get((one.chassis or "").lower())
                or by_name.get(_short(one.system_name))
            )
            if there is not None and there != here:
                yield here, there, one.local_port, one.source


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What leads to one device; a word that two devices share, or an empty one, leads to none."""
    found: dict[str, set[str]] = {}
    for word, name in pairs:
        found.setdefault(word, set()).add(name)
    return {word: min(held) for word, held in found.items() if word and len(held) == 1}


def _short(name: str | None) -> str:
    return (name or "").partition(".")[0].casefold()
